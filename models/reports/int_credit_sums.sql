{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

conversions as (

    select
        milestone,
        milestone_on,
        coalesce(account_id, person_id, conversion_id) as account_id,
        cast(round(amount * 100) as {{ dbt.type_bigint() }}) as amount_cents
    from {{ ref('fct_conversions') }}

),

windows as (

    select * from {{ ref('int_credit_windows') }}

),

wins as (

    select * from {{ ref('int_credit_wins') }}

),

cells as (

    select
        campaign_id,
        window_id,
        method,
        milestone,
        {{ dimension_list(['partner_id', 'channel', 'asset_id', 'region']) }} as dimensions,
        coalesce(partner_id, '') as partner_id,
        coalesce(channel, '') as channel,
        coalesce(asset_id, '') as asset_id,
        coalesce(region, '') as region,
        sum(share_billionths) as share_billionths,
        sum(credit_cents) as credit_cents
    from {{ ref('int_credits_in_windows') }}
    group by campaign_id, window_id, method, milestone, cube(partner_id, channel, asset_id, region)

),

won as (

    select
        cells.campaign_id,
        cells.window_id,
        cells.method,
        cells.milestone,
        cells.dimensions,
        cells.partner_id,
        cells.channel,
        cells.asset_id,
        cells.region,
        cells.share_billionths,
        cells.credit_cents,
        case cells.method
            {% for method in var('attribution_methods') %}
                when '{{ method }}' then wins.{{ method }}
            {% endfor %}
        end as winning_accounts
    from cells
    left join wins
        on
            cells.campaign_id = wins.campaign_id
            and cells.window_id = wins.window_id
            and cells.milestone = wins.milestone
            and cells.dimensions = wins.dimensions
            and cells.partner_id = wins.partner_id
            and cells.channel = wins.channel
            and cells.asset_id = wins.asset_id
            and cells.region = wins.region

),

methods as (

    select distinct
        method,
        milestone
    from {{ ref('int_credits_by_conversion') }}

),

-- Summed per span of days before campaigns and methods multiply the rows.
spans as (

    select distinct
        window_start,
        window_end
    from windows

),

deals as (

    select
        spans.window_start,
        spans.window_end,
        conversions.milestone,
        count(*) as conversions,
        sum(conversions.amount_cents) as amount_cents,
        count(distinct conversions.account_id) as winning_accounts
    from conversions
    inner join spans
        on
            conversions.milestone_on >= coalesce(spans.window_start, conversions.milestone_on)
            and conversions.milestone_on <= coalesce(spans.window_end, conversions.milestone_on)
    group by spans.window_start, spans.window_end, conversions.milestone

),

-- What a campaign's total is a share of: every conversion of the window, credited or not.
whole as (

    select
        windows.campaign_id,
        windows.window_id,
        methods.method,
        methods.milestone,
        'all_deals' as dimensions,
        '' as partner_id,
        '' as channel,
        '' as asset_id,
        '' as region,
        deals.conversions * cast(1000000000 as {{ dbt.type_bigint() }}) as share_billionths,
        deals.amount_cents as credit_cents,
        deals.winning_accounts
    from deals
    inner join methods on deals.milestone = methods.milestone
    inner join windows
        on
            coalesce(deals.window_start, date '1900-01-01') = coalesce(windows.window_start, date '1900-01-01')
            and coalesce(deals.window_end, date '1900-01-01') = coalesce(windows.window_end, date '1900-01-01')

)

select * from won
union all
select * from whole
