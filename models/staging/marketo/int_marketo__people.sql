with

leads as (

    select * from {{ ref('stg_marketo__lead') }}

    where not is_deleted

),

deletions as (

    select distinct
        feed_id,
        lead_id

    from {{ ref('stg_marketo__activity_delete_lead') }}

),

final as (

    select
        leads.partner_id,
        leads.feed_id,
        leads.delivered_at,
        leads.lead_id as source_person_id,
        cast(null as {{ dbt.type_string() }}) as source_account_id,
        leads.company_name,
        leads.country,
        leads.email_key_lower_trim,
        leads.email_key_google,
        leads.email_domain,
        leads.created_at,
        leads.mql_at

    from leads

    left join deletions
        on leads.feed_id = deletions.feed_id and leads.lead_id = deletions.lead_id

    where deletions.lead_id is null

)

select * from final
