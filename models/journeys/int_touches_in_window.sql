with

touches as (

    select * from {{ ref('int_touches_of_deals') }}
    where exclusion_reason is null

),

milestones as (

    select * from {{ ref('int_milestones') }}

),

contacts as (

    select * from {{ ref('int_contacts_of_deals') }}

),

people as (

    select
        person_id,
        {{ epoch_microseconds('lead_at') }} as lead_at_us,
        {{ epoch_microseconds('mql_at') }} as mql_at_us
    from {{ ref('int_leads') }}

),

channels as (

    select * from {{ ref('channels') }}

),

campaigns as (

    select * from {{ ref('campaigns') }}

),

-- The committee of a deal: whoever made a touch of the journey, and its contact roles. A lead stands alone.
committees as (

    select
        touches.conversion_id,
        touches.person_id
    from touches
    inner join milestones on touches.conversion_id = milestones.conversion_id
    where touches.person_id is not null and milestones.person_id is null
    union distinct
    select
        milestones.conversion_id,
        contacts.person_id
    from milestones
    inner join contacts on milestones.opportunity_id = contacts.opportunity_id
    union distinct
    select
        conversion_id,
        person_id
    from milestones
    where person_id is not null

),

-- The first of them to become a lead (an MQL) by the cut-off makes that milestone of the deal.
anchors as (

    select
        milestones.conversion_id,
        milestones.opportunity_at_us,
        milestones.close_at_us,
        min(case when people.lead_at_us <= milestones.cutoff_at_us then people.lead_at_us end)
            as lead_at_us,
        min(case when people.mql_at_us <= milestones.cutoff_at_us then people.mql_at_us end)
            as mql_at_us
    from milestones
    left join committees on milestones.conversion_id = committees.conversion_id
    left join people on committees.person_id = people.person_id
    group by milestones.conversion_id, milestones.opportunity_at_us, milestones.close_at_us

),

ordered as (

    select
        *,
        lead(touched_at_us) over (
            partition by conversion_id order by touched_at_us, touch_id
        ) as next_at_us
    from touches

),

-- An anchor is the last touch at or before its milestone.
final as (

    select
        ordered.conversion_id,
        ordered.touch_id,
        ordered.touched_at,
        ordered.touched_at_us,
        ordered.channel,
        ordered.partner_id,
        ordered.touch_type,
        coalesce(channels.is_direct, false) as is_direct,
        campaigns.campaign_type,
        {% for milestone in ['lead', 'mql', 'opportunity', 'close'] -%}
            coalesce(
                ordered.touched_at_us <= anchors.{{ milestone }}_at_us
                and coalesce(ordered.next_at_us > anchors.{{ milestone }}_at_us, true),
                false
            ) as is_{{ milestone }}_anchor,
        {% endfor -%}
        ordered.campaign_id,
        ordered.asset_id
    from ordered
    inner join anchors on ordered.conversion_id = anchors.conversion_id
    left join channels on ordered.channel = channels.channel
    left join campaigns on ordered.campaign_id = campaigns.campaign_id

)

select * from final
