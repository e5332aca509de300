-- Rows in = rows landed + rejected + superseded + dropped + refused, per delivered file.
select *

from {{ ref('fct_feed_deliveries') }}

where rows_read <> rows_landed + rows_rejected + rows_superseded + rows_dropped + rows_refused
