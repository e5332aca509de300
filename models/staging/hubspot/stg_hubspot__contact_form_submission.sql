with

source as (

    select * from {{ source('hubspot', 'contact_form_submission') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        coalesce(
            conversion_id,
            {{ text_hash(['contact_id', 'email', 'form_id', 'page_url', 'timestamp']) }}
        ) as form_submission_id,
        contact_id,
        form_id,

        -- strings
        page_url,
        title as form_title,

        -- keys in place of the address, delivered plain or hashed
        {{ email_key('email', 'lower_trim') }} as email_key_lower_trim,
        {{ email_key('email', 'google') }} as email_key_google,
        {{ email_key_of_hash('email') }} as email_key_delivered,
        {{ email_domain('email') }} as email_domain,

        -- timestamps
        _delivered_at as delivered_at,
        timestamp as submitted_at

    from source

)

select * from renamed
