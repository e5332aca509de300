{#- Each round follows twice as many merges as the one before: 8 in all. -#}
{%- set hops = [2, 4, 8] -%}

with

people as (

    select * from {{ ref('int_people_collected') }}

),

person_merges as (

    select
        feed_id || ':' || source_person_id as person_key,
        feed_id || ':' || survivor_source_person_id as survivor_person_key,
        row_number() over (
            partition by feed_id, source_person_id
            order by
                case when delivered_at is null then 1 else 0 end,
                delivered_at desc,
                survivor_source_person_id asc
        ) as recency
    from {{ ref('int_person_merges_unioned') }}
    where source_person_id <> survivor_source_person_id

),

latest_merges as (

    select
        person_key,
        survivor_person_key
    from person_merges
    where recency = 1

),

-- Two records merged into each other: the smaller key survives.
hops_1 as (

    select
        latest_merges.person_key,
        latest_merges.survivor_person_key
    from latest_merges
    left join latest_merges as reverse_merges
        on
            latest_merges.person_key = reverse_merges.survivor_person_key
            and latest_merges.survivor_person_key = reverse_merges.person_key
    where
        reverse_merges.person_key is null
        or latest_merges.survivor_person_key < latest_merges.person_key

),
{% for hop in hops %}
    hops_{{ hop }} as (

        select
            near.person_key,
            coalesce(far.survivor_person_key, near.survivor_person_key) as survivor_person_key
        from hops_{{ hop // 2 }} as near
        left join hops_{{ hop // 2 }} as far on near.survivor_person_key = far.person_key

    ),
{% endfor %}
-- A chain that goes on after that (or in a circle) is not followed; a test reports it.
survivors as (

    select
        hops_{{ hops | last }}.person_key,
        hops_{{ hops | last }}.survivor_person_key
    from hops_{{ hops | last }}
    left join hops_1 as unfinished
        on hops_{{ hops | last }}.survivor_person_key = unfinished.person_key
    where unfinished.person_key is null

),

final as (

    select
        people.person_key,
        people.partner_id,
        people.feed_id,
        people.source_person_id,
        coalesce(survivors.survivor_person_key, people.person_key) as survivor_person_key,
        coalesce(survivor_people.account_key, people.account_key) as account_key,
        people.email_key_lower_trim,
        people.email_key_google,
        people.email_domain,
        people.created_at,
        people.mql_at,
        people.is_implied
    from people
    left join survivors on people.person_key = survivors.person_key
    left join people as survivor_people
        on survivors.survivor_person_key = survivor_people.person_key

)

select * from final
