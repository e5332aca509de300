-- Per method the compared members share everything: to the cent what the credits say of all conversions,
-- and what the breakdown says of a campaign; their shares add up to 1.
-- First suspect: a member that two dimensions name differently.
with

compared as (

    select
        campaign_id,
        window_id,
        milestone,
        dimension,
        method,
        sum(credited_amount) as credited_amount,
        sum(share) as share
    from {{ ref('rpt_method_disagreement') }}
    group by campaign_id, window_id, milestone, dimension, method

),

dimensions as (

    select distinct dimension
    from {{ ref('rpt_method_disagreement') }}

),

expected as (

    select
        'all' as campaign_id,
        'all' as window_id,
        credits.milestone,
        dimensions.dimension,
        credits.method,
        sum(credits.credited_amount) as credited_amount
    from {{ ref('fct_attribution_credits') }} as credits
    cross join dimensions
    group by credits.milestone, dimensions.dimension, credits.method
    union all
    select
        campaign_id,
        window_id,
        milestone,
        dimensions as dimension,
        method,
        sum(credited_amount) as credited_amount
    from {{ ref('rpt_breakdown') }}
    where dimensions in ('partner', 'channel', 'asset')
    group by campaign_id, window_id, milestone, dimensions, method

)

select
    expected.*,
    compared.credited_amount as compared_amount,
    compared.share
from expected
left join compared
    on
        expected.campaign_id = compared.campaign_id
        and expected.window_id = compared.window_id
        and expected.milestone = compared.milestone
        and expected.dimension = compared.dimension
        and expected.method = compared.method
where
    coalesce(compared.credited_amount, 0) <> expected.credited_amount
    or abs(compared.share - 1) > 0.000001
    or (compared.share is null and expected.credited_amount <> 0)
