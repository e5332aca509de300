with

source as (

    select * from {{ source('hubspot', 'form') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        guid as form_id,

        -- strings
        name as form_name,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
