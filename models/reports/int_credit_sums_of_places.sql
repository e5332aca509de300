{%- set dimensions = ['partner_id', 'channel', 'asset_id', 'region'] -%}
{%- set most_places = 'cast(1000000000 as ' ~ dbt.type_bigint() ~ ')' -%}
{%- set summed = {'credits': 'bucket', 'gradients': 'player'} -%}
{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

cells as (

    select * from {{ ref('int_credit_cells_measured') }}

),

totals as (

    select * from cells
    where dimensions = ''

),

places as (

    select * from {{ ref('int_credit_places') }}
    where dimensions = 'partner,channel,asset,region'

),

learned as (

    select * from {{ ref('int_credit_gradients') }}
    where partner_id not in ('unattributed', 'baseline')

),

scoped as (

    select
        credited_campaign_id as campaign_id,
        *
    from learned
    union all
    select
        'all' as campaign_id,
        *
    from learned

),

gradients as (

    select
        scoped.*,
        windows.window_id
    from scoped
    inner join {{ ref('fct_conversions') }} as conversions on scoped.conversion_id = conversions.conversion_id
    inner join {{ ref('int_credit_windows') }} as windows
        on
            scoped.campaign_id = windows.campaign_id
            and conversions.milestone_on >= coalesce(windows.window_start, conversions.milestone_on)
            and conversions.milestone_on <= coalesce(windows.window_end, conversions.milestone_on)

),

credits as (

    select
        credits.*,
        accounts.bucket
    from {{ ref('int_credits_in_windows') }} as credits
    inner join {{ ref('int_account_buckets') }} as accounts on credits.account_id = accounts.account_id

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

{% for relation, part in summed.items() %}
    select
        totals.cell_number as total_number,
        places.place_number,
        totals.cell_number * {{ most_places }} + places.place_number as part_number,
        {{ 'figures.bucket' if part == 'bucket' else 'cast(null as ' ~ dbt.type_int() ~ ') as bucket' }},
        {{ 'figures.player' if part == 'player' else 'cast(null as ' ~ dbt.type_string() ~ ') as player' }},
        cast(sum(figures.share_billionths) as {{ dbt.type_bigint() }}) as share_billionths,
        cast(sum(figures.credit_cents) as {{ dbt.type_bigint() }}) as credit_cents
    from {{ relation }} as figures
    inner join totals
        on
            figures.campaign_id = totals.campaign_id
            and figures.window_id = totals.window_id
            and figures.method = totals.method
            and figures.milestone = totals.milestone
    inner join places
        on
            coalesce(figures.partner_id, '') = places.partner_id
            and coalesce(figures.channel, '') = places.channel
            and coalesce(figures.asset_id, '') = places.asset_id
            and coalesce(figures.region, '') = places.region
    group by totals.cell_number, places.place_number, figures.{{ part }}
    union all
{% endfor %}
select
    total_number,
    place_number,
    total_number * {{ most_places }} + place_number as part_number,
    bucket,
    cast(null as {{ dbt.type_string() }}) as player,
    cast(share_billionths as {{ dbt.type_bigint() }}) as share_billionths,
    cast(credit_cents as {{ dbt.type_bigint() }}) as credit_cents
from deals
