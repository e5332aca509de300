with

findings as (

    select * from {{ ref('int_utm_findings') }}
    where is_applied

),

final as (

    select
        touch_id,
        max(case when parameter = 'utm_source' then repaired_value end) as utm_source,
        max(case when parameter = 'utm_medium' then repaired_value end) as utm_medium,
        max(case when parameter = 'utm_campaign' then repaired_value end) as utm_campaign,
        -- A campaign that was inferred, not typed, says nothing about the channel.
        max(
            case
                when parameter = 'utm_campaign' and repair_rule in ('case_and_blanks', 'separators', 'alias', 'unique_typo')
                    then repaired_value
            end
        ) as typed_utm_campaign,
        max(case when parameter = 'utm_content' then repaired_value end) as utm_content,
        max(case when parameter = 'utm_id' then repaired_value end) as utm_id
    from findings
    group by touch_id

)

select * from final
