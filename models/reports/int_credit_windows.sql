{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps'], materialized='view') }}

with

campaigns as (

    select distinct credited_campaign_id as campaign_id from {{ ref('int_credits_by_conversion') }}
    union
    select campaign_id from {{ ref('dim_campaign') }}
    union
    select 'all' as campaign_id

)

select
    campaign_id,
    window_id,
    window_start,
    window_end
from {{ ref('rpt_windows') }}
union all
select
    campaign_id,
    'all' as window_id,
    cast(null as date) as window_start,
    cast(null as date) as window_end
from campaigns
