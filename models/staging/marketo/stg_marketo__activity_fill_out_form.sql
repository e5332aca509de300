with

source as (

    select
        *,
        -- Both may carry the UTM parameters of the visit; the page's own query goes first.
        '?' || coalesce(query_parameters, '') as page_query

    from {{ source('marketo', 'activity_fill_out_form') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        id as activity_id,
        lead_id,
        campaign_id as smart_campaign_id,

        -- strings; the query may hold personal data, so only its UTM parameters go on
        primary_attribute_value as form_name,
        {{ url_without_query('referrer_url') }} as page_url,
        coalesce({{ url_parameter('page_query', 'utm_source') }}, {{ url_parameter('referrer_url', 'utm_source') }})
            as utm_source,
        coalesce({{ url_parameter('page_query', 'utm_medium') }}, {{ url_parameter('referrer_url', 'utm_medium') }})
            as utm_medium,
        coalesce({{ url_parameter('page_query', 'utm_campaign') }}, {{ url_parameter('referrer_url', 'utm_campaign') }})
            as utm_campaign,
        coalesce({{ url_parameter('page_query', 'utm_content') }}, {{ url_parameter('referrer_url', 'utm_content') }})
            as utm_content,
        coalesce({{ url_parameter('page_query', 'utm_term') }}, {{ url_parameter('referrer_url', 'utm_term') }})
            as utm_term,
        coalesce({{ url_parameter('page_query', 'utm_id') }}, {{ url_parameter('referrer_url', 'utm_id') }})
            as utm_id,

        -- timestamps
        activity_date as submitted_at

    from source

)

select * from renamed
