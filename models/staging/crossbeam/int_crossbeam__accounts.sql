with

shared_records as (

    select
        *,
        coalesce(
            record_id,
            {{ registrable_domain(url_host('website')) }},
            {{ normalised_name('account_name') }}
        ) as account_id

    from {{ ref('stg_crossbeam__overlap') }}

),

-- A record overlaps with many partners; the row that knows most about it is enough.
ranked as (

    select
        *,
        row_number() over (
            partition by feed_id, account_id
            order by
                case when website is null then 1 else 0 end asc,
                case when country is null then 1 else 0 end asc,
                delivered_at desc nulls last,
                account_name asc,
                website asc,
                country asc,
                industry asc,
                employees asc
        ) as place

    from shared_records

    where account_id is not null

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        account_id as source_account_id,
        account_name,
        website,
        country,
        industry,
        employees,
        cast(null as {{ dbt.type_string() }}) as parent_source_account_id

    from ranked

    where place = 1

)

select * from final
