with

source as (

    select * from {{ source('template', 'accounts') }}

),

renamed as (

    select
        -- feed
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        account_id as source_account_id,

        -- strings
        account_name,
        website,
        country,
        industry,

        -- numbers
        cast(employees as {{ dbt.type_bigint() }}) as employees

    from source

)

select * from renamed
