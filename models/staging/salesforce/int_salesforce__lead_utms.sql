with

leads as (

    select * from {{ ref('stg_salesforce__lead') }}

    where
        is_current
        and not is_deleted
        and created_at is not null
        and coalesce(utm_source, utm_medium, utm_campaign, utm_content, utm_term, utm_id) is not null

),

-- Responses of a converted lead hang on its contact.
people as (

    select
        *,
        lead_id as person_id
    from leads

    union all

    select
        *,
        converted_contact_id as person_id
    from leads
    where converted_contact_id is not null

),

-- A contact that several leads became was created by the first.
ranked as (

    select
        *,
        row_number() over (partition by feed_id, person_id order by created_at, lead_id) as lead_number

    from people

),

final as (

    select * from ranked

    where lead_number = 1

)

select * from final
