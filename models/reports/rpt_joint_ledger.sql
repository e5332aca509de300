with

windows as (

    select * from {{ ref('rpt_windows') }}

),

books as (

    select * from {{ ref('fct_opportunity_books') }}

),

conversions as (

    select * from {{ ref('fct_conversions') }}

),

leads as (

    select * from {{ ref('int_leads') }}

),

differences as (

    select
        opportunity_id,
        sum(case when field = 'amount' then abs(difference_amount) else 0 end) as differing_amount
    from {{ ref('fct_book_differences') }}
    where is_above_tolerance
    group by opportunity_id

),

-- A book claims a milestone of the deal whatever the other book says; adding the claims up is what
-- the partners would report each on their own.
claimed as (

    select
        books.opportunity_id || ':opportunity' as conversion_id,
        count(*) as claims,
        sum(coalesce(books.amount, 0)) as claimed_amount
    from books
    group by books.opportunity_id

    union all

    select
        books.opportunity_id || ':closed_won' as conversion_id,
        count(*) as claims,
        sum(coalesce(books.amount, 0)) as claimed_amount
    from books
    where books.is_won
    group by books.opportunity_id

    union all

    -- Every partner who holds a record of a lead counts it as its own.
    select
        conversions.conversion_id,
        leads.partner_count as claims,
        0 as claimed_amount
    from conversions
    inner join leads on conversions.person_id = leads.person_id

),

counted as (

    select
        conversions.milestone_on,
        conversions.milestone,
        conversions.amount,
        claimed.claims,
        claimed.claimed_amount,
        differences.opportunity_id is not null as is_differing,
        coalesce(differences.differing_amount, 0) as differing_amount
    from conversions
    inner join claimed on conversions.conversion_id = claimed.conversion_id
    left join differences on conversions.opportunity_id = differences.opportunity_id

)

select
    windows.campaign_id,
    windows.window_id,
    counted.milestone,
    cast(sum(counted.claimed_amount) as decimal(18, 2)) as books_amount,
    cast(sum(counted.claims) as {{ dbt.type_bigint() }}) as books_deals,
    cast(sum(counted.amount) as decimal(18, 2)) as joint_amount,
    cast(count(*) as {{ dbt.type_bigint() }}) as joint_deals,
    cast(sum(counted.claimed_amount) - sum(counted.amount) as decimal(18, 2)) as double_counted_amount,
    cast(sum(case when counted.claims > 1 then 1 else 0 end) as {{ dbt.type_bigint() }}) as shared_deals,
    cast(sum(case when counted.is_differing then 1 else 0 end) as {{ dbt.type_bigint() }}) as differing_deals,
    cast(sum(counted.differing_amount) as decimal(18, 2)) as differing_amount
from windows
inner join counted
    on counted.milestone_on >= windows.window_start and counted.milestone_on <= windows.window_end
group by windows.campaign_id, windows.window_id, counted.milestone
