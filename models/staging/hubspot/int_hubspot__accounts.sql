with

companies as (

    select * from {{ ref('stg_hubspot__company') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        company_id as source_account_id,
        company_name as account_name,
        website,
        country,
        industry,
        employees,
        parent_company_id as parent_source_account_id

    from companies

    where not is_deleted

)

select * from final
