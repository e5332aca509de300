{%- set microseconds_per_day = 86400000000 -%}

with

opportunities as (

    select * from {{ ref('int_opportunities_normalised') }}

),

opportunity_accounts as (

    select * from {{ ref('int_opportunities_with_account') }}

),

accounts as (

    select * from {{ ref('int_accounts_resolved') }}

),

overrides as (

    select * from {{ ref('match_overrides') }}
    where entity = 'opportunity'

),

books as (

    select
        opportunities.opportunity_key,
        opportunities.partner_id,
        accounts.account_id,
        opportunities.amount,
        opportunities.is_won,
        opportunities.is_lost,
        {{ normalised_name('opportunities.opportunity_name') }} as plain_name,
        cast({{ epoch_microseconds('opportunities.created_at') }} as double)
        / {{ microseconds_per_day }} as created_day,
        cast({{ epoch_microseconds('opportunities.closed_at') }} as double)
        / {{ microseconds_per_day }} as closed_day
    from opportunities
    inner join opportunity_accounts
        on opportunities.opportunity_key = opportunity_accounts.opportunity_key
    inner join accounts on opportunity_accounts.account_key = accounts.account_key

),

-- Deals of two partners with one account, and whatever people decided about.
pair_keys as (

    select
        left_book.opportunity_key as left_opportunity_key,
        right_book.opportunity_key as right_opportunity_key
    from books as left_book
    inner join books as right_book
        on
            left_book.account_id = right_book.account_id
            and left_book.partner_id < right_book.partner_id
    union distinct
    select
        case when left_book.partner_id < right_book.partner_id then left_key else right_key end
            as left_opportunity_key,
        case when left_book.partner_id < right_book.partner_id then right_key else left_key end
            as right_opportunity_key
    from overrides
    inner join books as left_book on overrides.left_key = left_book.opportunity_key
    inner join books as right_book on overrides.right_key = right_book.opportunity_key
    where left_book.partner_id <> right_book.partner_id

),

decisions as (

    select
        left_key as one_key,
        right_key as other_key,
        decision,
        decided_by,
        reason
    from overrides
    union distinct
    select
        right_key as one_key,
        left_key as other_key,
        decision,
        decided_by,
        reason
    from overrides

),

final as (

    select
        pair_keys.left_opportunity_key,
        pair_keys.right_opportunity_key,
        left_book.partner_id as left_partner_id,
        right_book.partner_id as right_partner_id,
        left_book.amount as left_amount,
        right_book.amount as right_amount,
        case
            when left_book.amount = right_book.amount then 0.0
            else
                cast(abs(left_book.amount - right_book.amount) as double)
                / cast(greatest(abs(left_book.amount), abs(right_book.amount)) as double)
        end as amount_gap,
        abs(left_book.created_day - right_book.created_day) as created_gap_days,
        abs(left_book.closed_day - right_book.closed_day) as closed_gap_days,
        left_book.closed_day is null and right_book.closed_day is null as is_both_open,
        coalesce(
            (left_book.is_won and right_book.is_lost) or (left_book.is_lost and right_book.is_won),
            false
        ) as is_contradiction,
        coalesce(left_book.plain_name = right_book.plain_name, false) as is_same_name,
        decisions.decision,
        'decided by ' || decisions.decided_by || ': ' || decisions.reason as decision_evidence
    from pair_keys
    inner join books as left_book on pair_keys.left_opportunity_key = left_book.opportunity_key
    inner join books as right_book on pair_keys.right_opportunity_key = right_book.opportunity_key
    left join decisions
        on
            pair_keys.left_opportunity_key = decisions.one_key
            and pair_keys.right_opportunity_key = decisions.other_key

)

select * from final
