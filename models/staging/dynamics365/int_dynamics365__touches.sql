{% set text = dbt.type_string() %}

with

responses as (

    select
        *,
        {{ regex_matches('response_label', "'no[ -]?show|not attend|cancel'") }} as stayed_away,
        {{ regex_matches('response_label', "'attend|on[ -]?demand|watched'") }} as attended,
        {{ regex_matches('response_label', "'regist|rsvp|signed up|accepted'") }} as registered

    from {{ ref('int_dynamics365__campaign_responses') }}

    where received_at is not null

),

responders as (

    select * from {{ ref('int_dynamics365__responders') }}

),

campaigns as (

    select
        *,
        {{ regex_matches("lower(coalesce(campaign_type, '') || ' ' || coalesce(campaign_name, ''))", "'webinar|webcast'") }}
            as is_webinar

    from {{ ref('int_dynamics365__campaigns') }}

),

-- The response code says what the person did, if the organisation gave it such values. Otherwise the
-- channel of the response tells a meeting; an e-mail or a call only says how the answer came in.
final as (

    select
        responses.partner_id,
        responses.feed_id,
        responses.delivered_at,
        responses.activity_id as source_touch_id,
        responders.person_id as source_person_id,
        cast(null as {{ text }}) as anonymous_id,
        responses.email_key_lower_trim,
        responses.email_key_google,
        responses.email_domain,
        responders.account_id as source_account_id,
        responses.received_at as touched_at,
        case
            when attended and not stayed_away and coalesce(is_webinar, false) then 'webinar_attended'
            when attended and not stayed_away then 'event_attended'
            when (registered or stayed_away) and coalesce(is_webinar, false) then 'webinar_registered'
            when registered or stayed_away then 'event_registered'
            when {{ regex_matches('response_label', "'download'") }} then 'content_download'
            when {{ regex_matches('response_label', "'form|submitted'") }} then 'form_fill'
            when {{ regex_matches("response_label || ' ' || channel_label", "'meeting|appointment'") }} then 'meeting'
            else 'campaign_response'
        end as touch_type,
        campaigns.campaign_type as channel_raw,
        campaigns.campaign_name as campaign_raw,
        responses.campaign_id as campaign_ref,
        campaigns.campaign_name as asset_raw,
        responses.utm_source,
        responses.utm_medium,
        responses.utm_campaign,
        responses.utm_content,
        responses.utm_term,
        responses.utm_id,
        cast(null as {{ text }}) as page_url,
        cast(null as {{ text }}) as country,
        false as is_bot

    from responses

    left join responders
        on responses.feed_id = responders.feed_id and responses.activity_id = responders.activity_id

    left join campaigns
        on responses.feed_id = campaigns.feed_id and responses.campaign_id = campaigns.source_campaign_id

)

select * from final
