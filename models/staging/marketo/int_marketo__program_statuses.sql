with

status_changes as (

    select * from {{ ref('stg_marketo__activity_change_status_in_progression') }}

),

memberships as (

    select * from {{ ref('stg_marketo__program_membership') }}

    where not is_deleted

),

logged_members as (

    select distinct
        feed_id,
        program_id,
        lead_id

    from status_changes

),

-- A membership knows only its latest status, so it speaks where the activity log has nothing.
final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        activity_id as response_id,
        lead_id,
        program_id,
        program_name,
        new_status as status,
        is_success,
        changed_at as responded_at

    from status_changes

    where old_status is null or old_status <> new_status

    union all

    select
        memberships.partner_id,
        memberships.feed_id,
        memberships.delivered_at,
        'program_member:' || memberships.program_id || ':' || memberships.lead_id as response_id,
        memberships.lead_id,
        memberships.program_id,
        cast(null as {{ dbt.type_string() }}) as program_name,
        memberships.progression_status as status,
        memberships.has_reached_success as is_success,
        coalesce(memberships.reached_success_at, memberships.joined_at) as responded_at

    from memberships

    left join logged_members
        on
            memberships.feed_id = logged_members.feed_id
            and memberships.program_id = logged_members.program_id
            and memberships.lead_id = logged_members.lead_id

    where logged_members.lead_id is null

)

select * from final
