with

accounts as (

    select * from {{ ref('stg_salesforce__account') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        account_id as source_account_id,
        account_name,
        website,
        country,
        industry,
        employees,
        parent_account_id as parent_source_account_id

    from accounts

    where is_current and not is_deleted

)

select * from final
