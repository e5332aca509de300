with

source as (

    select * from {{ source('dynamics365', 'stringmap') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- strings
        case lower(trim(objecttypecode))
            when '1' then 'account'
            when '3' then 'opportunity'
            when '4400' then 'campaign'
            when '4401' then 'campaignresponse'
            else lower(trim(objecttypecode))
        end as table_name,
        lower(trim(attributename)) as column_name,
        attributevalue as code,
        value as label,
        langid as language_code,

        -- flags
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
