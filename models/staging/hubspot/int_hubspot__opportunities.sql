with

deals as (

    select * from {{ ref('stg_hubspot__deal') }}

),

deal_merges as (

    select * from {{ ref('int_hubspot__deal_merges') }}

),

deal_accounts as (

    select * from {{ ref('int_hubspot__deal_accounts') }}

),

stages as (

    select * from {{ ref('stg_hubspot__deal_pipeline_stage') }}

),

final as (

    select
        deals.partner_id,
        deals.feed_id,
        deals.delivered_at,
        deals.deal_id as source_opportunity_id,
        deal_accounts.company_id as source_account_id,
        deals.deal_name as opportunity_name,
        deals.amount,
        deals.currency,
        coalesce(stages.raw_stage, deals.stage_id) as raw_stage,
        -- The pipeline says what its stages mean; without it the deal's own calculated flags do.
        coalesce(stages.is_closed, deals.is_closed) as crm_is_closed,
        coalesce(stages.is_won, deals.is_won) as crm_is_won,
        deals.created_at,
        cast(deals.close_time as date) as close_date,
        deals.close_time,
        cast(null as {{ dbt.type_string() }}) as primary_campaign,
        deals.owner_id as owner,
        deals.lead_source,
        deals.updated_at as source_updated_at

    from deals

    left join deal_merges
        on
            deals.feed_id = deal_merges.feed_id
            and deals.deal_id = deal_merges.deal_id

    left join deal_accounts
        on
            deals.feed_id = deal_accounts.feed_id
            and deals.deal_id = deal_accounts.deal_id

    left join stages
        on
            deals.feed_id = stages.feed_id
            and deals.stage_id = stages.stage_id

    -- A merged deal counts once, as its survivor.
    where not deals.is_deleted and deal_merges.deal_id is null

)

select * from final
