{#- `account` takes the account's touches and its contacts' other ones; the rest contacts' only. -#}
{%- set mode = var('journey_people') -%}
{%- set transforms = checked_path_transforms(var('path_transform')) -%}

with

milestones as (

    select * from {{ ref('int_milestones') }}
    where is_counted

),

touches as (

    select
        *,
        {{ epoch_microseconds('touched_at') }} as touched_at_us
    from {{ ref('int_touches_resolved') }}

),

contacts as (

    select *
    from {{ ref('int_contacts_of_deals') }}
    {%- if mode == 'primary_contact' %}
    where is_primary
    {%- endif %}

),

-- Whose touches count wherever they were: the contacts of a deal, and a lead himself.
people as (

    select
        milestones.*,
        contacts.person_id as touching_person_id
    from milestones
    inner join contacts on milestones.opportunity_id = contacts.opportunity_id
    union all
    select
        milestones.*,
        milestones.person_id as touching_person_id
    from milestones
    where milestones.person_id is not null

),

linked as (
    {% if mode == 'account' %}
        select
            milestones.conversion_id,
            milestones.journey_start_at_us,
            milestones.cutoff_at_us,
            milestones.deal_end_at_us,
            touches.*
        from touches
        inner join milestones on touches.account_id = milestones.account_id
        union all
    {%- endif %}
    select
        people.conversion_id,
        people.journey_start_at_us,
        people.cutoff_at_us,
        people.deal_end_at_us,
        touches.*
    from touches
    inner join people on touches.person_id = people.touching_person_id
    {%- if mode == 'account' %}
        where coalesce(touches.account_id <> people.account_id, true)
    {%- endif %}

),

path_0 as (

    select
        conversion_id,
        touch_id,
        person_id,
        touched_at,
        touched_at_us,
        channel,
        credited_partner_id as partner_id,
        touch_type,
        campaign_id,
        asset_id,
        case
            when is_bot then 'bot'
            when not is_canonical then 'duplicate'
            when touched_at_us < journey_start_at_us then 'before_lookback'
            when touched_at_us <= cutoff_at_us then null
            when touched_at_us <= coalesce(deal_end_at_us, touched_at_us) then 'accelerated'
            else 'after_milestone'
        end as removed_0
    from linked

),

{{ transformed_paths('conversion_id', transforms) }}

final as (

    select
        conversion_id,
        touch_id,
        person_id,
        touched_at,
        touched_at_us,
        channel,
        partner_id,
        touch_type,
        campaign_id,
        asset_id,
        removed_{{ transforms | length }} as exclusion_reason
    from path_{{ transforms | length }}

)

select * from final
