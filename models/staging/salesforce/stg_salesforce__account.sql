with

source as (

    select * from {{ source('salesforce', 'account') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as account_id,
        parent_id as parent_account_id,

        -- strings and numbers
        name as account_name,
        website,
        industry,
        coalesce(billing_country, billing_country_code, shipping_country) as country,
        number_of_employees as employees,

        -- flags
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted,
        row_number() over (
            partition by _feed_id, id
            order by _fivetran_start desc nulls last, _delivered_at desc nulls last
        ) = 1 as is_current

    from source

)

select * from renamed
