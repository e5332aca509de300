with

source as (

    select * from {{ source('marketo', 'activity_delete_lead') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as activity_id,
        lead_id

    from source

)

select * from renamed
