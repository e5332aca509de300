with

creatives as (

    select * from {{ ref('stg_linkedin_ads__creative_history') }}

    where is_current

),

by_creative as (

    select
        analytics.*,
        creatives.campaign_id,
        coalesce(analytics.cost_in_local_currency, analytics.cost_in_usd, 0) <> 0 as has_cost

    from {{ ref('stg_linkedin_ads__ad_analytics_by_creative') }} as analytics

    left join creatives
        on
            analytics.feed_id = creatives.feed_id
            and analytics.creative_id = creatives.creative_id

),

-- A campaign's day counts only where no creative of the same feed and day already tells its cost.
-- A creative whose campaign is not known could be of any, so it stands for all of them.
by_campaign as (

    select campaign_days.*

    from {{ ref('stg_linkedin_ads__ad_analytics_by_campaign') }} as campaign_days

    where not exists (
        select 1
        from by_creative
        where
            by_creative.feed_id = campaign_days.feed_id
            and by_creative.spend_date = campaign_days.spend_date
            and coalesce(by_creative.campaign_id, campaign_days.campaign_id) = campaign_days.campaign_id
            and by_creative.has_cost
    )

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        'creative:' || creative_id || ':' || cast(spend_date as {{ dbt.type_string() }}) as spend_id,
        spend_date,
        creative_id,
        campaign_id,
        cost_in_local_currency,
        cost_in_usd

    from by_creative

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        'campaign:' || campaign_id || ':' || cast(spend_date as {{ dbt.type_string() }}) as spend_id,
        spend_date,
        cast(null as {{ dbt.type_string() }}) as creative_id,
        campaign_id,
        cost_in_local_currency,
        cost_in_usd

    from by_campaign

)

select * from final
