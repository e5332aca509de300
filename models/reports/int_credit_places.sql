{%- set dimensions = ['partner_id', 'channel', 'asset_id', 'region'] -%}
{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

credits as (

    select * from {{ ref('int_credits_by_conversion') }}
    where partner_id not in ('unattributed', 'baseline')

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

places as (

    select distinct
        coalesce(partner_id, '') as partner_id,
        coalesce(channel, '') as channel,
        coalesce(asset_id, '') as asset_id,
        coalesce(region, '') as region
    from credits

),

seen as (

    select
        places.*,
        kept.dimensions,
        case when kept.keeps_partner_id = 1 then places.partner_id else '' end as kept_partner_id,
        case when kept.keeps_channel = 1 then places.channel else '' end as kept_channel,
        case when kept.keeps_asset_id = 1 then places.asset_id else '' end as kept_asset_id,
        case when kept.keeps_region = 1 then places.region else '' end as kept_region
    from places
    cross join kept

)

select
    *,
    cast(dense_rank() over (order by partner_id, channel, asset_id, region) as {{ dbt.type_int() }}) as place_number,
    cast(dense_rank() over (
        order by dimensions, kept_partner_id, kept_channel, kept_asset_id, kept_region
    ) as {{ dbt.type_int() }}) as view_number
from seen
