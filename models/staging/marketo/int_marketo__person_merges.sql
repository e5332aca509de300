{# One merge names at most this many losing leads; the test on the staging model says when it does not. #}
{% set most_merged_leads = 25 %}

with

merge_activities as (

    select * from {{ ref('stg_marketo__activity_merge_leads') }}

),

merged_leads as (

    {% for position in range(1, most_merged_leads + 1) %}
        select
            partner_id,
            feed_id,
            delivered_at,
            activity_id,
            merged_at,
            survivor_lead_id,
            {{ dbt.split_part('merged_lead_ids', "','", position) }} as lead_id
        from merge_activities
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A lead is merged away once; should a list repeat it, the latest merge holds.
ranked as (

    select
        *,
        row_number() over (
            partition by feed_id, lead_id order by merged_at desc nulls last, activity_id desc
        ) as recency

    from merged_leads

    where lead_id <> '' and lead_id <> survivor_lead_id

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        lead_id as source_person_id,
        survivor_lead_id as survivor_source_person_id

    from ranked

    where recency = 1

)

select * from final
