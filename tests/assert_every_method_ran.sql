-- A method that is switched on and has no rows would vanish from every comparison unnoticed.
{% for method in var('attribution_methods') %}
select '{{ method }}' as missing_method
where
    exists (select 1 from {{ ref('fct_conversions') }})
    and not exists (select 1 from {{ ref('fct_attribution_credits') }} where method = '{{ method }}')
{{ 'union all' if not loop.last }}
{% endfor %}
