"""The least work that a query of this kind can be: what the engine is compared with, same run."""

from __future__ import annotations

ORDER = "order by touched_at_us, touch_id"

# Narrow: only the columns that credits need. `joinwin_wide` keeps every column of the touch.
JOIN = """
select
    conversions.conversion_id, conversions.amount_cents, touches.touch_id, touches.touched_at_us,
    touches.channel = 'direct' as is_direct
from touches
inner join conversions
    on touches.account_id = conversions.account_id
    and touches.touched_at_us between conversions.journey_start_at_us and conversions.cutoff_at_us
"""
JOIN_WIDE = JOIN.replace("touches.touch_id, touches.touched_at_us,", "touches.*,")
POSITION = f"row_number() over (partition by conversion_id {ORDER}) as position"

LIMITS = {
    "scan": "select max(touch_id), max(account_id), sum(touched_at_us), max(channel),"
    " max(partner_id), max(campaign_id), max(asset_id) from touches",
    "copy": "select * from touches",
    "join": JOIN,
    "joinwin": f"select *, {POSITION} from ({JOIN})",
    "joinwin_wide": f"select *, {POSITION} from ({JOIN_WIDE})",
    "window_lag": "select previous, channel, count(*) as transitions from (select channel, "
    f"lag(channel) over (partition by account_id {ORDER}) as previous from touches)"
    " group by previous, channel",
    # What programs that take paths need first.
    "path_strings": "select path, is_converted, count(*) as journeys from ("
    "select touches.account_id, conversions.account_id is not null as is_converted,"
    f" string_agg(channel, ' > ' {ORDER}) as path from touches"
    " left join conversions on touches.account_id = conversions.account_id group by all)"
    " group by all",
    "window_full": f"select *, row_number() over (partition by account_id {ORDER}) as position"
    " from touches",
}
