with

source as (

    select
        *,
        -- One link's parameters are one tuple: Segment's own columns, or the URL's, never both.
        coalesce(
            context_campaign_source,
            context_campaign_medium,
            context_campaign_name,
            context_campaign_term,
            context_campaign_content,
            context_campaign_id
        ) is not null as has_context_campaign,
        -- An address or its hash identifies by e-mail key; anything else is a CRM's own id.
        coalesce(
            user_id like '%@%'
            or {{ regex_matches(
                'lower(trim(user_id))', "'^[0-9a-f]{64}$|^[a-z0-9+/]{43}=$'"
            ) }},
            false
        ) as has_email_as_user_id

    from {{ source('segment', 'pages') }}

),

renamed as (

    select
        -- ids
        _partner_id as partner_id,
        _feed_id as feed_id,
        id as page_view_id,
        anonymous_id,
        case when not has_email_as_user_id then nullif(trim(user_id), '') end as source_person_id,

        -- keys in place of the address, delivered plain or hashed
        {{ email_key('user_id', 'lower_trim') }} as email_key_lower_trim,
        {{ email_key('user_id', 'google') }} as email_key_google,
        {{ email_key_of_hash('user_id') }} as email_key_delivered,
        {{ email_domain('user_id') }} as email_domain,

        -- strings
        {{ url_without_query('url') }} as page_url,
        title as page_title,
        {{ url_host('url') }} as page_host,
        {{ url_host('referrer') }} as referrer_host,
        {% for parameter in ['source', 'medium', 'campaign', 'content', 'term', 'id'] -%}
            case
                when has_context_campaign
                    then context_campaign_{{ 'name' if parameter == 'campaign' else parameter }}
                else {{ url_parameter('url', 'utm_' ~ parameter) }}
            end as utm_{{ parameter }},
        {% endfor %}
        -- booleans
        coalesce(
            {{ regex_matches(
                'lower(context_user_agent)',
                "'(^|[^u])bot(s|[^a-z]|$)|crawl|spider|slurp|facebookexternalhit|embedly|lighthouse"
                ~ "|headless|phantomjs|python|curl/|wget/|java/|go-http-client|libwww|pingdom'"
            ) }},
            false
        ) as is_bot,

        -- timestamps
        _delivered_at as delivered_at,
        timestamp as viewed_at

    from source

)

select * from renamed
