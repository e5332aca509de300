with

estimates as (

    select * from {{ ref('int_causal_estimates') }}

),

milestones as (

    select * from {{ ref('int_milestones') }}
    where is_counted

),

touches as (

    select
        conversion_id,
        touch_id
    from {{ ref('int_touches_in_window') }}

),

-- Methods that could be estimated; the others have no credit at all rather than one of 0.
methods as (

    select distinct
        method,
        milestone
    from estimates
    where row_kind = 'credit'

),

found as (

    select
        opportunity_id || ':' || milestone as conversion_id,
        method,
        touch_id,
        credit_share,
        credit_cents
    from estimates
    where row_kind = 'credit'

),

-- A touch outside the agreed journey earns nothing under any method: its part joins the baseline.
agreed as (

    select
        found.conversion_id,
        found.method,
        touches.touch_id,
        {{ sum_shares('found.credit_share') }} as credit_share,
        sum(found.credit_cents) as credit_cents
    from found
    left join touches on found.conversion_id = touches.conversion_id and found.touch_id = touches.touch_id
    group by found.conversion_id, found.method, touches.touch_id

),

-- A deal without an account or outside the time observed was never at risk: unattributed.
final as (

    select
        milestones.conversion_id,
        methods.method,
        agreed.touch_id,
        agreed.conversion_id is not null and agreed.touch_id is null as is_baseline,
        cast(coalesce(agreed.credit_share, 1) as double) as credit_share,
        cast(coalesce(agreed.credit_cents, milestones.amount_cents) as {{ dbt.type_bigint() }}) as credit_cents
    from milestones
    inner join methods on milestones.milestone = methods.milestone
    left join agreed on milestones.conversion_id = agreed.conversion_id and methods.method = agreed.method

)

select * from final
