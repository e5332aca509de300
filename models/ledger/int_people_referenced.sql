with

people as (

    select * from {{ ref('int_people_unioned') }}

),

touches as (

    select * from {{ ref('int_touches_classified') }}

),

roles as (

    select * from {{ ref('int_opportunity_people_unioned') }}

),

person_merges as (

    select * from {{ ref('int_person_merges_unioned') }}

),

-- The e-mail of an id that only touches know counts when all its touches agree on it.
touched as (

    select
        partner_id,
        feed_id,
        source_person_id,
        max(email_key_lower_trim) as email_key_lower_trim,
        max(email_key_google) as email_key_google,
        max(email_domain) as email_domain,
        min(coalesce(email_key_google, email_key_lower_trim)) as first_email_key,
        max(coalesce(email_key_google, email_key_lower_trim)) as last_email_key
    from touches
    where source_person_id is not null
    group by partner_id, feed_id, source_person_id

),

referenced as (

    select
        partner_id,
        feed_id,
        source_person_id
    from touched
    union distinct
    select
        partner_id,
        feed_id,
        source_person_id
    from roles
    union distinct
    select
        partner_id,
        feed_id,
        survivor_source_person_id
    from person_merges

),

people_known_by_id as (

    select
        referenced.feed_id || ':' || referenced.source_person_id as person_key,
        referenced.partner_id,
        referenced.feed_id,
        referenced.source_person_id,
        cast(null as {{ dbt.type_string() }}) as account_key,
        case when touched.first_email_key = touched.last_email_key then touched.email_key_lower_trim end
            as email_key_lower_trim,
        case when touched.first_email_key = touched.last_email_key then touched.email_key_google end
            as email_key_google,
        case when touched.first_email_key = touched.last_email_key then touched.email_domain end
            as email_domain,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as mql_at,
        true as is_implied
    from referenced
    left join touched
        on
            referenced.feed_id = touched.feed_id
            and referenced.source_person_id = touched.source_person_id
    left join people
        on referenced.feed_id || ':' || referenced.source_person_id = people.person_key
    where people.person_key is null

),

people_known_by_email as (

    select
        feed_id || ':email:' || coalesce(email_key_google, email_key_lower_trim) as person_key,
        partner_id,
        feed_id,
        cast(null as {{ dbt.type_string() }}) as source_person_id,
        cast(null as {{ dbt.type_string() }}) as account_key,
        max(email_key_lower_trim) as email_key_lower_trim,
        max(email_key_google) as email_key_google,
        max(email_domain) as email_domain,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as mql_at,
        true as is_implied
    from touches
    where
        source_person_id is null
        and coalesce(email_key_google, email_key_lower_trim) is not null
    group by feed_id, partner_id, coalesce(email_key_google, email_key_lower_trim)

),

final as (

    select * from people_known_by_id
    union all
    select * from people_known_by_email

)

select * from final
