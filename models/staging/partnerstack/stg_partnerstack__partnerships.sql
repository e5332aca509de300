with

source as (

    select * from {{ source('partnerstack', 'partnerships') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        key as partnership_key,
        nullif(trim(partner_key), '') as partner_key

    from source

)

select * from renamed
