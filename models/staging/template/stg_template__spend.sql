with

source as (

    select * from {{ source('template', 'spend') }}

),

renamed as (

    select
        -- feed
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- strings
        campaign as campaign_raw,
        channel as channel_raw,
        asset as asset_raw,
        currency,

        -- numbers
        cast(amount as decimal(18, 6)) as amount,

        -- dates
        cast(spend_date as date) as spend_date

    from source

)

select * from renamed
