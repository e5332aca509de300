with

contacts as (

    select * from {{ ref('stg_salesforce__contact') }}

),

leads as (

    select * from {{ ref('stg_salesforce__lead') }}

),

-- A converted lead stays: its creation and MQL dates are earlier than its contact's.
final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        contact_id as source_person_id,
        account_id as source_account_id,
        cast(null as {{ dbt.type_string() }}) as company_name,
        country,
        email_key_lower_trim,
        email_key_google,
        email_domain,
        created_at,
        mql_at

    from contacts

    where is_current and not is_deleted

    union all

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

    where is_current and not is_deleted

)

select * from final
