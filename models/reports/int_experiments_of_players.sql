{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

experiments as (

    select * from {{ ref('experiments') }}

),

credits as (

    select distinct
        partner_id,
        channel
    from {{ ref('fct_attribution_credits') }}
    where milestone = 'closed_won' and partner_id not in ('unattributed', 'baseline')

),

as_of as (

    select as_of from {{ ref('int_as_of') }}

),

-- Evidence for a year after its last day. A test of one campaign says nothing of the whole channel,
-- and one without partner and channel nothing of anybody in particular.
recent as (

    select
        credits.partner_id,
        credits.channel,
        experiments.experiment_id,
        experiments.kind,
        experiments.ends_on,
        experiments.incremental_conversions,
        experiments.lower,
        experiments.upper,
        row_number() over (
            partition by credits.partner_id, credits.channel
            order by experiments.ends_on desc, experiments.experiment_id asc
        ) as newest_first
    from credits
    inner join experiments
        on
            credits.partner_id = coalesce(experiments.partner_id, credits.partner_id)
            and credits.channel = coalesce(experiments.channel, credits.channel)
    cross join as_of
    where
        experiments.campaign_id is null
        and (experiments.partner_id is not null or experiments.channel is not null)
        and experiments.ends_on <= as_of.as_of
        and experiments.ends_on > as_of.as_of - interval '365' day

)

select
    partner_id,
    channel,
    experiment_id,
    kind,
    ends_on,
    incremental_conversions,
    lower,
    upper
from recent
where newest_first = 1
