with

spend as (

    select * from {{ ref('int_spend_unioned') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

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

asset_names as (

    select * from {{ ref('int_asset_names') }}

),

channels as (

    select * from {{ ref('channels') }}

),

channel_aliases as (

    select * from {{ ref('channel_aliases') }}

),

keyed as (

    select
        spend.*,
        nullif(upper(trim(coalesce(spend.currency, feeds.currency))), '') as delivered_currency
    from spend
    left join feeds on spend.feed_id = feeds.feed_id

),

classified as (

    select
        keyed.*,
        coalesce(
            by_ref.campaign_id,
            by_name.campaign_id,
            case when coalesce(keyed.campaign_ref, keyed.campaign_raw) is null then 'none' else 'unmapped' end
        ) as campaign_id,
        coalesce(asset_names.asset_id, {{ campaign_slug('keyed.asset_raw') }}) as asset_id,
        coalesce(
            channels.channel,
            channel_aliases.channel,
            case when keyed.channel_raw is null then 'unassigned' else 'unmapped' end
        ) as channel,
        {{ conversion_status('keyed.amount', 'keyed.delivered_currency', 'currencies.currency', 'rates') }} as amount_status,
        rates.units_per_reporting,
        rates.rate_date as fx_rate_date,
        rates.rate_source as fx_rate_source
    from keyed
    left join currencies on keyed.delivered_currency = currencies.currency
    left join rates
        on
            keyed.partner_id = rates.partner_id
            and keyed.delivered_currency = rates.currency
            and keyed.spend_date = rates.day
    left join campaign_names as by_ref on {{ campaign_slug('keyed.campaign_ref') }} = by_ref.alias
    left join campaign_names as by_name on {{ campaign_slug('keyed.campaign_raw') }} = by_name.alias
    left join asset_names on {{ campaign_slug('keyed.asset_raw') }} = asset_names.alias
    left join channels on replace(replace(lower(trim(keyed.channel_raw)), ' ', '_'), '-', '_') = channels.channel
    left join channel_aliases on lower(trim(keyed.channel_raw)) = channel_aliases.alias

)

select
    spend_id,
    partner_id,
    feed_id,
    source_spend_id,
    spend_date,
    campaign_id,
    campaign_raw,
    channel,
    asset_id,
    asset_raw,
    amount as delivered_amount,
    delivered_currency,
    amount_status,
    {{ reporting_amount('amount', 'amount_status', 'units_per_reporting') }} as amount,
    cast(units_per_reporting as decimal(18, 8)) as fx_rate,
    fx_rate_date,
    fx_rate_source
from classified
