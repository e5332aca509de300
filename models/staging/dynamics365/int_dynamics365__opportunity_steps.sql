with

opportunities as (

    select * from {{ ref('stg_dynamics365__opportunity') }}

    where not is_deleted

),

labels as (

    select * from {{ ref('int_dynamics365__labels') }}

    where table_name = 'opportunity' and column_name = 'salesstage'

),

final as (

    select
        opportunities.feed_id,
        opportunities.opportunity_id,
        -- Of a closed deal the state says how it ended; the step only where it was left.
        case
            when opportunities.is_won then 'Won'
            when opportunities.is_closed then 'Lost'
            else coalesce(
                opportunities.step_name,
                labels.label,
                cast(opportunities.sales_stage_code as {{ dbt.type_string() }})
            )
        end as raw_stage

    from opportunities

    left join labels
        on opportunities.feed_id = labels.feed_id and opportunities.sales_stage_code = labels.code

)

select * from final
