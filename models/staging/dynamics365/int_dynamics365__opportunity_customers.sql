with

opportunities as (

    select * from {{ ref('stg_dynamics365__opportunity') }}

    where not is_deleted

),

people as (

    select * from {{ ref('int_dynamics365__people') }}

),

survivors as (

    select * from {{ ref('int_dynamics365__account_survivors') }}

),

-- A customer is an account or a contact; loaders that leave the type out do not say which.
typed as (

    select
        opportunities.*,
        coalesce(
            opportunities.customer_type,
            case when people.source_person_id is not null then 'contact' else 'account' end
        ) as known_customer_type

    from opportunities

    left join people
        on
            opportunities.feed_id = people.feed_id
            and opportunities.customer_id = people.source_person_id

),

customers as (

    select
        partner_id,
        feed_id,
        delivered_at,
        opportunity_id,
        coalesce(
            parent_account_id,
            case when known_customer_type = 'account' then customer_id end
        ) as named_account_id,
        coalesce(
            parent_contact_id,
            case when known_customer_type = 'contact' then customer_id end
        ) as contact_id

    from typed

),

-- Without an account of its own, the deal belongs to its contact's.
final as (

    select
        customers.partner_id,
        customers.feed_id,
        customers.delivered_at,
        customers.opportunity_id,
        coalesce(
            survivors.surviving_account_id, customers.named_account_id, people.source_account_id
        ) as account_id,
        customers.contact_id

    from customers

    left join survivors
        on customers.feed_id = survivors.feed_id and customers.named_account_id = survivors.account_id

    left join people
        on customers.feed_id = people.feed_id and customers.contact_id = people.source_person_id

)

select * from final
