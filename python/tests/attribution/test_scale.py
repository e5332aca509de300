"""One account with a million touches: nothing overflows, nothing is lost (make test-scale)."""

from __future__ import annotations

import duckdb
import pytest

from partner_attribution.attribution import Settings, attribute
from partner_attribution.attribution.effects import player_effects
from partner_attribution.attribution.players import with_player_weights

from .frames import ALL, CLOSED_AT

pytestmark = pytest.mark.scale

TOUCHES = 1_000_000
AMOUNT = 123_456_789_012_345
EXACT = 2.0**-20  # a share's own rounding, times the amount


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    """Touches a minute apart in no order, four to an instant, on four channels."""
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "6GB"})
    connection.execute(f"""
        create table conversions as
        select 'deal' as conversion_id, 'closed_won' as milestone, {AMOUNT} as amount_cents
        union all
        select 'other', 'closed_won', 101
    """)
    connection.execute(f"""
        create table touches as
        select
            'deal' as conversion_id, 'deal' as journey_id, 'closed_won' as milestone,
            true as is_converted, {AMOUNT} as value_cents,
            't' || (i * 7919 % {TOUCHES}) as touch_id,
            {CLOSED_AT} - (i // 4) * 60_000_000 as touched_at_us,
            ['email', 'webinar', 'direct', 'event'][1 + i % 4] as channel, 'acme' as partner_id,
            i % 4 = 2 as is_direct, i = 700_000 as is_lead_anchor, false as is_mql_anchor,
            i = 300_000 as is_opportunity_anchor, i = 0 as is_close_anchor
        from range({TOUCHES}) as numbers (i)
        union all
        select
            'other', 'other', 'closed_won', true, 101, 't1', {CLOSED_AT}, 'email', 'acme',
            false, true, false, true, true
    """)
    learned = player_effects(
        connection.table("touches"), ["markov_path", "shapley_rate"], Settings(markov_order=2)
    )
    connection.register("learned", learned)
    weighed = with_player_weights(
        connection.table("conversions"),
        connection.table("touches"),
        connection.table("learned"),
        ALL,
    )
    settings = Settings(half_life_days=30, custom_weights={"webinar": 3, "email": 1})
    attribute(connection.table("conversions"), weighed, ALL, settings).create("credits")
    return connection


def by_method(connection: duckdb.DuckDBPyConnection, figures: str) -> dict[str, tuple[object, ...]]:
    rows = connection.execute(
        f"select method, {figures} from credits where conversion_id = 'deal' group by method"
    ).fetchall()
    return {method: tuple(found) for method, *found in rows}


def test_every_cent_is_credited_once(connection) -> None:
    found = by_method(connection, "sum(credit_cents), count(distinct touch_id) = count(*)")
    assert found == dict.fromkeys(ALL, (AMOUNT, True))


def test_shares_add_up_to_one_and_each_credit_is_within_a_cent_of_its_share(connection) -> None:
    off = f"max(abs(credit_cents - credit_share * {AMOUNT})) <= 1 + {EXACT}"
    found = by_method(
        connection, f"abs(fsum(credit_share) - 1) < 1e-9, {off}, min(credit_share) > 0"
    )
    assert found == dict.fromkeys(ALL, (True, True, True))


def test_rules_reach_the_right_touches(connection) -> None:
    counts = {method: rows for method, (rows,) in by_method(connection, "count(*)").items()}
    assert [counts[m] for m in ("first_touch", "last_touch", "last_non_direct")] == [1, 1, 1]
    assert counts["linear"] == counts["time_decay"] == counts["position"] == TOUCHES
    assert counts["custom"] == TOUCHES // 2
    assert counts["u_shaped"] < counts["w_shaped"] < counts["full_path"] <= TOUCHES


def test_the_largest_remainder_rule_holds_for_linear(connection) -> None:
    """The cents left over go to the oldest touches; at one instant, to the lowest ids."""
    lower, extra = divmod(AMOUNT, TOUCHES)
    rows = connection.execute("""
        select credit_cents, row_number() over (order by touched_at_us, touch_id) as place
        from credits inner join touches using (conversion_id, touch_id)
        where method = 'linear' and conversion_id = 'deal'
    """).fetchall()
    assert all(cents == lower + (place <= extra) for cents, place in rows)


def test_the_deal_beside_it_is_untouched(connection) -> None:
    rows = connection.execute(
        "select method, touch_id, credit_share, credit_cents from credits"
        " where conversion_id = 'other'"
    ).fetchall()
    assert sorted(rows) == [(method, "t1", 1.0, 101) for method in sorted(ALL)]
