{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

milestones as (

    select distinct milestone
    from {{ ref('fct_conversions') }}

)

select
    windows.campaign_id,
    windows.window_id,
    windows.window_start,
    windows.window_end,
    milestones.milestone,
    cast(
        row_number() over (order by windows.campaign_id, windows.window_id, milestones.milestone) as {{ dbt.type_int() }}
    ) as scope_number
from {{ ref('int_credit_windows') }} as windows
cross join milestones
