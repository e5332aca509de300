-- Money without a rate, in an unknown currency or in an unmapped stage is a row of the data health
-- with its count; it is never a silent 0 or NULL. First suspect: a status that int_health_of_money
-- or int_health_of_taxonomy does not know.
with

left_out as (

    select
        partner_id,
        feed_id,
        'deal amount: ' || amount_status as check_name,
        count(*) as row_count
    from {{ ref('int_opportunities_normalised') }}
    where amount is null or amount_status not in ('same_currency', 'converted')
    group by partner_id, feed_id, amount_status

    union all

    select
        partner_id,
        feed_id,
        'spend: ' || amount_status as check_name,
        count(*) as row_count
    from {{ ref('int_spend_normalised') }}
    where amount is null or amount_status not in ('same_currency', 'converted')
    group by partner_id, feed_id, amount_status

    union all

    select
        partner_id,
        feed_id,
        'unmapped stage' as check_name,
        count(*) as row_count
    from {{ ref('int_opportunities_normalised') }}
    where stage = 'unmapped'
    group by partner_id, feed_id

    union all

    -- No amount turns into zero on its way; less than half a cent does.
    select
        partner_id,
        feed_id,
        'an amount became zero' as check_name,
        count(*) as row_count
    from {{ ref('int_opportunities_normalised') }}
    where amount = 0 and delivered_amount <> 0 and abs(delivered_amount) >= coalesce(fx_rate, 1) * 0.01
    group by partner_id, feed_id

    union all

    -- A conversion that carries zero for want of money says so in its status.
    select
        cast(null as {{ dbt.type_string() }}) as partner_id,
        cast(null as {{ dbt.type_string() }}) as feed_id,
        'a conversion lost its amount' as check_name,
        count(*) as row_count
    from {{ ref('fct_conversions') }} as conversions
    inner join {{ ref('fct_opportunities') }} as opportunities
        on conversions.opportunity_id = opportunities.opportunity_id
    where
        conversions.amount = 0
        and coalesce(opportunities.amount, 1) <> 0
        and conversions.amount_status in ('same_currency', 'converted', 'converted_stale_rate')
    having count(*) > 0

),

listed as (

    select
        partner_id,
        feed_id,
        check_name,
        sum(row_count) as row_count
    from {{ ref('rpt_data_health') }}
    where status <> 'ok'
    group by partner_id, feed_id, check_name

)

select
    left_out.*,
    listed.row_count as listed_count
from left_out
left join listed
    on
        left_out.partner_id = listed.partner_id
        and left_out.feed_id = listed.feed_id
        and left_out.check_name = listed.check_name
where listed.row_count is null or listed.row_count <> left_out.row_count
