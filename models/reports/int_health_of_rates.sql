{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

rates as (

    select * from {{ ref('int_fx_rates_checked') }}
    where rate_status <> 'used'

),

deals as (

    select
        opportunities.partner_id,
        opportunities.delivered_currency as currency,
        staged.rate_day,
        opportunities.amount
    from {{ ref('int_opportunities_normalised') }} as opportunities
    inner join {{ ref('int_opportunities_staged') }} as staged
        on opportunities.opportunity_key = staged.opportunity_key

),

-- The money of that day and currency, at the rate that held instead.
at_stake as (

    select
        rates.feed_id,
        rates.base_currency,
        rates.currency,
        rates.valid_from,
        sum(deals.amount) as amount
    from rates
    inner join deals
        on
            deals.currency in (rates.currency, rates.base_currency)
            and deals.rate_day = rates.valid_from
            and coalesce(rates.partner_id, deals.partner_id) = deals.partner_id
    group by rates.feed_id, rates.base_currency, rates.currency, rates.valid_from

)

select
    'money' as section,
    rates.partner_id,
    rates.feed_id,
    case when rates.rate_status = 'shifted' then 'FX rate moved' else 'FX rate not used' end as check_name,
    case when rates.rate_status = 'shifted' then 'warn' else 'fail' end as status,
    1 as row_count,
    at_stake.amount as amount_at_stake,
    rates.currency || ' ' || coalesce(cast(rates.valid_from as {{ dbt.type_string() }}), '(no day)') || ': '
    || coalesce(cast(rates.units_per_base as {{ dbt.type_string() }}), 'nothing') || ' for one ' || rates.base_currency
    || case
        when rates.rate_status = 'leap'
            then ' after ' || cast(rates.rate_before as {{ dbt.type_string() }}) || ', a leap of more than {{ var("fx_max_leap") }} that no later rate confirms. The last rate holds instead.'
        when rates.rate_status = 'shifted'
            then ' after ' || cast(rates.rate_before as {{ dbt.type_string() }}) || ', a leap of more than {{ var("fx_max_leap") }} that later rates confirm. It is used.'
        else ' is no rate; expected more than 0. The last rate holds instead.'
    end as detail,
    'seeds/fx_rates.csv: ' || rates.base_currency || ',' || rates.currency || ','
    || coalesce(cast(rates.valid_from as {{ dbt.type_string() }}), '<date>') || ',<units>,<source>' as fix
from rates
left join at_stake
    on
        rates.feed_id = at_stake.feed_id
        and rates.base_currency = at_stake.base_currency
        and rates.currency = at_stake.currency
        and rates.valid_from = at_stake.valid_from
