{#
    Dialect-specific expressions, and nothing else. Each macro takes SQL expressions, returns one
    SQL expression, and has the DuckDB spelling as `duckdb__`; another engine adds its own beside it.
    Everything outside this folder must transpile (python/tests/test_portability.py).
#}

{# Integer division of non-negative integers, rounding down. #}
{% macro int_div(dividend, divisor) %}{{ return(adapter.dispatch('int_div')(dividend, divisor)) }}{% endmacro %}
{% macro default__int_div(dividend, divisor) %}cast(round(({{ dividend }} - mod({{ dividend }}, {{ divisor }})) / {{ divisor }}) as bigint){% endmacro %}
{% macro duckdb__int_div(dividend, divisor) %}(({{ dividend }}) // ({{ divisor }})){% endmacro %}
{% macro spark__int_div(dividend, divisor) %}(({{ dividend }}) div ({{ divisor }})){% endmacro %}
{% macro bigquery__int_div(dividend, divisor) %}div({{ dividend }}, {{ divisor }}){% endmacro %}

{# First match of a pattern's group, NULL when there is none. #}
{% macro regex_extract(expression, pattern, group=1) %}{{ return(adapter.dispatch('regex_extract')(expression, pattern, group)) }}{% endmacro %}
{% macro default__regex_extract(expression, pattern, group) %}nullif(regexp_extract({{ expression }}, '{{ pattern }}', {{ group }}), ''){% endmacro %}
{% macro spark__regex_extract(expression, pattern, group) %}nullif(regexp_extract({{ expression }}, r'{{ pattern }}', {{ group }}), ''){% endmacro %}
{% macro snowflake__regex_extract(expression, pattern, group) %}nullif(regexp_substr({{ expression }}, '{{ pattern | replace("\\", "\\\\") }}', 1, 1, 'e', {{ group }}), ''){% endmacro %}
{% macro bigquery__regex_extract(expression, pattern, group) %}nullif(regexp_extract({{ expression }}, r'{{ pattern }}'), ''){% endmacro %}

{# Whether a pattern occurs anywhere in the text. `pattern` is a quoted literal or a column. #}
{% macro regex_matches(expression, pattern) %}{{ return(adapter.dispatch('regex_matches')(expression, pattern)) }}{% endmacro %}
{% macro default__regex_matches(expression, pattern) %}regexp_like({{ expression }}, {{ pattern }}){% endmacro %}
{% macro duckdb__regex_matches(expression, pattern) %}regexp_matches({{ expression }}, {{ pattern }}){% endmacro %}
{% macro bigquery__regex_matches(expression, pattern) %}regexp_contains({{ expression }}, {{ pattern }}){% endmacro %}

{# Every match replaced. #}
{% macro regex_replace(expression, pattern, replacement) %}{{ return(adapter.dispatch('regex_replace')(expression, pattern, replacement)) }}{% endmacro %}
{% macro default__regex_replace(expression, pattern, replacement) %}regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}'){% endmacro %}
{% macro duckdb__regex_replace(expression, pattern, replacement) %}regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}', 'g'){% endmacro %}

{# Percent-decoded value of a query parameter, NULL when absent or empty. `name` is plain text. #}
{% macro url_parameter(url, name) %}{{ return(adapter.dispatch('url_parameter')(url, name)) }}{% endmacro %}
{% macro default__url_parameter(url, name) %}nullif(parse_url({{ url }}, 'QUERY', '{{ name }}'), ''){% endmacro %}
{# A broken percent sequence stays as it was typed; it must not stop a build. #}
{% macro duckdb__url_parameter(url, name) %}nullif(coalesce(try(url_decode(replace(regexp_extract({{ url }}, '[?&]{{ name }}=([^&#]*)', 1), '+', ' '))), regexp_extract({{ url }}, '[?&]{{ name }}=([^&#]*)', 1)), ''){% endmacro %}

{# Text without accents: "Müller" -> "Muller". #}
{% macro strip_accents(expression) %}{{ return(adapter.dispatch('strip_accents')(expression)) }}{% endmacro %}
{% macro default__strip_accents(expression) %}{{ expression }}{% endmacro %}
{% macro duckdb__strip_accents(expression) %}strip_accents({{ expression }}){% endmacro %}
{% macro bigquery__strip_accents(expression) %}regexp_replace(normalize({{ expression }}, NFD), r'\pM', ''){% endmacro %}

{# SHA-256 of UTF-8 text, lower-case hex. #}
{% macro sha256_hex(expression) %}{{ return(adapter.dispatch('sha256_hex')(expression)) }}{% endmacro %}
{% macro default__sha256_hex(expression) %}sha2({{ expression }}, 256){% endmacro %}
{% macro duckdb__sha256_hex(expression) %}sha256({{ expression }}){% endmacro %}
{% macro bigquery__sha256_hex(expression) %}to_hex(sha256({{ expression }})){% endmacro %}

{#
    HMAC-SHA-256 of text under the collaboration's key, lower-case hex. On DuckDB the padded key
    sits in two session variables set by feeds/email_token.py, so that it never appears in SQL,
    logs or artifacts; elsewhere keep it in a secret-backed function named email_token.
#}
{% macro keyed_hash(expression) %}{{ return(adapter.dispatch('keyed_hash')(expression)) }}{% endmacro %}
{% macro default__keyed_hash(expression) %}email_token({{ expression }}){% endmacro %}
{% macro duckdb__keyed_hash(expression) %}sha256(getvariable('email_key_outer') || from_hex(sha256(getvariable('email_key_inner') || encode({{ expression }})))){% endmacro %}

{# Base64 text of 32 bytes as lower-case hex, for schemes that deliver base64 (Google, UID2). #}
{% macro base64_to_hex(expression) %}{{ return(adapter.dispatch('base64_to_hex')(expression)) }}{% endmacro %}
{% macro default__base64_to_hex(expression) %}lower(hex(unbase64({{ expression }}))){% endmacro %}
{% macro duckdb__base64_to_hex(expression) %}lower(hex(from_base64({{ expression }}))){% endmacro %}

{# Wall-clock time in a named zone -> UTC. A time in a DST gap moves forward, one in a fold is the first. #}
{% macro local_to_utc(timestamp, timezone) %}{{ return(adapter.dispatch('local_to_utc')(timestamp, timezone)) }}{% endmacro %}
{% macro default__local_to_utc(timestamp, timezone) %}to_utc_timestamp({{ timestamp }}, {{ timezone }}){% endmacro %}
{% macro duckdb__local_to_utc(timestamp, timezone) %}timezone('UTC', timezone({{ timezone }}, {{ timestamp }})){% endmacro %}
{% macro snowflake__local_to_utc(timestamp, timezone) %}convert_timezone({{ timezone }}, 'UTC', {{ timestamp }}){% endmacro %}

{# UTC -> wall-clock time in a named zone. #}
{% macro utc_to_local(timestamp, timezone) %}{{ return(adapter.dispatch('utc_to_local')(timestamp, timezone)) }}{% endmacro %}
{% macro default__utc_to_local(timestamp, timezone) %}from_utc_timestamp({{ timestamp }}, {{ timezone }}){% endmacro %}
{% macro duckdb__utc_to_local(timestamp, timezone) %}timezone({{ timezone }}, timezone('UTC', {{ timestamp }})){% endmacro %}
{% macro snowflake__utc_to_local(timestamp, timezone) %}convert_timezone('UTC', {{ timezone }}, {{ timestamp }}){% endmacro %}

{# Microseconds since 1970 of a UTC timestamp: the integer time that attribution works on. #}
{% macro epoch_microseconds(timestamp) %}{{ return(adapter.dispatch('epoch_microseconds')(timestamp)) }}{% endmacro %}
{% macro default__epoch_microseconds(timestamp) %}unix_micros({{ timestamp }}){% endmacro %}
{% macro duckdb__epoch_microseconds(timestamp) %}epoch_us({{ timestamp }}){% endmacro %}
{% macro snowflake__epoch_microseconds(timestamp) %}date_part(epoch_microsecond, {{ timestamp }}){% endmacro %}

{# Insertions, deletions and replacements between two texts. DuckDB counts bytes, so compare plain ASCII only. #}
{% macro edit_distance(left, right) %}{{ return(adapter.dispatch('edit_distance')(left, right)) }}{% endmacro %}
{% macro default__edit_distance(left, right) %}levenshtein({{ left }}, {{ right }}){% endmacro %}
{% macro snowflake__edit_distance(left, right) %}editdistance({{ left }}, {{ right }}){% endmacro %}
{% macro bigquery__edit_distance(left, right) %}edit_distance({{ left }}, {{ right }}){% endmacro %}

{# Number from 0 to buckets - 1 of a text: its MD5, so every engine puts it in the same bucket. #}
{% macro hash_bucket(expression, buckets) %}{{ return(adapter.dispatch('hash_bucket')(expression, buckets)) }}{% endmacro %}
{% macro default__hash_bucket(expression, buckets) %}mod(cast(conv(substr(md5({{ expression }}), 1, 8), 16, 10) as bigint), {{ buckets }}){% endmacro %}
{% macro duckdb__hash_bucket(expression, buckets) %}mod(cast('0x' || substr(md5({{ expression }}), 1, 8) as bigint), {{ buckets }}){% endmacro %}
{% macro snowflake__hash_bucket(expression, buckets) %}mod(to_number(substr(md5({{ expression }}), 1, 8), 'XXXXXXXX'), {{ buckets }}){% endmacro %}
{% macro bigquery__hash_bucket(expression, buckets) %}mod(cast('0x' || substr(to_hex(md5({{ expression }})), 1, 8) as int64), {{ buckets }}){% endmacro %}
