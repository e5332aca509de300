with

source as (

    select * from {{ source('dynamics365', 'opportunity') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids
        opportunityid as opportunity_id,
        customerid as customer_id,
        case
            when lower(trim(customeridtype)) in ('account', '1') then 'account'
            when lower(trim(customeridtype)) in ('contact', '2') then 'contact'
        end as customer_type,
        parentaccountid as parent_account_id,
        parentcontactid as parent_contact_id,
        campaignid as campaign_id,
        ownerid as owner_id,
        transactioncurrencyid as transaction_currency_id,

        -- strings; a step's number is its place in the process, not its name
        name as opportunity_name,
        nullif(trim({{ regex_replace('stepname', '^ *[0-9]+ *[-.):]+ *', '') }}), '') as step_name,
        salesstage as sales_stage_code,

        -- amounts
        estimatedvalue as estimated_value,
        estimatedvalue_base as estimated_value_base,
        actualvalue as actual_value,
        actualvalue_base as actual_value_base,
        exchangerate as units_per_base,

        -- days and timestamps
        estimatedclosedate as estimated_close_date,
        actualclosedate as actual_close_date,
        createdon as created_at,
        modifiedon as updated_at,

        -- flags
        statecode in (1, 2) as is_closed,
        statecode = 1 as is_won,
        coalesce(_fivetran_deleted, false) as is_deleted

    from source

)

select * from renamed
