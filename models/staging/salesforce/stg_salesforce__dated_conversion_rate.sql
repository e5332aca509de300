with

source as (

    select * from {{ source('salesforce', 'dated_conversion_rate') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        iso_code as currency,
        cast(conversion_rate as decimal(18, 8)) as units_per_corporate_unit,
        start_date as valid_from,
        next_start_date as valid_to

    from source

)

select * from renamed
