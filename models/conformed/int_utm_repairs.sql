{#
    The rules, first match first; docs/utm-contract.md says each in a sentence and utm/lint.py holds
    the same ones for links before launch. A repair is a value of the contract or none at all.
-#}
{%- set parameters = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'utm_id'] -%}
{%- set placeholders = "('(not set)', '(not provided)', '(none)', 'undefined', 'null', 'none', 'n/a', 'nan', '[object object]')" -%}
{%- set unfilled = "'^([{].*[}]|[$][{].*[}]|%%.*%%|[[].*[]]|<.*>|.*[{][{].*[}][}].*|__[A-Za-z_]+__|[*][|].*[|][*])$'" -%}

with

tuples as (

    select * from {{ ref('int_utm_tuples') }}

),

matches as (

    select * from {{ ref('int_utm_matches') }}

),

contract as (

    select * from {{ ref('int_utm_contract') }}
    where not is_any

),

delivered as (

    {% for parameter in parameters %}
        select
            tuple_id,
            campaign_id,
            link_partner_id,
            tag_state,
            campaign_evidence,
            coalesce(system_asset_id, landing_asset_id) as inferred_asset_id,
            case when system_asset_id is not null then 'system' else 'landing_page' end as asset_evidence,
            '{{ parameter }}' as parameter,
            coalesce({{ parameter }}, '') as delivered_value
        from tuples
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

judged as (

    select
        delivered.*,
        matches.nearest_value,
        case
            when trim(delivered.delivered_value) = ''
                then
                    case
                        when not matches.is_required then null
                        when delivered.tag_state = 'untagged' then 'stripped'
                        else 'missing_required'
                    end
            when {{ regex_matches('lower(delivered.delivered_value)', "'[^@\\s]+(@|%40)[^@\\s]+[.][a-z]{2,}'") }} then 'personal_data'
            when delivered.tag_state = 'untagged'
                then case when matches.is_required then 'stripped' end
            when
                lower(trim(delivered.delivered_value)) in {{ placeholders }}
                or {{ regex_matches('trim(delivered.delivered_value)', unfilled) }} then 'placeholder'
            when delivered.campaign_id = 'unmapped'
                then case when delivered.parameter in ('utm_campaign', 'utm_id') then 'unknown_value' end
            when matches.is_any or matches.own_nearness = 1 then null
            when matches.own_nearness <= 5 and matches.nearest_values = 1
                then
                    case matches.own_nearness
                        when 2 then 'padded'
                        when 3 then 'miscased'
                        when 4 then 'separators'
                        else 'alias'
                    end
            when matches.others_nearness is not null then 'foreign'
            when not matches.is_agreed then null
            when matches.named_campaign_id <> delivered.campaign_id then 'mixed'
            when matches.own_nearness = 6 and matches.nearest_values = 1 then 'typo'
            else 'unknown_value'
        end as finding
    from delivered
    inner join matches
        on
            delivered.campaign_id = matches.campaign_id
            and delivered.link_partner_id = matches.link_partner_id
            and delivered.parameter = matches.parameter
            and delivered.delivered_value = matches.delivered_value

),

-- What a link of this campaign, or to this asset, would have carried: only if that is one value.
implied as (

    select
        judged.tuple_id,
        judged.parameter,
        min(contract.allowed_value) as implied_value
    from judged
    inner join contract
        on
            judged.campaign_id = contract.campaign_id
            and judged.parameter = contract.parameter
            and (contract.partner_id is null or contract.partner_id = judged.link_partner_id)
    where
        judged.finding in ('stripped', 'missing_required', 'placeholder', 'unknown_value')
        and (
            (judged.parameter = 'utm_campaign' and judged.campaign_evidence in ('utm_id', 'asset', 'system', 'landing_page'))
            or (
                judged.parameter = 'utm_content'
                and judged.finding <> 'unknown_value'
                and contract.entity_id = judged.inferred_asset_id
            )
        )
    group by judged.tuple_id, judged.parameter
    having count(distinct contract.allowed_value) = 1

),

repaired as (

    select
        judged.tuple_id,
        judged.campaign_id,
        judged.parameter,
        judged.finding,
        nullif(judged.delivered_value, '') as raw_value,
        case
            when judged.finding in ('padded', 'miscased', 'separators', 'alias', 'typo') then judged.nearest_value
            else implied.implied_value
        end as repaired_value,
        case
            when judged.finding in ('padded', 'miscased') then 'case_and_blanks'
            when judged.finding in ('separators', 'alias') then judged.finding
            when judged.finding = 'typo' then 'unique_typo'
            when implied.implied_value is null then null
            when judged.parameter = 'utm_content' then judged.asset_evidence
            else judged.campaign_evidence
        end as repair_rule
    from judged
    left join implied on judged.tuple_id = implied.tuple_id and judged.parameter = implied.parameter
    where judged.finding is not null

)

select
    tuple_id,
    campaign_id,
    parameter,
    finding,
    case
        when finding in ('padded', 'miscased', 'separators', 'alias') then 'notice'
        when finding in ('placeholder', 'typo') then 'warning'
        else 'error'
    end as severity,
    raw_value,
    repaired_value,
    repair_rule,
    cast(
        case repair_rule
            when 'case_and_blanks' then 1.0
            when 'separators' then 0.95
            when 'alias' then 0.95
            when 'utm_id' then 0.95
            when 'unique_typo' then 0.8
            when 'asset' then 0.7
            when 'system' then 0.7
            when 'landing_page' then 0.6
        end as double
    ) as repair_confidence
from repaired
