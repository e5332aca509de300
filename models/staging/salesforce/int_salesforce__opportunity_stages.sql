with

opportunities as (

    select * from {{ ref('int_salesforce__opportunities') }}

),

ranked as (

    select
        *,
        min(source_rank) over (partition by feed_id, opportunity_id) as best_source_rank

    from {{ ref('int_salesforce__stage_records') }}

    where raw_stage is not null and entered_at is not null

),

ordered as (

    select
        *,
        lag(raw_stage) over (
            partition by feed_id, opportunity_id order by entered_at, change_id, raw_stage
        ) as previous_raw_stage

    from ranked

    where source_rank = best_source_rank

),

-- Histories also record changes of amount or close date, which enter no stage.
final as (

    select
        opportunities.partner_id,
        ordered.feed_id,
        ordered.delivered_at,
        ordered.opportunity_id as source_opportunity_id,
        ordered.raw_stage,
        ordered.entered_at

    from ordered

    inner join opportunities
        on
            ordered.feed_id = opportunities.feed_id
            and ordered.opportunity_id = opportunities.source_opportunity_id

    where ordered.previous_raw_stage is null or ordered.previous_raw_stage <> ordered.raw_stage

)

select * from final
