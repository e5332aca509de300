{#
    Touches that carry UTMs, and those that came by a link and should. Whatever decides how the UTMs
    are judged stands in the columns behind tuple_id, so that judging costs as much as there are tuples.
-#}
{%- set judged = ['partner_id', 'is_own_mailing', 'tag_state', 'campaign_ref', 'campaign_raw', 'asset_raw', 'page_url',
    'utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'utm_id'] -%}
{%- set written_by_tools = "('(none)', '(direct)', '(organic)', '(referral)')" -%}

with

touches as (

    select
        *,
        coalesce({{ utm_value('utm_campaign') }}, '(none)') not in {{ written_by_tools }}
        or coalesce({{ utm_value('utm_content') }}, '(none)') not in {{ written_by_tools }}
        or coalesce({{ utm_value('utm_id') }}, '(none)') not in {{ written_by_tools }}
        or coalesce({{ utm_value('utm_term') }}, '(none)') not in {{ written_by_tools }} as names_something,
        coalesce(trim(utm_source), '') || coalesce(trim(utm_medium), '') || coalesce(trim(utm_campaign), '')
        || coalesce(trim(utm_content), '') || coalesce(trim(utm_term), '') || coalesce(trim(utm_id), '') as everything
    from {{ ref('int_touches_unioned') }}

),

-- Source and medium that an analytics tool derived by itself are no tags.
tagged as (

    select
        *,
        case
            when names_something then 'tagged'
            when lower(trim(utm_source)) = '(direct)' or lower(trim(utm_medium)) = '(none)' then 'untagged'
            when lower(trim(utm_medium)) in ('organic', 'referral', 'social', 'ai-assistant') then 'derived'
            when everything <> '' then 'tagged'
            else 'untagged'
        end as tag_state
    from touches

),

-- The page and the system's own asset matter only where the UTMs say nothing.
narrowed as (

    select
        touch_id,
        touch_type,
        partner_id,
        touch_type = 'email_click' as is_own_mailing,
        tag_state,
        campaign_ref,
        campaign_raw,
        case when {{ utm_value('utm_content') }} is null then asset_raw end as asset_raw,
        case when tag_state = 'untagged' or {{ utm_value('utm_content') }} is null then page_url end as page_url,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        utm_id
    from tagged
    where tag_state = 'tagged' or (tag_state = 'untagged' and (page_url is not null or touch_type in ('email_click', 'ad_click')))

),

final as (

    select
        touch_id,
        {{ text_hash(judged) }} as tuple_id,
        {{ judged | join(',\n        ') }}
    from narrowed

)

select * from final
