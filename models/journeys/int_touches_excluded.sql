with

touches as (

    select * from {{ ref('int_touches_of_deals') }}

),

final as (

    select
        conversion_id,
        touch_id,
        exclusion_reason as reason
    from touches
    where exclusion_reason is not null

)

select * from final
