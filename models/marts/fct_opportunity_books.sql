with

books as (

    select * from {{ ref('int_opportunity_books') }}

),

normalised as (

    select * from {{ ref('int_opportunities_normalised') }}

)

select
    books.opportunity_key,
    books.opportunity_id,
    books.partner_id,
    normalised.feed_id,
    normalised.source_opportunity_id,
    books.is_primary,
    normalised.opportunity_name,
    normalised.raw_stage,
    normalised.stage,
    normalised.is_open,
    normalised.is_won,
    normalised.amount,
    normalised.amount_status,
    normalised.delivered_amount,
    normalised.delivered_currency,
    normalised.fx_rate,
    normalised.fx_rate_date,
    normalised.fx_rate_source,
    normalised.created_at,
    normalised.closed_at,
    normalised.close_date,
    books.match_rule,
    books.match_evidence,
    cast(books.match_confidence as double) as match_confidence
from books
inner join normalised on books.opportunity_key = normalised.opportunity_key
