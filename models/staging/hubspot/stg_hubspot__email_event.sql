with

source as (

    select * from {{ source('hubspot', 'email_event') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        id as email_event_id,
        email_campaign_id,
        obsoleted_by_id as obsoleted_by_email_event_id,

        -- strings
        upper(type) as event_type,

        -- keys in place of the address, delivered plain or hashed
        {{ email_key('recipient', 'lower_trim') }} as email_key_lower_trim,
        {{ email_key('recipient', 'google') }} as email_key_google,
        {{ email_key_of_hash('recipient') }} as email_key_delivered,
        {{ email_domain('recipient') }} as email_domain,

        -- booleans
        coalesce(filtered_event, false) as is_filtered,

        -- timestamps
        _delivered_at as delivered_at,
        created as occurred_at

    from source

)

select * from renamed
