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
    {{ account_bucket('account_id') }} as bucket
from accounts
