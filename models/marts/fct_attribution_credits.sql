with

credits as (

    select * from {{ ref('int_credits_of_methods') }}

),

conversions as (

    select * from {{ ref('fct_conversions') }}

),

touches as (

    select * from {{ ref('int_touches_classified') }}

),

shares as (

    select * from {{ ref('int_touch_partner_shares') }}

),

-- Joint assets: each partner's part is rounded on the running total, so the parts add up to the
-- touch's cents exactly.
split as (

    select
        credits.conversion_id,
        credits.method,
        credits.touch_id,
        case when credits.is_baseline then 'baseline' end as baseline,
        touches.credited_partner_id,
        shares.partner_id as sharing_partner_id,
        credits.credit_share * coalesce(cast(shares.points as double) / shares.points_total, 1) as credit_share,
        case
            when shares.touch_id is null then credits.credit_cents
            else
                sign(credits.credit_cents) * (
                    {{ int_div('abs(credits.credit_cents) * shares.points_to', 'shares.points_total') }}
                    - {{ int_div('abs(credits.credit_cents) * (shares.points_to - shares.points)', 'shares.points_total') }}
                )
        end as credit_cents,
        touches.channel,
        touches.campaign_id,
        touches.asset_id,
        touches.region as touch_region,
        touches.touched_at
    from credits
    left join touches on credits.touch_id = touches.touch_id
    left join shares on credits.touch_id = shares.touch_id

)

select
    split.conversion_id,
    conversions.opportunity_id,
    conversions.milestone,
    split.method,
    split.touch_id,
    coalesce(split.sharing_partner_id, split.credited_partner_id, split.baseline, 'unattributed') as partner_id,
    coalesce(split.channel, split.baseline, 'unattributed') as channel,
    split.campaign_id,
    split.asset_id,
    case
        when conversions.region <> 'unknown' then conversions.region
        else coalesce(split.touch_region, 'unknown')
    end as region,
    split.touched_at,
    conversions.milestone_at,
    cast(split.credit_share as double) as credit_share,
    {{ cents_to_amount('split.credit_cents') }} as credited_amount
from split
inner join conversions on split.conversion_id = conversions.conversion_id
