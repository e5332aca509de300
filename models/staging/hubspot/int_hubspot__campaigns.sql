with

email_campaigns as (

    select * from {{ ref('stg_hubspot__email_campaign') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        email_campaign_id as source_campaign_id,
        coalesce(campaign_name, subject) as campaign_name,
        campaign_type,
        cast(null as date) as start_on,
        cast(null as date) as end_on,
        cast(null as {{ dbt.type_string() }}) as parent_source_campaign_id

    from email_campaigns

)

select * from final
