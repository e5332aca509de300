with

findings as (

    select * from {{ ref('int_utm_findings') }}

),

owners as (

    select
        scope_id as partner_id,
        min(owner) as owner
    from {{ ref('owners') }}
    where scope = 'partner' and role = 'partner_marketer'
    group by scope_id

),

-- One value to show: of a parameter that can be repaired, the most frequent.
examples as (

    select
        campaign_id,
        partner_id,
        finding,
        severity,
        parameter,
        raw_value,
        repaired_value,
        row_number() over (
            partition by campaign_id, partner_id, finding
            order by
                case when repaired_value is null then 1 else 0 end,
                count(*) desc,
                parameter,
                coalesce(raw_value, ''),
                coalesce(repaired_value, '')
        ) as example_rank
    from findings
    group by campaign_id, partner_id, finding, severity, parameter, raw_value, repaired_value

),

final as (

    select
        examples.campaign_id,
        examples.partner_id,
        examples.finding,
        examples.severity,
        examples.parameter,
        examples.raw_value,
        case
            when examples.finding in ('padded', 'miscased', 'separators', 'alias', 'typo')
                then 'Type ' || examples.parameter || '=' || examples.repaired_value || '.'
            when examples.finding = 'stripped'
                then 'Tag the link, and see that no redirect or link shortener drops its parameters.'
            when examples.finding = 'missing_required'
                then 'Add ' || examples.parameter || coalesce('=' || examples.repaired_value, '') || ' to the link.'
            when examples.finding = 'placeholder'
                then 'Fill ' || examples.parameter || coalesce('=' || examples.repaired_value, '') || ' before sending.'
            when examples.finding = 'foreign'
                then 'Type a ' || examples.parameter || ' of the partner who places the link; this one is agreed for another.'
            when examples.finding = 'mixed'
                then 'Let all parameters name one campaign; ' || examples.parameter || ' names another.'
            when examples.finding = 'personal_data' then 'Take the address out of ' || examples.parameter || '.'
            when examples.campaign_id = 'unmapped'
                then
                    'Type an agreed value, or add to seeds/campaign_aliases.csv: <campaign_id>,'
                    || coalesce(examples.raw_value, '') || ',' || examples.partner_id
            else
                'Type an agreed value, or add to seeds/utm_contract.csv: ' || examples.campaign_id || ','
                || examples.partner_id || ',' || examples.parameter || ',' || coalesce(examples.raw_value, '') || ',true,'
        end
        || ' Tell ' || coalesce(owners.owner || ' (' || examples.partner_id || ')', examples.partner_id) || '.' as fix
    from examples
    left join owners on examples.partner_id = owners.partner_id
    where examples.example_rank = 1

)

select * from final
