with

responses as (

    select * from {{ ref('int_hubspot__email_responses') }}

),

email_campaigns as (

    select * from {{ ref('stg_hubspot__email_campaign') }}

),

final as (

    select
        responses.partner_id,
        responses.feed_id,
        responses.delivered_at,
        responses.email_event_id as source_touch_id,
        responses.email_key_lower_trim,
        responses.email_key_google,
        responses.email_key_delivered,
        responses.email_domain,
        responses.occurred_at as touched_at,
        case responses.event_type
            when 'CLICK' then 'email_click'
            else 'email_open'
        end as touch_type,
        coalesce(email_campaigns.campaign_name, email_campaigns.subject) as campaign_raw,
        responses.email_campaign_id as campaign_ref,
        email_campaigns.subject as asset_raw,
        responses.url,
        -- HubSpot filters what it knows to be machines. Beyond that: link scanners name themselves,
        -- and mail privacy proxies that fetch every image call themselves a bare "Mozilla/5.0".
        responses.is_filtered
        or coalesce(
            {{ regex_matches(
                'responses.user_agent',
                "'^mozilla/5[.]0$"
                ~ "|(^|[^u])bot(s|[^a-z]|$)|crawl|spider"
                ~ "|barracuda|proofpoint|mimecast|messagelabs|fireeye|trendmicro"
                ~ "|headless|phantomjs|python|curl/|wget/|java/|go-http-client|libwww'"
            ) }},
            false
        ) as is_bot

    from responses

    left join email_campaigns
        on
            responses.feed_id = email_campaigns.feed_id
            and responses.email_campaign_id = email_campaigns.email_campaign_id

)

select * from final
