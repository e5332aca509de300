"""Doorway: the population, its touches and its funnel in, effects, credits and influence out."""

from partner_attribution.attribution.causal import estimates_of_ledger


def model(dbt, session):
    methods = dbt.config.get("attribution_methods")
    groups, buckets = dbt.config.get("causal_interval_groups"), dbt.config.get("interval_buckets")
    accounts, touches = dbt.ref("int_causal_accounts"), dbt.ref("int_causal_touches")
    states = dbt.ref("int_causal_states")
    return estimates_of_ledger(accounts, touches, states, methods, groups, buckets)
