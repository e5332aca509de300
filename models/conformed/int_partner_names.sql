with

partners as (

    select * from {{ ref('int_partners') }}

),

aliases as (

    select * from {{ ref('partner_aliases') }}

),

named as (

    select
        partner_id,
        {{ campaign_slug('partner_id') }} as alias,
        cast(null as {{ dbt.type_string() }}) as connector,
        1 as name_rank
    from partners
    union all
    select
        partner_id,
        {{ campaign_slug('partner_name') }} as alias,
        cast(null as {{ dbt.type_string() }}) as connector,
        2 as name_rank
    from partners
    union all
    select
        partner_id,
        {{ campaign_slug('alias') }} as alias,
        nullif(trim(connector), '') as connector,
        3 as name_rank
    from aliases

),

ranked as (

    select
        partner_id,
        alias,
        connector,
        row_number() over (partition by alias, connector order by name_rank, partner_id) as choice_rank
    from named
    where alias is not null

)

select
    alias,
    connector,
    partner_id
from ranked
where choice_rank = 1
