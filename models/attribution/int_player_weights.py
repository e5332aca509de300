"""Doorway: compared journeys and settings in, what is learned of each player out."""

from partner_attribution.attribution import Settings
from partner_attribution.attribution.effects import player_effects


def model(dbt, session):
    methods = dbt.config.get("attribution_methods")
    dimension = dbt.config.get("player_dimension")
    order = dbt.config.get("markov_order")
    settings = Settings(player_dimension=dimension, markov_order=order)
    journeys = dbt.ref("int_journeys_compared")
    return player_effects(journeys, methods, settings)
