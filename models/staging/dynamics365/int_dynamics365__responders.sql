with

responses as (

    select * from {{ ref('stg_dynamics365__campaignresponse') }}

),

parties as (

    select * from {{ ref('stg_dynamics365__activityparty') }}

    where is_customer and not is_deleted and party_id is not null

),

accounts as (

    select * from {{ ref('stg_dynamics365__account') }}

),

survivors as (

    select * from {{ ref('int_dynamics365__account_survivors') }}

),

-- What the response itself names goes first, then people before companies.
candidates as (

    select feed_id, activity_id, customer_id as party_id, cast(null as {{ dbt.type_string() }}) as party_type, 0 as party_rank
    from responses
    where customer_id is not null

    union all

    select
        feed_id,
        activity_id,
        party_id,
        party_type,
        case party_type when 'contact' then 1 when 'lead' then 2 when 'account' then 4 else 3 end as party_rank
    from parties

),

ranked as (

    select
        candidates.*,
        coalesce(candidates.party_type = 'account' or accounts.account_id is not null, false) as is_account,
        coalesce(survivors.surviving_account_id, candidates.party_id) as surviving_id,
        row_number() over (
            partition by candidates.feed_id, candidates.activity_id
            order by candidates.party_rank, candidates.party_id
        ) as place

    from candidates

    left join accounts
        on candidates.feed_id = accounts.feed_id and candidates.party_id = accounts.account_id

    left join survivors
        on candidates.feed_id = survivors.feed_id and candidates.party_id = survivors.account_id

),

final as (

    select
        feed_id,
        activity_id,
        case when not is_account then party_id end as person_id,
        case when is_account then surviving_id end as account_id

    from ranked

    where place = 1

)

select * from final
