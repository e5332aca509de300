{#
    E-mail addresses become keyed hashes here, in staging, and nowhere else (docs/privacy.md).
    A key is HMAC-SHA-256 under the collaboration's secret of the SHA-256 that the named scheme
    prescribes, so plain and already hashed deliveries meet in the same key.
#}

{#
    Address as a scheme normalises it, NULL when it is not an address or a mailbox that several people
    read (info@, sales@, ...), which is nobody's identity. Schemes: docs/privacy.md.
#}
{% macro normalised_email(email, scheme) -%}
    {%- set lowered = "lower(trim(" ~ email ~ "))" -%}
    {%- if scheme == 'lower_trim' -%}
        {%- set address = lowered -%}
    {%- elif scheme == 'google' -%}
        {%- set unspaced = regex_replace(lowered, "\\s+", "") -%}
        {%- set local = "replace(" ~ regex_extract(unspaced, "^([^@+]*)") ~ ", '.', '')" -%}
        {%- set address = "case when " ~ regex_matches(unspaced, "'@(gmail|googlemail)[.]com$'") ~ " then " ~ local ~ " || " ~ regex_extract(unspaced, "(@[^@]*)$") ~ " else " ~ unspaced ~ " end" -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error("Unknown e-mail hash scheme '" ~ scheme ~ "'. Known: lower_trim, google. Add it to macros/identity.sql.") }}
    {%- endif -%}
    {%- set shared = "'^(info|sales|contact|contacts|office|admin|administration|hello|hi|support|help|helpdesk|service|team|marketing|press|media|billing|invoices?|accounts?|accounting|finance|purchasing|procurement|orders|hr|jobs|careers|mail|email|post|reception|enquir(y|ies)|inquir(y|ies)|webmaster|postmaster|no-?reply|newsletter|kontakt|einkauf|vertrieb|buero|zentrale|rechnung|contacto|ventas|compras|contato|comercial|vendas|accueil|commercial|achats)@'" -%}
    case
        when {{ regex_matches(lowered, "'^[^@]+@[^@]+[.][^@.]+$'") }} and not {{ regex_matches(lowered, shared) }}
            then {{ address }}
    end
{%- endmacro %}

{# Key of a plain address under a scheme. #}
{% macro email_key(email, scheme) -%}
    {{ keyed_hash(sha256_hex(normalised_email(email, scheme))) }}
{%- endmacro %}

{#
    Key of an address that was delivered hashed: SHA-256 as hex or base64. NULL for anything else and
    for the hash of the empty string, which is not an identity.
#}
{% macro email_key_of_hash(hash) -%}
    {%- set hex = "lower(trim(" ~ hash ~ "))" -%}
    case
        when {{ hex }} = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' then null
        when {{ regex_matches(hex, "'^[0-9a-f]{64}$'") }} then {{ keyed_hash(hex) }}
        when {{ regex_matches("trim(" ~ hash ~ ")", "'^[A-Za-z0-9+/]{43}=$'") }}
            then {{ keyed_hash(base64_to_hex("trim(" ~ hash ~ ")")) }}
    end
{%- endmacro %}

{# Domain of a plain address, lower case; NULL when it is not an address. #}
{% macro email_domain(email) -%}
    {{ regex_extract("lower(trim(" ~ email ~ "))", "^[^@]+@([^@\\s]+[.][^@.\\s]+)$") }}
{%- endmacro %}

{# Text with whatever looks like an address replaced: UTM values and names are typed by anybody. #}
{% macro without_addresses(text) -%}
    case
        when {{ text }} like '%@%'
            then {{ regex_replace(text, "[^\\s@/?&=<>,;|]+@[^\\s@/?&=<>,;|]+[.][^\\s@/?&=<>,;|]+", "(address)") }}
        else {{ text }}
    end
{%- endmacro %}
