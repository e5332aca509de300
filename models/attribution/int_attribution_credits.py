"""Doorway: settings and frames from dbt in, credits out. The work is in partner_attribution."""

from partner_attribution.attribution import Settings
from partner_attribution.attribution.lookback import attribute_counted


def model(dbt, session):
    settings = Settings(
        position_weights=dbt.config.get("position_weights"),
        half_life_days=dbt.config.get("half_life_days"),
        player_dimension=dbt.config.get("player_dimension"),
    )
    conversions, touches = dbt.ref("int_milestones"), dbt.ref("int_touches_in_window")
    players, methods = dbt.ref("int_player_weights"), dbt.config.get("attribution_methods")
    return attribute_counted(conversions, touches, players, methods, settings)
