-- An experiment's result lies in its interval, which has a width, and the test ends after it starts;
-- otherwise its precision, and so all that it calibrates, is wrong.
select
    experiment_id,
    incremental_conversions,
    lower,
    upper
from {{ ref('experiments') }}
where
    incremental_conversions not between lower and upper
    or upper <= lower
    or interval_level <= 0
    or interval_level >= 1
    or ends_on < starts_on
