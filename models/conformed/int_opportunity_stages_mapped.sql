with

opportunities as (

    select * from {{ ref('int_opportunities_unioned') }}

),

stage_names as (

    select * from {{ ref('int_stage_names') }}

),

-- A row of stage_map for this partner or connector is the most specific word; then the CRM's own
-- closed and won flags; then the generic names that every CRM starts with.
candidates as (

    select
        opportunities.opportunity_key,
        stage_names.stage,
        case when stage_names.partner_id is not null or stage_names.connector is not null then 1 else 3 end as rule_rank,
        case when stage_names.partner_id is not null then 0 else 1 end
        + case when stage_names.connector is not null then 0 else 2 end as detail_rank,
        case when stage_names.partner_id is not null or stage_names.connector is not null then 'stage_map' else 'generic_name' end as stage_rule
    from opportunities
    inner join stage_names
        on
            lower(trim(opportunities.raw_stage)) = stage_names.raw_stage
            and (stage_names.partner_id is null or stage_names.partner_id = lower(opportunities.partner_id))
            and (stage_names.connector is null or stage_names.connector = opportunities.connector)

    union all

    select
        opportunity_key,
        case when crm_is_won then 'closed_won' else 'closed_lost' end as stage,
        2 as rule_rank,
        0 as detail_rank,
        'crm_flag' as stage_rule
    from opportunities
    where crm_is_won or crm_is_closed

    union all

    select
        opportunity_key,
        'unmapped' as stage,
        4 as rule_rank,
        0 as detail_rank,
        'unmapped' as stage_rule
    from opportunities

),

ranked as (

    select
        *,
        row_number() over (partition by opportunity_key order by rule_rank, detail_rank, stage) as candidate_rank
    from candidates

)

select
    opportunity_key,
    stage,
    stage_rule
from ranked
where candidate_rank = 1
