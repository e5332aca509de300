with

people as (

    select * from {{ ref('int_people_unioned') }}

),

referenced as (

    select * from {{ ref('int_people_referenced') }}

),

delivered as (

    select
        person_key,
        partner_id,
        feed_id,
        source_person_id,
        feed_id || ':' || source_account_id as account_key,
        email_key_lower_trim,
        email_key_google,
        email_domain,
        created_at,
        mql_at,
        false as is_implied
    from people

),

final as (

    select * from delivered
    union all
    select * from referenced

)

select * from final
