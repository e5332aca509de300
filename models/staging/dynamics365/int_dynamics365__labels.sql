with

choices as (

    select * from {{ ref('stg_dynamics365__stringmap') }}

    where not is_deleted and label is not null

),

-- An organisation with several languages has several labels; English first, so that all feeds agree.
final as (

    select
        feed_id,
        table_name,
        column_name,
        code,
        label,
        row_number() over (
            partition by feed_id, table_name, column_name, code
            order by case when language_code = 1033 then 0 else 1 end, language_code, label
        ) as choice_rank

    from choices

)

select
    feed_id,
    table_name,
    column_name,
    code,
    label
from final
where choice_rank = 1
