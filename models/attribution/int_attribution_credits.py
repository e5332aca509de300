"""Doorway: settings and frames from dbt in, credits out. The work is in partner_attribution."""

from partner_attribution.attribution import Settings, attribute
from partner_attribution.attribution.players import with_player_weights


def model(dbt, session):
    methods = dbt.config.get("attribution_methods")
    weights = dbt.config.get("position_weights")
    days = dbt.config.get("half_life_days")
    dimension = dbt.config.get("player_dimension")
    settings = Settings(position_weights=weights, half_life_days=days, player_dimension=dimension)
    conversions, touches = dbt.ref("int_milestones"), dbt.ref("int_touches_in_window")
    players = dbt.ref("int_player_weights")
    touches = with_player_weights(conversions, touches, players, methods, settings)
    return attribute(conversions, touches, methods, settings)
