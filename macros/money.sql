{#
    How an amount came into the reporting currency, said once for deals and for spend. `known_currency`
    is NULL for a code that is no ISO 4217 currency; `rate` is the alias of int_fx_rates_by_day. Ten
    millions of millions are a slip of the pen, and more than can be shared to the cent.
#}
{% macro conversion_status(amount, currency, known_currency, rate) -%}
    {%- set too_large = 10000000000000 -%}
    case
        when {{ currency }} = '{{ var("reporting_currency") }}'
            then case when abs({{ amount }}) >= {{ too_large }} then 'too_large' else 'same_currency' end
        when {{ known_currency }} is null then 'unknown_currency'
        when {{ rate }}.units_per_reporting is null then 'no_fx_rate'
        when abs(cast({{ amount }} as double)) / {{ rate }}.units_per_reporting >= {{ too_large }} then 'too_large'
        when {{ rate }}.is_stale then 'converted_stale_rate'
        else 'converted'
    end
{%- endmacro %}

{# Amount in the reporting currency, to the cent; NULL unless the status says that it is known. #}
{% macro reporting_amount(amount, status, units_per_reporting) -%}
    cast(
        case
            when {{ status }} = 'same_currency' then {{ amount }}
            when {{ status }} in ('converted', 'converted_stale_rate')
                then round(cast({{ amount }} as double) / {{ units_per_reporting }}, 2)
        end as decimal(18, 2)
    )
{%- endmacro %}

{# True when a rate moved by more than fx_max_leap from the one before, in either direction. #}
{% macro leaps(rate, before) -%}
    (abs({{ rate }} - {{ before }}) > {{ var('fx_max_leap') }} * least({{ rate }}, {{ before }}))
{%- endmacro %}

{#
    What a milestone is measured in: credited amount, or credited conversions where people are counted
    and no money is at stake.
#}
{% macro measured(milestone, amount, conversions) -%}
    case when {{ milestone }} in ('lead', 'mql') then cast({{ conversions }} as double) else cast({{ amount }} as double) end
{%- endmacro %}
