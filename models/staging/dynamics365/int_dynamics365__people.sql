with

contacts as (

    select * from {{ ref('stg_dynamics365__contact') }}

),

leads as (

    select * from {{ ref('stg_dynamics365__lead') }}

),

survivors as (

    select * from {{ ref('int_dynamics365__account_survivors') }}

),

-- A contact may stand under another contact; loaders that leave the type out do not say so.
final as (

    select
        contacts.partner_id,
        contacts.feed_id,
        contacts.delivered_at,
        contacts.contact_id as source_person_id,
        case
            when parents.contact_id is null then coalesce(survivors.surviving_account_id, contacts.account_id)
        end as source_account_id,
        cast(null as {{ dbt.type_string() }}) as company_name,
        contacts.country,
        contacts.email_key_lower_trim,
        contacts.email_key_google,
        contacts.email_domain,
        contacts.created_at,
        contacts.mql_at

    from contacts

    left join contacts as parents
        on contacts.feed_id = parents.feed_id and contacts.account_id = parents.contact_id

    left join survivors
        on contacts.feed_id = survivors.feed_id and contacts.account_id = survivors.account_id

    where not contacts.is_deleted and contacts.master_contact_id is null

    union all

    -- A qualified lead stays: its creation and MQL dates are earlier than its contact's.
    select
        partner_id,
        feed_id,
        delivered_at,
        lead_id as source_person_id,
        cast(null as {{ dbt.type_string() }}) as source_account_id,
        company_name,
        country,
        email_key_lower_trim,
        email_key_google,
        email_domain,
        created_at,
        mql_at

    from leads

    where not is_deleted and master_lead_id is null

)

select * from final
