with

accounts as (

    select * from {{ ref('int_accounts_matched_by_similar_domain') }}

),

nameless as (

    select
        account_key,
        feed_id,
        plain_name,
        country_code
    from accounts
    where domain_rule is null and length(plain_name) >= 4

),

companies as (

    select
        domain_account_id,
        plain_name,
        min(country_code) as first_country,
        max(country_code) as last_country
    from accounts
    where domain_account_id is not null
    group by domain_account_id, plain_name

),

-- Companies of that name with a domain: in the same country, or in none that contradicts.
candidates as (

    select
        nameless.account_key,
        min(
            case
                when nameless.country_code in (companies.first_country, companies.last_country)
                    then companies.domain_account_id
            end
        ) as first_in_country,
        max(
            case
                when nameless.country_code in (companies.first_country, companies.last_country)
                    then companies.domain_account_id
            end
        ) as last_in_country,
        min(companies.domain_account_id) as first_anywhere,
        max(companies.domain_account_id) as last_anywhere
    from nameless
    inner join companies on nameless.plain_name = companies.plain_name
    where
        nameless.country_code is null
        or companies.first_country is null
        or nameless.country_code in (companies.first_country, companies.last_country)
    group by nameless.account_key

),

-- Without any, records of one name and country are one company, unless a feed has two of them.
namesakes as (

    select
        plain_name,
        country_code,
        min(account_key) as first_account_key,
        count(*) as record_count,
        count(distinct feed_id) as feed_count
    from nameless
    where country_code is not null
    group by plain_name, country_code

),

final as (

    select
        nameless.account_key,
        case
            when candidates.first_in_country = candidates.last_in_country then 'name_country'
            when candidates.first_in_country is not null then 'ambiguous_name'
            when candidates.first_anywhere <> candidates.last_anywhere then 'ambiguous_name'
            when namesakes.record_count > namesakes.feed_count then 'ambiguous_name'
            when namesakes.feed_count > 1 then 'name_country'
            else 'own_record'
        end as name_rule,
        case
            when candidates.first_in_country = candidates.last_in_country
                then candidates.first_in_country
            when candidates.account_key is null and namesakes.record_count = namesakes.feed_count
                then 'account:' || namesakes.first_account_key
        end as name_account_id,
        nameless.plain_name || coalesce(', ' || nameless.country_code, '') as name_evidence
    from nameless
    left join candidates on nameless.account_key = candidates.account_key
    left join namesakes
        on
            nameless.plain_name = namesakes.plain_name
            and nameless.country_code = namesakes.country_code

)

select * from final
