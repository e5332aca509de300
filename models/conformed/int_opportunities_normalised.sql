with

staged as (

    select * from {{ ref('int_opportunities_staged') }}

),

currencies as (

    select * from {{ ref('currencies') }}

),

rates as (

    select * from {{ ref('int_fx_rates_by_day') }}

),

campaign_names as (

    select * from {{ ref('int_campaign_names') }}

),

converted as (

    select
        staged.*,
        case
            when staged.amount is null then 'no_amount'
            else {{ conversion_status('staged.amount', 'staged.delivered_currency', 'currencies.currency', 'rates') }}
        end as amount_status,
        rates.units_per_reporting,
        rates.rate_date as fx_rate_date,
        rates.rate_source as fx_rate_source,
        campaign_names.campaign_id
    from staged
    left join currencies on staged.delivered_currency = currencies.currency
    left join rates
        on
            staged.partner_id = rates.partner_id
            and staged.delivered_currency = rates.currency
            and staged.rate_day = rates.day
    left join campaign_names on {{ campaign_slug('staged.primary_campaign') }} = campaign_names.alias

)

select
    opportunity_key,
    partner_id,
    feed_id,
    connector,
    delivered_at,
    source_opportunity_id,
    source_account_id,
    opportunity_name,
    raw_stage,
    stage,
    stage_rule,
    is_open,
    is_won,
    is_lost,
    amount as delivered_amount,
    delivered_currency,
    amount_status,
    {{ reporting_amount('amount', 'amount_status', 'units_per_reporting') }} as amount,
    cast(units_per_reporting as decimal(18, 8)) as fx_rate,
    fx_rate_date,
    fx_rate_source,
    created_at,
    case
        when not is_open then coalesce(close_time, {{ end_of_day_utc('close_date', 'timezone') }})
    end as closed_at,
    closing_day as close_date,
    primary_campaign as primary_campaign_raw,
    campaign_id,
    owner,
    lead_source
from converted
