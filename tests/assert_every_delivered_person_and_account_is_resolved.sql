-- A delivered record has exactly one resolved identity. Otherwise its touches lose their account.
with

delivered as (

    select person_key as record_key from {{ ref('int_people_unioned') }}
    union all
    select account_key as record_key from {{ ref('int_accounts_unioned') }}

),

resolved as (

    select
        person_key as record_key,
        person_id as resolved_id
    from {{ ref('int_people_resolved') }}
    union all
    select
        account_key as record_key,
        account_id as resolved_id
    from {{ ref('int_accounts_resolved') }}

)

select
    delivered.record_key,
    count(resolved.resolved_id) as identities
from delivered
left join resolved on delivered.record_key = resolved.record_key
group by delivered.record_key
having count(resolved.resolved_id) <> 1
