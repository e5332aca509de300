{# BI users see schemas `marts` and `reports`, not `main_marts`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{#
    From here on the DuckDB session may read the lookups and nothing else: no other file, no network,
    and the setting cannot be undone. Deliveries were landed when the database was opened.
#}
{% macro lock_down() -%}
    {{ return(adapter.dispatch('lock_down')()) }}
{%- endmacro %}
{% macro default__lock_down() %}{% endmacro %}
{% macro duckdb__lock_down() -%}
    {%- set seeds = modules.re.sub("'", "''", env_var('SEEDS_DIR', 'seeds')) -%}
    set allowed_directories = ['{{ seeds }}'];
    set enable_external_access = false;
    set lock_configuration = true;
{%- endmacro %}
