{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

-- Methods stand side by side: counting distinct accounts is what costs, and most touches earn by all of them.
with

earned as (

    select
        campaign_id,
        window_id,
        milestone,
        account_id,
        partner_id,
        channel,
        asset_id,
        region,
        {% for method in var('attribution_methods') %}
            max(case when method = '{{ method }}' and share_billionths > 0 then 1 else 0 end) as {{ method }},
        {% endfor %}
        count(*) as credits
    from {{ ref('int_credits_in_windows') }}
    group by campaign_id, window_id, milestone, account_id, partner_id, channel, asset_id, region

),

accounts as (

    select
        campaign_id,
        window_id,
        milestone,
        account_id,
        {{ dimension_list(['partner_id', 'channel', 'asset_id', 'region']) }} as dimensions,
        coalesce(partner_id, '') as partner_id,
        coalesce(channel, '') as channel,
        coalesce(asset_id, '') as asset_id,
        coalesce(region, '') as region,
        {% for method in var('attribution_methods') %}
            max({{ method }}) as {{ method }},
        {% endfor %}
        sum(credits) as credits
    from earned
    group by campaign_id, window_id, milestone, account_id, cube(partner_id, channel, asset_id, region)

)

select
    campaign_id,
    window_id,
    milestone,
    dimensions,
    partner_id,
    channel,
    asset_id,
    region,
    {% for method in var('attribution_methods') %}
        cast(sum({{ method }}) as {{ dbt.type_bigint() }}) as {{ method }},
    {% endfor %}
    cast(sum(credits) as {{ dbt.type_bigint() }}) as credits
from accounts
group by campaign_id, window_id, milestone, dimensions, partner_id, channel, asset_id, region
