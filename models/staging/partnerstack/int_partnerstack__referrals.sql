with

leads as (

    select * from {{ ref('stg_partnerstack__leads') }}

),

customers as (

    select * from {{ ref('int_partnerstack__referred_customers') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        'lead:' || lead_key as referral_id,
        partner_key,
        email_key_lower_trim,
        email_key_google,
        email_domain,
        created_at

    from leads

    where partner_key is not null

    union all

    select
        partner_id,
        feed_id,
        delivered_at,
        'customer:' || customer_key as referral_id,
        bringing_partner_key as partner_key,
        email_key_lower_trim,
        email_key_google,
        email_domain,
        created_at

    from customers

)

select * from final
