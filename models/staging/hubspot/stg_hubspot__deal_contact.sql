with

source as (

    select * from {{ source('hubspot', 'deal_contact') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        deal_id,
        contact_id,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
