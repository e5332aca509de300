with

touches as (

    select * from {{ ref('int_utm_touches') }}

),

repairs as (

    select * from {{ ref('int_utm_repairs') }}

),

final as (

    select
        touches.touch_id,
        touches.partner_id,
        repairs.campaign_id,
        repairs.parameter,
        repairs.finding,
        repairs.severity,
        -- Whatever stands around an @ may be an address; the finding stays, the value goes.
        {{ regex_replace('repairs.raw_value', '[^@\\s]*(@|%40)[^@\\s]*', '***') }} as raw_value,
        repairs.repaired_value,
        repairs.repair_rule,
        repairs.repair_confidence,
        -- utm_term decides nothing, so a repair of it is never used.
        coalesce(repairs.repair_confidence >= {{ var('utm_repair_min_confidence') }}, false)
        and repairs.parameter <> 'utm_term' as is_applied
    from touches
    inner join repairs on touches.tuple_id = repairs.tuple_id

)

select * from final
