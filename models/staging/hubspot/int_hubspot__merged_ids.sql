with

merge_lists as (

    select * from {{ ref('int_hubspot__merge_lists') }}

),

contact_merge_audits as (

    select * from {{ ref('stg_hubspot__contact_merge_audit') }}

),

merged_deals as (

    select * from {{ ref('stg_hubspot__merged_deal') }}

),

known_merges as (

    select
        partner_id,
        feed_id,
        delivered_at,
        record_type,
        survivor_id,
        merged_id
    from merge_lists

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        'contact' as record_type,
        survivor_contact_id as survivor_id,
        merged_contact_id as merged_id
    from contact_merge_audits

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        'deal' as record_type,
        survivor_deal_id as survivor_id,
        merged_deal_id as merged_id
    from merged_deals

),

-- Two records may name two survivors of a third, and then have merged with each other. Following
-- either leads to the same end, so one is enough.
final as (

    select
        partner_id,
        feed_id,
        max(delivered_at) as delivered_at,
        record_type,
        merged_id,
        min(survivor_id) as survivor_id

    from known_merges

    where merged_id <> survivor_id

    group by partner_id, feed_id, record_type, merged_id

)

select * from final
