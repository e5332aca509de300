with

source as (

    select * from {{ source('google_ads', 'ad_stats') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        customer_id as account_id,
        campaign_id,
        coalesce(ad_group_id, {{ regex_extract('ad_group', 'adGroups/([0-9]+)') }}) as ad_group_id,
        ad_id,

        -- numbers
        cost_micros,

        -- dates
        date as spend_date,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
