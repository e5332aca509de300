with

versions as (

    select * from {{ ref('stg_salesforce__opportunity') }}

    where version_started_at is not null and not is_marked_deleted

),

history as (

    select * from {{ ref('stg_salesforce__opportunity_history') }}

    where not is_deleted

),

tracked_stages as (

    select * from {{ ref('int_salesforce__tracked_stages') }}

),

-- source_rank: Salesforce's own times before history mode, which knows only when a sync saw a stage.
final as (

    select
        feed_id,
        delivered_at,
        opportunity_id,
        change_id,
        raw_stage,
        entered_at,
        case when timeline = 'opportunity_history' then 1 else 3 end as source_rank
    from history

    union all

    select
        feed_id,
        delivered_at,
        opportunity_id,
        change_id,
        raw_stage,
        entered_at,
        2 as source_rank
    from tracked_stages

    union all

    select
        feed_id,
        delivered_at,
        opportunity_id,
        opportunity_id as change_id,
        raw_stage,
        version_started_at as entered_at,
        3 as source_rank
    from versions

)

select * from final
