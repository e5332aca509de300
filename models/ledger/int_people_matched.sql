with

people as (

    select * from {{ ref('int_people_merged') }}

),

keyed as (

    select * from {{ ref('int_people_keyed_by_email') }}

),

overrides as (

    select * from {{ ref('match_overrides') }}
    where entity = 'person'

),

-- Web analytics and marketing automation often send the CRM's own id of a person.
ids_of_partner as (

    select
        people.partner_id,
        people.source_person_id,
        min(keyed.identity) as identity
    from people
    inner join keyed on people.survivor_person_key = keyed.survivor_person_key
    where not people.is_implied
    group by people.partner_id, people.source_person_id
    having min(keyed.identity) = max(keyed.identity)

),

ruled as (

    select
        keyed.survivor_person_key,
        keyed.email_key,
        people.source_person_id,
        case
            when not keyed.is_delivered and ids_of_partner.identity is not null
                then ids_of_partner.identity
            else keyed.identity
        end as identity,
        case
            when not keyed.is_delivered and ids_of_partner.identity is not null
                then 'partner_person_id'
            when keyed.is_shared_mailbox then 'shared_mailbox'
            when keyed.email_key is not null then 'email_key'
            else 'own_record'
        end as match_rule
    from keyed
    inner join people on keyed.survivor_person_key = people.person_key
    left join ids_of_partner
        on
            people.partner_id = ids_of_partner.partner_id
            and people.source_person_id = ids_of_partner.source_person_id

),

overruled as (

    select
        ruled.survivor_person_key,
        ruled.email_key,
        ruled.source_person_id,
        overrides.decided_by,
        overrides.reason,
        case
            when overrides.decision = 'same' then left_side.identity
            when overrides.decision = 'different' then ruled.survivor_person_key
            else ruled.identity
        end as identity,
        case
            when overrides.decision is null then ruled.match_rule
            else 'override_' || overrides.decision
        end as match_rule
    from ruled
    left join overrides on ruled.survivor_person_key = overrides.right_key
    left join ruled as left_side on overrides.left_key = left_side.survivor_person_key

),

final as (

    select
        survivor_person_key,
        'person:' || substr({{ text_hash(['identity']) }}, 1, 16) as person_id,
        match_rule,
        case
            when match_rule like 'override%' then 'decided by ' || decided_by || ': ' || reason
            when match_rule = 'partner_person_id'
                then 'id ' || source_person_id || ' in another feed of the partner'
            when match_rule in ('email_key', 'shared_mailbox')
                then 'e-mail key ' || substr(email_key, 1, 12)
            else 'no e-mail key'
        end as match_evidence,
        case
            when match_rule like 'override%' or match_rule = 'own_record' then 1.0
            when match_rule = 'email_key' then 0.99
            when match_rule = 'partner_person_id' then 0.98
            else 0.5
        end as match_confidence
    from overruled

)

select * from final
