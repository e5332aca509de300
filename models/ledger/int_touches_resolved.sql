with

touches as (

    select * from {{ ref('int_touches_classified') }}

),

identified as (

    select * from {{ ref('int_touches_identified') }}

),

repeated_in_a_second as (

    select * from {{ ref('int_touches_repeated_in_a_second') }}

),

repeated_on_a_day as (

    select * from {{ ref('int_touches_repeated_on_a_day') }}

),

-- The moment of a day stands before another feed's date; a date whose own stand-in turned out to
-- be such a moment stays a touch.
duplicates as (

    select
        touch_id,
        canonical_touch_id
    from repeated_on_a_day
    union all
    select
        repeated_in_a_second.touch_id,
        repeated_in_a_second.canonical_touch_id
    from repeated_in_a_second
    left join repeated_on_a_day as itself on repeated_in_a_second.touch_id = itself.touch_id
    left join repeated_on_a_day as onward
        on repeated_in_a_second.canonical_touch_id = onward.touch_id
    where
        repeated_in_a_second.touch_id <> repeated_in_a_second.canonical_touch_id
        and itself.touch_id is null
        and onward.touch_id is null

),

final as (

    select
        touches.touch_id,
        identified.person_id,
        identified.account_id,
        identified.resolution_rule,
        duplicates.touch_id is null as is_canonical,
        duplicates.canonical_touch_id as duplicate_of_touch_id,
        touches.partner_id,
        touches.credited_partner_id,
        touches.feed_id,
        touches.connector,
        touches.source_touch_id,
        touches.source_person_id,
        touches.anonymous_id,
        touches.email_key_lower_trim,
        touches.email_key_google,
        touches.email_domain,
        touches.source_account_id,
        touches.touched_at,
        touches.touch_type,
        touches.channel,
        touches.channel_rule,
        touches.campaign_id,
        touches.campaign_raw,
        touches.asset_id,
        touches.asset_raw,
        touches.utm_source,
        touches.utm_medium,
        touches.utm_campaign,
        touches.utm_content,
        touches.utm_term,
        touches.utm_id,
        touches.page_url,
        touches.country_code,
        touches.region,
        touches.is_bot
    from touches
    inner join identified on touches.touch_id = identified.touch_id
    left join duplicates on touches.touch_id = duplicates.touch_id

)

select * from final
