"""Doorway: sums per cell and bucket in, bounds out. The work is in partner_attribution."""

from partner_attribution.attribution.cells import credit_intervals
from partner_attribution.attribution.intervals import IntervalSettings


def model(dbt, session):
    settings = IntervalSettings(
        level=dbt.config.get("interval_level"),
        buckets=dbt.config.get("interval_buckets"),
        fitted_groups=dbt.config.get("causal_interval_groups"),
        min_wins=dbt.config.get("interval_min_wins"),
        low_sample_wins=dbt.config.get("interval_low_wins"),
    )
    cells, sums = dbt.ref("int_credit_cells_measured"), dbt.ref("int_credit_sums_of_places")
    influence, made_of = dbt.ref("int_credit_influence"), dbt.ref("int_credit_cells_of_places")
    return credit_intervals(cells, sums, influence, settings, made_of)
