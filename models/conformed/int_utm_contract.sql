with

contract as (

    select * from {{ ref('utm_contract') }}

),

campaign_names as (

    select * from {{ ref('int_campaign_names') }}

),

asset_names as (

    select * from {{ ref('int_asset_names') }}

),

partner_names as (

    select * from {{ ref('int_partner_names') }}
    where connector is null

),

cleaned as (

    select
        trim(campaign_id) as campaign_id,
        nullif(lower(trim(partner_id)), '') as partner_id,
        lower(trim(parameter)) as parameter,
        trim(allowed_value) as allowed_value,
        {{ campaign_slug('allowed_value') }} as value_slug,
        trim(allowed_value) = '*' as is_any,
        coalesce(is_required, false) as is_required
    from contract

),

-- What a value stands for, so that another name of the same thing can be told from a stranger.
final as (

    select
        cleaned.campaign_id,
        cleaned.partner_id,
        cleaned.parameter,
        cleaned.allowed_value,
        cleaned.value_slug,
        case
            when cleaned.parameter in ('utm_campaign', 'utm_id') then campaign_names.campaign_id
            when cleaned.parameter = 'utm_content' then asset_names.asset_id
            when cleaned.parameter = 'utm_source' then partner_names.partner_id
        end as entity_id,
        cleaned.is_any,
        cleaned.is_required
    from cleaned
    left join campaign_names on cleaned.value_slug = campaign_names.alias
    left join asset_names on cleaned.value_slug = asset_names.alias
    left join partner_names on cleaned.value_slug = partner_names.alias

)

select * from final
