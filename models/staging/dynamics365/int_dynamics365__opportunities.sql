with

opportunities as (

    select * from {{ ref('stg_dynamics365__opportunity') }}

    where not is_deleted

),

customers as (

    select * from {{ ref('int_dynamics365__opportunity_customers') }}

),

amounts as (

    select * from {{ ref('int_dynamics365__opportunity_amounts') }}

),

campaigns as (

    select * from {{ ref('int_dynamics365__campaigns') }}

),

steps as (

    select * from {{ ref('int_dynamics365__opportunity_steps') }}

),

final as (

    select
        opportunities.partner_id,
        opportunities.feed_id,
        opportunities.delivered_at,
        opportunities.opportunity_id as source_opportunity_id,
        customers.account_id as source_account_id,
        opportunities.opportunity_name,
        amounts.amount,
        amounts.currency,
        steps.raw_stage,
        opportunities.is_closed as crm_is_closed,
        opportunities.is_won as crm_is_won,
        opportunities.created_at,
        case
            when opportunities.is_closed
                then coalesce(opportunities.actual_close_date, opportunities.estimated_close_date)
            else opportunities.estimated_close_date
        end as close_date,
        cast(null as {{ dbt.type_timestamp() }}) as close_time,
        coalesce(campaigns.campaign_name, opportunities.campaign_id) as primary_campaign,
        opportunities.owner_id as owner,
        cast(null as {{ dbt.type_string() }}) as lead_source,
        opportunities.updated_at as source_updated_at

    from opportunities

    left join customers
        on opportunities.feed_id = customers.feed_id and opportunities.opportunity_id = customers.opportunity_id

    left join amounts
        on opportunities.feed_id = amounts.feed_id and opportunities.opportunity_id = amounts.opportunity_id

    left join campaigns
        on opportunities.feed_id = campaigns.feed_id and opportunities.campaign_id = campaigns.source_campaign_id

    left join steps
        on opportunities.feed_id = steps.feed_id and opportunities.opportunity_id = steps.opportunity_id

)

select * from final
