with

source as (

    select * from {{ source('hubspot', 'company') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        id as company_id,
        property_hs_parent_company_id as parent_company_id,

        -- strings
        property_name as company_name,
        coalesce(property_domain, property_website) as website,
        property_country as country,
        property_industry as industry,

        -- numbers
        cast(property_numberofemployees as bigint) as employees,

        -- booleans
        (coalesce(is_deleted, false) or coalesce(_fivetran_deleted, false)) as is_deleted,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
