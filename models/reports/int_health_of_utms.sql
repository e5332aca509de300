{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

-- Over the whole flight, so that no touch of a campaign counts twice.
findings as (

    select * from {{ ref('rpt_utm_health') }}
    where window_id = 'campaign'

),

grave as (

    select
        campaign_id,
        partner_id,
        count(*) as kinds
    from findings
    where severity in ('error', 'warning')
    group by campaign_id, partner_id

)

select
    'utm' as section,
    findings.partner_id,
    cast(null as {{ dbt.type_string() }}) as feed_id,
    'UTMs of ' || findings.campaign_id as check_name,
    case when grave.kinds > 0 then 'warn' else 'ok' end as status,
    findings.touches as row_count,
    findings.pipeline_at_risk as amount_at_stake,
    cast(findings.touches as {{ dbt.type_string() }}) || ' touches of ' || findings.partner_id
    || ' break the contract; credit on them: pipeline '
    || cast(findings.pipeline_at_risk as {{ dbt.type_string() }}) || ', revenue '
    || cast(findings.revenue_at_risk as {{ dbt.type_string() }}) || ' {{ var("reporting_currency") }}.' as detail,
    case when grave.kinds > 0 then 'See reports.rpt_utm_health for each finding and whom to tell.' end as fix
from findings
left join grave on findings.campaign_id = grave.campaign_id and findings.partner_id = grave.partner_id
where findings.finding = 'all'
