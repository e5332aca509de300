{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

opportunities as (

    select * from {{ ref('int_opportunities_normalised') }}

),

touches as (

    select * from {{ ref('int_touches_resolved') }}

),

-- What the partner itself called the channel, where it did.
named as (

    select
        touch_id,
        lower(trim(nullif(channel_raw, ''))) as channel_raw
    from {{ ref('int_touches_unioned') }}

),

totals as (

    select sum(amount) as total_amount from opportunities

),

-- Pipeline whose credit under the agreed method rests on a touch.
credit as (

    select
        touch_id,
        sum(credited_amount) as credited_amount
    from {{ ref('fct_attribution_credits') }}
    where method = '{{ var("agreed_method") }}' and milestone = 'opportunity' and touch_id is not null
    group by touch_id

),

partners as (

    select * from {{ ref('dim_partner') }}

),

-- Open deals by mistake: a failure only once the money moves the picture.
stages as (

    select
        opportunities.partner_id,
        opportunities.feed_id,
        'unmapped stage' as check_name,
        case
            when coalesce(sum(opportunities.amount), 0) > {{ var('unmapped_tolerance') }} * max(totals.total_amount) then 'fail'
            else 'warn'
        end as status,
        count(*) as row_count,
        sum(opportunities.amount) as amount_at_stake,
        'Stage "' || coalesce(opportunities.raw_stage, '') || '" has no meaning in the shared funnel; its deals count as open.' as detail,
        'seeds/stage_map.csv: ' || opportunities.connector || ',' || opportunities.partner_id || ','
        || {{ csv_cell("coalesce(trim(opportunities.raw_stage), '')") }} || ',<stage>' as fix
    from opportunities
    cross join totals
    where opportunities.stage = 'unmapped'
    group by opportunities.partner_id, opportunities.feed_id, opportunities.connector, opportunities.raw_stage

),

channels as (

    select
        touches.partner_id,
        touches.feed_id,
        'unmapped channel' as check_name,
        case
            when sum(credit.credited_amount) > {{ var('unmapped_tolerance') }} * max(totals.total_amount) then 'fail'
            else 'warn'
        end as status,
        count(*) as row_count,
        sum(credit.credited_amount) as amount_at_stake,
        case
            when named.channel_raw is not null then 'Channel "' || named.channel_raw || '" is in no lookup (' || touches.channel || ').'
            else
                'Touches of type "' || touches.touch_type || '" with source "' || coalesce(touches.utm_source, '')
                || '" and medium "' || coalesce(touches.utm_medium, '') || '" match no channel rule (' || touches.channel || ').'
        end as detail,
        case
            when named.channel_raw is not null then 'seeds/channel_aliases.csv: ' || {{ csv_cell('named.channel_raw') }} || ',<channel>'
            else
                'seeds/channel_rules.csv: {{ var("channel_rule_version") }},<rule_order>,<channel>,'
                || {{ csv_cell(exact_pattern('touches.touch_type')) }} || ',,'
                || {{ csv_cell(exact_pattern('touches.utm_medium')) }} || ','
                || {{ csv_cell(exact_pattern('touches.utm_source')) }} || ',,,'
        end as fix
    from touches
    inner join named on touches.touch_id = named.touch_id
    left join credit on touches.touch_id = credit.touch_id
    cross join totals
    where touches.channel in ('unmapped', 'unassigned')
    group by
        touches.partner_id, touches.feed_id, touches.channel, named.channel_raw,
        touches.touch_type, touches.utm_source, touches.utm_medium

),

campaigns as (

    select
        touches.partner_id,
        touches.feed_id,
        'unmapped campaign' as check_name,
        case
            when sum(credit.credited_amount) > {{ var('unmapped_tolerance') }} * max(totals.total_amount) then 'fail'
            else 'warn'
        end as status,
        count(*) as row_count,
        sum(credit.credited_amount) as amount_at_stake,
        'Campaign "' || coalesce(touches.campaign_raw, touches.utm_id, '') || '" is not in the registry.' as detail,
        'seeds/campaign_aliases.csv: <campaign_id>,'
        || {{ csv_cell("coalesce(touches.campaign_raw, touches.utm_id, '')") }} || ',' || touches.partner_id as fix
    from touches
    left join credit on touches.touch_id = credit.touch_id
    cross join totals
    where touches.campaign_id = 'unmapped'
    group by touches.partner_id, touches.feed_id, coalesce(touches.campaign_raw, touches.utm_id, '')

),

undeclared as (

    select
        partner_id,
        cast(null as {{ dbt.type_string() }}) as feed_id,
        'undeclared partner' as check_name,
        'warn' as status,
        1 as row_count,
        cast(null as decimal(18, 2)) as amount_at_stake,
        'Partner ' || partner_id || ' delivered and is not in seeds/partners.csv.' as detail,
        'seeds/partners.csv: ' || {{ csv_cell('partner_id') }} || ',<name>,<priority>' as fix
    from partners
    where not is_declared

)

select
    'taxonomy' as section,
    *
from stages
union all
select
    'taxonomy' as section,
    *
from channels
union all
select
    'taxonomy' as section,
    *
from campaigns
union all
select
    'taxonomy' as section,
    *
from undeclared
