with

credits as (

    select * from {{ ref('int_causal_credits') }}
    where touch_id is not null or is_baseline

),

conversions as (

    select * from {{ ref('int_milestones') }}

),

touches as (

    select * from {{ ref('int_causal_touches') }}

),

accounts as (

    select * from {{ ref('int_causal_accounts') }}

)

select
    conversions.milestone,
    credits.method,
    coalesce(touches.player, 'baseline') as player,
    accounts.bucket,
    count(distinct case when credits.credit_share > 0 then accounts.account_id end) as winning_accounts,
    cast(round({{ sum_shares('credits.credit_share') }} * 1000000000) as {{ dbt.type_bigint() }}) as share_billionths,
    cast(sum(credits.credit_cents) as {{ dbt.type_bigint() }}) as credit_cents
from credits
inner join conversions on credits.conversion_id = conversions.conversion_id
inner join accounts on conversions.account_id = accounts.account_id
left join touches on credits.touch_id = touches.touch_id
group by conversions.milestone, credits.method, coalesce(touches.player, 'baseline'), accounts.bucket
