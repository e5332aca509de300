with

accounts as (

    select * from {{ ref('int_accounts_unioned') }}

),

people as (

    select * from {{ ref('int_people_merged') }}

),

opportunities as (

    select * from {{ ref('int_opportunities_with_account') }}

),

touches as (

    select * from {{ ref('int_touches_classified') }}

),

country_aliases as (

    select * from {{ ref('country_aliases') }}

),

referenced as (

    select
        partner_id,
        feed_id,
        account_key
    from opportunities
    union distinct
    select
        partner_id,
        feed_id,
        account_key
    from people
    where account_key is not null
    union distinct
    select
        partner_id,
        feed_id,
        feed_id || ':' || source_account_id as account_key
    from touches
    where source_account_id is not null

),

delivered as (

    select
        accounts.account_key,
        accounts.partner_id,
        accounts.feed_id,
        accounts.source_account_id,
        accounts.account_name,
        {{ normalised_name('accounts.account_name') }} as plain_name,
        country_aliases.country_code,
        {{ registrable_domain(url_host('accounts.website')) }} as website_domain,
        accounts.feed_id || ':' || accounts.parent_source_account_id as parent_account_key,
        false as is_implied
    from accounts
    left join country_aliases on lower(trim(accounts.country)) = country_aliases.alias

),

only_referenced as (

    select
        referenced.account_key,
        referenced.partner_id,
        referenced.feed_id,
        substr(referenced.account_key, length(referenced.feed_id) + 2) as source_account_id,
        cast(null as {{ dbt.type_string() }}) as account_name,
        cast(null as {{ dbt.type_string() }}) as plain_name,
        cast(null as {{ dbt.type_string() }}) as country_code,
        cast(null as {{ dbt.type_string() }}) as website_domain,
        cast(null as {{ dbt.type_string() }}) as parent_account_key,
        true as is_implied
    from referenced
    left join accounts on referenced.account_key = accounts.account_key
    where accounts.account_key is null

),

final as (

    select * from delivered
    union all
    select * from only_referenced

)

select * from final
