"""Doorway: journeys, learned weights and their influence in, bounds per player out."""

from partner_attribution.attribution import Settings
from partner_attribution.attribution.intervals import IntervalSettings
from partner_attribution.attribution.player_intervals import player_intervals


def model(dbt, session):
    settings = Settings(player_dimension=dbt.config.get("player_dimension"))
    intervals = IntervalSettings(
        level=dbt.config.get("interval_level"),
        buckets=dbt.config.get("interval_buckets"),
        min_wins=dbt.config.get("interval_min_wins"),
        low_sample_wins=dbt.config.get("interval_low_wins"),
    )
    journeys, accounts = dbt.ref("int_journeys_compared"), dbt.ref("int_account_buckets")
    weights, influence = dbt.ref("int_player_weights"), dbt.ref("int_player_influence")
    return player_intervals(journeys, accounts, weights, influence, settings, intervals)
