with

source as (

    select * from {{ source('partnerstack', 'customers') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        key as customer_key,
        nullif(trim(partner_key), '') as partner_key,
        partnership_key,
        source_key,

        -- strings; the column holds an address or its hash
        coalesce({{ email_key('email', 'lower_trim') }}, {{ email_key_of_hash('email') }})
            as email_key_lower_trim,
        coalesce({{ email_key('email', 'google') }}, {{ email_key_of_hash('email') }})
            as email_key_google,
        {{ email_domain('email') }} as email_domain,

        -- timestamps
        created_at,

        -- flags
        coalesce(test, false) as is_test

    from source

)

select * from renamed
