with

source as (

    select * from {{ source('hubspot', 'deal_stage') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        deal_id,
        value as stage_id,

        -- timestamps
        _delivered_at as delivered_at,
        date_entered as entered_at

    from source

)

select * from renamed
