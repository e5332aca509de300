{#
    The settings that this build ran with. Add a var to dbt_project.yml and its line here.
#}
{%- set settings = [
    ('reporting_currency', 'ISO 4217', 'Every amount in marts and reports is in this currency.'),
    ('as_of', 'date', 'What "now" means for windows, open deals and pace.'),
    ('agreed_method', 'method id', 'What multi-touch resolves to unless the campaign names another.'),
    ('attribution_methods', 'method ids', 'Methods that ran.'),
    ('position_weights', 'shares', 'Weights of first touch, last touch and all middle touches.'),
    ('u_shaped_weights', 'shares', 'Shares of first touch, lead touch and all others.'),
    ('w_shaped_weights', 'shares', 'Shares of first, lead and opportunity touch and all others.'),
    ('full_path_weights', 'shares', 'Shares of first, lead, opportunity and close touch and all others.'),
    ('custom_by', 'channel or touch_type', 'By what the method custom weighs touches (seeds/method_weights.csv).'),
    ('custom_other_weight', 'weight', 'Weight of what seeds/method_weights.csv leaves out.'),
    ('half_life_days', 'days', 'Age at which a touch weighs half as much under time_decay.'),
    ('player_dimension', 'channel, partner, partner_channel, campaign or asset', 'Whom Markov and Shapley methods compare.'),
    ('markov_order', 'touches or auto', 'How many touches the Markov chain remembers.'),
    ('journey_cutoff', 'opportunity_created or milestone', 'Where a journey ends.'),
    ('lead_milestones', 'milestones', 'Milestones of people that count beside those of deals.'),
    ('lookback_days', 'days', 'How far before the cut-off a touch may lie.'),
    ('lookback_days_by_method', 'days', 'Shorter lookbacks of single methods.'),
    ('lookback_unit', 'exact or calendar_days', 'Whether the first day of the lookback counts whole.'),
    ('path_transform', 'transforms', 'Touches that are taken out of a journey before it is shared.'),
    ('journey_people', 'account, contact_roles or primary_contact', 'Whose touches make a journey.'),
    ('fx_max_age_days', 'days', 'How old a daily FX rate may be.'),
    ('fx_max_leap', 'share', 'A daily FX rate that moved by more is not used unless later rates confirm it.'),
    ('reconciliation_tolerance', 'share', 'Difference between two books that has to be settled.'),
    ('unmapped_tolerance', 'share', 'More unmapped money than this is a failure, less is a warning.'),
    ('deal_match_amount_tolerance', 'share', 'How close two amounts must lie to be one deal.'),
    ('deal_match_days', 'days', 'How close two creation dates must lie to be one deal.'),
    ('survivorship', 'book per field', 'Whose version of a shared deal leads.'),
    ('shared_mailbox_people', 'people', 'An address on more people of one feed is a shared mailbox.'),
    ('shared_domain_accounts', 'accounts', 'A domain on more accounts of one feed is a host, not a company.'),
    ('interval_level', 'share', 'How many of the intervals should hold the expected credit.'),
    ('interval_seed', 'text', 'Which accounts share a bucket.'),
    ('interval_buckets', 'buckets', 'Groups of accounts that intervals are made from.'),
    ('causal_interval_groups', 'groups', 'Groups of accounts that causal methods are fitted without for their intervals.'),
    ('interval_min_wins', 'wins', 'Fewer winning accounts have no interval.'),
    ('interval_low_wins', 'wins', 'Fewer winning accounts are a low sample.'),
    ('channel_rule_version', 'version', 'Rules that named the channels.'),
    ('utm_repair_min_confidence', 'share', 'From this confidence on a repaired UTM value is believed.'),
    ('report_windows', 'windows', 'Windows reported for every campaign.'),
] -%}

with

settings as (

    {% for setting, unit, effect in settings %}
        select
            '{{ setting }}' as setting,
            {% if setting == 'as_of' -%}
                (select cast(as_of as {{ dbt.type_string() }}) from {{ ref('int_as_of') }})
            {%- else -%}
                {{ dbt.string_literal(dbt.escape_single_quotes(var(setting) if var(setting) is string else tojson(var(setting)))) }}
            {%- endif %} as value,
            '{{ unit }}' as unit,
            '{{ effect }}' as effect,
            {{ loop.index }} as setting_order
        {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    setting,
    cast(value as {{ dbt.type_string() }}) as value,
    unit,
    effect,
    cast(setting_order as {{ dbt.type_bigint() }}) as setting_order
from settings
