{# How journeys are formed: which milestones count, and how far each looks back. #}

{# All milestones, in the order in which they are reached. #}
{% macro all_milestones() %}{{ return(['lead', 'mql', 'opportunity', 'closed_won']) }}{% endmacro %}

{# The milestones of people that count, from var `lead_milestones`. #}
{% macro checked_lead_milestones(chosen) %}
    {%- if chosen is string or chosen is mapping or (chosen or []) | reject('in', ['lead', 'mql']) | list -%}
        {{ exceptions.raise_compiler_error("lead_milestones is " ~ tojson(chosen) ~ ".\nExpected: a list of any of lead, mql.\nDo: write lead_milestones: [lead, mql], or [] to count deals only") }}
    {%- endif -%}
    {{ return(chosen or []) }}
{% endmacro %}

{# `days` when it is a number of days that a lookback may have; an error that names `where` otherwise. #}
{% macro checked_lookback(days, where) %}
    {%- if days is boolean or days is not integer or days < 1 or days > 3650 -%}
        {{ exceptions.raise_compiler_error(where ~ " is " ~ tojson(days) ~ ".\nExpected: a whole number of days, 1 to 3650.\nDo: write for example " ~ where ~ ": 180") }}
    {%- endif -%}
    {{ return(days) }}
{% endmacro %}

{#
    Lookback of a milestone in days. `lookback` is var `lookback_days`: one number for all milestones, or
    a mapping of milestones to numbers with a `default` for those that it leaves out.
#}
{% macro lookback_of(milestone, lookback) %}
    {%- if lookback is not mapping -%}
        {{ return(checked_lookback(lookback, 'lookback_days')) }}
    {%- endif -%}
    {%- for name in lookback if name not in all_milestones() + ['default'] -%}
        {{ exceptions.raise_compiler_error("lookback_days names " ~ tojson(name) ~ ".\nExpected: default, " ~ all_milestones() | join(', ') ~ ".\nDo: write for example lookback_days: {default: 180, lead: 90}") }}
    {%- endfor -%}
    {%- set name = milestone if milestone in lookback else 'default' -%}
    {{ return(checked_lookback(lookback.get(name), 'lookback_days.' ~ name)) }}
{% endmacro %}

{# Lookbacks of single methods, from var `lookback_days_by_method`: none may reach further than every milestone's. #}
{% macro checked_method_lookbacks(by_method, lookback) %}
    {%- if by_method is not mapping -%}
        {{ exceptions.raise_compiler_error("lookback_days_by_method is " ~ tojson(by_method) ~ ".\nExpected: a mapping of methods to days.\nDo: write for example lookback_days_by_method: {last_touch: 30}") }}
    {%- endif -%}
    {%- set furthest = [] -%}
    {%- for milestone in all_milestones() -%}
        {%- do furthest.append(lookback_of(milestone, lookback)) -%}
    {%- endfor -%}
    {%- for method, days in by_method.items() if checked_lookback(days, 'lookback_days_by_method.' ~ method) > furthest | max -%}
        {{ exceptions.raise_compiler_error("lookback_days_by_method." ~ method ~ " is " ~ days ~ ", further back than any milestone looks.\nExpected: at most " ~ furthest | max ~ " days.\nDo: raise lookback_days, which the other methods share, or lower this one") }}
    {%- endfor -%}
    {{ return(by_method) }}
{% endmacro %}
