with

accounts as (

    select * from {{ ref('int_accounts_matched_by_similar_domain') }}

),

names as (

    select * from {{ ref('int_accounts_matched_by_name') }}

),

overrides as (

    select * from {{ ref('match_overrides') }}
    where entity = 'account'

),

-- Analytics and automation feeds often name the CRM's own account id.
ids_of_partner as (

    select
        partner_id,
        source_account_id,
        min(account_key) as account_key
    from accounts
    where not is_implied
    group by partner_id, source_account_id
    having count(*) = 1

),

ruled as (

    select
        accounts.*,
        coalesce(
            accounts.domain_account_id, names.name_account_id, 'account:' || accounts.account_key
        ) as own_account_id,
        coalesce(accounts.domain_rule, names.name_rule, 'own_record') as own_rule,
        coalesce(
            accounts.domain || ' (' || accounts.domain_source || ')', names.name_evidence, 'no domain'
        ) as own_evidence
    from accounts
    left join names on accounts.account_key = names.account_key

),

overruled as (

    select
        ruled.*,
        case
            when overrides.decision = 'same' then left_side.own_account_id
            when overrides.decision = 'different' then 'account:' || ruled.account_key
            when ruled.is_implied and of_partner.account_key is not null
                then of_partner.own_account_id
            else ruled.own_account_id
        end as account_id,
        case
            when overrides.decision is not null then 'override_' || overrides.decision
            when ruled.is_implied and of_partner.account_key is not null
                then 'partner_account_id'
            else ruled.own_rule
        end as match_rule,
        case
            when overrides.decision is not null
                then 'decided by ' || overrides.decided_by || ': ' || overrides.reason
            when ruled.is_implied and of_partner.account_key is not null
                then 'id of ' || of_partner.account_key
            else ruled.own_evidence
        end as match_evidence
    from ruled
    left join overrides on ruled.account_key = overrides.right_key
    left join ruled as left_side on overrides.left_key = left_side.account_key
    left join ids_of_partner
        on
            ruled.partner_id = ids_of_partner.partner_id
            and ruled.source_account_id = ids_of_partner.source_account_id
    left join ruled as of_partner on ids_of_partner.account_key = of_partner.account_key

),

final as (

    select
        account_key,
        partner_id,
        feed_id,
        source_account_id,
        account_id,
        account_name,
        domain,
        country_code,
        match_rule,
        match_evidence,
        case
            when match_rule like 'override%' or match_rule = 'own_record' then 1.0
            when match_rule in ('domain', 'partner_account_id') then 0.98
            when match_rule in ('people_domain', 'subsidiary') then 0.95
            when match_rule in ('similar_domain', 'name_country') then 0.9
            when match_rule = 'name' then 0.8
            else 0.5
        end as match_confidence,
        is_implied
    from overruled

)

select * from final
