{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

-- A table of numbers: three models read all of it, and sort and group by it.
with

conversions as (

    select
        conversion_id,
        milestone_on,
        coalesce(account_id, person_id, conversion_id) as account_id,
        row_number() over (order by conversion_id) as conversion_number
    from {{ ref('fct_conversions') }}

),

numbered as (

    select
        *,
        dense_rank() over (order by account_id) as account_number
    from conversions

),

places as (

    select * from {{ ref('int_credit_places') }}
    where dimensions = 'partner,channel,asset,region'

),

credits as (

    select
        credits.milestone,
        credits.credited_campaign_id,
        numbered.milestone_on,
        numbered.conversion_number,
        numbered.account_number,
        accounts.bucket,
        places.place_number,
        {{ method_number('credits.method') }} as method_number,
        credits.share_billionths,
        cast(round(credits.credited_amount * 100) as {{ dbt.type_bigint() }}) as credit_cents
    from {{ ref('int_credits_by_conversion') }} as credits
    inner join numbered on credits.conversion_id = numbered.conversion_id
    left join {{ ref('int_account_buckets') }} as accounts on numbered.account_id = accounts.account_id
    inner join places on {{ is_of_place('credits', 'places') }}
    where credits.partner_id not in ('unattributed', 'baseline')

),

scoped as (

    {{ also_of_all_campaigns('credits') }}

)

select
    scopes.scope_number,
    scoped.method_number,
    cast(scoped.conversion_number as {{ dbt.type_int() }}) as conversion_number,
    cast(scoped.account_number as {{ dbt.type_int() }}) as account_number,
    cast(scoped.bucket as {{ dbt.type_int() }}) as bucket,
    scoped.place_number,
    scoped.share_billionths,
    scoped.credit_cents
from scoped
inner join {{ ref('int_credit_scopes') }} as scopes on {{ is_in_scope('scoped', 'scopes') }}
