with

people as (

    select * from {{ ref('int_people_merged') }}

),

matches as (

    select * from {{ ref('int_people_matched') }}

),

accounts as (

    select * from {{ ref('int_accounts_resolved') }}

),

opportunities as (

    select * from {{ ref('int_opportunities_with_account') }}

),

roles as (

    select * from {{ ref('int_opportunity_people_unioned') }}

),

accounts_of_domains as (

    select
        domain,
        min(account_id) as account_id
    from accounts
    where match_rule in ('domain', 'people_domain', 'similar_domain')
    group by domain
    having min(account_id) = max(account_id)

),

accounts_of_roles as (

    select
        roles.feed_id || ':' || roles.source_person_id as person_key,
        min(accounts.account_id) as account_id
    from roles
    inner join opportunities on roles.opportunity_key = opportunities.opportunity_key
    inner join accounts on opportunities.account_key = accounts.account_key
    group by roles.feed_id || ':' || roles.source_person_id
    having min(accounts.account_id) = max(accounts.account_id)

),

located as (

    select
        people.*,
        matches.person_id,
        matches.match_rule,
        matches.match_evidence,
        matches.match_confidence,
        coalesce(accounts.account_id, accounts_of_roles.account_id) as own_account_id,
        case
            when accounts.account_id is not null then '1:' || accounts.account_id
            when accounts_of_roles.account_id is not null then '2:' || accounts_of_roles.account_id
            else '3:' || accounts_of_domains.account_id
        end as ranked_account_id
    from people
    inner join matches on people.survivor_person_key = matches.survivor_person_key
    left join accounts on people.account_key = accounts.account_key
    left join accounts_of_roles on people.person_key = accounts_of_roles.person_key
    left join accounts_of_domains
        on {{ registrable_domain('people.email_domain') }} = accounts_of_domains.domain

),

-- What another record of the same person knows: an account id before a role before a domain.
best_accounts as (

    select
        person_id,
        substr(min(ranked_account_id), 3) as account_id
    from located
    group by person_id

),

final as (

    select
        located.person_key,
        located.partner_id,
        located.feed_id,
        located.source_person_id,
        located.survivor_person_key,
        located.person_id,
        located.match_rule,
        located.match_evidence,
        located.match_confidence,
        located.account_key,
        coalesce(located.own_account_id, best_accounts.account_id) as account_id,
        located.is_implied,
        located.created_at,
        located.mql_at
    from located
    inner join best_accounts on located.person_id = best_accounts.person_id

)

select * from final
