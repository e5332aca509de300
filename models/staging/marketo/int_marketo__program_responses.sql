with

statuses as (

    select
        *,
        lower(trim(status)) as status_label

    from {{ ref('int_marketo__program_statuses') }}

),

programs as (

    select
        *,
        lower(coalesce(program_channel, '') || ' ' || coalesce(program_type, '')) as program_kind

    from {{ ref('stg_marketo__program') }}

),

described as (

    select
        statuses.*,
        programs.program_channel,
        coalesce(programs.program_name, statuses.program_name) as known_program_name,
        coalesce({{ regex_matches('programs.program_kind', "'webinar|webcast'") }}, false) as is_webinar,
        {{ regex_matches('statuses.status_label', "'no[ -]?show|not attend|cancel|declin|wait'") }}
            as stayed_away

    from statuses

    left join programs
        on
            statuses.feed_id = programs.feed_id
            and statuses.program_id = programs.program_id

),

-- NULL = nothing that the person did: invited, sent, on list, no show.
typed as (

    select
        *,
        case
            when stayed_away then null
            when {{ regex_matches('status_label', "'attend|on[ -]?demand|watched'") }}
                then case when is_webinar then 'webinar_attended' else 'event_attended' end
            when {{ regex_matches('status_label', "'regist|rsvp|signed up'") }}
                then case when is_webinar then 'webinar_registered' else 'event_registered' end
            when {{ regex_matches('status_label', "'download|viewed'") }} then 'content_download'
            when {{ regex_matches('status_label', "'fill.* form|form fill|submitted'") }} then 'form_fill'
            when {{ regex_matches('status_label', "'meeting'") }} and is_success then 'meeting'
            when is_success then 'campaign_response'
        end as touch_type

    from described

),

final as (

    select * from typed

    where touch_type is not null

)

select * from final
