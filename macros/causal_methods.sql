{# Methods that have a baseline; the registry's `is_incremental`, which a test compares with this. #}
{% macro causal_method_ids() %}{{ return(['hazard_shapley', 'multistate', 'causal_auto']) }}{% endmacro %}

{# The same as a list in SQL: `method in {{ causal_methods() }}`. #}
{% macro causal_methods() %}('{{ causal_method_ids() | join("', '") }}'){% endmacro %}
