{% set text = dbt.type_string() %}

with

activities as (

    select * from {{ ref('int_marketo__activities') }}

),

program_responses as (

    select * from {{ ref('int_marketo__program_responses') }}

    where responded_at is not null

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        interaction_id,
        lead_id,
        touch_type,
        occurred_at,
        smart_campaign_id,
        cast(null as {{ text }}) as program_id,
        cast(null as {{ text }}) as program_name,
        asset_name,
        page_url,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        utm_id,
        is_bot
    from activities

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        response_id as interaction_id,
        lead_id,
        touch_type,
        responded_at as occurred_at,
        cast(null as {{ text }}) as smart_campaign_id,
        program_id,
        known_program_name as program_name,
        known_program_name as asset_name,
        cast(null as {{ text }}) as page_url,
        cast(null as {{ text }}) as utm_source,
        cast(null as {{ text }}) as utm_medium,
        cast(null as {{ text }}) as utm_campaign,
        cast(null as {{ text }}) as utm_content,
        cast(null as {{ text }}) as utm_term,
        cast(null as {{ text }}) as utm_id,
        false as is_bot
    from program_responses

)

select * from final
