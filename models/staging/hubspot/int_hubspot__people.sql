with

contacts as (

    select * from {{ ref('stg_hubspot__contact') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

-- A hash belongs to the scheme that its feed declares and can meet only that scheme's keys.
-- Merged-away contacts stay: their address is evidence, and person_merges leads to the survivor.
final as (

    select
        contacts.partner_id,
        contacts.feed_id,
        contacts.delivered_at,
        contacts.contact_id as source_person_id,
        contacts.company_id as source_account_id,
        contacts.company_name,
        contacts.country,
        coalesce(
            contacts.email_key_lower_trim,
            case when feeds.email_hash_scheme = 'lower_trim' then contacts.email_key_delivered end
        ) as email_key_lower_trim,
        coalesce(
            contacts.email_key_google,
            case when feeds.email_hash_scheme = 'google' then contacts.email_key_delivered end
        ) as email_key_google,
        contacts.email_domain,
        contacts.created_at,
        contacts.mql_at

    from contacts

    left join feeds
        on contacts.feed_id = feeds.feed_id

    where not contacts.is_deleted

)

select * from final
