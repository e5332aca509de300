with

source as (

    select * from {{ source('salesforce', 'lead') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as lead_id,
        master_record_id as master_lead_id,
        converted_contact_id,

        -- strings; the column holds an address or its hash
        coalesce({{ email_key('email', 'lower_trim') }}, {{ email_key_of_hash('email') }})
            as email_key_lower_trim,
        coalesce({{ email_key('email', 'google') }}, {{ email_key_of_hash('email') }})
            as email_key_google,
        {{ email_domain('email') }} as email_domain,
        company as company_name,
        coalesce(country, country_code) as country,
        lead_source,
        utm_source_c as utm_source,
        utm_medium_c as utm_medium,
        utm_campaign_c as utm_campaign,
        utm_content_c as utm_content,
        utm_term_c as utm_term,
        utm_id_c as utm_id,

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
