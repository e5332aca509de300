with

source as (

    select * from {{ source('linkedin_ads', 'ad_analytics_by_campaign') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids; dialects differ in bare ids and URNs
        {{ regex_extract('campaign_id', '([^:]+)$') }} as campaign_id,

        -- days, in the ad account's own reporting zone (UTC)
        day as spend_date,

        -- money
        cost_in_local_currency,
        cost_in_usd

    from source

)

select * from renamed
