with recursive

contacts as (

    select * from {{ ref('stg_hubspot__contact') }}

),

deals as (

    select * from {{ ref('stg_hubspot__deal') }}

),

lists as (

    select
        partner_id,
        feed_id,
        delivered_at,
        'contact' as record_type,
        contact_id as survivor_id,
        merged_contact_ids || ';' as merged_ids
    from contacts
    where merged_contact_ids is not null

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        'deal' as record_type,
        deal_id as survivor_id,
        merged_deal_ids || ';' as merged_ids
    from deals
    where merged_deal_ids is not null

),

-- Takes the first id off `76340251;46897301;` until nothing is left.
items as (

    select
        partner_id,
        feed_id,
        delivered_at,
        record_type,
        survivor_id,
        trim(substring(merged_ids, 1, position(';' in merged_ids) - 1)) as merged_id,
        substring(merged_ids, position(';' in merged_ids) + 1) as remaining_ids
    from lists

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        record_type,
        survivor_id,
        trim(substring(remaining_ids, 1, position(';' in remaining_ids) - 1)) as merged_id,
        substring(remaining_ids, position(';' in remaining_ids) + 1) as remaining_ids
    from items
    where remaining_ids <> ''

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        record_type,
        survivor_id,
        merged_id
    from items
    where merged_id <> ''

)

select * from final
