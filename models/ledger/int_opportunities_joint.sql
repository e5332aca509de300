{#-
    Whose book supplies a field: `primary`, `earliest`, `latest`, `highest`, `lowest`, or a partner_id.
    A book without the field is passed over; what is left of a tie goes to the better priority.
-#}
{%- set orders = {
    'primary': 'partner_rank',
    'earliest': 'created_at, partner_rank',
    'latest': 'created_at desc, partner_rank',
    'highest': 'amount desc, partner_rank',
    'lowest': 'amount, partner_rank',
} -%}
{%- set present = {
    'name': 'opportunity_name is not null',
    'stage': "stage <> 'unmapped'",
    'amount': 'amount is not null',
    'close': 'closed_at is not null or is_open',
    'campaign': 'campaign_id is not null',
    'owner': 'owner is not null',
    'created_at': 'created_at is not null',
} -%}

with

opportunities as (

    select * from {{ ref('int_opportunities_normalised') }}

),

books as (

    select * from {{ ref('int_opportunity_books') }}

),

partners as (

    select
        partner_id,
        row_number() over (order by ledger_priority, partner_id) as partner_rank
    from {{ ref('int_partners') }}

),

opportunity_accounts as (

    select * from {{ ref('int_opportunities_with_account') }}

),

accounts as (

    select * from {{ ref('int_accounts_resolved') }}

),

versions as (

    select
        books.opportunity_id,
        books.is_primary,
        partners.partner_rank,
        accounts.account_id,
        opportunities.*
    from books
    inner join opportunities on books.opportunity_key = opportunities.opportunity_key
    inner join partners on books.partner_id = partners.partner_id
    inner join opportunity_accounts on books.opportunity_key = opportunity_accounts.opportunity_key
    inner join accounts on opportunity_accounts.account_key = accounts.account_key

),

ranked as (

    select
        {% for field, rule in var('survivorship').items() -%}
            row_number() over (
                partition by opportunity_id
                order by
                    case when {{ present[field] }} then 0 else 1 end,
                    {{ orders.get(rule, "case when partner_id = '" ~ rule ~ "' then 0 else 1 end, partner_rank") }}
            ) as {{ field }}_choice,
        {% endfor -%}
        *
    from versions

),

final as (

    select
        opportunity_id,
        max(case when is_primary then account_id end) as account_id,
        max(case when is_primary then partner_id end) as primary_partner_id,
        max(case when name_choice = 1 then opportunity_name end) as opportunity_name,
        max(case when stage_choice = 1 then stage end) as stage,
        {{ bool_max('stage_choice = 1 and is_open') }} as is_open,
        {{ bool_max('stage_choice = 1 and is_won') }} as is_won,
        {{ bool_max('stage_choice = 1 and is_lost') }} as is_lost,
        max(case when amount_choice = 1 then amount end) as amount,
        max(case when amount_choice = 1 then amount_status end) as amount_status,
        max(case when amount_choice = 1 then delivered_amount end) as delivered_amount,
        max(case when amount_choice = 1 then delivered_currency end) as delivered_currency,
        max(case when amount_choice = 1 then fx_rate end) as fx_rate,
        max(case when amount_choice = 1 then fx_rate_date end) as fx_rate_date,
        max(case when amount_choice = 1 then fx_rate_source end) as fx_rate_source,
        max(case when amount_choice = 1 then partner_id end) as amount_partner_id,
        max(case when created_at_choice = 1 then created_at end) as created_at,
        case
            when not {{ bool_max('stage_choice = 1 and is_open') }}
                then max(case when close_choice = 1 then closed_at end)
        end as closed_at,
        max(case when close_choice = 1 then close_date end) as close_date,
        max(case when campaign_choice = 1 then campaign_id end) as campaign_id,
        max(case when owner_choice = 1 then owner end) as owner,
        count(*) as book_count
    from ranked
    group by opportunity_id

)

select * from final
