-- A parent and a child of one feed under one domain are two accounts, unless a person said
-- otherwise. Otherwise a group's deals and touches run into each other.
select
    child.account_key,
    parent.account_key as parent_account_key,
    child.account_id
from {{ ref('int_accounts_with_domain') }} as delivered
inner join {{ ref('int_accounts_resolved') }} as child on delivered.account_key = child.account_key
inner join {{ ref('int_accounts_resolved') }} as parent
    on delivered.parent_account_key = parent.account_key
where
    child.account_key <> parent.account_key
    and child.account_id = parent.account_id
    and child.match_rule <> 'override_same'
    and parent.match_rule <> 'override_same'
