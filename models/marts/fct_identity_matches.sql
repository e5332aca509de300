select
    'account' as entity,
    account_key as record_key,
    account_id as resolved_id,
    partner_id,
    match_rule,
    match_evidence,
    cast(match_confidence as double) as match_confidence
from {{ ref('int_accounts_resolved') }}

union all

select
    'person' as entity,
    person_key as record_key,
    person_id as resolved_id,
    partner_id,
    match_rule,
    match_evidence,
    cast(match_confidence as double) as match_confidence
from {{ ref('int_people_resolved') }}

union all

select
    'opportunity' as entity,
    opportunity_key as record_key,
    opportunity_id as resolved_id,
    partner_id,
    match_rule,
    match_evidence,
    cast(match_confidence as double) as match_confidence
from {{ ref('int_opportunity_books') }}
