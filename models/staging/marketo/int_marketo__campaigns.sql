with

programs as (

    select * from {{ ref('stg_marketo__program') }}

),

final as (

    select
        partner_id,
        feed_id,
        delivered_at,
        program_id as source_campaign_id,
        program_name as campaign_name,
        program_channel as campaign_type,
        start_on,
        end_on,
        cast(null as {{ dbt.type_string() }}) as parent_source_campaign_id

    from programs

    where not is_deleted

)

select * from final
