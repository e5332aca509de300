{#
    Path transforms: which of a journey's eligible touches are left after it was simplified. Setting
    `path_transform`: `none`, a name, or a list of names and `{name: [channels]}`, applied in order.
#}

{# Transforms by name; true = needs channels. unique_path keeps all and stands here for its name. #}
{% macro known_path_transforms() %}
    {{ return({'unique_path': false, 'exposure_path': false, 'first_path': false, 'remove_if_not_all': true, 'remove_if_last_and_not_all': true}) }}
{% endmacro %}

{# The setting as a list of [name, channels]. #}
{% macro checked_path_transforms(setting) %}
    {%- set wanted = [] if not setting or setting == 'none' else ([setting] if setting is string or setting is mapping else setting) -%}
    {%- set steps = [] -%}
    {%- for entry in wanted -%}
        {%- for name, channels in (entry.items() if entry is mapping else [(entry, [])]) -%}
            {%- do steps.append([name, [channels] if channels is string else (channels or [])]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for name, channels in steps -%}
        {%- if name not in known_path_transforms() or (known_path_transforms()[name] and not channels) or (channels and not known_path_transforms()[name]) -%}
            {{ exceptions.raise_compiler_error("path_transform is " ~ tojson(setting) ~ ".\nExpected: none, or any of " ~ known_path_transforms() | join(', ') ~ "; the last two name channels.\nDo: write for example path_transform: [exposure_path, {remove_if_last_and_not_all: [direct]}]") }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(steps) }}
{% endmacro %}

{# True on touches that a transform removes; `journey` are the columns that name a journey, comma-separated. #}
{% macro is_removed_by(name, channels, journey) -%}
    {%- set in_time = "order by touched_at_us, touch_id" -%}
    {%- set own = "channel in ('" ~ channels | join("', '") ~ "')" -%}
    {%- if name == 'exposure_path' -%}
        coalesce(channel = lag(channel) over (partition by {{ journey }} {{ in_time }}), false)
    {%- elif name == 'first_path' -%}
        channel is not null and row_number() over (partition by {{ journey }}, channel {{ in_time }}) > 1
    {%- elif name == 'remove_if_not_all' -%}
        {{ own }} and max(case when {{ own }} then 0 else 1 end) over (partition by {{ journey }}) = 1
    {%- elif name == 'remove_if_last_and_not_all' -%}
        {{ own }}
        and max(case when {{ own }} then 0 else 1 end) over (partition by {{ journey }}) = 1
        and max(case when {{ own }} then 0 else 1 end) over (
            partition by {{ journey }} order by touched_at_us desc, touch_id desc rows between unbounded preceding and current row
        ) = 0
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}

{#
    CTEs path_1, path_2, ... that apply the transforms one after the other, from a CTE path_0 whose column
    removed_0 is NULL on the touches that take part. Each adds removed_<n>: NULL = still in the journey, else
    what removed it.
#}
{% macro transformed_paths(journey, steps) -%}
    {%- for name, channels in steps -%}
    path_{{ loop.index }} as (

        select
            *,
            case
                when removed_{{ loop.index0 }} is not null then removed_{{ loop.index0 }}
                when {{ is_removed_by(name, channels, journey ~ ', removed_' ~ loop.index0) }} then '{{ name }}'
            end as removed_{{ loop.index }}
        from path_{{ loop.index0 }}

    ),
    {% endfor -%}
{%- endmacro %}
