with

source as (

    select * from {{ source('dynamics365', 'account') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        accountid as account_id,
        parentaccountid as parent_account_id,
        case when coalesce(merged, true) then masterid end as master_account_id,

        -- strings and numbers
        name as account_name,
        websiteurl as website,
        address1_country as country,
        industrycode as industry_code,
        numberofemployees as employees,

        -- flags
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
