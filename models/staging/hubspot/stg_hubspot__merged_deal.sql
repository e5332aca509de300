with

source as (

    select * from {{ source('hubspot', 'merged_deal') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        deal_id as survivor_deal_id,
        merged_deal_id,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
