{%- set dimensions = ['partner_id', 'channel', 'asset_id', 'region'] -%}
{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

cells as (

    select * from {{ ref('int_credit_cells_measured') }}

),

accounts as (

    select * from {{ ref('int_account_buckets') }}

),

-- Every way to keep some of the dimensions, as in int_credit_sums.
kept as (

    {% for number in range(16) %}
        {%- set names = [] -%}
        {%- for column in dimensions %}
            {%- if (number // 2 ** loop.index0) % 2 %}{% do names.append(column | replace('_id', '')) %}{% endif %}
        {%- endfor %}
        select
            {% for column in dimensions %}
                {{ (number // 2 ** loop.index0) % 2 }} as keeps_{{ column }},
            {% endfor %}
            '{{ names | join(",") }}' as dimensions
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

gradients as (

    select
        credited_campaign_id as campaign_id,
        *
    from {{ ref('int_credit_gradients') }}
    where partner_id not in ('unattributed', 'baseline')
    union all
    select
        'all' as campaign_id,
        *
    from {{ ref('int_credit_gradients') }}
    where partner_id not in ('unattributed', 'baseline')

),

measured as (

    select
        credits.campaign_id,
        credits.window_id,
        credits.method,
        credits.milestone,
        credits.partner_id,
        credits.channel,
        credits.asset_id,
        credits.region,
        accounts.bucket,
        cast(null as {{ dbt.type_string() }}) as player,
        credits.share_billionths,
        credits.credit_cents
    from {{ ref('int_credits_in_windows') }} as credits
    inner join accounts on credits.account_id = accounts.account_id
    union all
    select
        gradients.campaign_id,
        windows.window_id,
        gradients.method,
        gradients.milestone,
        gradients.partner_id,
        gradients.channel,
        gradients.asset_id,
        gradients.region,
        cast(null as {{ dbt.type_int() }}) as bucket,
        gradients.player,
        gradients.share_billionths,
        gradients.credit_cents
    from gradients
    inner join {{ ref('fct_conversions') }} as conversions on gradients.conversion_id = conversions.conversion_id
    inner join {{ ref('int_credit_windows') }} as windows
        on
            gradients.campaign_id = windows.campaign_id
            and conversions.milestone_on >= coalesce(windows.window_start, conversions.milestone_on)
            and conversions.milestone_on <= coalesce(windows.window_end, conversions.milestone_on)

),

summed as (

    select
        cells.cell_number,
        measured.bucket,
        measured.player,
        sum(measured.share_billionths) as share_billionths,
        sum(measured.credit_cents) as credit_cents
    from measured
    cross join kept
    inner join cells
        on
            measured.campaign_id = cells.campaign_id
            and measured.window_id = cells.window_id
            and measured.method = cells.method
            and measured.milestone = cells.milestone
            and kept.dimensions = cells.dimensions
            {% for column in dimensions %}
                and case when kept.keeps_{{ column }} = 1 then coalesce(measured.{{ column }}, '') else '' end = cells.{{ column }}
            {% endfor %}
    group by cells.cell_number, measured.bucket, measured.player

),

deals as (

    select
        cells.cell_number,
        accounts.bucket,
        cast(null as {{ dbt.type_string() }}) as player,
        count(*) * cast(1000000000 as {{ dbt.type_bigint() }}) as share_billionths,
        sum(cast(round(conversions.amount * 100) as {{ dbt.type_bigint() }})) as credit_cents
    from {{ ref('fct_conversions') }} as conversions
    inner join accounts
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
    player,
    cast(share_billionths as {{ dbt.type_bigint() }}) as share_billionths,
    cast(credit_cents as {{ dbt.type_bigint() }}) as credit_cents
from summed
union all
select
    cell_number,
    bucket,
    player,
    cast(share_billionths as {{ dbt.type_bigint() }}) as share_billionths,
    cast(credit_cents as {{ dbt.type_bigint() }}) as credit_cents
from deals
