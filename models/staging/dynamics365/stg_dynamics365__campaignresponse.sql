with

source as (

    select * from {{ source('dynamics365', 'campaignresponse') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        activityid as activity_id,
        regardingobjectid as campaign_id,
        customer as customer_id,

        -- strings; the column holds an address or its hash
        coalesce({{ email_key('emailaddress', 'lower_trim') }}, {{ email_key_of_hash('emailaddress') }})
            as email_key_lower_trim,
        coalesce({{ email_key('emailaddress', 'google') }}, {{ email_key_of_hash('emailaddress') }})
            as email_key_google,
        {{ email_domain('emailaddress') }} as email_domain,
        responsecode as response_code,
        channeltypecode as channel_code,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        utm_id,

        -- timestamps
        coalesce(receivedon, createdon) as received_at,

        -- flags
        coalesce(statecode = 2, false) as is_cancelled,
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
