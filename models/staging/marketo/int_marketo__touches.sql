{% set text = dbt.type_string() %}

with

smart_campaigns as (

    select * from {{ ref('stg_marketo__campaign') }}

),

programs as (

    select * from {{ ref('stg_marketo__program') }}

),

interactions as (

    select * from {{ ref('int_marketo__interactions') }}

),

final as (

    select
        interactions.partner_id,
        interactions.feed_id,
        interactions.delivered_at,
        interactions.interaction_id as source_touch_id,
        interactions.lead_id as source_person_id,
        cast(null as {{ text }}) as anonymous_id,
        cast(null as {{ text }}) as email_key_lower_trim,
        cast(null as {{ text }}) as email_key_google,
        cast(null as {{ text }}) as email_domain,
        cast(null as {{ text }}) as source_account_id,
        interactions.occurred_at as touched_at,
        interactions.touch_type,
        programs.program_channel as channel_raw,
        coalesce(programs.program_name, interactions.program_name) as campaign_raw,
        coalesce(interactions.program_id, smart_campaigns.program_id) as campaign_ref,
        interactions.asset_name as asset_raw,
        interactions.utm_source,
        interactions.utm_medium,
        interactions.utm_campaign,
        interactions.utm_content,
        interactions.utm_term,
        interactions.utm_id,
        interactions.page_url,
        cast(null as {{ text }}) as country,
        interactions.is_bot

    from interactions

    left join smart_campaigns
        on
            interactions.feed_id = smart_campaigns.feed_id
            and interactions.smart_campaign_id = smart_campaigns.smart_campaign_id

    left join programs
        on
            interactions.feed_id = programs.feed_id
            and coalesce(interactions.program_id, smart_campaigns.program_id) = programs.program_id

)

select * from final
