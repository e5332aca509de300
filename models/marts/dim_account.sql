with

resolved as (

    select * from {{ ref('int_accounts_resolved') }}

),

delivered as (

    select * from {{ ref('int_accounts_unioned') }}

),

partners as (

    select * from {{ ref('int_partners') }}

),

country_aliases as (

    select * from {{ ref('country_aliases') }}

),

countries as (

    select * from {{ ref('countries') }}

),

-- One record speaks for the account: the leading partner's, a delivered one before an implied one.
ranked as (

    select
        resolved.account_id,
        resolved.account_name,
        resolved.domain,
        country_aliases.country_code,
        countries.region,
        delivered.industry,
        delivered.employees,
        resolved.match_rule,
        resolved.match_confidence,
        row_number() over (
            partition by resolved.account_id
            order by resolved.is_implied, partners.ledger_priority, resolved.partner_id, resolved.account_key
        ) as record_rank,
        count(*) over (partition by resolved.account_id) as record_count
    from resolved
    left join delivered on resolved.account_key = delivered.account_key
    left join partners on resolved.partner_id = partners.partner_id
    left join country_aliases on lower(trim(delivered.country)) = country_aliases.alias
    left join countries on country_aliases.country_code = countries.country_code

),

books as (

    select
        account_id,
        count(distinct partner_id) as partner_count
    from resolved
    group by account_id

)

select
    ranked.account_id,
    ranked.account_name,
    ranked.domain,
    ranked.country_code,
    ranked.region,
    ranked.industry,
    ranked.employees,
    cast(books.partner_count as {{ dbt.type_bigint() }}) as partner_count,
    cast(ranked.record_count as {{ dbt.type_bigint() }}) as record_count,
    ranked.match_rule,
    cast(ranked.match_confidence as double) as match_confidence
from ranked
inner join books on ranked.account_id = books.account_id
where ranked.record_rank = 1
