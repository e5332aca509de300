with

source as (

    select * from {{ source('template', 'opportunities') }}

),

renamed as (

    select
        -- feed
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        opportunity_id as source_opportunity_id,
        account_id as source_account_id,

        -- strings
        opportunity_name,
        currency,
        stage as raw_stage,
        primary_campaign,
        owner,

        -- numbers
        cast(amount as decimal(18, 2)) as amount,

        -- timestamps: a bare date has landed as the last second of its day
        cast(created_at as timestamp) as created_at,
        cast(close_date as timestamp) as close_time

    from source

)

select * from renamed
