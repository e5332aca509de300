with

opportunities as (

    select * from {{ ref('int_salesforce__opportunities') }}

),

field_history as (

    select
        *,
        row_number() over (
            partition by feed_id, opportunity_id order by changed_at, change_id
        ) as change_number

    from {{ ref('stg_salesforce__opportunity_field_history') }}

    where lower(field) = 'stagename' and not is_deleted

),

final as (

    select
        feed_id,
        delivered_at,
        opportunity_id,
        change_id,
        new_value as raw_stage,
        changed_at as entered_at
    from field_history

    union all

    -- The stage before the first change was entered with the opportunity itself.
    select
        field_history.feed_id,
        field_history.delivered_at,
        field_history.opportunity_id,
        '' as change_id,
        field_history.old_value as raw_stage,
        opportunities.created_at as entered_at
    from field_history
    inner join opportunities
        on
            field_history.feed_id = opportunities.feed_id
            and field_history.opportunity_id = opportunities.source_opportunity_id
            and field_history.changed_at >= opportunities.created_at
    where field_history.change_number = 1

)

select * from final
