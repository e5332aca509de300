with

source as (

    select * from {{ source('hubspot', 'deal') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        deal_id,
        deal_pipeline_id as pipeline_id,
        deal_pipeline_stage_id as stage_id,
        owner_id,

        -- strings
        property_dealname as deal_name,
        nullif(trim(property_deal_currency_code), '') as currency,
        property_hs_analytics_source as lead_source,
        nullif(trim(property_hs_merged_object_ids), '') as merged_deal_ids,

        -- numbers
        cast(property_amount as decimal(18, 2)) as amount,
        property_hs_exchange_rate as home_currency_per_unit,

        -- booleans
        (coalesce(is_deleted, false) or coalesce(_fivetran_deleted, false)) as is_deleted,
        property_hs_is_closed as is_closed,
        property_hs_is_closed_won as is_won,

        -- timestamps
        _delivered_at as delivered_at,
        property_createdate as created_at,
        property_closedate as close_time,
        property_hs_lastmodifieddate as updated_at

    from source

)

select * from renamed
