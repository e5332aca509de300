with

assets as (

    select * from {{ ref('assets') }}

),

aliases as (

    select * from {{ ref('asset_aliases') }}

),

named as (

    select
        asset_id,
        {{ campaign_slug('asset_id') }} as alias,
        1 as name_rank
    from assets
    union all
    select
        asset_id,
        {{ campaign_slug('asset_name') }} as alias,
        2 as name_rank
    from assets
    union all
    select
        asset_id,
        {{ campaign_slug('alias') }} as alias,
        3 as name_rank
    from aliases

),

-- One asset per name: an id beats a name, a name beats an alias.
ranked as (

    select
        asset_id,
        alias,
        row_number() over (partition by alias order by name_rank, asset_id) as choice_rank
    from named
    where alias is not null

)

select
    alias,
    asset_id
from ranked
where choice_rank = 1
