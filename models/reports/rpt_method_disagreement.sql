{#
    The members of each dimension. `all` is every conversion, of whatever campaign; inside a campaign only
    its own credit is compared, so there is no dimension campaign.
#}
{%- set members = {
    'partner': 'partner_id',
    'channel': 'channel',
    'asset': "case when partner_id in ('unattributed', 'baseline') then partner_id else asset_id end",
    'campaign': "case when partner_id = 'baseline' then partner_id when partner_id <> 'unattributed' and credited_campaign_id = 'unattributed' then 'none' else credited_campaign_id end",
} -%}
{%- set cell = 'campaign_id, window_id, milestone, dimension' -%}

with

windows as (

    select
        rpt_windows.campaign_id,
        rpt_windows.window_id,
        rpt_windows.window_start,
        rpt_windows.window_end,
        campaigns.agreed_method
    from {{ ref('rpt_windows') }} as rpt_windows
    inner join {{ ref('dim_campaign') }} as campaigns on rpt_windows.campaign_id = campaigns.campaign_id

),

credits as (

    select * from {{ ref('int_credits_by_conversion') }}

),

scoped as (

    select
        'all' as campaign_id,
        'all' as window_id,
        '{{ var("agreed_method") }}' as agreed_method,
        credits.*
    from credits
    union all
    select
        windows.campaign_id,
        windows.window_id,
        windows.agreed_method,
        credits.*
    from windows
    inner join credits
        on
            windows.campaign_id = credits.credited_campaign_id
            and windows.window_start <= credits.milestone_on
            and windows.window_end >= credits.milestone_on
    where credits.partner_id <> 'unattributed'

),

summed as (

    {% for dimension, member in members.items() -%}
        select
            campaign_id,
            window_id,
            agreed_method,
            milestone,
            '{{ dimension }}' as dimension,
            {{ member }} as member,
            method,
            sum(credited_amount) as credited_amount,
            sum(share_billionths) as share_billionths
        from scoped
        {%- if dimension == 'campaign' %}
            where campaign_id = 'all'
        {%- endif %}
        group by campaign_id, window_id, agreed_method, milestone, {{ member }}, method
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Whoever earned under one method stands under every other, were it with nothing.
grid as (

    select
        found.*,
        methods.method
    from (
        select distinct
            campaign_id,
            window_id,
            agreed_method,
            milestone,
            dimension,
            member
        from summed
    ) as found
    inner join (
        select distinct
            milestone,
            method
        from credits
    ) as methods
        on found.milestone = methods.milestone

),

filled as (

    select
        grid.*,
        coalesce(summed.credited_amount, 0) as credited_amount,
        coalesce(summed.share_billionths, 0) as share_billionths
    from grid
    left join summed
        on
            grid.campaign_id = summed.campaign_id
            and grid.window_id = summed.window_id
            and grid.milestone = summed.milestone
            and grid.dimension = summed.dimension
            and grid.member = summed.member
            and grid.method = summed.method

),

shared as (

    select
        *,
        {{ ratio(
            measured('milestone', 'credited_amount', 'share_billionths'),
            measured(
                'milestone',
                'sum(credited_amount) over (partition by ' ~ cell ~ ', method)',
                'sum(share_billionths) over (partition by ' ~ cell ~ ', method)',
            ),
        ) }} as share,
        rank() over (
            partition by {{ cell }}, method
            order by {{ measured('milestone', 'credited_amount', 'share_billionths') }} desc
        ) as member_rank
    from filled

),

-- Methods in order of what they give the member: the k-th of n stands above k - 1 and below n - k.
placed as (

    select
        *,
        cast(round(share * 1000000000) as {{ dbt.type_bigint() }}) as share_ppb,
        count(share) over (partition by {{ cell }}, member) as methods,
        row_number() over (
            partition by {{ cell }}, member
            order by case when share is null then 1 else 0 end, share, method
        ) as place,
        max(share) over (partition by {{ cell }}, member) - min(share) over (partition by {{ cell }}, member) as spread_share,
        max(case when method = agreed_method then member_rank end) over (partition by {{ cell }}, member) as agreed_rank
    from shared

)

select
    campaign_id,
    window_id,
    milestone,
    dimension,
    member,
    method,
    method = agreed_method as is_agreed_method,
    cast(credited_amount as decimal(18, 2)) as credited_amount,
    cast(share_billionths as double) / 1000000000 as credited_conversions,
    share,
    cast(member_rank as {{ dbt.type_bigint() }}) as member_rank,
    cast(agreed_rank - member_rank as {{ dbt.type_bigint() }}) as rank_change,
    spread_share,
    -- Half the sum of all differences between two methods, over the number of pairs.
    {{ ratio(
        'sum((2 * place - methods - 1) * share_ppb) over (partition by ' ~ cell ~ ')',
        '1000000000 * methods * (methods - 1)',
    ) }} as disagreement
from placed
