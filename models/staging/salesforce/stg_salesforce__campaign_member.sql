with

source as (

    select * from {{ source('salesforce', 'campaign_member') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids; a converted lead's membership carries both
        id as campaign_member_id,
        campaign_id,
        coalesce(contact_id, lead_id, lead_or_contact_id) as person_id,
        account_id,

        -- strings
        status,
        utm_source_c as utm_source,
        utm_medium_c as utm_medium,
        utm_campaign_c as utm_campaign,
        utm_content_c as utm_content,
        utm_term_c as utm_term,
        utm_id_c as utm_id,

        -- timestamps
        first_responded_date as first_responded_at,
        created_date as created_at,

        -- flags
        has_responded,
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted,
        row_number() over (
            partition by _feed_id, id
            order by _fivetran_start desc nulls last, _delivered_at desc nulls last
        ) = 1 as is_current

    from source

)

select * from renamed
