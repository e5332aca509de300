with

members as (

    select
        *,
        lower(trim(status)) as status_label

    from {{ ref('stg_salesforce__campaign_member') }}

    where is_current and not is_deleted

),

-- Labels are unique per campaign in Salesforce; grouping keeps a repeated delivery from fanning out.
campaign_statuses as (

    select
        feed_id,
        campaign_id,
        lower(trim(label)) as status_label,
        {{ bool_max('has_responded') }} as has_responded

    from {{ ref('stg_salesforce__campaign_member_status') }}

    where not is_deleted

    group by feed_id, campaign_id, lower(trim(label))

),

campaigns as (

    select * from {{ ref('int_salesforce__campaigns') }}

),

final as (

    select
        members.*,
        campaigns.campaign_name,
        campaigns.campaign_type,
        lower(coalesce(campaigns.campaign_type, '')) as campaign_kind,
        -- Salesforce fills the response day; the creation of the membership stands in for a missing one.
        coalesce(members.first_responded_at, members.created_at) as responded_at

    from members

    left join campaign_statuses
        on
            members.feed_id = campaign_statuses.feed_id
            and members.campaign_id = campaign_statuses.campaign_id
            and members.status_label = campaign_statuses.status_label

    left join campaigns
        on
            members.feed_id = campaigns.feed_id
            and members.campaign_id = campaigns.source_campaign_id

    where coalesce(campaign_statuses.has_responded, members.has_responded, false)

)

select * from final
