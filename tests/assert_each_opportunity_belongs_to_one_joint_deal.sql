-- Each partner's opportunity is a book of exactly one joint deal, a deal has one book per partner,
-- and its id is the key of its one primary book. Otherwise a deal counts twice, or not at all.
-- First suspect: int_opportunity_books following a match to a book that is no primary.
with

books as (

    select
        opportunity_id,
        count(*) as book_count,
        count(distinct partner_id) as partner_count,
        sum(case when is_primary and opportunity_key = opportunity_id then 1 else 0 end)
            as primary_count
    from {{ ref('int_opportunity_books') }}
    group by opportunity_id

),

opportunities as (

    select
        opportunities.opportunity_key,
        count(books.opportunity_key) as book_count
    from {{ ref('int_opportunities_normalised') }} as opportunities
    left join {{ ref('int_opportunity_books') }} as books
        on opportunities.opportunity_key = books.opportunity_key
    group by opportunities.opportunity_key

)

select opportunity_id as record_id
from books
where book_count <> partner_count or primary_count <> 1
union all
select opportunity_key as record_id
from opportunities
where book_count <> 1
