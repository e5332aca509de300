-- A joint deal's amount is that of one of its books, so it never exceeds what a partner booked,
-- and it is unknown only when every book's is. Otherwise revenue is invented, or lost.
select
    joint.opportunity_id,
    joint.amount,
    sum(case when versions.amount = joint.amount then 1 else 0 end) as books_with_that_amount,
    count(versions.amount) as books_with_an_amount
from {{ ref('int_opportunities_joint') }} as joint
left join {{ ref('int_opportunity_books') }} as books on joint.opportunity_id = books.opportunity_id
left join {{ ref('int_opportunities_normalised') }} as versions
    on books.opportunity_key = versions.opportunity_key
group by joint.opportunity_id, joint.amount
having
    (joint.amount is not null and sum(case when versions.amount = joint.amount then 1 else 0 end) = 0)
    or (joint.amount is null and count(versions.amount) > 0)
