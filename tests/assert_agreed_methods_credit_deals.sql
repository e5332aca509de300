-- The agreed method must credit touches: markov_global credits players only, so that no deal would add up
-- under it. Agree on markov_path (the same effects, per journey), shapley_set or position in campaigns.csv.
select
    campaign_id,
    agreed_method
from {{ ref('dim_campaign') }}
where agreed_method = 'markov_global'
