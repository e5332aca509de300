with

books as (

    select * from {{ ref('fct_opportunity_books') }}

),

pairs as (

    select
        leading_book.opportunity_id,
        leading_book.partner_id as primary_partner_id,
        other_book.partner_id as other_partner_id,
        leading_book.amount as primary_amount,
        other_book.amount as other_amount,
        leading_book.stage as primary_stage,
        other_book.stage as other_stage,
        leading_book.close_date as primary_close_date,
        other_book.close_date as other_close_date
    from books as leading_book
    inner join books as other_book
        on leading_book.opportunity_id = other_book.opportunity_id
    where leading_book.is_primary and not other_book.is_primary

),

compared as (

    select
        opportunity_id,
        'amount' as field,
        primary_partner_id,
        other_partner_id,
        cast(primary_amount as {{ dbt.type_string() }}) as primary_value,
        cast(other_amount as {{ dbt.type_string() }}) as other_value,
        cast(other_amount - primary_amount as decimal(18, 2)) as difference_amount,
        abs({{ ratio('other_amount - primary_amount', 'primary_amount') }}) as difference_share
    from pairs
    where coalesce(primary_amount, 0) <> coalesce(other_amount, 0)

    union all

    select
        opportunity_id,
        'stage' as field,
        primary_partner_id,
        other_partner_id,
        primary_stage as primary_value,
        other_stage as other_value,
        cast(null as decimal(18, 2)) as difference_amount,
        cast(null as double) as difference_share
    from pairs
    where primary_stage <> other_stage

    union all

    select
        opportunity_id,
        'close_date' as field,
        primary_partner_id,
        other_partner_id,
        cast(primary_close_date as {{ dbt.type_string() }}) as primary_value,
        cast(other_close_date as {{ dbt.type_string() }}) as other_value,
        cast(null as decimal(18, 2)) as difference_amount,
        cast(null as double) as difference_share
    from pairs
    where
        coalesce(primary_close_date, cast('0001-01-01' as date))
        <> coalesce(other_close_date, cast('0001-01-01' as date))

)

select
    opportunity_id,
    field,
    primary_partner_id,
    other_partner_id,
    primary_value,
    other_value,
    difference_amount,
    difference_share,
    coalesce(
        field = 'stage'
        or (field = 'amount' and (difference_share is null or difference_share > {{ var('reconciliation_tolerance') }})),
        false
    ) as is_above_tolerance
from compared
