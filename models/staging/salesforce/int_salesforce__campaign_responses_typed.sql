with

responses as (

    select
        *,
        {{ regex_matches('status_label', "'no[ -]?show|not attend|cancel'") }} as stayed_away,
        {{ regex_matches('status_label', "'attend|on[ -]?demand|watched'") }} as attended,
        {{ regex_matches('status_label', "'regist|rsvp|signed up|accepted'") }} as registered,
        {{ regex_matches('campaign_kind', "'webinar|webcast|virtual'") }} as is_webinar,
        {{ regex_matches('campaign_kind', "'email'") }} as is_email

    from {{ ref('int_salesforce__campaign_responses') }}

),

-- The status says what the person did; the campaign type only what it was part of. A campaign that
-- people come to keeps a bare `Responded` as campaign_response: it says neither came nor registered.
final as (

    select
        *,
        case
            when attended and not stayed_away and is_webinar then 'webinar_attended'
            when attended and not stayed_away then 'event_attended'
            when (registered or stayed_away) and is_webinar then 'webinar_registered'
            when registered or stayed_away then 'event_registered'
            when {{ regex_matches('status_label', "'download'") }} then 'content_download'
            when {{ regex_matches('status_label', "'form|submitted'") }} then 'form_fill'
            when {{ regex_matches('status_label', "'meeting'") }} then 'meeting'
            when {{ regex_matches('status_label', "'click'") }} and is_email then 'email_click'
            when {{ regex_matches('status_label', "'click'") }} then 'ad_click'
            when {{ regex_matches('status_label', "'open'") }} and is_email then 'email_open'
            when {{ regex_matches('campaign_kind', "'content|white ?paper|e-?book'") }}
                then 'content_download'
            when {{ regex_matches('campaign_kind', "'web ?site|web ?form|contact us'") }} then 'form_fill'
            when {{ regex_matches('campaign_kind', "'referral'") }} then 'partner_referral'
            else 'campaign_response'
        end as touch_type

    from responses

)

select * from final
