with

accounts as (

    select * from {{ ref('stg_dynamics365__account') }}

    where not is_deleted and master_account_id is null

),

survivors as (

    select * from {{ ref('int_dynamics365__account_survivors') }}

),

labels as (

    select * from {{ ref('int_dynamics365__labels') }}

    where table_name = 'account' and column_name = 'industrycode'

),

final as (

    select
        accounts.partner_id,
        accounts.feed_id,
        accounts.delivered_at,
        accounts.account_id as source_account_id,
        accounts.account_name,
        accounts.website,
        accounts.country,
        labels.label as industry,
        accounts.employees,
        coalesce(survivors.surviving_account_id, accounts.parent_account_id) as parent_source_account_id

    from accounts

    left join survivors
        on
            accounts.feed_id = survivors.feed_id
            and accounts.parent_account_id = survivors.account_id

    left join labels
        on
            accounts.feed_id = labels.feed_id
            and accounts.industry_code = labels.code

)

select * from final
