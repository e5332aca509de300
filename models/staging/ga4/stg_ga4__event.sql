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
        end as utm_origin,
        -- An address or its hash identifies by e-mail key; anything else is a CRM's own id.
        coalesce(
            user_id like '%@%'
            or {{ regex_matches(
                'lower(trim(user_id))', "'^[0-9a-f]{64}$|^[a-z0-9+/]{43}=$'"
            ) }},
            false
        ) as has_email_as_user_id

    from {{ source('ga4', 'event') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        _fivetran_id as event_id,
        user_pseudo_id as anonymous_id,
        user_pseudo_id || '.' || param_ga_session_id as session_id,
        stream_id,
        case when not has_email_as_user_id then nullif(trim(user_id), '') end as source_person_id,

        -- keys in place of the address, delivered plain or hashed
        {{ email_key('user_id', 'lower_trim') }} as email_key_lower_trim,
        {{ email_key('user_id', 'google') }} as email_key_google,
        {{ email_key_of_hash('user_id') }} as email_key_delivered,
        {{ email_domain('user_id') }} as email_domain,

        -- strings
        name as event_name,
        replace(date, '-', '') as export_day,
        geo_country as country,
        coalesce(
            {{ url_without_query('param_page_location') }}, event_dimensions_hostname
        ) as page_url,
        coalesce(param_file_name, param_form_name, param_page_title) as asset_name,
        utm_origin,
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
        -- numbers
        coalesce(batch_event_index, 0) as batch_event_index,

        -- booleans
        coalesce(is_intraday, false) as is_intraday,

        -- timestamps
        _delivered_at as delivered_at,
        timestamp as occurred_at

    from source

)

select * from renamed
