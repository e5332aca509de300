with

people as (

    select * from {{ ref('int_people_resolved') }}
    where not is_implied

),

-- The record that came first speaks for the person; a record with an account for its company.
ranked as (

    select
        *,
        row_number() over (
            partition by person_id
            order by case when created_at is null then 1 else 0 end, created_at, person_key
        ) as record_rank,
        row_number() over (
            partition by person_id
            order by
                case when account_id is null then 1 else 0 end,
                case when created_at is null then 1 else 0 end,
                created_at,
                person_key
        ) as account_rank
    from people

),

final as (

    select
        person_id,
        max(case when account_rank = 1 then account_id end) as account_id,
        max(case when record_rank = 1 then partner_id end) as partner_id,
        max(case when record_rank = 1 then feed_id end) as feed_id,
        coalesce(min(created_at), min(mql_at)) as lead_at,
        min(mql_at) as mql_at,
        count(distinct partner_id) as partner_count
    from ranked
    group by person_id

)

select * from final
