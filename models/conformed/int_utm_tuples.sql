with

touches as (

    select * from {{ ref('int_utm_touches') }}

),

contract as (

    select * from {{ ref('int_utm_contract') }}

),

lookalikes as (

    select * from {{ ref('int_utm_lookalikes') }}
    where parameter = 'utm_campaign'

),

campaign_names as (

    select * from {{ ref('int_campaign_names') }}

),

asset_names as (

    select
        asset_names.alias,
        asset_names.asset_id,
        nullif(trim(assets.campaign_id), '') as campaign_id
    from {{ ref('int_asset_names') }} as asset_names
    inner join {{ ref('assets') }} as assets on asset_names.asset_id = assets.asset_id

),

partner_names as (

    select * from {{ ref('int_partner_names') }}
    where connector is null

),

contracted as (

    select distinct campaign_id from contract

),

-- A mistyped campaign counts only if it can be no other campaign.
mistyped as (

    select
        lookalikes.delivered_slug,
        min(contract.campaign_id) as campaign_id
    from lookalikes
    inner join contract
        on lookalikes.parameter = contract.parameter and lookalikes.allowed_value = contract.allowed_value
    group by lookalikes.delivered_slug
    having count(distinct contract.campaign_id) = 1

),

-- Whose source is it? A source that every partner may use is nobody's.
source_owners as (

    {% for name in ['value_slug', 'entity_id'] %}
        select
            campaign_id,
            '{{ name }}' as known_by,
            {{ name }} as source,
            max(partner_id) as partner_id
        from contract
        where parameter = 'utm_source' and {{ name }} is not null
        group by campaign_id, {{ name }}
        having count(distinct coalesce(partner_id, '')) = 1
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

tuples as (

    select distinct
        tuple_id,
        partner_id,
        is_own_mailing,
        tag_state,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        utm_id,
        {{ campaign_slug(utm_value('utm_id')) }} as utm_id_slug,
        {{ campaign_slug(utm_value('utm_campaign')) }} as utm_campaign_slug,
        {{ campaign_slug(utm_value('utm_content')) }} as utm_content_slug,
        {{ campaign_slug(utm_value('utm_source')) }} as utm_source_slug,
        {{ campaign_slug('campaign_ref') }} as campaign_ref_slug,
        {{ campaign_slug(utm_value('campaign_raw')) }} as campaign_slug,
        {{ campaign_slug(utm_value('asset_raw')) }} as asset_slug,
        {{ campaign_slug(regex_extract('page_url', '^(?:[^/]*//)?[^/]+/(?:.*/)?([^/]+)/*$')) }} as last_step_slug,
        {{ campaign_slug(regex_extract('page_url', '^(?:[^/]*//)?[^/]+/([^/]+)')) }} as first_step_slug
    from touches

),

placed as (

    select
        tuples.*,
        coalesce(by_id.campaign_id, by_campaign.campaign_id, by_content.campaign_id) as tagged_campaign_id,
        coalesce(by_ref.campaign_id, by_name.campaign_id, by_asset.campaign_id) as system_campaign_id,
        coalesce(by_page.campaign_id, by_last_step.campaign_id, by_first_step.campaign_id) as landing_campaign_id,
        mistyped.campaign_id as mistyped_campaign_id,
        by_id.campaign_id is not null as is_by_id,
        by_campaign.campaign_id is not null as is_by_campaign,
        by_asset.asset_id as system_asset_id,
        by_page.asset_id as landing_asset_id,
        partner_names.partner_id as source_partner_id
    from tuples
    left join campaign_names as by_id on tuples.utm_id_slug = by_id.alias
    left join campaign_names as by_campaign on tuples.utm_campaign_slug = by_campaign.alias
    left join asset_names as by_content on tuples.utm_content_slug = by_content.alias
    left join campaign_names as by_ref on tuples.campaign_ref_slug = by_ref.alias
    left join campaign_names as by_name on tuples.campaign_slug = by_name.alias
    left join asset_names as by_asset on tuples.asset_slug = by_asset.alias
    left join asset_names as by_page on tuples.last_step_slug = by_page.alias
    left join campaign_names as by_last_step on tuples.last_step_slug = by_last_step.alias
    left join campaign_names as by_first_step on tuples.first_step_slug = by_first_step.alias
    left join mistyped on tuples.utm_campaign_slug = mistyped.delivered_slug
    left join partner_names on tuples.utm_source_slug = partner_names.alias

),

-- What the link says, then what the system says, then where it landed, then what it may have meant.
judged as (

    select
        *,
        coalesce(
            tagged_campaign_id,
            system_campaign_id,
            landing_campaign_id,
            mistyped_campaign_id,
            case when coalesce(trim(utm_campaign), '') || coalesce(trim(utm_id), '') <> '' then 'unmapped' end
        ) as campaign_id,
        case
            when is_by_id then 'utm_id'
            when is_by_campaign then 'utm_campaign'
            when tagged_campaign_id is not null then 'asset'
            when system_campaign_id is not null then 'system'
            when landing_campaign_id is not null then 'landing_page'
            when mistyped_campaign_id is not null then 'typo'
        end as campaign_evidence
    from placed

)

-- A mailing is placed by whoever sent it, any other link by whom its source names.
select
    judged.tuple_id,
    judged.partner_id,
    case
        when judged.is_own_mailing then judged.partner_id
        else coalesce(by_slug.partner_id, by_entity.partner_id, judged.partner_id)
    end as link_partner_id,
    judged.tag_state,
    judged.campaign_id,
    judged.campaign_evidence,
    judged.system_asset_id,
    judged.landing_asset_id,
    judged.utm_source,
    judged.utm_medium,
    judged.utm_campaign,
    judged.utm_content,
    judged.utm_term,
    judged.utm_id
from judged
left join contracted on judged.campaign_id = contracted.campaign_id
left join source_owners as by_slug
    on
        judged.campaign_id = by_slug.campaign_id
        and judged.utm_source_slug = by_slug.source
        and by_slug.known_by = 'value_slug'
left join source_owners as by_entity
    on
        judged.campaign_id = by_entity.campaign_id
        and judged.source_partner_id = by_entity.source
        and by_entity.known_by = 'entity_id'
where judged.campaign_id is not null and (judged.tag_state = 'tagged' or contracted.campaign_id is not null)
