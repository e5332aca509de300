with

opportunities as (

    select * from {{ ref('int_opportunities_normalised') }}

),

roles as (

    select * from {{ ref('int_opportunity_people_unioned') }}

),

people as (

    select * from {{ ref('int_people_merged') }}

),

accounts_of_roles as (

    select
        roles.opportunity_key,
        min(people.account_key) as account_key
    from roles
    inner join people on roles.feed_id || ':' || roles.source_person_id = people.person_key
    group by roles.opportunity_key
    having min(people.account_key) = max(people.account_key)

),

final as (

    select
        opportunities.opportunity_key,
        opportunities.partner_id,
        opportunities.feed_id,
        coalesce(
            opportunities.feed_id || ':' || opportunities.source_account_id,
            accounts_of_roles.account_key,
            opportunities.feed_id || ':opportunity:' || opportunities.source_opportunity_id
        ) as account_key,
        case
            when opportunities.source_account_id is not null then 'account_id'
            when accounts_of_roles.account_key is not null then 'contact_roles'
            else 'no_account'
        end as account_rule
    from opportunities
    left join accounts_of_roles
        on opportunities.opportunity_key = accounts_of_roles.opportunity_key

)

select * from final
