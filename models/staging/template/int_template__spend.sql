with

spend as (

    select * from {{ ref('stg_template__spend') }}

),

-- The template has no id for spend: equal rows are real and stay apart by their count.
numbered as (

    select
        *,
        {{ text_hash(['spend_date', 'campaign_raw', 'channel_raw', 'asset_raw', 'amount', 'currency', 'delivered_at']) }} as content_key,
        row_number() over (
            partition by feed_id, delivered_at, spend_date, campaign_raw, channel_raw, asset_raw, amount, currency
            order by feed_id
        ) as copy_number
    from spend

)

select
    partner_id,
    feed_id,
    delivered_at,
    content_key || '-' || cast(copy_number as {{ dbt.type_string() }}) as source_spend_id,
    spend_date,
    campaign_raw,
    cast(null as {{ dbt.type_string() }}) as campaign_ref,
    channel_raw,
    asset_raw,
    cast(null as {{ dbt.type_string() }}) as utm_source,
    cast(null as {{ dbt.type_string() }}) as utm_medium,
    amount,
    currency
from numbered
