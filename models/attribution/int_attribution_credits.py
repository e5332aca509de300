"""Doorway: settings and frames from dbt in, credits out. The work is in partner_attribution."""

from partner_attribution.attribution import Settings, attribute


def model(dbt, session):
    methods = dbt.config.get("attribution_methods")
    weights = dbt.config.get("position_weights")
    days = dbt.config.get("half_life_days")
    settings = Settings(position_weights=weights, half_life_days=days)
    conversions, touches = dbt.ref("int_milestones"), dbt.ref("int_touches_in_window")
    return attribute(conversions, touches, methods, settings)
