with

rates as (

    select * from {{ ref('int_fx_rates_in_reporting_currency') }}

),

partners as (

    select * from {{ ref('int_partners') }}

),

-- Only the days on which something has to be converted.
needed as (

    select
        partner_id,
        delivered_currency as currency,
        rate_day as day
    from {{ ref('int_opportunities_staged') }}
    where amount is not null

    union all

    select
        spend.partner_id,
        upper(trim(coalesce(spend.currency, feeds.currency))) as currency,
        spend.spend_date as day
    from {{ ref('int_spend_unioned') }} as spend
    left join {{ ref('stg_feeds__feeds') }} as feeds on spend.feed_id = feeds.feed_id

),

distinct_needed as (

    select distinct
        partner_id,
        currency,
        day
    from needed
    where currency is not null and currency <> '{{ var("reporting_currency") }}'

),

-- The rates both sides agreed come first, then the partner's own, then another partner's.
candidates as (

    select
        distinct_needed.partner_id,
        distinct_needed.currency,
        distinct_needed.day,
        rates.units_per_reporting,
        rates.valid_from as rate_date,
        rates.rate_source,
        rates.is_daily and rates.valid_from < distinct_needed.day as is_stale,
        case
            when rates.partner_id is null then 0
            when rates.partner_id = distinct_needed.partner_id then 1
            else 2
        end as source_rank,
        coalesce(partners.ledger_priority, 0) as ledger_priority
    from distinct_needed
    inner join rates
        on
            distinct_needed.currency = rates.currency
            and distinct_needed.day >= rates.valid_from
            and distinct_needed.day < rates.valid_to
    left join partners on rates.partner_id = partners.partner_id

),

ranked as (

    select
        *,
        row_number() over (
            partition by partner_id, currency, day
            order by source_rank asc, ledger_priority asc, rate_source asc, rate_date desc
        ) as candidate_rank
    from candidates

)

select
    partner_id,
    currency,
    day,
    units_per_reporting,
    rate_date,
    rate_source,
    is_stale
from ranked
where candidate_rank = 1
