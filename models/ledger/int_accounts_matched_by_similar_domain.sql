with

accounts as (

    select * from {{ ref('int_accounts_matched_by_domain') }}

),

-- What each company with a domain of its own is called, and where.
names as (

    select
        domain_account_id,
        plain_name,
        max(domain) as domain,
        {{ regex_extract('max(domain)', '^([^.]+)') }} as stem,
        min(country_code) as first_country,
        max(country_code) as last_country
    from accounts
    where domain_rule in ('domain', 'people_domain') and length(plain_name) >= 4
    group by domain_account_id, plain_name

),

-- One name, one country, and one domain that continues the other:
-- initech.com and initech-group.com, initech.com and initech.de.
lookalikes as (

    select
        longer.domain_account_id,
        shorter.domain_account_id as joined_account_id,
        row_number() over (
            partition by longer.domain_account_id
            order by length(shorter.domain), shorter.domain_account_id
        ) as preference
    from names as longer
    inner join names as shorter
        on
            longer.plain_name = shorter.plain_name
            and longer.domain_account_id <> shorter.domain_account_id
    where
        length(shorter.stem) >= 5
        and substr(longer.stem, 1, length(shorter.stem)) = shorter.stem
        and (
            length(shorter.domain) < length(longer.domain)
            or (length(shorter.domain) = length(longer.domain) and shorter.domain < longer.domain)
        )
        and longer.first_country in (shorter.first_country, shorter.last_country)

),

-- A feed that holds both keeps two companies, or a parent and its child, apart.
kept_apart as (

    select lookalikes.domain_account_id
    from lookalikes
    inner join accounts as longer on lookalikes.domain_account_id = longer.domain_account_id
    inner join accounts as shorter
        on lookalikes.joined_account_id = shorter.domain_account_id and longer.feed_id = shorter.feed_id
    where lookalikes.preference = 1
    group by lookalikes.domain_account_id

),

joined as (

    select
        lookalikes.domain_account_id,
        lookalikes.joined_account_id
    from lookalikes
    left join kept_apart on lookalikes.domain_account_id = kept_apart.domain_account_id
    where lookalikes.preference = 1 and kept_apart.domain_account_id is null

),

-- Joining ends after one step: what is joined to is not joined on.
final as (

    select
        accounts.account_key,
        accounts.partner_id,
        accounts.feed_id,
        accounts.source_account_id,
        accounts.account_name,
        accounts.plain_name,
        accounts.country_code,
        accounts.is_implied,
        accounts.domain,
        accounts.domain_source,
        case
            when joined.joined_account_id is not null and onward.joined_account_id is null
                then 'similar_domain'
            else accounts.domain_rule
        end as domain_rule,
        case
            when joined.joined_account_id is not null and onward.joined_account_id is null
                then joined.joined_account_id
            else accounts.domain_account_id
        end as domain_account_id
    from accounts
    left join joined on accounts.domain_account_id = joined.domain_account_id
    left join joined as onward on joined.joined_account_id = onward.domain_account_id

)

select * from final
