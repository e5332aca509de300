with

campaigns as (

    select * from {{ ref('campaigns') }}

),

aliases as (

    select * from {{ ref('campaign_aliases') }}

),

named as (

    select
        campaign_id,
        {{ campaign_slug('campaign_id') }} as alias,
        1 as name_rank
    from campaigns
    union all
    select
        campaign_id,
        {{ campaign_slug('campaign_name') }} as alias,
        2 as name_rank
    from campaigns
    union all
    select
        campaign_id,
        {{ campaign_slug('alias') }} as alias,
        3 as name_rank
    from aliases

),

-- One campaign per name: an id beats a name, a name beats an alias.
ranked as (

    select
        campaign_id,
        alias,
        row_number() over (partition by alias order by name_rank, campaign_id) as choice_rank
    from named
    where alias is not null

)

select
    alias,
    campaign_id
from ranked
where choice_rank = 1
