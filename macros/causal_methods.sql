{# Methods that have a baseline; the registry's `is_incremental`, which a test compares with this. #}
{% macro causal_methods() %}{{ return("('hazard_shapley', 'multistate', 'causal_auto')") }}{% endmacro %}
