with

deal_stages as (

    select * from {{ ref('stg_hubspot__deal_stage') }}

),

deal_merges as (

    select * from {{ ref('int_hubspot__deal_merges') }}

),

stages as (

    select * from {{ ref('stg_hubspot__deal_pipeline_stage') }}

),

deals as (

    select * from {{ ref('stg_hubspot__deal') }}

),

resolved as (

    select
        deal_stages.partner_id,
        deal_stages.feed_id,
        deal_stages.delivered_at,
        coalesce(deal_merges.survivor_deal_id, deal_stages.deal_id) as deal_id,
        coalesce(stages.raw_stage, deal_stages.stage_id) as raw_stage,
        deal_stages.entered_at

    from deal_stages

    left join deal_merges
        on
            deal_stages.feed_id = deal_merges.feed_id
            and deal_stages.deal_id = deal_merges.deal_id

    left join stages
        on
            deal_stages.feed_id = stages.feed_id
            and deal_stages.stage_id = stages.stage_id

    where deal_stages.stage_id is not null

),

final as (

    select
        resolved.partner_id,
        resolved.feed_id,
        max(resolved.delivered_at) as delivered_at,
        resolved.deal_id as source_opportunity_id,
        resolved.raw_stage,
        resolved.entered_at

    from resolved

    left join deals
        on
            resolved.feed_id = deals.feed_id
            and resolved.deal_id = deals.deal_id

    where not coalesce(deals.is_deleted, false)

    group by
        resolved.partner_id,
        resolved.feed_id,
        resolved.deal_id,
        resolved.raw_stage,
        resolved.entered_at

)

select * from final
