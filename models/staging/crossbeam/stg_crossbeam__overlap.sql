with

source as (

    select * from {{ source('crossbeam', 'overlap') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        nullif(trim(record_id), '') as record_id,
        nullif(trim(opportunity_id), '') as opportunity_id,

        -- strings and numbers
        nullif(trim(record_name), '') as account_name,
        nullif(trim(website), '') as website,
        country,
        industry,
        employees,
        trim(partner_name) as partner_name,
        population,
        partner_population,
        lower(trim(attribution_type)) as attribution_type,
        currency,

        -- amounts
        cast(amount as decimal(18, 2)) as amount,

        -- timestamps
        overlapped_at,
        attributed_at,

        -- flags
        coalesce(partner_sourced, false)
        or coalesce({{ regex_matches('lower(trim(attribution_type))', "'^(partner[ _-]?)?sourced$'") }}, false)
            as is_partner_sourced

    from source

)

select * from renamed
