{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

conversions as (

    select
        conversions.conversion_id,
        conversions.milestone,
        conversions.milestone_on,
        buckets.account_id,
        buckets.bucket,
        cast(round(conversions.amount * 100) as {{ dbt.type_bigint() }}) as amount_cents
    from {{ ref('fct_conversions') }} as conversions
    inner join {{ ref('int_account_buckets') }} as buckets
        on coalesce(conversions.account_id, conversions.person_id, conversions.conversion_id) = buckets.account_id

),

credits as (

    select
        conversion_id,
        milestone,
        method,
        credited_campaign_id,
        partner_id,
        channel,
        asset_id,
        region,
        cast(null as {{ dbt.type_string() }}) as player,
        share_billionths,
        cast(round(credited_amount * 100) as {{ dbt.type_bigint() }}) as credit_cents
    from {{ ref('int_credits_by_conversion') }}
    union all
    select
        conversion_id,
        milestone,
        method,
        credited_campaign_id,
        partner_id,
        channel,
        asset_id,
        region,
        player,
        share_billionths,
        credit_cents
    from {{ ref('int_credit_gradients') }}

),

-- The windows of the reports, and `all`: every day, for one campaign and for all of them.
windows as (

    select
        campaign_id,
        window_id,
        window_start,
        window_end
    from {{ ref('rpt_windows') }}
    union all
    select
        campaign_id,
        'all' as window_id,
        cast(null as date) as window_start,
        cast(null as date) as window_end
    from (
        select distinct credited_campaign_id as campaign_id from credits
        union
        select campaign_id from {{ ref('dim_campaign') }}
        union
        select 'all' as campaign_id
    ) as campaigns

),

scoped as (

    select
        credited_campaign_id as campaign_id,
        *
    from credits
    where partner_id not in ('unattributed', 'baseline')
    union all
    select
        'all' as campaign_id,
        *
    from credits
    where partner_id not in ('unattributed', 'baseline')

),

cells as (

    select
        windows.campaign_id,
        windows.window_id,
        scoped.method,
        scoped.milestone,
        {{ dimension_list(['partner_id', 'channel', 'asset_id', 'region']) }} as dimensions,
        coalesce(partner_id, '') as partner_id,
        coalesce(channel, '') as channel,
        coalesce(asset_id, '') as asset_id,
        coalesce(region, '') as region,
        scoped.player,
        case when scoped.player is null then conversions.bucket end as bucket,
        sum(scoped.share_billionths) as share_billionths,
        sum(scoped.credit_cents) as credit_cents,
        count(distinct case when scoped.player is null and scoped.share_billionths > 0 then conversions.account_id end)
            as winning_accounts
    from scoped
    inner join conversions on scoped.conversion_id = conversions.conversion_id
    inner join windows
        on
            scoped.campaign_id = windows.campaign_id
            and conversions.milestone_on >= coalesce(windows.window_start, conversions.milestone_on)
            and conversions.milestone_on <= coalesce(windows.window_end, conversions.milestone_on)
    group by
        windows.campaign_id,
        windows.window_id,
        scoped.method,
        scoped.milestone,
        scoped.player,
        case when scoped.player is null then conversions.bucket end,
        cube(partner_id, channel, asset_id, region)

),

methods as (

    select distinct
        method,
        milestone
    from credits

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
        conversions.bucket,
        count(*) as conversions,
        sum(conversions.amount_cents) as amount_cents,
        count(distinct conversions.account_id) as winning_accounts
    from conversions
    inner join spans
        on
            conversions.milestone_on >= coalesce(spans.window_start, conversions.milestone_on)
            and conversions.milestone_on <= coalesce(spans.window_end, conversions.milestone_on)
    group by spans.window_start, spans.window_end, conversions.milestone, conversions.bucket

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
        cast(null as {{ dbt.type_string() }}) as player,
        deals.bucket,
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

select * from cells
union all
select * from whole
