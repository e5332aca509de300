{# Expressions that put figures into words. #}

{# A number with fixed decimals, as text. #}
{% macro number_text(expression, decimals) -%}
    cast(cast(round({{ expression }}, {{ decimals }}) as decimal(18, {{ decimals }})) as {{ dbt.type_string() }})
{%- endmacro %}

{# A share as per cent: 0.4 -> `40.00 %`. #}
{% macro percent_text(share) -%}
    {{ number_text(share ~ " * 100", 2) }} || ' %'
{%- endmacro %}

{# The line that gives money of a currency its rate, from the first day that lacks one. #}
{% macro missing_rate_fix(currency, day) -%}
    'seeds/fx_rates.csv: {{ var("reporting_currency") }},' || {{ currency }} || ',' || cast(cast({{ day }} as date) as {{ dbt.type_string() }}) || ',<units>,<source>'
{%- endmacro %}

{# Mostly it is a slip of the pen; else the line that makes a code known. #}
{% macro unknown_currency_fix(currency) -%}
    coalesce('seeds/currencies.csv: ' || {{ csv_cell(currency) }} || ',<minor_units>', 'Write the feed''s currency into seeds/feeds.csv.')
{%- endmacro %}

{# Why a partner's channel has its evidence grade, and what the next better one would need. #}
{% macro evidence_reason(grade, minimum_wins, tolerated) -%}
    case
        when {{ grade }} = 'A' then 'experiment that ended on ' || cast(ends_on as {{ dbt.type_string() }})
        when {{ grade }} = 'B' then 'hazard_shapley and multistate agree'
        when {{ grade }} = 'D' then 'no causal method says anything of it; rules only'
        when causal_methods < 2 then 'only one causal method can be estimated'
        when disagreement > {{ tolerated }} then 'the causal methods disagree by more than {{ tolerated }}'
        when needs_test then 'touches that nothing foretold still tell of deals: the causal methods do not fit'
        when wins < {{ minimum_wins }} then 'fewer than {{ minimum_wins }} won deals'
        else 'causal methods compare {{ var("player_dimension") }}, not partners on channels'
    end
{%- endmacro %}
