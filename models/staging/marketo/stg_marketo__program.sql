with

source as (

    select * from {{ source('marketo', 'program') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as program_id,

        -- strings
        name as program_name,
        channel as program_channel,
        type as program_type,

        -- days
        cast(start_date as date) as start_on,
        cast(end_date as date) as end_on,

        -- flags
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
