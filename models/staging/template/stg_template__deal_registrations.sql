with

source as (

    select * from {{ source('template', 'deal_registrations') }}

),

renamed as (

    select
        -- feed
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        registration_id as source_registration_id,

        -- strings
        account_name,
        website,

        -- timestamps
        cast(submitted_at as timestamp) as submitted_at,
        cast(approved_at as timestamp) as approved_at,
        cast(expires_at as timestamp) as expires_at,

        -- deal
        status,
        opportunity_id as source_opportunity_id,
        cast(expected_amount as decimal(18, 2)) as expected_amount,
        currency

    from source

)

select * from renamed
