with

analytics as (

    select * from {{ ref('int_linkedin_ads__analytics') }}

    where coalesce(cost_in_local_currency, cost_in_usd) is not null

),

accounts as (

    select * from {{ ref('stg_linkedin_ads__account_history') }}

    where is_current

),

campaigns as (

    select * from {{ ref('stg_linkedin_ads__campaign_history') }}

    where is_current

),

creatives as (

    select * from {{ ref('stg_linkedin_ads__creative_history') }}

    where is_current

),

final as (

    select
        analytics.partner_id,
        analytics.feed_id,
        analytics.delivered_at,
        analytics.spend_id as source_spend_id,
        analytics.spend_date,
        campaigns.campaign_name as campaign_raw,
        analytics.campaign_id as campaign_ref,
        'paid_social' as channel_raw,
        coalesce(creatives.creative_name, analytics.creative_id) as asset_raw,
        {{ url_parameter('creatives.click_url', 'utm_source') }} as utm_source,
        {{ url_parameter('creatives.click_url', 'utm_medium') }} as utm_medium,
        cast(
            coalesce(analytics.cost_in_local_currency, analytics.cost_in_usd) as decimal(18, 6)
        ) as amount,
        -- NULL = the feed's currency, when the account is not delivered.
        case when analytics.cost_in_local_currency is null then 'USD' else accounts.currency end
            as currency

    from analytics

    left join campaigns
        on
            analytics.feed_id = campaigns.feed_id
            and analytics.campaign_id = campaigns.campaign_id

    left join accounts
        on
            campaigns.feed_id = accounts.feed_id
            and campaigns.account_id = accounts.account_id

    left join creatives
        on
            analytics.feed_id = creatives.feed_id
            and analytics.creative_id = creatives.creative_id

)

select * from final
