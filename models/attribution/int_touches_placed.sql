{%- set lookbacks = [] -%}
{%- for method, days in checked_method_lookbacks(var('lookback_days_by_method'), var('lookback_days')).items() -%}
    {%- do lookbacks.append(days) -%}
{%- endfor -%}

with

milestones as (

    select
        conversion_id,
        lookback_from_us
    from {{ ref('int_milestones') }}

),

-- 0 = as far as the milestone looks back.
lookbacks as (

    select 0 as lookback_days
    {%- for days in lookbacks | unique | sort %}
        union all
        select {{ days }} as lookback_days
    {%- endfor %}

),

eligible as (

    select
        lookbacks.lookback_days,
        touches.*,
        {{ player_of_touch(var('player_dimension')) }} as player
    from {{ ref('int_touches_in_window') }} as touches
    inner join milestones on touches.conversion_id = milestones.conversion_id
    inner join lookbacks
        on
            lookbacks.lookback_days = 0
            or touches.touched_at_us >= milestones.lookback_from_us - cast(lookbacks.lookback_days as bigint) * 86400000000

),

ordered as (

    select
        *,
        row_number() over (
            partition by conversion_id, lookback_days order by touched_at_us, touch_id
        ) as position,
        row_number() over (
            partition by conversion_id, lookback_days, player order by touched_at_us, touch_id
        ) as position_of_player,
        count(*) over (partition by conversion_id, lookback_days) as of_touches,
        count(*) over (partition by conversion_id, lookback_days, player) as own_touches,
        max(touched_at_us) over (partition by conversion_id, lookback_days) as newest_at_us
    from eligible

),

final as (

    select
        *,
        max(case when not is_direct then position end) over (partition by conversion_id, lookback_days) as named_position,
        max(case when is_lead_anchor then position end) over (partition by conversion_id, lookback_days) as lead_position,
        max(case when is_opportunity_anchor then position end) over (partition by conversion_id, lookback_days) as opportunity_position,
        max(case when is_close_anchor then position end) over (partition by conversion_id, lookback_days) as close_position,
        sum(case when position_of_player = 1 then 1 else 0 end) over (partition by conversion_id, lookback_days) as of_players
    from ordered

)

select * from final
