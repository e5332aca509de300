with

opportunities as (

    select * from {{ ref('stg_dynamics365__opportunity') }}

    where not is_deleted

),

currencies as (

    select * from {{ ref('stg_dynamics365__transactioncurrency') }}

    where not is_deleted

),

-- What was won is worth what was sold; everything else, and a win without that, its estimate.
valued as (

    select
        *,
        coalesce(is_won and coalesce(actual_value, actual_value_base) is not null, false) as is_actual

    from opportunities

),

priced as (

    select
        valued.feed_id,
        valued.opportunity_id,
        valued.transaction_currency_id,
        currencies.currency,
        case when valued.is_actual then valued.actual_value else valued.estimated_value end as amount,
        case
            when valued.is_actual
                then coalesce(valued.actual_value_base, valued.actual_value / nullif(valued.units_per_base, 0))
            else coalesce(valued.estimated_value_base, valued.estimated_value / nullif(valued.units_per_base, 0))
        end as amount_base

    from valued

    left join currencies
        on
            valued.feed_id = currencies.feed_id
            and valued.transaction_currency_id = currencies.transaction_currency_id

),

-- The base amount is in the feed's currency, which a NULL says. A currency that nobody can name and
-- that has no base amount keeps its id, so that the amount is counted as unknown, not as the feed's.
final as (

    select
        feed_id,
        opportunity_id,
        cast(
            case
                when currency is not null and amount is not null then amount
                else coalesce(amount_base, amount)
            end as decimal(18, 2)
        ) as amount,
        case
            when currency is not null and amount is not null then currency
            when amount_base is null then transaction_currency_id
        end as currency

    from priced

)

select * from final
