with

source as (

    select * from {{ source('hubspot', 'contact_merge_audit') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        contact_id as survivor_contact_id,
        vid_to_merge as merged_contact_id,

        -- timestamps
        _delivered_at as delivered_at

    from source

)

select * from renamed
