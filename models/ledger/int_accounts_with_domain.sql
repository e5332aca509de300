with

accounts as (

    select * from {{ ref('int_accounts_collected') }}

),

people as (

    select * from {{ ref('int_people_merged') }}

),

opportunities as (

    select * from {{ ref('int_opportunities_with_account') }}

),

roles as (

    select * from {{ ref('int_opportunity_people_unioned') }}

),

free_mail_domains as (

    select * from {{ ref('free_mail_domains') }}

),

-- Whose e-mail domains stand for an account: its people, else the contacts of its opportunity.
people_of_accounts as (

    select account_key, {{ registrable_domain('email_domain') }} as domain
    from people
    where account_key is not null and email_domain is not null
    union distinct
    select opportunities.account_key, {{ registrable_domain('people.email_domain') }} as domain
    from opportunities
    inner join roles on opportunities.opportunity_key = roles.opportunity_key
    inner join people on roles.feed_id || ':' || roles.source_person_id = people.person_key
    where opportunities.account_rule = 'no_account' and people.email_domain is not null

),

people_domains as (

    select
        people_of_accounts.account_key,
        min(people_of_accounts.domain) as people_domain
    from people_of_accounts
    left join free_mail_domains on people_of_accounts.domain = free_mail_domains.domain
    where free_mail_domains.domain is null
    group by people_of_accounts.account_key
    having min(people_of_accounts.domain) = max(people_of_accounts.domain)

),

final as (

    select
        accounts.account_key,
        accounts.partner_id,
        accounts.feed_id,
        accounts.source_account_id,
        accounts.account_name,
        accounts.plain_name,
        accounts.country_code,
        accounts.parent_account_key,
        accounts.is_implied,
        case
            when accounts.website_domain is not null and free_mail_domains.domain is null
                then accounts.website_domain
            else people_domains.people_domain
        end as domain,
        case
            when accounts.website_domain is not null and free_mail_domains.domain is null
                then 'website'
            when people_domains.people_domain is not null then 'e-mail'
        end as domain_source
    from accounts
    left join free_mail_domains on accounts.website_domain = free_mail_domains.domain
    left join people_domains on accounts.account_key = people_domains.account_key

)

select * from final
