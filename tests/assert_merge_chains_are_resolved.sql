{{ config(severity='warn') }}
-- A merged record is not its own survivor, except the smaller key of two that were merged into
-- each other. What stands here was merged in a larger circle, or over more than the 8 steps that
-- int_people_merged follows, and keeps its own identity.
-- It warns, since only the partner's system can mend a circle.
select
    person_merges.person_key,
    person_merges.survivor_source_person_id
from {{ ref('int_person_merges_unioned') }} as person_merges
inner join {{ ref('int_people_merged') }} as people on person_merges.person_key = people.person_key
left join {{ ref('int_person_merges_unioned') }} as reverse_merges
    on
        person_merges.feed_id = reverse_merges.feed_id
        and person_merges.source_person_id = reverse_merges.survivor_source_person_id
        and person_merges.survivor_source_person_id = reverse_merges.source_person_id
where
    people.survivor_person_key = people.person_key
    and person_merges.source_person_id <> person_merges.survivor_source_person_id
    and reverse_merges.person_key is null
