with

source as (

    select * from {{ source('template', 'people') }}

),

renamed as (

    select
        -- feed
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        person_id as source_person_id,
        account_id as source_account_id,

        -- identity: plain addresses end here
        {{ email_key('email', 'lower_trim') }} as email_key_lower_trim,
        {{ email_key('email', 'google') }} as email_key_google,
        {{ email_key_of_hash('email_hash') }} as email_key_delivered,
        {{ email_domain('email') }} as email_domain,

        -- timestamps
        cast(created_at as timestamp) as created_at,
        cast(mql_at as timestamp) as mql_at

    from source

)

select * from renamed
