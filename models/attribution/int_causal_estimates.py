"""Doorway: the population, its touches and its funnel in, effects and credits out."""

from partner_attribution.attribution.causal import estimates_of_ledger


def model(dbt, session):
    methods = dbt.config.get("attribution_methods")
    accounts, touches = dbt.ref("int_causal_accounts"), dbt.ref("int_causal_touches")
    return estimates_of_ledger(accounts, touches, dbt.ref("int_causal_states"), methods)
