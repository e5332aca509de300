{#
    Each delivered value beside what the contract of its campaign allows whoever placed the link, and
    beside what it allows others. Nearest first: exact, blanks at the ends, case, separators, another
    name of the same thing, a slip of the pen.
-#}
{%- set parameters = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'utm_id'] -%}

with

tuples as (

    select * from {{ ref('int_utm_tuples') }}

),

contract as (

    select * from {{ ref('int_utm_contract') }}

),

lookalikes as (

    select * from {{ ref('int_utm_lookalikes') }}

),

campaign_names as (

    select * from {{ ref('int_campaign_names') }}

),

asset_names as (

    select
        asset_names.alias,
        asset_names.asset_id,
        nullif(trim(assets.campaign_id), '') as campaign_id
    from {{ ref('int_asset_names') }} as asset_names
    inner join {{ ref('assets') }} as assets on asset_names.asset_id = assets.asset_id

),

partner_names as (

    select * from {{ ref('int_partner_names') }}
    where connector is null

),

delivered as (

    {% for parameter in parameters %}
        select distinct
            campaign_id,
            link_partner_id,
            '{{ parameter }}' as parameter,
            coalesce({{ parameter }}, '') as delivered_value,
            {{ campaign_slug(utm_value(parameter)) }} as delivered_slug
        from tuples
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

known as (

    select
        delivered.*,
        case
            when delivered.parameter in ('utm_campaign', 'utm_id') then campaign_names.campaign_id
            when delivered.parameter = 'utm_content' then asset_names.asset_id
            when delivered.parameter = 'utm_source' then partner_names.partner_id
        end as entity_id,
        case
            when delivered.parameter in ('utm_campaign', 'utm_id') then campaign_names.campaign_id
            when delivered.parameter = 'utm_content' then asset_names.campaign_id
        end as named_campaign_id
    from delivered
    left join campaign_names on delivered.delivered_slug = campaign_names.alias
    left join asset_names on delivered.delivered_slug = asset_names.alias
    left join partner_names on delivered.delivered_slug = partner_names.alias

),

compared as (

    select
        known.*,
        contract.allowed_value,
        contract.is_any,
        contract.is_required,
        contract.allowed_value is not null
        and (contract.partner_id is null or contract.partner_id = known.link_partner_id) as is_own,
        case
            when known.delivered_value = contract.allowed_value then 1
            when trim(known.delivered_value) = contract.allowed_value then 2
            when lower(trim(known.delivered_value)) = lower(contract.allowed_value) then 3
            when known.delivered_slug = contract.value_slug then 4
            when known.entity_id = contract.entity_id then 5
            when known.entity_id is null and lookalikes.edits is not null then 6
        end as nearness
    from known
    left join contract
        on known.campaign_id = contract.campaign_id and known.parameter = contract.parameter
    left join lookalikes
        on
            contract.parameter = lookalikes.parameter
            and contract.allowed_value = lookalikes.allowed_value
            and known.delivered_slug = lookalikes.delivered_slug

),

ranked as (

    select
        *,
        min(case when is_own then nearness end) over (
            partition by campaign_id, link_partner_id, parameter, delivered_value
        ) as own_nearness
    from compared

),

final as (

    select
        campaign_id,
        link_partner_id,
        parameter,
        delivered_value,
        named_campaign_id,
        own_nearness,
        min(case when not is_own and nearness <= 5 then nearness end) as others_nearness,
        count(distinct case when is_own and nearness = own_nearness then allowed_value end) as nearest_values,
        min(case when is_own and nearness = own_nearness then allowed_value end) as nearest_value,
        {{ bool_max('is_own') }} as is_agreed,
        {{ bool_max('is_own and is_any') }} as is_any,
        {{ bool_max('is_own and is_required') }} as is_required
    from ranked
    group by campaign_id, link_partner_id, parameter, delivered_value, named_campaign_id, own_nearness

)

select * from final
