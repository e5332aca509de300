{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

cells as (

    select * from {{ ref('int_credit_cells_measured') }}

),

counted as (

    select
        cells_of_places.cell_number,
        sums.bucket,
        sum(sums.share_billionths) as share_billionths,
        sum(sums.credit_cents) as credit_cents
    from {{ ref('int_credit_sums_of_places') }} as sums
    inner join {{ ref('int_credit_cells_of_places') }} as cells_of_places
        on sums.total_number = cells_of_places.total_number and sums.place_number = cells_of_places.place_number
    where sums.player is null
    group by cells_of_places.cell_number, sums.bucket

),

-- Apart from the buckets: a text beside each of their many groups doubles the memory.
moved as (

    select
        cells_of_places.cell_number,
        sums.player,
        sum(sums.share_billionths) as share_billionths,
        sum(sums.credit_cents) as credit_cents
    from {{ ref('int_credit_sums_of_places') }} as sums
    inner join {{ ref('int_credit_cells_of_places') }} as cells_of_places
        on sums.total_number = cells_of_places.total_number and sums.place_number = cells_of_places.place_number
    where sums.player is not null
    group by cells_of_places.cell_number, sums.player

),

deals as (

    select
        cells.cell_number,
        accounts.bucket,
        count(*) * cast(1000000000 as {{ dbt.type_bigint() }}) as share_billionths,
        sum(cast(round(conversions.amount * 100) as {{ dbt.type_bigint() }})) as credit_cents
    from {{ ref('fct_conversions') }} as conversions
    inner join {{ ref('int_account_buckets') }} as accounts
        on coalesce(conversions.account_id, conversions.person_id, conversions.conversion_id) = accounts.account_id
    inner join cells
        on
            conversions.milestone = cells.milestone
            and cells.dimensions = 'all_deals'
            and (cells.window_start = date '1900-01-01' or conversions.milestone_on >= cells.window_start)
            and (cells.window_end = date '1900-01-01' or conversions.milestone_on <= cells.window_end)
    group by cells.cell_number, accounts.bucket

)

select
    cell_number,
    bucket,
    cast(null as {{ dbt.type_string() }}) as player,
    cast(share_billionths as {{ dbt.type_bigint() }}) as share_billionths,
    cast(credit_cents as {{ dbt.type_bigint() }}) as credit_cents
from counted
union all
select
    cell_number,
    cast(null as {{ dbt.type_int() }}) as bucket,
    player,
    cast(share_billionths as {{ dbt.type_bigint() }}) as share_billionths,
    cast(credit_cents as {{ dbt.type_bigint() }}) as credit_cents
from moved
union all
select
    cell_number,
    bucket,
    cast(null as {{ dbt.type_string() }}) as player,
    cast(share_billionths as {{ dbt.type_bigint() }}) as share_billionths,
    cast(credit_cents as {{ dbt.type_bigint() }}) as credit_cents
from deals
