with

opportunities as (

    select * from {{ ref('stg_salesforce__opportunity') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        opportunity_id as source_opportunity_id,
        account_id as source_account_id,
        opportunity_name,
        amount,
        currency,
        raw_stage,
        is_closed as crm_is_closed,
        is_won as crm_is_won,
        created_at,
        close_date,
        cast(null as {{ dbt.type_timestamp() }}) as close_time,
        primary_campaign_id as primary_campaign,
        owner_id as owner,
        lead_source,
        updated_at as source_updated_at

    from opportunities

    where is_current and not is_deleted

)

select * from final
