with

source as (

    select * from {{ source('hubspot', 'contact') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        id as contact_id,
        property_associatedcompanyid as company_id,

        -- strings
        property_company as company_name,
        property_country as country,
        nullif(trim(property_hs_merged_object_ids), '') as merged_contact_ids,

        -- keys in place of the address, delivered plain or hashed
        {{ email_key('property_email', 'lower_trim') }} as email_key_lower_trim,
        {{ email_key('property_email', 'google') }} as email_key_google,
        {{ email_key_of_hash('property_email') }} as email_key_delivered,
        {{ email_domain('property_email') }} as email_domain,

        -- booleans
        (coalesce(is_deleted, false) or coalesce(_fivetran_deleted, false)) as is_deleted,

        -- timestamps
        _delivered_at as delivered_at,
        property_createdate as created_at,
        property_hs_lifecyclestage_marketingqualifiedlead_date as mql_at

    from source

)

select * from renamed
