with

accounts as (

    select * from {{ ref('int_accounts_with_domain') }}

),

-- A domain on very many accounts of one feed is a host or a portal, not a company.
shared_domains as (

    select domain
    from (
        select
            feed_id,
            domain
        from accounts
        where domain is not null
        group by feed_id, domain
        having count(*) > {{ var('shared_domain_accounts') }}
    ) as busy_domains
    group by domain

),

-- Parent and child of one feed under one domain are two companies. The child goes by its name,
-- or by name and country where it is called like its parent; else it stays its own record.
subsidiaries as (

    select
        child.account_key,
        coalesce(child.domain, parent.domain) as domain,
        case
            when child.domain is null then null
            when child.plain_name <> parent.plain_name then child.plain_name
            when child.country_code <> parent.country_code
                then child.plain_name || ' ' || lower(child.country_code)
        end as label
    from accounts as child
    inner join accounts as parent
        on
            child.parent_account_key = parent.account_key
            and child.account_key <> parent.account_key
            and (
                child.domain = parent.domain
                or (child.domain is null and child.plain_name = parent.plain_name)
            )

),

labels as (

    select
        domain,
        label
    from subsidiaries
    where label is not null
    group by domain, label

),

-- The same subsidiary in another feed, which may not know the parent.
labelled as (

    select
        accounts.account_key,
        max(labels.label) as label
    from accounts
    inner join labels
        on
            accounts.domain = labels.domain
            and labels.label in (
                accounts.plain_name, accounts.plain_name || ' ' || lower(accounts.country_code)
            )
    group by accounts.account_key

),

final as (

    select
        accounts.*,
        case
            when shared_domains.domain is not null then 'shared_domain'
            when labelled.label is not null then 'subsidiary'
            when subsidiaries.account_key is not null then 'subsidiary_apart'
            when accounts.domain is not null and accounts.domain_source = 'website' then 'domain'
            when accounts.domain is not null then 'people_domain'
        end as domain_rule,
        case
            when shared_domains.domain is not null then null
            when labelled.label is not null
                then 'account:' || accounts.domain || ':' || replace(labelled.label, ' ', '-')
            when subsidiaries.account_key is not null then null
            else 'account:' || accounts.domain
        end as domain_account_id
    from accounts
    left join shared_domains on accounts.domain = shared_domains.domain
    left join subsidiaries on accounts.account_key = subsidiaries.account_key
    left join labelled on accounts.account_key = labelled.account_key

)

select * from final
