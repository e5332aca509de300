{# Expressions that put figures into words. #}

{# A number with fixed decimals, as text. #}
{% macro number_text(expression, decimals) -%}
    cast(cast(round({{ expression }}, {{ decimals }}) as decimal(18, {{ decimals }})) as {{ dbt.type_string() }})
{%- endmacro %}

{# A share as per cent: 0.4 -> `40.00 %`. #}
{% macro percent_text(share) -%}
    {{ number_text(share ~ " * 100", 2) }} || ' %'
{%- endmacro %}
