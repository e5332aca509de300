with

checks as (
    {% for subject in ['feeds', 'records', 'columns', 'taxonomy', 'mappings', 'utms', 'money', 'deals', 'rates'] %}
        select
            section,
            partner_id,
            feed_id,
            check_name,
            status,
            row_count,
            amount_at_stake,
            detail,
            fix
        from {{ ref('int_health_of_' ~ subject) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    {{ text_hash(['section', 'check_name', 'feed_id', 'partner_id', 'detail']) }} as check_id,
    section,
    partner_id,
    feed_id,
    check_name,
    status,
    cast(row_count as {{ dbt.type_bigint() }}) as row_count,
    cast(amount_at_stake as decimal(18, 2)) as amount_at_stake,
    {{ without_addresses('detail') }} as detail,
    {{ without_addresses('fix') }} as fix
from checks
