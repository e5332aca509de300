with

source as (

    select * from {{ source('dynamics365', 'transactioncurrency') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        transactioncurrencyid as transaction_currency_id,

        -- strings
        nullif(upper(trim(isocurrencycode)), '') as currency,

        -- flags
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
