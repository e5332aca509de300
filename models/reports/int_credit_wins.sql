{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

-- Methods are bits of one number: counting distinct accounts is what costs, and most touches earn by all of them.
with

earned as (

    select
        scope_number,
        conversion_number,
        account_number,
        place_number,
        bit_or({{ method_bit('method_number') }}) as credited_by,
        bit_or(case when share_billionths > 0 then {{ method_bit('method_number') }} else 0 end) as won_by
    from {{ ref('int_credits_in_windows') }}
    group by scope_number, conversion_number, account_number, place_number

),

conversions as (

    select
        earned.scope_number,
        earned.conversion_number,
        earned.account_number,
        places.view_number,
        bit_or(earned.credited_by) as credited_by,
        bit_or(earned.won_by) as won_by
    from earned
    inner join {{ ref('int_credit_places') }} as places on earned.place_number = places.place_number
    group by earned.scope_number, earned.conversion_number, earned.account_number, places.view_number

),

accounts as (

    select
        scope_number,
        account_number,
        view_number,
        bit_or(won_by) as won_by
    from conversions
    group by scope_number, account_number, view_number

),

conversions_counted as (

    select
        scope_number,
        {% for method in var('attribution_methods') %}
            sum({{ has_method('credited_by', method) }}) as conversions_{{ method }},
        {% endfor %}
        view_number
    from conversions
    group by scope_number, view_number

),

accounts_counted as (

    select
        scope_number,
        {% for method in var('attribution_methods') %}
            sum({{ has_method('won_by', method) }}) as accounts_{{ method }},
        {% endfor %}
        view_number
    from accounts
    group by scope_number, view_number

)

select
    conversions_counted.scope_number,
    {% for method in var('attribution_methods') %}
        cast(conversions_counted.conversions_{{ method }} as {{ dbt.type_bigint() }}) as conversions_{{ method }},
        cast(accounts_counted.accounts_{{ method }} as {{ dbt.type_bigint() }}) as accounts_{{ method }},
    {% endfor %}
    conversions_counted.view_number
from conversions_counted
inner join accounts_counted
    on
        conversions_counted.scope_number = accounts_counted.scope_number
        and conversions_counted.view_number = accounts_counted.view_number
