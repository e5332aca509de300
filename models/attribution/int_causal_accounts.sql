with

resolved as (

    select * from {{ ref('int_accounts_resolved') }}

),

delivered as (

    select * from {{ ref('int_accounts_unioned') }}

),

country_aliases as (

    select * from {{ ref('country_aliases') }}

),

countries as (

    select * from {{ ref('countries') }}

),

touches as (

    select * from {{ ref('int_causal_touches') }}

),

states as (

    select * from {{ ref('int_causal_states') }}

),

as_of as (

    select {{ epoch_microseconds("(cast(as_of as timestamp) + interval '1' day)") }} as observed_until_us
    from {{ ref('int_as_of') }}

),

-- Known from the first touch or stage on. An account that nobody ever heard of is not at risk.
heard_of as (

    select
        account_id,
        min(at_us) as entered_at_us
    from (
        select
            account_id,
            touched_at_us as at_us
        from touches
        union all
        select
            account_id,
            reached_at_us as at_us
        from states
    ) as known
    group by account_id

),

-- Any book may know the company: the alphabetically first region and industry, the largest size.
described as (

    select
        resolved.account_id,
        min(countries.region) as control_region,
        min(lower(trim(delivered.industry))) as control_industry,
        ln(1 + max(cast(delivered.employees as double))) as control_size
    from resolved
    left join delivered on resolved.account_key = delivered.account_key
    left join country_aliases on lower(trim(delivered.country)) = country_aliases.alias
    left join countries on country_aliases.country_code = countries.country_code
    group by resolved.account_id

),

final as (

    select
        heard_of.account_id,
        heard_of.entered_at_us,
        coalesce(described.control_region, 'unknown') as control_region,
        coalesce(described.control_industry, 'unknown') as control_industry,
        described.control_size,
        {{ account_bucket('heard_of.account_id') }} as bucket,
        min(heard_of.entered_at_us) over () as observed_from_us,
        as_of.observed_until_us
    from heard_of
    left join described on heard_of.account_id = described.account_id
    cross join as_of

)

select * from final
