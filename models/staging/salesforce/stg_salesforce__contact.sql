with

source as (

    select * from {{ source('salesforce', 'contact') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as contact_id,
        account_id,
        master_record_id as master_contact_id,

        -- strings; the column holds an address or its hash
        coalesce({{ email_key('email', 'lower_trim') }}, {{ email_key_of_hash('email') }})
            as email_key_lower_trim,
        coalesce({{ email_key('email', 'google') }}, {{ email_key_of_hash('email') }})
            as email_key_google,
        {{ email_domain('email') }} as email_domain,
        coalesce(mailing_country, mailing_country_code) as country,

        -- timestamps
        created_date as created_at,
        mql_date_c as mql_at,

        -- flags
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted,
        row_number() over (
            partition by _feed_id, id
            order by _fivetran_start desc nulls last, _delivered_at desc nulls last
        ) = 1 as is_current

    from source

)

select * from renamed
