with

campaigns as (

    select * from {{ ref('stg_dynamics365__campaign') }}

    where not is_deleted

),

labels as (

    select * from {{ ref('int_dynamics365__labels') }}

    where table_name = 'campaign' and column_name = 'typecode'

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

-- Dataverse stores a campaign's days as instants, midnight where they were typed.
final as (

    select
        campaigns.partner_id,
        campaigns.feed_id,
        campaigns.delivered_at,
        campaigns.campaign_id as source_campaign_id,
        campaigns.campaign_name,
        labels.label as campaign_type,
        cast({{ utc_to_local('campaigns.started_at', "coalesce(feeds.timezone, 'UTC')") }} as date) as start_on,
        cast({{ utc_to_local('campaigns.ended_at', "coalesce(feeds.timezone, 'UTC')") }} as date) as end_on,
        cast(null as {{ dbt.type_string() }}) as parent_source_campaign_id

    from campaigns

    left join labels
        on campaigns.feed_id = labels.feed_id and campaigns.type_code = labels.code

    left join feeds
        on campaigns.feed_id = feeds.feed_id

)

select * from final
