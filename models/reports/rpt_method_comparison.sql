with

contribution as (

    select * from {{ ref('rpt_contribution') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

spread as (

    select
        campaign_id,
        window_id,
        milestone,
        partner_id,
        min(credited_amount) as lowest_amount,
        max(credited_amount) as highest_amount,
        sum(credited_amount) as summed_amount,
        count(*) as methods
    from contribution
    group by campaign_id, window_id, milestone, partner_id

)

select
    contribution.campaign_id,
    contribution.window_id,
    contribution.milestone,
    contribution.partner_id,
    contribution.method,
    contribution.partner_name,
    contribution.credited_amount,
    cast(spread.lowest_amount as decimal(18, 2)) as lowest_amount,
    cast(spread.highest_amount as decimal(18, 2)) as highest_amount,
    {{ ratio('(spread.highest_amount - spread.lowest_amount) * spread.methods', 'spread.summed_amount * 2') }} as spread_share,
    cast(
        rank() over (
            partition by contribution.campaign_id, contribution.window_id, contribution.milestone, contribution.method
            order by contribution.credited_amount desc
        ) as {{ dbt.type_bigint() }}
    ) as partner_rank,
    contribution.method = campaigns.agreed_method as is_agreed_method,
    {{ interval_columns('contribution') }}
from contribution
inner join spread
    on
        contribution.campaign_id = spread.campaign_id
        and contribution.window_id = spread.window_id
        and contribution.milestone = spread.milestone
        and contribution.partner_id = spread.partner_id
inner join campaigns on contribution.campaign_id = campaigns.campaign_id
