{% set text = dbt.type_string() %}

with

referrals as (

    select * from {{ ref('int_partnerstack__referrals') }}

),

-- The partner's key stands as the source, so that partner_aliases can name who is credited; with the
-- medium `referral` it is no tag that somebody typed and the UTM contract would judge.
final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        referral_id as source_touch_id,
        cast(null as {{ text }}) as source_person_id,
        cast(null as {{ text }}) as anonymous_id,
        email_key_lower_trim,
        email_key_google,
        email_domain,
        cast(null as {{ text }}) as source_account_id,
        created_at as touched_at,
        'partner_referral' as touch_type,
        cast(null as {{ text }}) as channel_raw,
        cast(null as {{ text }}) as campaign_raw,
        cast(null as {{ text }}) as campaign_ref,
        cast(null as {{ text }}) as asset_raw,
        partner_key as utm_source,
        'referral' as utm_medium,
        cast(null as {{ text }}) as utm_campaign,
        cast(null as {{ text }}) as utm_content,
        cast(null as {{ text }}) as utm_term,
        cast(null as {{ text }}) as utm_id,
        cast(null as {{ text }}) as page_url,
        cast(null as {{ text }}) as country,
        false as is_bot

    from referrals

)

select * from final
