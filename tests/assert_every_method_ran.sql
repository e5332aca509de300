-- A method that is switched on and has no rows would vanish from every comparison unnoticed.
-- markov_global has no touches to credit: its figures are in fct_player_effects.
{% for method in var('attribution_methods') if method != 'markov_global' %}
    select '{{ method }}' as missing_method
    from (select count(*) as conversions from {{ ref('fct_conversions') }}) as counted
    where
        conversions > 0
        and not exists (select 1 from {{ ref('fct_attribution_credits') }} where method = '{{ method }}')
    {{ 'union all' if not loop.last }}
{% endfor %}
