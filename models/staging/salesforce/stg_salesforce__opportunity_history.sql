with

source as (

    select * from {{ source('salesforce', 'opportunity_history') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as change_id,
        coalesce(opportunity_id, id) as opportunity_id,

        -- strings
        case
            when opportunity_id is null then 'history_mode'
            else 'opportunity_history'
        end as timeline,
        stage_name as raw_stage,

        -- In history mode created_date is the opportunity's own, not the change's.
        case when opportunity_id is null then _fivetran_start else created_date end as entered_at,

        -- flags
        coalesce(is_deleted, false) as is_deleted

    from source

)

select * from renamed
