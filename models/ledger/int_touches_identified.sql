with

touches as (

    select * from {{ ref('int_touches_classified') }}

),

people as (

    select * from {{ ref('int_people_resolved') }}

),

accounts as (

    select * from {{ ref('int_accounts_resolved') }}

),

domains as (

    select
        domain,
        min(account_id) as account_id
    from accounts
    where match_rule in ('domain', 'people_domain', 'similar_domain')
    group by domain
    having min(account_id) = max(account_id)

),

-- int_people_collected made a record for every person id and every e-mail key that touches carry.
identified as (

    select
        touches.touch_id,
        touches.feed_id,
        touches.anonymous_id,
        touches.source_account_id,
        touches.email_domain,
        people.person_id,
        people.account_id as person_account_id,
        case
            when people.person_id is null then null
            when touches.source_person_id is null then 'email_key'
            when people.match_rule = 'partner_person_id' then 'partner_person_id'
            else 'person_id'
        end as person_rule
    from touches
    left join people
        on
            case
                when touches.source_person_id is not null
                    then touches.feed_id || ':' || touches.source_person_id
                else
                    touches.feed_id || ':email:'
                    || coalesce(touches.email_key_google, touches.email_key_lower_trim)
            end = people.person_key

),

-- A device that one person was seen on is that person's, before and after; a shared one nobody's.
devices as (

    select
        feed_id,
        anonymous_id,
        min(person_id) as person_id,
        min(person_account_id) as account_id
    from identified
    where anonymous_id is not null and person_id is not null
    group by feed_id, anonymous_id
    having min(person_id) = max(person_id)

),

final as (

    select
        identified.touch_id,
        coalesce(identified.person_id, devices.person_id) as person_id,
        coalesce(
            accounts.account_id,
            identified.person_account_id,
            case when identified.person_id is null then devices.account_id end,
            domains.account_id
        ) as account_id,
        coalesce(
            identified.person_rule,
            case when devices.person_id is not null then 'anonymous_id' end,
            case when accounts.account_id is not null then 'account_id' end,
            case when domains.account_id is not null then 'email_domain' end,
            'unresolved'
        ) as resolution_rule
    from identified
    left join devices
        on
            identified.feed_id = devices.feed_id
            and identified.anonymous_id = devices.anonymous_id
    left join accounts
        on identified.feed_id || ':' || identified.source_account_id = accounts.account_key
    left join domains
        on {{ registrable_domain('identified.email_domain') }} = domains.domain

)

select * from final
