{# Credit or what moves it, once for its own campaign and once for all of them: column campaign_id. #}
{% macro also_of_all_campaigns(relation) -%}
    select
        credited_campaign_id as campaign_id,
        *
    from {{ relation }}
    union all
    select
        'all' as campaign_id,
        *
    from {{ relation }}
{%- endmacro %}

{# Whether a row of a campaign, milestone and day counts in a scope (int_credit_scopes). #}
{% macro is_in_scope(row, scope) -%}
    {{ row }}.campaign_id = {{ scope }}.campaign_id
    and {{ row }}.milestone = {{ scope }}.milestone
    and {{ row }}.milestone_on >= coalesce({{ scope }}.window_start, {{ row }}.milestone_on)
    and {{ row }}.milestone_on <= coalesce({{ scope }}.window_end, {{ row }}.milestone_on)
{%- endmacro %}

{# Whether credit lies at a place (int_credit_places). #}
{% macro is_of_place(row, place) -%}
    coalesce({{ row }}.partner_id, '') = {{ place }}.partner_id
    and coalesce({{ row }}.channel, '') = {{ place }}.channel
    and coalesce({{ row }}.asset_id, '') = {{ place }}.asset_id
    and coalesce({{ row }}.region, '') = {{ place }}.region
{%- endmacro %}
