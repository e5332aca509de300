with

source as (

    select * from {{ source('marketo', 'campaign') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as smart_campaign_id,
        program_id

    from source

)

select * from renamed
