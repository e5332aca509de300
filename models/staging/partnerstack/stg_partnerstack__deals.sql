{% set website_in_json = '"(?:company_)?(?:website|domain|url)"\\s*:\\s*"([^"]+)"' %}

with

source as (

    select * from {{ source('partnerstack', 'deals') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids; a key that is an address identifies a person, not an opportunity
        key as deal_key,
        nullif(trim(partner_key), '') as partner_key,
        case when external_key not like '%@%' then nullif(trim(external_key), '') end as opportunity_id,

        -- strings
        case
            when {{ regex_matches('account_name', "'^ *[{]'") }}
                then {{ regex_extract('account_name', '"(?:name|value)"\\s*:\\s*"([^"]+)"') }}
            else nullif(trim(account_name), '')
        end as account_name,
        coalesce({{ regex_extract('meta', website_in_json) }}, {{ regex_extract('field_data', website_in_json) }}) as website,
        nullif(trim(stage), '') as stage,

        -- amounts
        {{ cents_to_amount('amount') }} as amount,

        -- timestamps
        created_at,

        -- flags
        lower(trim(coalesce(source, 'partner'))) <> 'vendor' as is_registered_by_partner

    from source

)

select * from renamed
