with

source as (

    select * from {{ source('salesforce', 'opportunity') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as opportunity_id,
        account_id,
        campaign_id as primary_campaign_id,
        owner_id,

        -- strings and numbers
        name as opportunity_name,
        cast(amount as decimal(18, 2)) as amount,
        currency_iso_code as currency,
        stage_name as raw_stage,
        lead_source,

        -- days and timestamps
        close_date,
        created_date as created_at,
        coalesce(system_modstamp, last_modified_date, _fivetran_synced) as updated_at,
        _fivetran_start as version_started_at,

        -- flags
        is_closed,
        is_won,
        coalesce(is_deleted, false) as is_marked_deleted,
        coalesce(is_deleted, false) or not coalesce(_fivetran_active, true) as is_deleted,
        row_number() over (
            partition by _feed_id, id
            order by _fivetran_start desc nulls last, _delivered_at desc nulls last
        ) = 1 as is_current

    from source

)

select * from renamed
