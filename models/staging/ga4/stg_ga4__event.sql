with

source as (

    select
        *,
        -- An address or its hash identifies by e-mail key; anything else is a CRM's own id.
        coalesce(
            user_id like '%@%'
            or {{ regex_matches(
                'lower(trim(user_id))', "'^[0-9a-f]{64}$|^[a-z0-9+/]{43}=$'"
            ) }},
            false
        ) as has_email_as_user_id

    from {{ ref('stg_ga4__event_links') }}

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
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        utm_id,

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
