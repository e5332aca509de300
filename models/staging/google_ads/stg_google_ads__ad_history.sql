with

source as (

    select * from {{ source('google_ads', 'ad_history') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        id as ad_id,
        ad_group_id,

        -- strings
        nullif(trim(name), '') as ad_name,
        {{ regex_extract('final_urls', '(https?://[^\\],"\\s]+)') }} as final_url,

        -- booleans
        _fivetran_active as is_active,

        -- timestamps
        _delivered_at as delivered_at,
        updated_at

    from source

)

select * from renamed
