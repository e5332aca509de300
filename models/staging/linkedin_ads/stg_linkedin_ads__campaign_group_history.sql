with

source as (

    select * from {{ source('linkedin_ads', 'campaign_group_history') }}

),

renamed as (

    select
        _partner_id as partner_id,
        _feed_id as feed_id,
        _delivered_at as delivered_at,

        -- ids; dialects differ in bare ids and URNs
        {{ regex_extract('id', '([^:]+)$') }} as campaign_group_id,
        {{ regex_extract('account_id', '([^:]+)$') }} as account_id,

        -- strings
        name as campaign_group_name,

        -- days, in UTC as LinkedIn schedules them
        cast(run_schedule_start as date) as start_on,
        cast(run_schedule_end as date) as end_on,

        -- flags
        row_number() over (
            partition by _feed_id, id
            order by last_modified_time desc nulls last, _delivered_at desc nulls last
        ) = 1 as is_current

    from source

)

select * from renamed
