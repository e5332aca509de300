with

rates as (

    select * from {{ ref('stg_salesforce__dated_conversion_rate') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        -- NULL = the organisation's corporate currency, which is the feed's declared one.
        cast(null as {{ dbt.type_string() }}) as base_currency,
        currency,
        units_per_corporate_unit as units_per_base,
        valid_from,
        valid_to

    from rates

)

select * from final
