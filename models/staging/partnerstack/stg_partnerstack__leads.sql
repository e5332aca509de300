{% set address_in_json = '"email(?:_address)?"\\s*:\\s*"([^"]+@[^"]+)"' %}

with

source as (

    select
        *,
        -- Forms differ by programme. A pattern reads what a JSON function would refuse as malformed.
        coalesce(
            {{ regex_extract('meta', address_in_json) }},
            {{ regex_extract('field_data', address_in_json) }},
            case when external_key like '%@%' then external_key end
        ) as email

    from {{ source('partnerstack', 'leads') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        key as lead_key,
        nullif(trim(partner_key), '') as partner_key,

        -- strings
        status,
        {{ email_key('email', 'lower_trim') }} as email_key_lower_trim,
        {{ email_key('email', 'google') }} as email_key_google,
        {{ email_domain('email') }} as email_domain,

        -- timestamps
        created_at

    from source

)

select * from renamed
