with

source as (

    select * from {{ source('marketo', 'lead') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as lead_id,

        -- strings; the column holds an address or its hash
        coalesce({{ email_key('email', 'lower_trim') }}, {{ email_key_of_hash('email') }})
            as email_key_lower_trim,
        coalesce({{ email_key('email', 'google') }}, {{ email_key_of_hash('email') }})
            as email_key_google,
        {{ email_domain('email') }} as email_domain,
        company as company_name,
        country,

        -- timestamps
        created_at,
        mql_date as mql_at,

        -- flags
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
