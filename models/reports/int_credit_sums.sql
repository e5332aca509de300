{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

conversions as (

    select
        milestone,
        milestone_on,
        coalesce(account_id, person_id, conversion_id) as account_id,
        cast(round(amount * 100) as {{ dbt.type_bigint() }}) as amount_cents
    from {{ ref('fct_conversions') }}

),

windows as (

    select * from {{ ref('int_credit_windows') }}

),

scopes as (

    select * from {{ ref('int_credit_scopes') }}

),

wins as (

    select * from {{ ref('int_credit_wins') }}

),

places as (

    select * from {{ ref('int_credit_places') }}

),

views as (

    select distinct
        view_number,
        dimensions,
        kept_partner_id,
        kept_channel,
        kept_asset_id,
        kept_region
    from places

),

-- Summed per place before every place is looked at in sixteen ways.
summed as (

    select
        scope_number,
        method_number,
        place_number,
        sum(share_billionths) as share_billionths,
        sum(credit_cents) as credit_cents
    from {{ ref('int_credits_in_windows') }}
    group by scope_number, method_number, place_number

),

cells as (

    select
        summed.scope_number,
        summed.method_number,
        places.view_number,
        sum(summed.share_billionths) as share_billionths,
        sum(summed.credit_cents) as credit_cents
    from summed
    inner join places on summed.place_number = places.place_number
    group by summed.scope_number, summed.method_number, places.view_number

),

won as (

    select
        scopes.campaign_id,
        scopes.window_id,
        {{ method_of_number('cells.method_number') }} as method,
        scopes.milestone,
        views.dimensions,
        views.kept_partner_id as partner_id,
        views.kept_channel as channel,
        views.kept_asset_id as asset_id,
        views.kept_region as region,
        cells.share_billionths,
        cells.credit_cents,
        case cells.method_number
            {% for method in var('attribution_methods') %}
                when {{ loop.index0 }} then wins.accounts_{{ method }}
            {% endfor %}
        end as winning_accounts,
        case cells.method_number
            {% for method in var('attribution_methods') %}
                when {{ loop.index0 }} then wins.conversions_{{ method }}
            {% endfor %}
        end as conversions_touched
    from cells
    inner join scopes on cells.scope_number = scopes.scope_number
    inner join views on cells.view_number = views.view_number
    left join wins on cells.scope_number = wins.scope_number and cells.view_number = wins.view_number

),

methods as (

    select distinct
        method,
        milestone
    from {{ ref('int_credits_by_conversion') }}

),

-- Summed per span of days before campaigns and methods multiply the rows.
spans as (

    select distinct
        window_start,
        window_end
    from windows

),

deals as (

    select
        spans.window_start,
        spans.window_end,
        conversions.milestone,
        count(*) as conversions,
        sum(conversions.amount_cents) as amount_cents,
        count(distinct conversions.account_id) as winning_accounts
    from conversions
    inner join spans
        on
            conversions.milestone_on >= coalesce(spans.window_start, conversions.milestone_on)
            and conversions.milestone_on <= coalesce(spans.window_end, conversions.milestone_on)
    group by spans.window_start, spans.window_end, conversions.milestone

),

-- What a campaign's total is a share of: every conversion of the window, credited or not.
whole as (

    select
        windows.campaign_id,
        windows.window_id,
        methods.method,
        methods.milestone,
        'all_deals' as dimensions,
        '' as partner_id,
        '' as channel,
        '' as asset_id,
        '' as region,
        deals.conversions * cast(1000000000 as {{ dbt.type_bigint() }}) as share_billionths,
        deals.amount_cents as credit_cents,
        deals.winning_accounts,
        deals.conversions as conversions_touched
    from deals
    inner join methods on deals.milestone = methods.milestone
    inner join windows
        on
            coalesce(deals.window_start, date '1900-01-01') = coalesce(windows.window_start, date '1900-01-01')
            and coalesce(deals.window_end, date '1900-01-01') = coalesce(windows.window_end, date '1900-01-01')

)

select * from won
union all
select * from whole
