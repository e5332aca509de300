with

source as (

    select * from {{ source('dynamics365', 'activityparty') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        activitypartyid as activity_party_id,
        activityid as activity_id,
        partyid as party_id,

        -- strings
        case
            when lower(trim(partyobjecttypecode)) in ('account', '1') then 'account'
            when lower(trim(partyobjecttypecode)) in ('contact', '2') then 'contact'
            when lower(trim(partyobjecttypecode)) in ('lead', '4') then 'lead'
        end as party_type,

        -- flags
        coalesce(participationtypemask = 11, false) as is_customer,
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
