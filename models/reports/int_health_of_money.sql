{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

opportunities as (

    select
        opportunities.*,
        staged.rate_day
    from {{ ref('int_opportunities_normalised') }} as opportunities
    inner join {{ ref('int_opportunities_staged') }} as staged
        on opportunities.opportunity_key = staged.opportunity_key

),

spend as (

    select * from {{ ref('int_spend_normalised') }}

),

milestones as (

    select * from {{ ref('int_milestones') }}

),

touches as (

    select * from {{ ref('int_touches_resolved') }}

),

deals as (

    select
        'money' as section,
        partner_id,
        feed_id,
        'deal amount: ' || amount_status as check_name,
        case when amount_status = 'converted_stale_rate' or amount_status = 'no_amount' then 'warn' else 'fail' end as status,
        count(*) as row_count,
        sum(amount) as amount_at_stake,
        cast(count(*) as {{ dbt.type_string() }}) || ' deals over '
        || cast(coalesce(sum(delivered_amount), 0) as {{ dbt.type_string() }}) || ' ' || coalesce(delivered_currency, '(no currency)')
        || case
            when amount_status = 'converted_stale_rate' then ' were converted at a rate some days old.'
            when amount_status = 'no_amount' then ' carry no amount and count as zero.'
            when amount_status = 'no_fx_rate' then ' have no FX rate and are in no total.'
            when amount_status = 'too_large' then ' are larger than 10^13, which no deal is, and are in no total.'
            else ' are in a currency nobody knows and are in no total.'
        end as detail,
        case
            when amount_status = 'unknown_currency' then {{ unknown_currency_fix('delivered_currency') }}
            when amount_status in ('no_fx_rate', 'converted_stale_rate') then {{ missing_rate_fix('delivered_currency', 'min(rate_day)') }}
            when amount_status in ('no_amount', 'too_large') then 'Ask ' || partner_id || ' for the amounts.'
        end as fix
    from opportunities
    where amount_status not in ('same_currency', 'converted')
    group by partner_id, feed_id, amount_status, delivered_currency

),

unconverted_spend as (

    select
        'money' as section,
        partner_id,
        feed_id,
        'spend: ' || amount_status as check_name,
        case when amount_status = 'converted_stale_rate' then 'warn' else 'fail' end as status,
        count(*) as row_count,
        sum(amount) as amount_at_stake,
        cast(count(*) as {{ dbt.type_string() }}) || ' rows of spend over '
        || cast(cast(sum(delivered_amount) as decimal(18, 2)) as {{ dbt.type_string() }}) || ' ' || coalesce(delivered_currency, '(no currency)')
        || ' have status ' || amount_status || '.' as detail,
        case
            when amount_status = 'unknown_currency' then {{ unknown_currency_fix('delivered_currency') }}
            when amount_status in ('no_fx_rate', 'converted_stale_rate') then {{ missing_rate_fix('delivered_currency', 'min(spend_date)') }}
            else 'Ask ' || partner_id || ' for the amounts.'
        end as fix
    from spend
    where amount_status not in ('same_currency', 'converted')
    group by partner_id, feed_id, amount_status, delivered_currency

),

uncounted as (

    select
        'money' as section,
        cast(null as {{ dbt.type_string() }}) as partner_id,
        cast(null as {{ dbt.type_string() }}) as feed_id,
        'milestone: ' || milestone_status as check_name,
        'warn' as status,
        count(*) as row_count,
        sum(amount) as amount_at_stake,
        cast(count(*) as {{ dbt.type_string() }}) || ' milestones (' || milestone || ') are not counted: ' || milestone_status || '.' as detail,
        cast(null as {{ dbt.type_string() }}) as fix
    from milestones
    where not is_counted
    group by milestone, milestone_status

),

unresolved as (

    select
        'identity' as section,
        partner_id,
        feed_id,
        'touches without a company' as check_name,
        'warn' as status,
        count(*) as row_count,
        cast(null as decimal(18, 2)) as amount_at_stake,
        cast(count(*) as {{ dbt.type_string() }}) || ' touches could not be tied to a company (anonymous, free mail or unknown ids); they earn no credit.' as detail,
        cast(null as {{ dbt.type_string() }}) as fix
    from touches
    where account_id is null and not is_bot
    group by partner_id, feed_id

)

select * from deals
union all
select * from unconverted_spend
union all
select * from uncounted
union all
select * from unresolved
