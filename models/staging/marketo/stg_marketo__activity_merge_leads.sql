with

source as (

    select * from {{ source('marketo', 'activity_merge_leads') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as activity_id,
        lead_id as survivor_lead_id,

        -- strings; a plain comma-separated list
        replace(replace(replace(merge_ids, '[', ''), ']', ''), ' ', '') as merged_lead_ids,
        length(merge_ids) - length(replace(merge_ids, ',', '')) + 1 as merged_lead_count,

        -- timestamps
        activity_date as merged_at

    from source

)

select * from renamed
