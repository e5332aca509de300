with

email_activities as (

    select * from {{ ref('int_marketo__email_activities_judged') }}

),

form_fills as (

    select * from {{ ref('stg_marketo__activity_fill_out_form') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        activity_id as interaction_id,
        lead_id,
        touch_type,
        occurred_at,
        smart_campaign_id,
        email_name as asset_name,
        page_url,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        utm_id,
        is_bot
    from email_activities

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        activity_id as interaction_id,
        lead_id,
        'form_fill' as touch_type,
        submitted_at as occurred_at,
        smart_campaign_id,
        form_name as asset_name,
        page_url,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        utm_id,
        false as is_bot
    from form_fills

)

select * from final
