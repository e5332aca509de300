{% set text = dbt.type_string() %}

with

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        activity_id,
        lead_id,
        email_id,
        email_name,
        smart_campaign_id,
        'email_open' as touch_type,
        opened_at as occurred_at,
        cast(null as {{ text }}) as page_url,
        cast(null as {{ text }}) as utm_source,
        cast(null as {{ text }}) as utm_medium,
        cast(null as {{ text }}) as utm_campaign,
        cast(null as {{ text }}) as utm_content,
        cast(null as {{ text }}) as utm_term,
        cast(null as {{ text }}) as utm_id,
        lower(trim(user_agent)) as user_agent,
        is_bot_activity
    from {{ ref('stg_marketo__activity_open_email') }}

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        activity_id,
        lead_id,
        email_id,
        email_name,
        smart_campaign_id,
        'email_click' as touch_type,
        clicked_at as occurred_at,
        page_url,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        utm_id,
        lower(trim(user_agent)) as user_agent,
        is_bot_activity
    from {{ ref('stg_marketo__activity_click_email') }}

)

select * from final
