with

deal_companies as (

    select * from {{ ref('stg_hubspot__deal_company') }}

),

deal_merges as (

    select * from {{ ref('int_hubspot__deal_merges') }}

),

companies as (

    select * from {{ ref('stg_hubspot__company') }}

),

-- A deal may have several companies; HubSpot's primary one leads. The survivor of a merge keeps its
-- own company before those that came with the merged deals.
ranked as (

    select
        deal_companies.feed_id,
        coalesce(deal_merges.survivor_deal_id, deal_companies.deal_id) as deal_id,
        deal_companies.company_id,
        row_number() over (
            partition by
                deal_companies.feed_id,
                coalesce(deal_merges.survivor_deal_id, deal_companies.deal_id)
            order by
                case when deal_merges.survivor_deal_id is null then 0 else 1 end,
                case when deal_companies.is_primary then 0 else 1 end,
                deal_companies.company_id
        ) as company_rank

    from deal_companies

    left join deal_merges
        on
            deal_companies.feed_id = deal_merges.feed_id
            and deal_companies.deal_id = deal_merges.deal_id

    left join companies
        on
            deal_companies.feed_id = companies.feed_id
            and deal_companies.company_id = companies.company_id

    where not coalesce(companies.is_deleted, false)

),

final as (

    select
        feed_id,
        deal_id,
        company_id
    from ranked
    where company_rank = 1

)

select * from final
