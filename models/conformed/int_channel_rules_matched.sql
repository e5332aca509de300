with

touches as (

    select * from {{ ref('int_touches_unioned') }}

),

repaired as (

    select * from {{ ref('int_utm_values_repaired') }}

),

rules as (

    -- A blank cell of the seed stands for "any".
    select
        rule_order,
        channel,
        nullif(has_utm, '') as has_utm,
        nullif(touch_type_pattern, '') as touch_type_pattern,
        nullif(medium_pattern, '') as medium_pattern,
        nullif(source_pattern, '') as source_pattern,
        nullif(source_category, '') as source_category,
        nullif(campaign_pattern, '') as campaign_pattern
    from {{ ref('channel_rules') }}
    where rule_version = '{{ var("channel_rule_version") }}'

),

source_categories as (

    select * from {{ ref('source_categories') }}

),

channels as (

    select * from {{ ref('channels') }}

),

channel_aliases as (

    select * from {{ ref('channel_aliases') }}

),

-- Rules are tried on distinct combinations, so their cost does not grow with touches.
combinations as (

    select distinct
        touches.touch_type,
        coalesce(touches.channel_raw, '') as channel_raw,
        coalesce(repaired.utm_source, touches.utm_source, '') as utm_source,
        coalesce(repaired.utm_medium, touches.utm_medium, '') as utm_medium,
        coalesce(repaired.typed_utm_campaign, touches.utm_campaign, '') as utm_campaign
    from touches
    left join repaired on touches.touch_id = repaired.touch_id

),

normalised as (

    select
        *,
        lower(trim(channel_raw)) as channel_name,
        {{ utm_value('utm_source') }} as source,
        case when lower(trim(utm_medium)) in ('(none)', '(not set)') then lower(trim(utm_medium)) else {{ utm_value('utm_medium') }} end as medium,
        {{ utm_value('utm_campaign') }} as campaign
    from combinations

),

named as (

    select
        normalised.*,
        coalesce(channels.channel, channel_aliases.channel) as delivered_channel,
        coalesce(by_name.source_category, by_brand.source_category) as source_category,
        case
            when normalised.source is null and {{ utm_value('normalised.medium') }} is null and normalised.campaign is null then 'no'
            else 'yes'
        end as has_utm
    from normalised
    left join channels on replace(replace(normalised.channel_name, ' ', '_'), '-', '_') = channels.channel
    left join channel_aliases on normalised.channel_name = channel_aliases.alias
    -- Google's list names sites partly by host, partly by brand: www.google.de is google.
    left join source_categories as by_name on normalised.source = by_name.source
    left join source_categories as by_brand
        on {{ regex_extract(registrable_domain('normalised.source'), '^([^.]+)[.]') }} = by_brand.source

),

matched as (

    select
        named.touch_type,
        named.channel_raw,
        named.utm_source,
        named.utm_medium,
        named.utm_campaign,
        named.channel_name,
        named.delivered_channel,
        rules.channel as rule_channel,
        rules.rule_order,
        row_number() over (
            partition by named.touch_type, named.channel_raw, named.utm_source, named.utm_medium, named.utm_campaign
            order by rules.rule_order
        ) as rule_rank
    from named
    left join rules
        on
            (rules.has_utm is null or rules.has_utm = named.has_utm)
            and (rules.touch_type_pattern is null or {{ regex_matches('named.touch_type', 'rules.touch_type_pattern') }})
            and (rules.source_category is null or rules.source_category = named.source_category)
            and (rules.medium_pattern is null or {{ regex_matches("coalesce(named.medium, '')", 'rules.medium_pattern') }})
            and (rules.source_pattern is null or {{ regex_matches("coalesce(named.source, '')", 'rules.source_pattern') }})
            and (rules.campaign_pattern is null or {{ regex_matches("coalesce(named.campaign, '')", 'rules.campaign_pattern') }})

)

-- A channel that the partner delivers by a known name stands; one that nobody knows is unmapped
-- unless a rule explains the touch.
select
    touch_type,
    channel_raw,
    utm_source,
    utm_medium,
    utm_campaign,
    case
        when delivered_channel is not null then delivered_channel
        when rule_channel is not null then rule_channel
        when channel_name <> '' then 'unmapped'
        else 'unassigned'
    end as channel,
    case
        when delivered_channel is not null then 'delivered'
        when rule_channel is not null
            then '{{ var("channel_rule_version") }}/' || cast(rule_order as {{ dbt.type_string() }})
        else 'no rule'
    end as channel_rule
from matched
where rule_rank = 1
