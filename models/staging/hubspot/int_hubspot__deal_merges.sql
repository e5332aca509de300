with recursive

merged_deals as (

    select * from {{ ref('int_hubspot__merged_ids') }}

    where record_type = 'deal'

),

chains as (

    select
        feed_id,
        merged_id,
        survivor_id,
        1 as merge_count

    from merged_deals

    union all

    select
        chains.feed_id,
        chains.merged_id,
        merged_deals.survivor_id,
        chains.merge_count + 1 as merge_count

    from chains

    inner join merged_deals
        on
            chains.feed_id = merged_deals.feed_id
            and chains.survivor_id = merged_deals.merged_id

    -- Ends a circle of merges, which only broken data can hold.
    where chains.merge_count < 50

),

-- The end of a chain is a deal that was not merged itself. A circle has none: its deals stay.
final as (

    select
        chains.feed_id,
        chains.merged_id as deal_id,
        chains.survivor_id as survivor_deal_id

    from chains

    left join merged_deals
        on
            chains.feed_id = merged_deals.feed_id
            and chains.survivor_id = merged_deals.merged_id

    where merged_deals.merged_id is null

)

select * from final
