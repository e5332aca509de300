{% set text = dbt.type_string() %}

with

responses as (

    select
        *,
        coalesce(utm_source, utm_medium, utm_campaign, utm_content, utm_term, utm_id) is null
            as has_no_utm

    from {{ ref('int_salesforce__campaign_responses_typed') }}

    where responded_at is not null

),

lead_utms as (

    select * from {{ ref('int_salesforce__lead_utms') }}

),

-- A lead keeps the UTM of the visit that created it; a response within a day of that is the visit.
-- The set is taken whole: a source from one and a medium from another is a link nobody followed.
final as (

    select
        responses.partner_id,
        responses.feed_id,
        responses.delivered_at,
        responses.campaign_member_id as source_touch_id,
        responses.person_id as source_person_id,
        cast(null as {{ text }}) as anonymous_id,
        cast(null as {{ text }}) as email_key_lower_trim,
        cast(null as {{ text }}) as email_key_google,
        cast(null as {{ text }}) as email_domain,
        responses.account_id as source_account_id,
        responses.responded_at as touched_at,
        responses.touch_type,
        responses.campaign_type as channel_raw,
        responses.campaign_name as campaign_raw,
        responses.campaign_id as campaign_ref,
        responses.campaign_name as asset_raw,
        coalesce(responses.utm_source, lead_utms.utm_source) as utm_source,
        coalesce(responses.utm_medium, lead_utms.utm_medium) as utm_medium,
        coalesce(responses.utm_campaign, lead_utms.utm_campaign) as utm_campaign,
        coalesce(responses.utm_content, lead_utms.utm_content) as utm_content,
        coalesce(responses.utm_term, lead_utms.utm_term) as utm_term,
        coalesce(responses.utm_id, lead_utms.utm_id) as utm_id,
        cast(null as {{ text }}) as page_url,
        cast(null as {{ text }}) as country,
        false as is_bot

    from responses

    left join lead_utms
        on
            responses.has_no_utm
            and responses.feed_id = lead_utms.feed_id
            and responses.person_id = lead_utms.person_id
            and abs(
                {{ epoch_microseconds('responses.responded_at') }}
                - {{ epoch_microseconds('lead_utms.created_at') }}
            ) <= 86400000000

)

select * from final
