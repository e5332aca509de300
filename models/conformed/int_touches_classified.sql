with

touches as (

    select * from {{ ref('int_touches_unioned') }}

),

repaired as (

    select * from {{ ref('int_utm_values_repaired') }}

),

channels as (

    select * from {{ ref('int_channel_rules_matched') }}

),

campaign_names as (

    select * from {{ ref('int_campaign_names') }}

),

asset_names as (

    select * from {{ ref('int_asset_names') }}

),

assets as (

    select * from {{ ref('assets') }}

),

partner_names as (

    select * from {{ ref('int_partner_names') }}

),

country_aliases as (

    select * from {{ ref('country_aliases') }}

),

countries as (

    select * from {{ ref('countries') }}

),

keyed as (

    -- What was delivered, unless the contract repaired it; the delivered values stay as they are.
    select
        touches.*,
        coalesce(repaired.utm_source, touches.utm_source, '') as read_utm_source,
        coalesce(repaired.utm_medium, touches.utm_medium, '') as read_utm_medium,
        coalesce(repaired.typed_utm_campaign, touches.utm_campaign, '') as read_utm_campaign,
        {{ campaign_slug(utm_value('coalesce(repaired.utm_id, touches.utm_id)')) }} as utm_id_slug,
        {{ campaign_slug('touches.campaign_ref') }} as campaign_ref_slug,
        {{ campaign_slug(utm_value('touches.campaign_raw')) }} as campaign_slug,
        {{ campaign_slug(utm_value('coalesce(repaired.utm_campaign, touches.utm_campaign)')) }} as utm_campaign_slug,
        {{ campaign_slug(utm_value('touches.asset_raw')) }} as asset_slug,
        {{ campaign_slug(utm_value('coalesce(repaired.utm_content, touches.utm_content)')) }} as utm_content_slug,
        {{ campaign_slug(utm_value('coalesce(repaired.utm_source, touches.utm_source)')) }} as utm_source_slug,
        lower(trim(touches.country)) as country_slug
    from touches
    left join repaired on touches.touch_id = repaired.touch_id

),

-- utm_id joins first, then what the system itself names, then utm_campaign through aliases.
classified as (

    select
        keyed.*,
        channels.channel,
        channels.channel_rule,
        coalesce(
            by_utm_id.campaign_id,
            by_ref.campaign_id,
            by_name.campaign_id,
            by_utm_campaign.campaign_id,
            assets.campaign_id,
            case
                when coalesce(keyed.utm_id_slug, keyed.campaign_ref_slug, keyed.campaign_slug, keyed.utm_campaign_slug) is null
                    then 'none'
                else 'unmapped'
            end
        ) as campaign_id,
        -- What nobody registered keeps its own name, but a page somebody looked at is no asset.
        coalesce(
            by_asset.asset_id,
            by_utm_content.asset_id,
            case when keyed.touch_type <> 'page_view' then keyed.asset_slug end
        ) as asset_id,
        coalesce(
            nullif(lower(trim(assets.owner_partner_id)), ''),
            connector_partners.partner_id,
            partners.partner_id,
            keyed.partner_id
        ) as credited_partner_id,
        country_aliases.country_code,
        countries.region
    from keyed
    left join channels
        on
            keyed.touch_type = channels.touch_type
            and coalesce(keyed.channel_raw, '') = channels.channel_raw
            and keyed.read_utm_source = channels.utm_source
            and keyed.read_utm_medium = channels.utm_medium
            and keyed.read_utm_campaign = channels.utm_campaign
    left join campaign_names as by_utm_id on keyed.utm_id_slug = by_utm_id.alias
    left join campaign_names as by_ref on keyed.campaign_ref_slug = by_ref.alias
    left join campaign_names as by_name on keyed.campaign_slug = by_name.alias
    left join campaign_names as by_utm_campaign on keyed.utm_campaign_slug = by_utm_campaign.alias
    left join asset_names as by_asset on keyed.asset_slug = by_asset.alias
    left join asset_names as by_utm_content on keyed.utm_content_slug = by_utm_content.alias
    left join assets on coalesce(by_asset.asset_id, by_utm_content.asset_id) = assets.asset_id
    left join partner_names as connector_partners
        on keyed.utm_source_slug = connector_partners.alias and keyed.connector = connector_partners.connector
    left join partner_names as partners
        on keyed.utm_source_slug = partners.alias and partners.connector is null
    left join country_aliases on keyed.country_slug = country_aliases.alias
    left join countries on country_aliases.country_code = countries.country_code

)

select
    touch_id,
    partner_id,
    credited_partner_id,
    feed_id,
    connector,
    source_touch_id,
    source_person_id,
    anonymous_id,
    email_key_lower_trim,
    email_key_google,
    email_domain,
    source_account_id,
    touched_at,
    touch_type,
    channel,
    channel_rule,
    campaign_id,
    coalesce(campaign_raw, campaign_ref, utm_campaign) as campaign_raw,
    asset_id,
    asset_raw,
    {{ utm_value('utm_source') }} as utm_source,
    {{ utm_value('utm_medium') }} as utm_medium,
    {{ utm_value('utm_campaign') }} as utm_campaign,
    {{ utm_value('utm_content') }} as utm_content,
    {{ utm_value('utm_term') }} as utm_term,
    {{ utm_value('utm_id') }} as utm_id,
    page_url,
    country_code,
    region,
    is_bot
from classified
