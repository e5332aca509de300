with

source as (

    select * from {{ source('hubspot', 'deal_pipeline') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        pipeline_id,

        -- strings
        label as pipeline_name,

        -- booleans
        active as is_active,
        coalesce(_fivetran_deleted, false) as is_deleted,

        -- timestamps
        _delivered_at as delivered_at,
        created_at

    from source

)

select * from renamed
