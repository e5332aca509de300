{%- for window_id in var('report_windows') if window_id != 'campaign' -%}
    {%- if not modules.re.fullmatch('[1-9][0-9]{0,3}d', window_id) -%}
        {{ exceptions.raise_compiler_error("Window '" ~ window_id ~ "' in var report_windows is neither `campaign` nor `<N>d` with N from 1 to 9999. Example: report_windows: ['30d', 'campaign'].") }}
    {%- endif -%}
{%- endfor -%}

with

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

windows as (

    {% for window_id in var('report_windows') %}
        select
            '{{ window_id }}' as window_id,
            {{ 'cast(null as integer)' if window_id == 'campaign' else window_id | replace('d', '') }} as days
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

bounded as (

    select
        campaigns.campaign_id,
        campaigns.campaign_name,
        windows.window_id,
        case
            when windows.days is null then campaigns.flight_start
            else cast({{ dbt.dateadd('day', '1 - windows.days', 'as_of.as_of') }} as date)
        end as window_start,
        case
            when windows.days is null
                then least(as_of.as_of, cast({{ dbt.dateadd('day', 'campaigns.tail_days', 'campaigns.flight_end') }} as date))
            else as_of.as_of
        end as window_end,
        as_of.as_of,
        windows.days is not null
        or as_of.as_of >= cast({{ dbt.dateadd('day', 'campaigns.tail_days', 'campaigns.flight_end') }} as date) as is_complete
    from campaigns
    cross join windows
    cross join as_of

)

select
    campaign_id,
    campaign_name,
    window_id,
    window_start,
    window_end,
    as_of,
    cast({{ dbt.datediff('window_start', 'window_end', 'day') }} + 1 as {{ dbt.type_bigint() }}) as days,
    is_complete
from bounded
