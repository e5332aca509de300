with

people as (

    select * from {{ ref('stg_template__people') }}

),

feeds as (

    select * from {{ ref('stg_feeds__feeds') }}

),

-- A delivered hash belongs to the scheme that the feed declares; it can only meet that scheme's keys.
keyed as (

    select
        people.partner_id,
        people.feed_id,
        people.delivered_at,
        people.source_person_id,
        people.source_account_id,
        cast(null as {{ dbt.type_string() }}) as company_name,
        cast(null as {{ dbt.type_string() }}) as country,
        coalesce(
            people.email_key_lower_trim,
            case when feeds.email_hash_scheme = 'lower_trim' then people.email_key_delivered end
        ) as email_key_lower_trim,
        coalesce(
            people.email_key_google,
            case when feeds.email_hash_scheme = 'google' then people.email_key_delivered end
        ) as email_key_google,
        people.email_domain,
        people.created_at,
        people.mql_at
    from people
    left join feeds on people.feed_id = feeds.feed_id

)

select * from keyed
