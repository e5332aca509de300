with

source as (

    select * from {{ source('google_ads', 'campaign_stats') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        customer_id as account_id,
        id as campaign_id,

        -- numbers
        cost_micros,

        -- dates
        date as spend_date,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
