{#- Causal methods have estimates of their own, int_causal_credits. -#}
{%- set elsewhere = methods_of_players_only() + causal_method_ids() -%}

with

touches as (

    select * from {{ ref('int_credits_by_touch') }}

),

final as (

    {% for method in var('attribution_methods') if method not in elsewhere -%}
        select
            conversion_id,
            touch_id,
            '{{ method }}' as method,
            share_{{ method }} as credit_share,
            cents_{{ method }} as credit_cents
        from touches
        where share_{{ method }} > 0
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
