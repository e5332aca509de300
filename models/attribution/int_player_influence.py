"""Doorway: compared journeys and learned weights in, their sensitivity to each bucket out."""

from partner_attribution.attribution import Settings
from partner_attribution.attribution.influence import player_influence


def model(dbt, session):
    methods = dbt.config.get("attribution_methods")
    dimension = dbt.config.get("player_dimension")
    buckets = dbt.config.get("interval_buckets")
    settings = Settings(player_dimension=dimension)
    journeys, accounts = dbt.ref("int_journeys_compared"), dbt.ref("int_account_buckets")
    weights = dbt.ref("int_player_weights")
    return player_influence(journeys, accounts, weights, methods, settings, buckets=buckets)
