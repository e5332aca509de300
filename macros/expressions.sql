{# Expressions used three times or more. Each takes expressions and returns one expression. #}

{# True when any row of the group is true; bool_or does not exist on every engine. #}
{% macro bool_max(expression) %}(max(case when {{ expression }} then 1 else 0 end) = 1){% endmacro %}

{# A stable 32-character key of several text values; NULL and '' differ, and no value can imitate the separator. #}
{% macro text_hash(expressions) -%}
    {%- set parts = [] -%}
    {%- for expression in expressions -%}
        {%- do parts.append("coalesce(replace(cast(" ~ expression ~ " as " ~ dbt.type_string() ~ "), '|', '||'), '|n')") -%}
    {%- endfor -%}
    {{ dbt.hash(parts | join(" || '|,' || ")) }}
{%- endmacro %}

{# Last second of a day in a zone, as UTC: a CRM date stands for the whole day. #}
{% macro end_of_day_utc(day, timezone) -%}
    {{ local_to_utc("(cast(" ~ day ~ " as timestamp) + interval '86399' second)", timezone) }}
{%- endmacro %}

{# Host of a URL or of a bare website, lower case, without port, user or `www.`. #}
{% macro url_host(url) -%}
    {{ regex_replace(regex_extract("lower(trim(" ~ url ~ "))", "^(?:[a-z][a-z0-9+.-]*://)?(?:[^/?#@]*@)?([^/:?#\\s]+)"), "^www[0-9]?[.]", "") }}
{%- endmacro %}

{#
    The part of a host that one organisation registers: `shop.acme.co.uk` -> `acme.co.uk`. Two labels,
    or three under the second-level suffixes that countries use. NULL for hosts without a dot.
#}
{% macro registrable_domain(host) -%}
    {{ regex_extract(host, "([^.@/\\s]+[.](?:(?:ac|co|com|edu|go|gob|gov|gouv|mil|ne|net|or|org|asso|nom|ltd|plc|sch|nhs|id|asn|govt|gen|firm|ind|web|biz)[.][a-z]{2}|[^.@/\\s]*[^.@/\\s0-9][^.@/\\s]*))[.]?$") }}
{%- endmacro %}

{# URL without query and fragment, which may hold personal data. #}
{% macro url_without_query(url) -%}
    {{ regex_extract("trim(" ~ url ~ ")", "^([^?#]+)") }}
{%- endmacro %}

{#
    Company name for comparison: lower case, no accents, no punctuation, no legal form, no leading "the".
    Scripts without Latin letters are kept as they are. NULL when nothing is left.
#}
{% macro normalised_name(name) -%}
    {%- set plain = regex_replace(strip_accents("lower(trim(" ~ name ~ "))"), "[^[:alnum:]]+", " ") -%}
    nullif(trim({{ normalised_name_words(plain) }}), '')
{%- endmacro %}

{# Legal forms removed twice, since neighbours share a blank ("gmbh co kg"). #}
{% macro normalised_name_words(plain) -%}
    {%- set forms = " (?:inc|incorporated|corp|corporation|co|company|ltd|limited|llc|llp|lp|plc|pty|gmbh|mbh|ag|kg|kgaa|ohg|ug|se|sa|sas|sarl|srl|spa|bv|nv|ab|as|asa|oy|oyj|aps|kk|sl|slu|the|und|and) " -%}
    {{ regex_replace(regex_replace(regex_replace("(' ' || " ~ plain ~ " || ' ')", forms, " "), forms, " "), " +", " ") }}
{%- endmacro %}

{# A name as campaigns, assets and partners are compared: lower case, blanks, `_` and `-` alike. #}
{% macro campaign_slug(name) -%}
    nullif(trim({{ regex_replace("lower(trim(" ~ name ~ "))", "[\\s_-]+", "-") }}, '-'), '')
{%- endmacro %}

{# UTM value as compared: trimmed, lower case; the usual ways to say "nothing" are NULL. #}
{% macro utm_value(value) -%}
    case
        when lower(trim({{ value }})) in ('', '(not set)', '(not provided)', 'undefined', 'null', 'none', 'n/a', '(none)') then null
        else lower(trim({{ value }}))
    end
{%- endmacro %}

{# Sum of shares that does not depend on row order: in whole billionths. Shares below 5e-10 vanish. #}
{% macro sum_shares(share) -%}
    cast(sum(cast(round({{ share }} * 1000000000) as {{ dbt.type_bigint() }})) as double) / 1000000000
{%- endmacro %}

{# Whole cents as an amount. #}
{% macro cents_to_amount(cents) -%}
    cast(cast({{ cents }} as decimal(18, 0)) * cast(0.01 as decimal(3, 2)) as decimal(18, 2))
{%- endmacro %}

{# Amount as a ratio of two amounts, NULL when the base is zero or missing. #}
{% macro ratio(part, base) -%}
    cast({{ part }} as double) / nullif(cast({{ base }} as double), 0)
{%- endmacro %}

{# Which of the grouping columns a row of a CUBE keeps, as "partner,channel"; the `_id` is left off. #}
{% macro dimension_list(columns) -%}
    ltrim(
        {%- for column in columns %}
        case when grouping({{ column }}) = 0 then ',{{ column | replace("_id", "") }}' else '' end{{ ' ||' if not loop.last }}
        {%- endfor %},
        ','
    )
{%- endmacro %}

{# Text as one cell of a CSV line, quoted where it has to be: for lines that people paste into a seed. #}
{% macro csv_cell(text) -%}
    case
        when {{ text }} like '%,%' or {{ text }} like '%"%'
            then '"' || replace({{ text }}, '"', '""') || '"'
        else {{ text }}
    end
{%- endmacro %}

{# Regular expression that only this value matches; empty for NULL, which in a rule means "any". #}
{% macro exact_pattern(value) -%}
    coalesce('^' || replace(replace(replace({{ value }}, '.', '[.]'), '(', '[(]'), ')', '[)]') || '$', '')
{%- endmacro %}

{# The interval of a row, from a join with rpt_credit_intervals that may find nothing: no credit, no wins. #}
{% macro interval_columns(relation) -%}
    coalesce({{ relation }}.winning_accounts, 0) as winning_accounts,
    coalesce({{ relation }}.interval_status, 'suppressed') as interval_status,
    {{ relation }}.conversions_lower,
    {{ relation }}.conversions_upper,
    {{ relation }}.amount_lower,
    {{ relation }}.amount_upper,
    {{ relation }}.share_lower,
    {{ relation }}.share_upper
{%- endmacro %}

{# Bucket of an account: accounts of one bucket vary together when intervals are made. #}
{% macro account_bucket(account) -%}
    {{ hash_bucket(dbt.string_literal(dbt.escape_single_quotes(var('interval_seed') ~ ':')) ~ " || " ~ account, var('interval_buckets')) }}
{%- endmacro %}
