-- Every touch of a deal's account stands once per conversion: in the journey, or left out with a
-- reason. Otherwise credit is missing and nobody can say why.
-- First suspect: a contact role that counts a touch of the account a second time.
with

accounted_for as (

    select
        conversion_id,
        touch_id
    from {{ ref('int_touches_in_window') }}
    union all
    select
        conversion_id,
        touch_id
    from {{ ref('int_touches_excluded') }}

),

expected as (

    select
        milestones.conversion_id,
        touches.touch_id
    from {{ ref('int_milestones') }} as milestones
    inner join {{ ref('int_touches_resolved') }} as touches
        on milestones.account_id = touches.account_id
    where milestones.is_counted and '{{ var("journey_people") }}' = 'account'

),

missing as (

    select expected.*
    from expected
    left join accounted_for
        on
            expected.conversion_id = accounted_for.conversion_id
            and expected.touch_id = accounted_for.touch_id
    where accounted_for.touch_id is null

)

select
    conversion_id,
    touch_id
from missing
union all
select
    conversion_id,
    touch_id
from accounted_for
group by conversion_id, touch_id
having count(*) > 1
