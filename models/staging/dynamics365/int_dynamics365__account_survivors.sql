with

accounts as (

    select * from {{ ref('stg_dynamics365__account') }}

),

-- A merged account may have been merged into one that was merged later. Three merges deep is
-- deeper than records go in practice; whatever lies deeper ends at the third.
final as (

    select
        accounts.feed_id,
        accounts.account_id,
        coalesce(
            masters_of_masters.master_account_id,
            masters.master_account_id,
            accounts.master_account_id,
            accounts.account_id
        ) as surviving_account_id

    from accounts

    left join accounts as masters
        on
            accounts.feed_id = masters.feed_id
            and accounts.master_account_id = masters.account_id

    left join accounts as masters_of_masters
        on
            masters.feed_id = masters_of_masters.feed_id
            and masters.master_account_id = masters_of_masters.account_id

)

select * from final
