with

claims as (

    select * from {{ ref('stg_crossbeam__overlap') }}

    where opportunity_id is not null and is_partner_sourced

),

known_names as (

    select {{ campaign_slug('partner_name') }} as alias, partner_id, 2 as name_rank from {{ ref('partners') }}

    union all

    select
        {{ campaign_slug('alias') }} as alias,
        partner_id,
        case when trim(connector) = 'crossbeam' then 1 else 3 end as name_rank

    from {{ ref('partner_aliases') }}

    where trim(coalesce(connector, '')) in ('', 'crossbeam')

),

names as (

    select
        *,
        row_number() over (partition by alias order by name_rank, partner_id) as place

    from known_names

),

-- The partner who sourced the deal, not the company that says so. A partner whom no lookup names
-- takes no part in this collaboration. A deal that overlaps in several populations is one claim.
ranked as (

    select
        claims.*,
        names.partner_id as sourcing_partner_id,
        row_number() over (
            partition by claims.feed_id, claims.opportunity_id, names.partner_id
            order by claims.attributed_at asc nulls last, claims.account_name asc, claims.website asc, claims.amount asc
        ) as claim_place

    from claims

    inner join names
        on {{ campaign_slug('claims.partner_name') }} = names.alias and names.place = 1

),

final as (

    select
        sourcing_partner_id as partner_id,
        feed_id,
        delivered_at,
        opportunity_id || ':' || sourcing_partner_id as source_registration_id,
        account_name,
        website,
        attributed_at as submitted_at,
        cast(null as {{ dbt.type_timestamp() }}) as approved_at,
        cast(null as {{ dbt.type_timestamp() }}) as expires_at,
        'partner_sourced' as status,
        opportunity_id as source_opportunity_id,
        amount as expected_amount,
        currency

    from ranked

    where claim_place = 1

)

select * from final
