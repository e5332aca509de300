with

source as (

    select * from {{ source('hubspot', 'deal_pipeline_stage') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        stage_id,
        pipeline_id,

        -- strings
        label as stage_name,
        -- Every portal has these seven ids; their labels are translated and edited, so the id is
        -- the steadier name. All other ids are opaque, and only the label can be mapped.
        case
            when
                stage_id in (
                    'appointmentscheduled',
                    'qualifiedtobuy',
                    'presentationscheduled',
                    'decisionmakerboughtin',
                    'contractsent',
                    'closedwon',
                    'closedlost'
                )
                then stage_id
            else coalesce(nullif(trim(label), ''), stage_id)
        end as raw_stage,

        -- numbers
        display_order,
        probability,

        -- booleans
        -- Open stages may have a probability of 0 or 1, so probability alone never closes a stage.
        coalesce(is_closed, case when closed_won then true end) as is_closed,
        coalesce(closed_won, is_closed and probability = 1) as is_won,
        coalesce(_fivetran_deleted, false) as is_deleted,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
