with

source as (

    select * from {{ source('hubspot', 'email_campaign') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        id as email_campaign_id,

        -- strings
        name as campaign_name,
        subject,
        type as campaign_type,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
