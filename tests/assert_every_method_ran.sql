-- A method that is switched on and has no rows would vanish from every comparison unnoticed.
{% for method in var('attribution_methods') %}
    select '{{ method }}' as missing_method
    from (select count(*) as conversions from {{ ref('fct_conversions') }}) as counted
    where
        conversions > 0
        and not exists (select 1 from {{ ref('fct_attribution_credits') }} where method = '{{ method }}')
    {{ 'union all' if not loop.last }}
{% endfor %}
