with

source as (

    select
        *,
        -- Where this event's traffic source is read from. One origin only: a source from one and a
        -- medium from another would be a link that nobody followed.
        case
            when {{ regex_matches('param_page_location', "'[?&]utm_[a-z]+=[^&#]'") }}
                then 'url'
            -- An auto-tagged ad click has no UTM parameters, and the export calls it organic.
            when
                coalesce(collected_traffic_source_gclid, param_gclid) is not null
                and lower(
                    coalesce(collected_traffic_source_manual_medium, param_medium, 'organic')
                ) = 'organic'
                then 'google_ads'
            when
                coalesce(
                    collected_traffic_source_manual_source,
                    collected_traffic_source_manual_medium,
                    collected_traffic_source_manual_campaign_name,
                    collected_traffic_source_manual_campaign_id
                ) is not null
                then 'collected'
            when coalesce(param_source, param_medium, param_campaign) is not null
                then 'event'
        end as utm_origin

    from {{ source('ga4', 'event') }}

),

tagged as (

    select
        {% for parameter, collected, event, google_ads in [
            ('source', 'source', 'source', "'google'"),
            ('medium', 'medium', 'medium', "'cpc'"),
            ('campaign', 'campaign_name', 'campaign', 'param_campaign'),
            ('content', 'content', 'content', 'param_content'),
            ('term', 'term', 'term', 'param_term'),
            ('id', 'campaign_id', 'campaign_id', 'param_campaign_id'),
        ] -%}
            case utm_origin
                when 'url' then {{ url_parameter('param_page_location', 'utm_' ~ parameter) }}
                when 'google_ads' then {{ google_ads }}
                when 'collected' then collected_traffic_source_manual_{{ collected }}
                when 'event' then param_{{ event }}
            end as utm_{{ parameter }},
        {% endfor %}
        *

    from source

)

select * from tagged
