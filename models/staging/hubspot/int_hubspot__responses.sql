with

email_touches as (

    select * from {{ ref('int_hubspot__email_touches') }}

),

form_touches as (

    select * from {{ ref('int_hubspot__form_touches') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        source_touch_id,
        cast(null as {{ dbt.type_string() }}) as source_person_id,
        email_key_lower_trim,
        email_key_google,
        email_key_delivered,
        email_domain,
        touched_at,
        touch_type,
        'email' as channel_raw,
        campaign_raw,
        campaign_ref,
        asset_raw,
        url,
        is_bot

    from email_touches

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        source_touch_id,
        source_person_id,
        email_key_lower_trim,
        email_key_google,
        email_key_delivered,
        email_domain,
        touched_at,
        'form_fill' as touch_type,
        cast(null as {{ dbt.type_string() }}) as channel_raw,
        cast(null as {{ dbt.type_string() }}) as campaign_raw,
        cast(null as {{ dbt.type_string() }}) as campaign_ref,
        asset_raw,
        url,
        false as is_bot

    from form_touches

)

select * from final
