-- The survivor of a merge is a record, and its own survivor. Otherwise a person falls in two.
select
    people.person_key,
    people.survivor_person_key
from {{ ref('int_people_merged') }} as people
left join {{ ref('int_people_merged') }} as survivors
    on people.survivor_person_key = survivors.person_key
where coalesce(survivors.survivor_person_key, '') <> people.survivor_person_key
