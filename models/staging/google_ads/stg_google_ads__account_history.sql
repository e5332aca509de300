with

source as (

    select * from {{ source('google_ads', 'account_history') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        id as account_id,

        -- strings
        nullif(trim(currency_code), '') as currency,
        time_zone as timezone,

        -- booleans
        _fivetran_active as is_active,

        -- timestamps
        _delivered_at as delivered_at,
        updated_at

    from source

)

select * from renamed
