with

windows as (

    select * from {{ ref('rpt_windows') }}

),

credits as (

    select * from {{ ref('int_credits_by_conversion') }}

),

methods as (

    select distinct
        method,
        milestone
    from credits

),

buckets as (

    select 'this_campaign' as bucket
    union all
    select 'other_touches' as bucket
    union all
    select 'unattributed' as bucket
    union all
    select 'baseline' as bucket

),

-- Every window has all rows, so that a campaign without any credit shows zeros, not a gap.
frame as (

    select
        windows.campaign_id,
        windows.window_id,
        methods.method,
        methods.milestone,
        buckets.bucket
    from windows
    cross join methods
    cross join buckets
    where buckets.bucket <> 'baseline' or methods.method in {{ causal_methods() }}

),

-- By day before windows multiply the rows: every credit is in a window of every campaign.
daily as (

    select
        milestone_on,
        method,
        milestone,
        credited_campaign_id,
        case when partner_id in ('unattributed', 'baseline') then partner_id else 'other_touches' end as bucket,
        sum(credited_amount) as credited_amount,
        sum(share_billionths) as share_billionths
    from credits
    group by
        milestone_on,
        method,
        milestone,
        credited_campaign_id,
        case when partner_id in ('unattributed', 'baseline') then partner_id else 'other_touches' end

),

daily_of_all as (

    select
        milestone_on,
        method,
        milestone,
        bucket,
        sum(credited_amount) as credited_amount,
        sum(share_billionths) as share_billionths
    from daily
    group by milestone_on, method, milestone, bucket

),

own as (

    select
        windows.campaign_id,
        windows.window_id,
        daily.method,
        daily.milestone,
        daily.credited_amount,
        daily.share_billionths
    from windows
    inner join daily
        on
            windows.campaign_id = daily.credited_campaign_id
            and daily.milestone_on >= windows.window_start
            and daily.milestone_on <= windows.window_end
    where daily.bucket = 'other_touches'

),

-- What a campaign earned itself is taken out of what all touches earned.
placed as (

    select
        windows.campaign_id,
        windows.window_id,
        daily_of_all.method,
        daily_of_all.milestone,
        daily_of_all.bucket,
        daily_of_all.credited_amount,
        daily_of_all.share_billionths
    from windows
    inner join daily_of_all
        on daily_of_all.milestone_on >= windows.window_start and daily_of_all.milestone_on <= windows.window_end
    union all
    select
        campaign_id,
        window_id,
        method,
        milestone,
        'this_campaign' as bucket,
        credited_amount,
        share_billionths
    from own
    union all
    select
        campaign_id,
        window_id,
        method,
        milestone,
        'other_touches' as bucket,
        -credited_amount as credited_amount,
        -share_billionths as share_billionths
    from own

),

summed as (

    select
        campaign_id,
        window_id,
        method,
        milestone,
        bucket,
        sum(credited_amount) as amount,
        sum(share_billionths) as share_billionths
    from placed
    group by campaign_id, window_id, method, milestone, bucket

),

filled as (

    select
        frame.campaign_id,
        frame.window_id,
        frame.method,
        frame.milestone,
        frame.bucket,
        cast(coalesce(summed.amount, 0) as decimal(18, 2)) as amount,
        coalesce(summed.share_billionths, 0) as share_billionths,
        {{ measured('frame.milestone', 'coalesce(summed.amount, 0)', 'coalesce(summed.share_billionths, 0)') }} as measure
    from frame
    left join summed
        on
            frame.campaign_id = summed.campaign_id
            and frame.window_id = summed.window_id
            and frame.method = summed.method
            and frame.milestone = summed.milestone
            and frame.bucket = summed.bucket

)

select
    campaign_id,
    window_id,
    method,
    milestone,
    bucket,
    amount,
    cast(share_billionths as double) / 1000000000 as conversions,
    {{ ratio('measure', 'sum(cast(measure as decimal(28, 2))) over (partition by campaign_id, window_id, method, milestone)') }} as share
from filled
