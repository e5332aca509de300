with

source as (

    select * from {{ source('google_ads', 'ad_group_history') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        id as ad_group_id,
        campaign_id,

        -- strings
        name as ad_group_name,

        -- booleans
        _fivetran_active as is_active,

        -- timestamps
        _delivered_at as delivered_at,
        updated_at

    from source

)

select * from renamed
