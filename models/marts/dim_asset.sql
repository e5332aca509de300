with

registered as (

    select
        asset_id,
        asset_name,
        asset_type,
        campaign_id,
        nullif(lower(trim(owner_partner_id)), '') as owner_partner_id
    from {{ ref('assets') }}

),

-- Assets that touches or spend name and nobody registered keep their own name, so that their
-- credit stays visible.
mentioned as (

    select
        asset_id,
        {{ without_addresses('asset_raw') }} as asset_raw
    from {{ ref('int_touches_classified') }}
    union all
    select
        asset_id,
        asset_raw
    from {{ ref('int_spend_normalised') }}

),

unregistered as (

    select
        mentioned.asset_id,
        min(mentioned.asset_raw) as asset_name
    from mentioned
    left join registered on mentioned.asset_id = registered.asset_id
    where mentioned.asset_id is not null and registered.asset_id is null
    group by mentioned.asset_id

)

select
    asset_id,
    asset_name,
    asset_type,
    campaign_id,
    owner_partner_id,
    coalesce(owner_partner_id = 'joint', false) as is_joint,
    true as is_registered
from registered

union all

select
    asset_id,
    asset_name,
    cast(null as {{ dbt.type_string() }}) as asset_type,
    cast(null as {{ dbt.type_string() }}) as campaign_id,
    cast(null as {{ dbt.type_string() }}) as owner_partner_id,
    false as is_joint,
    false as is_registered
from unregistered
