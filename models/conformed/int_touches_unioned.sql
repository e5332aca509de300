{%- set columns = [
    'partner_id',
    'feed_id',
    'delivered_at',
    'source_touch_id',
    'source_person_id',
    'anonymous_id',
    'email_key_lower_trim',
    'email_key_google',
    'email_domain',
    'source_account_id',
    'touched_at',
    'touch_type',
    'channel_raw',
    'campaign_raw',
    'campaign_ref',
    'asset_raw',
    'utm_source',
    'utm_medium',
    'utm_campaign',
    'utm_content',
    'utm_term',
    'utm_id',
    'page_url',
    'country',
    'is_bot',
] -%}

with

unioned as (
    {{ union_connectors('touches', columns) }}
),

keyed as (

    select
        feed_id || ':' || source_touch_id as touch_id,
        *
    from unioned

)

select * from keyed
