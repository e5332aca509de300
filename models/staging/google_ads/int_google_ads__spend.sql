with

described_costs as (

    select * from {{ ref('int_google_ads__costs_described') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        {{ text_hash([
            'account_id', 'campaign_id', 'ad_group_id', 'ad_id', 'spend_date',
        ]) }} as source_spend_id,
        spend_date,
        campaign_name as campaign_raw,
        campaign_id as campaign_ref,
        -- Google's campaign types in the words of seeds/channels.csv.
        case upper(trim(channel_type))
            when 'SEARCH' then 'paid_search'
            when 'DISPLAY' then 'display'
            when 'VIDEO' then 'paid_video'
            when 'SHOPPING' then 'paid_shopping'
            when 'PERFORMANCE_MAX' then 'cross_network'
            when 'DEMAND_GEN' then 'cross_network'
            else coalesce(channel_type, 'paid_other')
        end as channel_raw,
        ad_name as asset_raw,
        {{ url_parameter('tagged_url', 'utm_source') }} as utm_source,
        {{ url_parameter('tagged_url', 'utm_medium') }} as utm_medium,
        amount,
        currency

    from described_costs

)

select * from final
