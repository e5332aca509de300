{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}
{#- Rarely a deal of that size is real; the figures keep it either way. -#}
{%- set huge_amount = 1000000000 -%}

with

deals as (

    select * from {{ ref('fct_opportunities') }}

),

totals as (

    select sum(abs(amount)) as total_amount from deals

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

dominant as (

    select
        deals.primary_partner_id as partner_id,
        'dominant deal' as check_name,
        deals.amount,
        'Deal ' || deals.opportunity_id || ' over ' || cast(deals.amount as {{ dbt.type_string() }}) || ' {{ var("reporting_currency") }}'
        || case
            when totals.total_amount > 0 and abs(deals.amount) > 0.5 * totals.total_amount then ' is more than half of all deals.'
            else ' is larger than 10^9.'
        end || ' Every total rests on it.' as detail,
        'Ask ' || deals.primary_partner_id || ' whether the amount is right: it may be in cents, or in another currency.' as fix
    from deals
    cross join totals
    where
        abs(deals.amount) > {{ huge_amount }}
        or (totals.total_amount > 0 and abs(deals.amount) > 0.5 * totals.total_amount)

),

accounts as (

    select
        deals.account_id,
        max(accounts.account_name) as account_name,
        count(*) as deal_count,
        sum(deals.amount) as amount,
        sum(abs(deals.amount)) as size
    from deals
    inner join {{ ref('dim_account') }} as accounts on deals.account_id = accounts.account_id
    group by deals.account_id

),

concentrated as (

    select
        cast(null as {{ dbt.type_string() }}) as partner_id,
        'dominant account' as check_name,
        accounts.amount,
        'The ' || cast(accounts.deal_count as {{ dbt.type_string() }}) || ' deals of ' || coalesce(accounts.account_name, accounts.account_id)
        || ' are ' || {{ percent_text('cast(accounts.size as double) / cast(totals.total_amount as double)') }} || ' of all deals.' as detail,
        'Read the figures with and without it: one account decides them.' as fix
    from accounts
    cross join totals
    where totals.total_amount > 0 and accounts.size > 0.3 * totals.total_amount

),

early as (

    select
        deals.primary_partner_id as partner_id,
        'closed in the future' as check_name,
        deals.amount,
        'Deal ' || deals.opportunity_id || ' is ' || deals.stage || ' on ' || cast(deals.close_date as {{ dbt.type_string() }})
        || case
            when as_of.future_from is null then ', after the last day with anything in it.'
            else ', after the latest delivery: it is won in no total until that day is delivered.'
        end as detail,
        'Ask ' || deals.primary_partner_id || ' for the day on which it was closed.' as fix
    from deals
    cross join as_of
    where
        not deals.is_open
        and not as_of.is_set_by_user
        and case
            when as_of.future_from is null then deals.close_date > as_of.as_of
            else deals.close_date >= as_of.future_from
        end

),

unioned as (

    select * from dominant
    union all
    select * from concentrated
    union all
    select * from early

)

select
    'money' as section,
    partner_id,
    cast(null as {{ dbt.type_string() }}) as feed_id,
    check_name,
    'warn' as status,
    1 as row_count,
    amount as amount_at_stake,
    detail,
    fix
from unioned
