with

accounts as (

    select coalesce(account_id, person_id) as account_id
    from {{ ref('int_touches_resolved') }}
    where coalesce(account_id, person_id) is not null
    union distinct
    select coalesce(account_id, person_id, conversion_id) as account_id
    from {{ ref('int_milestones') }}

)

select
    account_id,
    {{ hash_bucket(dbt.string_literal(dbt.escape_single_quotes(var('interval_seed') ~ ':')) ~ " || account_id", var('interval_buckets')) }} as bucket
from accounts
