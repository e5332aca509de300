with

people as (

    select * from {{ ref('int_people_merged') }}

),

-- The same address under both schemes: how a feed that hashes one way meets one that hashes the other.
schemes as (

    select
        email_key_lower_trim,
        min(email_key_google) as email_key_google
    from people
    where email_key_lower_trim is not null and email_key_google is not null
    group by email_key_lower_trim

),

keyed as (

    select
        people.*,
        coalesce(
            people.email_key_google, schemes.email_key_google, people.email_key_lower_trim
        ) as email_key
    from people
    left join schemes on people.email_key_lower_trim = schemes.email_key_lower_trim

),

-- A merged person has the surviving record's address, else any of the merged records'.
merged as (

    select
        feed_id,
        partner_id,
        survivor_person_key,
        coalesce(
            max(case when person_key = survivor_person_key then email_key end), min(email_key)
        ) as email_key,
        {{ bool_max('not is_implied') }} as is_delivered
    from keyed
    group by feed_id, partner_id, survivor_person_key

),

-- One address on many people of a feed is a role mailbox (info@), which is nobody in particular.
shared_mailboxes as (

    select email_key
    from (
        select
            feed_id,
            email_key
        from merged
        where email_key is not null and is_delivered
        group by feed_id, email_key
        having count(*) > {{ var('shared_mailbox_people') }}
    ) as busy_addresses
    group by email_key

),

-- A merged-away record's former address leads to the survivor's, when it leads to one only.
former_addresses as (

    select
        keyed.email_key,
        min(merged.email_key) as email_key_now
    from keyed
    inner join merged on keyed.survivor_person_key = merged.survivor_person_key
    left join shared_mailboxes as shared_then on keyed.email_key = shared_then.email_key
    left join shared_mailboxes as shared_now on merged.email_key = shared_now.email_key
    where
        keyed.email_key <> merged.email_key
        and shared_then.email_key is null
        and shared_now.email_key is null
    group by keyed.email_key
    having min(merged.email_key) = max(merged.email_key)

),

final as (

    select
        merged.survivor_person_key,
        merged.partner_id,
        merged.is_delivered,
        merged.email_key,
        shared_mailboxes.email_key is not null as is_shared_mailbox,
        case
            when shared_mailboxes.email_key is not null then merged.survivor_person_key
            else coalesce(
                later.email_key_now, former.email_key_now, merged.email_key, merged.survivor_person_key
            )
        end as identity
    from merged
    left join shared_mailboxes on merged.email_key = shared_mailboxes.email_key
    left join former_addresses as former on merged.email_key = former.email_key
    left join former_addresses as later on former.email_key_now = later.email_key

)

select * from final
