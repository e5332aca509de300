{# Methods that credit players and no touch; the registry's `has_rows` is false for them. #}
{% macro methods_of_players_only() %}{{ return(['markov_global']) }}{% endmacro %}

{# Methods whose credit is a touch's weight over the sum of the journey's. #}
{% macro methods_weighed_by_touch() %}
    {{ return([
        'first_touch', 'last_touch', 'last_non_direct', 'linear', 'position', 'u_shaped', 'w_shaped', 'full_path',
        'time_decay', 'custom', 'markov_path', 'shapley_set', 'shapley_rate',
    ]) }}
{% endmacro %}

{#
    The method that partners sign, when it can be one: credit that belongs to no deal cannot be signed, so
    methods that credit players only are refused.
#}
{% macro checked_agreed_method(method, where) %}
    {%- if (method or '') | lower in methods_of_players_only() -%}
        {{ exceptions.raise_compiler_error(where ~ " is " ~ method ~ ", which credits players and no deal.\nExpected: a method that credits touches, so that every deal adds up.\nDo: agree on markov_path (the same effects, shared within each journey), shapley_set or position") }}
    {%- endif -%}
    {{ return(method) }}
{% endmacro %}

{# Methods as numbers, in the order in which they run: sums group by those faster than by names. #}
{% macro method_number(method) -%}
    case {{ method }}
    {%- for name in var('attribution_methods') %} when '{{ name }}' then {{ loop.index0 }}{% endfor %} end
{%- endmacro %}

{% macro method_of_number(number) -%}
    case {{ number }}
    {%- for name in var('attribution_methods') %} when {{ loop.index0 }} then '{{ name }}'{% endfor %} end
{%- endmacro %}

{# A set of methods as one whole number, a bit each. #}
{% macro method_bit(number) -%}
    (cast(1 as {{ dbt.type_bigint() }}) << {{ number }})
{%- endmacro %}

{% macro has_method(methods, method) -%}
    (({{ methods }} >> {{ var('attribution_methods').index(method) }}) & 1)
{%- endmacro %}
