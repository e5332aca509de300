{#
    The player of a touch, as the attribution methods name it (attribution/players.py), from its columns
    channel, partner_id, campaign_id and asset_id. `dimension` is var `player_dimension`.
#}
{% macro player_of_touch(dimension) -%}
    {%- set columns = {
        'channel': ['channel'],
        'partner': ['partner_id'],
        'partner_channel': ['partner_id', 'channel'],
        'campaign': ['campaign_id'],
        'asset': ['asset_id'],
    } -%}
    {%- if dimension not in columns -%}
        {{ exceptions.raise_compiler_error("player_dimension is " ~ tojson(dimension) ~ ".\nExpected: one of " ~ columns | join(', ') ~ ".\nDo: change player_dimension in dbt_project.yml") }}
    {%- endif -%}
    {%- for column in columns[dimension] -%}
        coalesce(nullif({{ column }}, ''), 'unknown'){{ " || ':' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
