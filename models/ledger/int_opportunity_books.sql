{#- A book follows its match to a partner of better priority, and that one's: 8 steps at most. -#}
{%- set hops = [2, 4, 8] -%}

with

opportunities as (

    select * from {{ ref('int_opportunities_normalised') }}

),

matches as (

    select * from {{ ref('int_opportunities_matched') }}
    where status = 'accepted'

),

partners as (

    select
        partner_id,
        row_number() over (order by ledger_priority, partner_id) as partner_rank
    from {{ ref('int_partners') }}

),

matched_books as (

    select
        matches.*,
        left_partner.partner_rank as left_rank,
        right_partner.partner_rank as right_rank,
        case
            when left_partner.partner_rank < right_partner.partner_rank
                then matches.left_opportunity_key
            else matches.right_opportunity_key
        end as parent_key,
        case
            when left_partner.partner_rank < right_partner.partner_rank
                then matches.right_opportunity_key
            else matches.left_opportunity_key
        end as opportunity_key
    from matches
    inner join partners as left_partner on matches.left_partner_id = left_partner.partner_id
    inner join partners as right_partner on matches.right_partner_id = right_partner.partner_id

),

ranked_parents as (

    select
        *,
        row_number() over (
            partition by opportunity_key order by score desc, least(left_rank, right_rank)
        ) as preference
    from matched_books

),

hops_1 as (

    select
        opportunity_key,
        parent_key
    from ranked_parents
    where preference = 1

),
{% for hop in hops %}
    hops_{{ hop }} as (

        select
            near.opportunity_key,
            coalesce(far.parent_key, near.parent_key) as parent_key
        from hops_{{ hop // 2 }} as near
        left join hops_{{ hop // 2 }} as far on near.parent_key = far.opportunity_key

    ),
{% endfor %}
grouped as (

    select
        opportunities.opportunity_key,
        opportunities.partner_id,
        coalesce(hops_{{ hops | last }}.parent_key, opportunities.opportunity_key) as primary_key,
        parents.match_rule,
        parents.match_evidence,
        parents.match_confidence,
        row_number() over (
            partition by
                coalesce(hops_{{ hops | last }}.parent_key, opportunities.opportunity_key),
                opportunities.partner_id
            order by
                case when hops_{{ hops | last }}.parent_key is null then 0 else 1 end,
                case when hops_{{ hops | last }}.parent_key = parents.parent_key then 0 else 1 end,
                parents.score desc,
                opportunities.opportunity_key asc
        ) as book_of_partner
    from opportunities
    left join ranked_parents as parents
        on opportunities.opportunity_key = parents.opportunity_key and parents.preference = 1
    left join hops_{{ hops | last }}
        on opportunities.opportunity_key = hops_{{ hops | last }}.opportunity_key

),

-- A deal has one book per partner: a second one that arrived through a third partner stays alone.
final as (

    select
        opportunity_key,
        case when book_of_partner = 1 then primary_key else opportunity_key end as opportunity_id,
        partner_id,
        book_of_partner > 1 or primary_key = opportunity_key as is_primary,
        case
            when book_of_partner > 1 then 'second_book_of_partner'
            else coalesce(match_rule, 'own_record')
        end as match_rule,
        coalesce(match_evidence, 'no match with a partner of better priority') as match_evidence,
        case when book_of_partner > 1 then 0.5 else coalesce(match_confidence, 1.0) end
            as match_confidence
    from grouped

)

select * from final
