"""Doorway: what buckets add and how they move what is learned in, bounds per player out."""

from partner_attribution.attribution.incremental_intervals import incremental_intervals
from partner_attribution.attribution.intervals import IntervalSettings


def model(dbt, session):
    settings = IntervalSettings(
        level=dbt.config.get("interval_level"),
        buckets=dbt.config.get("interval_buckets"),
        fitted_groups=dbt.config.get("causal_interval_groups"),
        min_wins=dbt.config.get("interval_min_wins"),
        low_sample_wins=dbt.config.get("interval_low_wins"),
    )
    return incremental_intervals(
        dbt.ref("int_incremental_sums"), dbt.ref("int_causal_estimates"), settings
    )
