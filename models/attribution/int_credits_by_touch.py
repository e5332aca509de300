"""Doorway: settings and frames from dbt in, credits out. The work is in partner_attribution."""

from partner_attribution.attribution.configured import configured
from partner_attribution.attribution.lookback import attribute_counted


def model(dbt, session):
    methods = dbt.config.get("attribution_methods")
    settings = configured(
        methods,
        dbt.ref("method_weights"),
        dbt.ref("half_lives"),
        position_weights=dbt.config.get("position_weights"),
        u_shaped_weights=dbt.config.get("u_shaped_weights"),
        w_shaped_weights=dbt.config.get("w_shaped_weights"),
        full_path_weights=dbt.config.get("full_path_weights"),
        half_life_days=dbt.config.get("half_life_days"),
        custom_by=dbt.config.get("custom_by"),
        custom_other_weight=dbt.config.get("custom_other_weight"),
        lookback_days_by_method=dbt.config.get("lookback_days_by_method"),
        player_dimension=dbt.config.get("player_dimension"),
    )
    conversions, touches = dbt.ref("int_milestones"), dbt.ref("int_touches_in_window")
    return attribute_counted(conversions, touches, dbt.ref("int_player_weights"), methods, settings)
