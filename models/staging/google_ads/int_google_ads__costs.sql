with

ad_stats as (

    select * from {{ ref('stg_google_ads__ad_stats') }}

),

campaign_stats as (

    select * from {{ ref('stg_google_ads__campaign_stats') }}

),

campaigns_with_ad_stats as (

    select distinct
        feed_id,
        account_id,
        campaign_id

    from ad_stats

),

-- Both reports hold the same money, so a campaign is read from one of them: from its ads where they
-- are reported at all, else as a whole (Performance Max has no ads to report).
final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        account_id,
        campaign_id,
        ad_group_id,
        ad_id,
        spend_date,
        cost_micros

    from ad_stats

    union all

    select
        campaign_stats.partner_id,
        campaign_stats.feed_id,
        campaign_stats.delivered_at,
        campaign_stats.account_id,
        campaign_stats.campaign_id,
        cast(null as {{ dbt.type_string() }}) as ad_group_id,
        cast(null as {{ dbt.type_string() }}) as ad_id,
        campaign_stats.spend_date,
        campaign_stats.cost_micros

    from campaign_stats

    left join campaigns_with_ad_stats
        on
            campaign_stats.feed_id = campaigns_with_ad_stats.feed_id
            and campaign_stats.account_id = campaigns_with_ad_stats.account_id
            and campaign_stats.campaign_id = campaigns_with_ad_stats.campaign_id

    where campaigns_with_ad_stats.campaign_id is null

)

select * from final
