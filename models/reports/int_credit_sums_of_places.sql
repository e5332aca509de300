{%- set most_places = 'cast(1000000000 as ' ~ dbt.type_bigint() ~ ')' -%}
{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

cells as (

    select * from {{ ref('int_credit_cells_measured') }}

),

totals as (

    select
        cells.cell_number,
        scopes.scope_number,
        {{ method_number('cells.method') }} as method_number
    from cells
    inner join {{ ref('int_credit_scopes') }} as scopes
        on
            cells.campaign_id = scopes.campaign_id
            and cells.window_id = scopes.window_id
            and cells.milestone = scopes.milestone
    where cells.dimensions = ''

),

-- What a campaign's total is a share of has no place.
deals as (

    select
        cells.cell_number as total_number,
        0 as place_number,
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
    totals.cell_number as total_number,
    credits.place_number,
    totals.cell_number * {{ most_places }} + credits.place_number as part_number,
    credits.bucket,
    cast(null as {{ dbt.type_string() }}) as player,
    cast(sum(credits.share_billionths) as {{ dbt.type_bigint() }}) as share_billionths,
    cast(sum(credits.credit_cents) as {{ dbt.type_bigint() }}) as credit_cents
from {{ ref('int_credits_in_windows') }} as credits
inner join totals on credits.scope_number = totals.scope_number and credits.method_number = totals.method_number
where credits.bucket is not null
group by totals.cell_number, credits.place_number, credits.bucket
union all
select
    totals.cell_number as total_number,
    gradients.place_number,
    totals.cell_number * {{ most_places }} + gradients.place_number as part_number,
    cast(null as {{ dbt.type_int() }}) as bucket,
    gradients.player,
    gradients.share_billionths,
    gradients.credit_cents
from {{ ref('int_credit_gradients_in_windows') }} as gradients
inner join totals on gradients.scope_number = totals.scope_number and gradients.method_number = totals.method_number
union all
select
    total_number,
    place_number,
    total_number * {{ most_places }} + place_number as part_number,
    bucket,
    cast(null as {{ dbt.type_string() }}) as player,
    cast(share_billionths as {{ dbt.type_bigint() }}) as share_billionths,
    cast(credit_cents as {{ dbt.type_bigint() }}) as credit_cents
from deals
