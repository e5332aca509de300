with

source as (

    select * from {{ source('marketo', 'activity_email_delivered') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as activity_id,
        lead_id,
        primary_attribute_value_id as email_id,

        -- timestamps
        activity_date as delivered_to_inbox_at

    from source

)

select * from renamed
