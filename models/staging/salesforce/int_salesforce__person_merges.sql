with

contacts as (

    select * from {{ ref('stg_salesforce__contact') }}

),

leads as (

    select * from {{ ref('stg_salesforce__lead') }}

),

-- Merged records are deleted ones, so deletion is no reason to leave them out here.
survivors as (

    select
        partner_id,
        feed_id,
        delivered_at,
        contact_id as source_person_id,
        master_contact_id as survivor_source_person_id

    from contacts

    where is_current

    union all

    -- One survivor each: a lead that was merged away follows its master, which may be converted.
    select
        partner_id,
        feed_id,
        delivered_at,
        lead_id as source_person_id,
        coalesce(master_lead_id, converted_contact_id) as survivor_source_person_id

    from leads

    where is_current

),

final as (

    select * from survivors

    where survivor_source_person_id <> source_person_id

)

select * from final
