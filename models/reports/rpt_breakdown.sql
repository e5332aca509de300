{#
    Every combination of the four dimensions at once. `dimensions` names the ones that a row keeps,
    in the order partner,channel,asset,region; the others are NULL.
#}
with

credited as (

    select * from {{ ref('rpt_credit_intervals') }}
    where campaign_id <> 'all' and window_id <> 'all'

),

methods as (

    select distinct
        method,
        milestone
    from {{ ref('int_credits_by_conversion') }}

),

-- Spend knows no region, so it is split by the other three only.
spent as (

    select
        campaign_id,
        window_id,
        {{ dimension_list(['partner_id', 'channel', 'asset_id']) }} as dimensions,
        partner_id,
        channel,
        asset_id,
        sum(amount) as spend_amount
    from {{ ref('int_spend_in_window') }}
    group by
        campaign_id,
        window_id,
        cube(partner_id, channel, asset_id)

),

spent_by_method as (

    select
        spent.*,
        methods.method,
        methods.milestone
    from spent
    cross join methods

),

-- Spend that earned no credit keeps its row.
combined as (

    select
        coalesce(credited.campaign_id, spent.campaign_id) as campaign_id,
        coalesce(credited.window_id, spent.window_id) as window_id,
        coalesce(credited.method, spent.method) as method,
        coalesce(credited.milestone, spent.milestone) as milestone,
        coalesce(credited.dimensions, spent.dimensions) as dimensions,
        coalesce(credited.partner_id, spent.partner_id) as partner_id,
        coalesce(credited.channel, spent.channel) as channel,
        coalesce(credited.asset_id, spent.asset_id) as asset_id,
        credited.region,
        coalesce(credited.credited_amount, 0) as credited_amount,
        coalesce(cast(round(credited.credited_conversions * 1000000000) as {{ dbt.type_bigint() }}), 0) as share_billionths,
        coalesce(credited.conversions_touched, 0) as conversions_touched,
        spent.spend_amount,
        {{ interval_columns('credited') }}
    from credited
    full outer join spent_by_method as spent
        on
            credited.campaign_id = spent.campaign_id
            and credited.window_id = spent.window_id
            and credited.method = spent.method
            and credited.milestone = spent.milestone
            and credited.dimensions = spent.dimensions
            and coalesce(credited.partner_id, '') = coalesce(spent.partner_id, '')
            and coalesce(credited.channel, '') = coalesce(spent.channel, '')
            and coalesce(credited.asset_id, '') = coalesce(spent.asset_id, '')

),

totals as (

    select
        campaign_id,
        window_id,
        method,
        milestone,
        {{ measured('milestone', 'credited_amount', 'share_billionths') }} as campaign_measure
    from combined
    where dimensions = ''

)

select
    combined.campaign_id,
    combined.window_id,
    combined.method,
    combined.milestone,
    combined.dimensions,
    combined.partner_id,
    partners.partner_name,
    combined.channel,
    channels.channel_name,
    combined.asset_id,
    case when combined.asset_id = 'none' then 'No asset named' else assets.asset_name end as asset_name,
    combined.region,
    cast(combined.credited_amount as decimal(18, 2)) as credited_amount,
    cast(combined.share_billionths as double) / 1000000000 as credited_conversions,
    cast(combined.conversions_touched as {{ dbt.type_bigint() }}) as conversions_touched,
    {{ ratio(measured('combined.milestone', 'combined.credited_amount', 'combined.share_billionths'), 'totals.campaign_measure') }} as share_of_campaign,
    cast(combined.spend_amount as decimal(18, 2)) as spend_amount,
    combined.winning_accounts,
    combined.interval_status,
    combined.conversions_lower,
    combined.conversions_upper,
    combined.amount_lower,
    combined.amount_upper,
    combined.share_lower,
    combined.share_upper
from combined
left join totals
    on
        combined.campaign_id = totals.campaign_id
        and combined.window_id = totals.window_id
        and combined.method = totals.method
        and combined.milestone = totals.milestone
left join {{ ref('dim_partner') }} as partners on combined.partner_id = partners.partner_id
left join {{ ref('dim_channel') }} as channels on combined.channel = channels.channel
left join {{ ref('dim_asset') }} as assets on combined.asset_id = assets.asset_id
