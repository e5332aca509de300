{# Only touches of joint assets stand here; every other touch belongs to one partner whole. #}
with

touches as (

    select * from {{ ref('int_touches_classified') }}
    where credited_partner_id = 'joint'

),

splits as (

    select
        campaign_id,
        partner_id,
        cast(round(split_share * 10000) as {{ dbt.type_bigint() }}) as points
    from {{ ref('campaign_partners') }}
    where split_share > 0

),

-- A joint asset outside any campaign with a split stays with the partner who delivered the touch.
shared as (

    select
        touches.touch_id,
        coalesce(splits.partner_id, touches.partner_id) as partner_id,
        coalesce(splits.points, 1) as points
    from touches
    left join splits on touches.campaign_id = splits.campaign_id

)

select
    touch_id,
    partner_id,
    cast(
        sum(points) over (partition by touch_id order by partner_id rows between unbounded preceding and current row)
        as {{ dbt.type_bigint() }}
    ) as points_to,
    points,
    cast(sum(points) over (partition by touch_id) as {{ dbt.type_bigint() }}) as points_total
from shared
