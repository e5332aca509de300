with

source as (

    select * from {{ source('hubspot', 'deal_company') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        deal_id,
        company_id,

        -- booleans
        -- HubSpot's own association type 5 is "deal to its primary company".
        coalesce(type_id = '5' and category = 'HUBSPOT_DEFINED', false) as is_primary,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
