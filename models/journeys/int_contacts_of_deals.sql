with

roles as (

    select * from {{ ref('int_opportunity_people_unioned') }}

),

books as (

    select * from {{ ref('int_opportunity_books') }}

),

people as (

    select * from {{ ref('int_people_resolved') }}

),

final as (

    select
        books.opportunity_id,
        people.person_id,
        {{ bool_max('roles.is_primary') }} as is_primary,
        count(distinct books.partner_id) as partner_count
    from roles
    inner join books on roles.opportunity_key = books.opportunity_key
    inner join people on roles.feed_id || ':' || roles.source_person_id = people.person_key
    group by books.opportunity_id, people.person_id

)

select * from final
