with

source as (

    select * from {{ source('dynamics365', 'lead') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        leadid as lead_id,
        parentcontactid as parent_contact_id,
        case when coalesce(merged, true) then masterid end as master_lead_id,

        -- strings; the column holds an address or its hash
        coalesce({{ email_key('emailaddress1', 'lower_trim') }}, {{ email_key_of_hash('emailaddress1') }})
            as email_key_lower_trim,
        coalesce({{ email_key('emailaddress1', 'google') }}, {{ email_key_of_hash('emailaddress1') }})
            as email_key_google,
        {{ email_domain('emailaddress1') }} as email_domain,
        companyname as company_name,
        address1_country as country,

        -- timestamps
        createdon as created_at,
        mqldate as mql_at,

        -- flags
        coalesce(statecode = 1, false) as is_qualified,
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
