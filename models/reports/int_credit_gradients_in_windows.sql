{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

-- A table, since a planner that joins its readers' totals first meets every gradient of every window.
with

places as (

    select * from {{ ref('int_credit_places') }}
    where dimensions = 'partner,channel,asset,region'

),

-- Conversions of a day add up before windows multiply them.
summed as (

    select
        gradients.milestone,
        {{ method_number('gradients.method') }} as method_number,
        gradients.credited_campaign_id,
        conversions.milestone_on,
        places.place_number,
        gradients.player,
        sum(gradients.share_billionths) as share_billionths,
        sum(gradients.credit_cents) as credit_cents
    from {{ ref('int_credit_gradients') }} as gradients
    inner join {{ ref('fct_conversions') }} as conversions on gradients.conversion_id = conversions.conversion_id
    inner join places on {{ is_of_place('gradients', 'places') }}
    where gradients.partner_id not in ('unattributed', 'baseline')
    group by
        gradients.milestone,
        gradients.method,
        gradients.credited_campaign_id,
        conversions.milestone_on,
        places.place_number,
        gradients.player

),

scoped as (

    {{ also_of_all_campaigns('summed') }}

)

select
    scopes.scope_number,
    scoped.method_number,
    scoped.place_number,
    scoped.player,
    cast(sum(scoped.share_billionths) as {{ dbt.type_bigint() }}) as share_billionths,
    cast(sum(scoped.credit_cents) as {{ dbt.type_bigint() }}) as credit_cents
from scoped
inner join {{ ref('int_credit_scopes') }} as scopes on {{ is_in_scope('scoped', 'scopes') }}
group by scopes.scope_number, scoped.method_number, scoped.place_number, scoped.player
