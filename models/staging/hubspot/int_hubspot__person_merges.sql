with

merged_ids as (

    select * from {{ ref('int_hubspot__merged_ids') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        merged_id as source_person_id,
        survivor_id as survivor_source_person_id

    from merged_ids

    where record_type = 'contact'

)

select * from final
