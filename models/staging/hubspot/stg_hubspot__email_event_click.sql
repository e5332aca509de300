with

source as (

    select * from {{ source('hubspot', 'email_event_click') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        id as email_event_id,

        -- strings
        url,
        user_agent,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
