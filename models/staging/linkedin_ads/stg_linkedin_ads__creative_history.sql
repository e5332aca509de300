with

source as (

    select * from {{ source('linkedin_ads', 'creative_history') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids; dialects differ in bare ids and URNs
        {{ regex_extract('id', '([^:]+)$') }} as creative_id,
        {{ regex_extract('campaign_id', '([^:]+)$') }} as campaign_id,

        -- strings
        name as creative_name,
        coalesce(click_uri, text_ad_landing_page, spotlight_landing_page) as click_url,

        -- flags; older deliveries know only when the creative was made
        row_number() over (
            partition by _feed_id, id
            order by
                coalesce(last_modified_at, created_at) desc nulls last,
                _delivered_at desc nulls last
        ) = 1 as is_current

    from source

)

select * from renamed
