with

contacts as (

    select * from {{ ref('stg_dynamics365__contact') }}

),

leads as (

    select * from {{ ref('stg_dynamics365__lead') }}

),

-- The first contact that was created from a lead is the lead.
created_contacts as (

    select
        feed_id,
        originating_lead_id,
        contact_id,
        row_number() over (
            partition by feed_id, originating_lead_id order by created_at, contact_id
        ) as place

    from contacts

    where originating_lead_id is not null and not is_deleted

),

-- One survivor each: a merged lead follows its master. An open lead's contact may be anybody who
-- knows more, so only a qualified one is its contact.
survivors as (

    select
        partner_id,
        feed_id,
        delivered_at,
        contact_id as source_person_id,
        master_contact_id as survivor_source_person_id

    from contacts

    union all

    select
        leads.partner_id,
        leads.feed_id,
        leads.delivered_at,
        leads.lead_id as source_person_id,
        coalesce(
            leads.master_lead_id,
            case when leads.is_qualified then leads.parent_contact_id end,
            created_contacts.contact_id
        ) as survivor_source_person_id

    from leads

    left join created_contacts
        on
            leads.feed_id = created_contacts.feed_id
            and leads.lead_id = created_contacts.originating_lead_id
            and created_contacts.place = 1

),

final as (

    select * from survivors

    where survivor_source_person_id <> source_person_id

)

select * from final
