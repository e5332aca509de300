with

source as (

    select * from {{ source('google_ads', 'campaign_history') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        id as campaign_id,

        -- strings
        name as campaign_name,
        advertising_channel_type as channel_type,
        tracking_url_template,

        -- booleans
        _fivetran_active as is_active,

        -- timestamps
        _delivered_at as delivered_at,
        updated_at

    from source

)

select * from renamed
