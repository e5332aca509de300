with

campaigns as (

    select * from {{ ref('stg_salesforce__campaign') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        campaign_id as source_campaign_id,
        campaign_name,
        campaign_type,
        start_on,
        end_on,
        parent_campaign_id as parent_source_campaign_id

    from campaigns

    where is_current and not is_deleted

)

select * from final
