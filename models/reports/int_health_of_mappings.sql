{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

accounts as (

    select * from {{ ref('int_accounts_unioned') }}

),

opportunities as (

    select * from {{ ref('int_opportunities_normalised') }}

),

country_aliases as (

    select * from {{ ref('country_aliases') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

deals_by_account as (

    select
        feed_id,
        source_account_id,
        sum(amount) as amount
    from opportunities
    where source_account_id is not null
    group by feed_id, source_account_id

),

named_countries as (

    select
        accounts.partner_id,
        accounts.feed_id,
        lower(trim(accounts.country)) as country,
        deals_by_account.amount
    from accounts
    left join deals_by_account
        on accounts.feed_id = deals_by_account.feed_id and accounts.source_account_id = deals_by_account.source_account_id

    union all

    select
        partner_id,
        feed_id,
        {{ utm_value('country') }} as country,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('int_touches_unioned') }}

),

countries as (

    select
        named_countries.partner_id,
        named_countries.feed_id,
        'unmapped country' as check_name,
        'warn' as status,
        count(*) as row_count,
        sum(named_countries.amount) as amount_at_stake,
        'Country "' || named_countries.country || '" is in no lookup; its companies and touches have no region.' as detail,
        'seeds/country_aliases.csv: ' || {{ csv_cell('named_countries.country') }} || ',<country_code>' as fix
    from named_countries
    left join country_aliases on named_countries.country = country_aliases.alias
    where named_countries.country <> '' and country_aliases.alias is null
    group by named_countries.partner_id, named_countries.feed_id, named_countries.country

),

-- Hashes of a scheme that nobody knows become no key, so their people meet nobody.
people as (

    select feed_id
    from {{ ref('int_people_unioned') }}
    where email_key_lower_trim is null and email_key_google is null

    union all

    select feed_id
    from {{ ref('int_touches_unioned') }}
    where email_key_lower_trim is null and email_key_google is null and source_person_id is null

),

deals_by_partner as (

    select
        partner_id,
        sum(amount) as amount
    from opportunities
    group by partner_id

),

schemes as (

    select
        feeds.partner_id,
        feeds.feed_id,
        'unknown hash scheme' as check_name,
        'fail' as status,
        count(people.feed_id) as row_count,
        max(deals_by_partner.amount) as amount_at_stake,
        'Hash scheme "' || feeds.email_hash_scheme || '" is not known; hashed people of ' || feeds.feed_id
        || ' meet nobody, and their touches earn no credit.' as detail,
        'In seeds/feeds.csv, write email_hash_scheme lower_trim or google for ' || feeds.feed_id || ' (docs/privacy.md).' as fix
    from feeds
    left join people on feeds.feed_id = people.feed_id
    left join deals_by_partner on feeds.partner_id = deals_by_partner.partner_id
    where feeds.email_hash_scheme not in ('lower_trim', 'google')
    group by feeds.partner_id, feeds.feed_id, feeds.email_hash_scheme

)

select
    'taxonomy' as section,
    *
from countries
union all
select
    'taxonomy' as section,
    *
from schemes
