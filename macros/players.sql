{#
    The player of a touch, as the attribution methods name it (attribution/players.py): a channel, a
    credited partner, or both. `dimension` is var `player_dimension`.
#}
{% macro player_of_touch(dimension, channel, partner_id) -%}
    {%- set known_channel = "coalesce(nullif(" ~ channel ~ ", ''), 'unknown')" -%}
    {%- set known_partner = "coalesce(nullif(" ~ partner_id ~ ", ''), 'unknown')" -%}
    {%- if dimension == 'partner_channel' -%} {{ known_partner }} || ':' || {{ known_channel }}
    {%- elif dimension == 'partner' -%} {{ known_partner }}
    {%- else -%} {{ known_channel }}
    {%- endif -%}
{%- endmacro %}
