with

campaign_groups as (

    select * from {{ ref('stg_linkedin_ads__campaign_group_history') }}

    where is_current

),

campaigns as (

    select * from {{ ref('stg_linkedin_ads__campaign_history') }}

    where is_current

),

-- Groups and campaigns number themselves apart, so a group's id says what it is.
final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        'group:' || campaign_group_id as source_campaign_id,
        campaign_group_name as campaign_name,
        'campaign group' as campaign_type,
        start_on,
        end_on,
        cast(null as {{ dbt.type_string() }}) as parent_source_campaign_id

    from campaign_groups

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        campaign_id as source_campaign_id,
        campaign_name,
        campaign_type,
        start_on,
        end_on,
        'group:' || campaign_group_id as parent_source_campaign_id

    from campaigns

)

select * from final
