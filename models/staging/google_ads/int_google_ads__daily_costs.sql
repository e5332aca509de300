with

costs as (

    select * from {{ ref('int_google_ads__costs') }}

),

-- Over networks, devices and keywords. Whole millionths are added and scaled by a decimal, so no
-- cent passes through a floating-point number.
final as (

    select
        partner_id,
        feed_id,
        max(delivered_at) as delivered_at,
        account_id,
        campaign_id,
        ad_group_id,
        ad_id,
        spend_date,
        cast(
            cast(sum(cost_micros) as decimal(18, 0)) * cast('0.000001' as decimal(7, 6))
            as decimal(18, 6)
        ) as amount

    from costs

    group by partner_id, feed_id, account_id, campaign_id, ad_group_id, ad_id, spend_date

)

select * from final
