{#
    A short value is not mistyped but another one (cpc, cpm), and so is one with another number
    (webinar-1, webinar-2). Plain ASCII only: engines count other letters differently.
#}
with

touches as (

    select * from {{ ref('int_utm_touches') }}

),

contract as (

    select distinct
        parameter,
        allowed_value,
        value_slug
    from {{ ref('int_utm_contract') }}
    where not is_any and {{ regex_matches('value_slug', "'^[ -~]+$'") }}

),

delivered as (

    {% for parameter in ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'utm_id'] %}
        select distinct
            '{{ parameter }}' as parameter,
            {{ campaign_slug(utm_value(parameter)) }} as delivered_slug
        from touches
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

compared as (

    select
        delivered.parameter,
        delivered.delivered_slug,
        contract.allowed_value,
        contract.value_slug,
        {{ edit_distance('delivered.delivered_slug', 'contract.value_slug') }} as edits
    from delivered
    inner join contract
        on
            delivered.parameter = contract.parameter
            and delivered.delivered_slug <> contract.value_slug
            and abs(length(delivered.delivered_slug) - length(contract.value_slug)) <= 2
    where
        {{ regex_matches('delivered.delivered_slug', "'^[ -~]+$'") }}
        and {{ regex_replace('delivered.delivered_slug', '[^0-9]+', '') }} = {{ regex_replace('contract.value_slug', '[^0-9]+', '') }}

),

final as (

    select
        parameter,
        delivered_slug,
        allowed_value,
        edits
    from compared
    where edits <= case when length(value_slug) >= 8 then 2 when length(value_slug) >= 5 then 1 else 0 end

)

select * from final
