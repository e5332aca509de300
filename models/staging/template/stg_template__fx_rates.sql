with

source as (

    select * from {{ source('template', 'fx_rates') }}

),

renamed as (

    select
        -- feed
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- rate; the base is the reporting currency, by definition of the template
        '{{ var("reporting_currency") }}' as base_currency,
        upper(trim(currency)) as currency,
        cast(units_per_reporting_currency as decimal(18, 8)) as units_per_base,
        cast(rate_date as date) as valid_from,
        cast(null as date) as valid_to

    from source

)

select * from renamed
