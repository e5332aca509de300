with

source as (

    select * from {{ source('salesforce', 'campaign') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as campaign_id,
        parent_id as parent_campaign_id,

        -- strings
        name as campaign_name,
        type as campaign_type,

        -- days
        start_date as start_on,
        end_date as end_on,

        -- flags
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted,
        row_number() over (
            partition by _feed_id, id
            order by _fivetran_start desc nulls last, _delivered_at desc nulls last
        ) = 1 as is_current

    from source

)

select * from renamed
