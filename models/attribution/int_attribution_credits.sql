{#- markov_global credits players only: no touch carries it. -#}
{%- set methods = var('attribution_methods') | reject('equalto', 'markov_global') | list -%}

with

touches as (

    select * from {{ ref('int_credits_by_touch') }}

),

final as (

    {% for method in methods -%}
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
