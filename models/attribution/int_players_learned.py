"""Doorway: compared journeys in; what is learned of each player, and how sure it is, out."""

from partner_attribution.attribution import Settings
from partner_attribution.attribution.intervals import IntervalSettings
from partner_attribution.attribution.player_intervals import players_of_ledger


def model(dbt, session):
    methods = dbt.config.get("attribution_methods")
    dimension = dbt.config.get("player_dimension")
    order = dbt.config.get("markov_order")
    settings = Settings(player_dimension=dimension, markov_order=order)
    intervals = IntervalSettings(
        level=dbt.config.get("interval_level"),
        buckets=dbt.config.get("interval_buckets"),
        min_wins=dbt.config.get("interval_min_wins"),
        low_sample_wins=dbt.config.get("interval_low_wins"),
    )
    journeys, accounts = dbt.ref("int_journeys_compared"), dbt.ref("int_account_buckets")
    return players_of_ledger(journeys, accounts, methods, settings, intervals)
