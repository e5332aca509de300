{#
    One branch per connector that supplies an entity (var `connectors`), columns listed by hand so
    that models compile and unit-test without looking at the database.
#}
{% macro union_connectors(entity, columns) %}
    {%- set names = [] -%}
    {%- for connector, entities in var('connectors').items() if entity in entities -%}
        {%- do names.append(connector) -%}
    {%- endfor -%}
    {%- if not names -%}
        {{ exceptions.raise_compiler_error("No connector supplies '" ~ entity ~ "'. Add it to a line of vars.connectors in dbt_project.yml.") }}
    {%- endif -%}
    {%- for connector in names %}
    select '{{ connector }}' as connector, {{ columns | join(', ') }}
    from {{ ref('int_' ~ connector ~ '__' ~ entity) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
