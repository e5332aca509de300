"""What holds for any journey, whatever the method."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partner_attribution.attribution import Settings

from .frames import ALL, CHANNELS, CLOSED_AT, DAY, MILESTONES, Conversion, Touch, on_pandas

CUSTOM = Settings(custom_weights={"webinar": 2, "email": 1})
# A call costs half a second however many deals it holds: few examples, each of many deals.
few = settings(
    max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

ages = st.one_of(st.integers(0, 200 * DAY), st.integers(0, 20).map(lambda n: n * 7 * DAY))
amounts = st.one_of(st.integers(-(10**11), 10**11), st.integers(-3, 3))


@st.composite
def conversions(draw, amounts=amounts, smallest=0):
    found = []
    for number in range(draw(st.integers(1, 12))):
        ids = draw(st.lists(st.integers(0, 99), min_size=smallest, max_size=12, unique=True))
        holders = {name: draw(st.sampled_from(ids)) if ids else None for name in MILESTONES}
        touches = tuple(
            Touch(
                touch_id=f"t{i:02}",
                touched_at_us=CLOSED_AT - draw(ages),
                channel=draw(st.sampled_from(CHANNELS)),
                anchors=frozenset(name for name, holder in holders.items() if holder == i),
            )
            for i in ids
        )
        found.append(Conversion(f"deal{number}", draw(amounts), touches))
    return found


def by_group(credits):
    groups = {}
    for (conversion, method, touch), credit in credits.items():
        groups.setdefault((conversion, method), {})[touch] = credit
    return groups


def replaced(conversions, change):
    return [
        Conversion(c.conversion_id, c.amount_cents, tuple(change(t) for t in c.touches))
        for c in conversions
    ]


@few
@given(conversions())
def test_cents_and_shares_are_conserved(deals):
    groups = by_group(on_pandas(deals, ALL, CUSTOM))
    assert groups.keys() == {(d.conversion_id, method) for d in deals for method in ALL}
    amounts = {d.conversion_id: d.amount_cents for d in deals}
    for (conversion, method), credits in groups.items():
        assert sum(money for _, money in credits.values()) == amounts[conversion], method
        assert abs(sum(share for share, _ in credits.values()) - 1) < 1e-9
        for share, money in credits.values():
            assert 0 < share <= 1
            assert money * amounts[conversion] >= 0
            assert abs(money - share * amounts[conversion]) <= 1 + 1e-3


@few
@given(conversions(), st.randoms(use_true_random=False))
def test_input_order_changes_nothing(deals, rng):
    mixed = [
        Conversion(d.conversion_id, d.amount_cents, tuple(rng.sample(d.touches, len(d.touches))))
        for d in rng.sample(deals, len(deals))
    ]
    assert on_pandas(mixed, ALL, CUSTOM) == on_pandas(deals, ALL, CUSTOM)


@few
@given(st.integers(0, 200 * DAY), amounts, st.sampled_from(CHANNELS))
def test_a_single_touch_gets_everything(age, amount, channel):
    anchors = frozenset(MILESTONES)
    deal = Conversion("deal", amount, (Touch("t", CLOSED_AT - age, channel, anchors=anchors),))
    assert on_pandas([deal], ALL, CUSTOM) == {("deal", m, "t"): (1.0, amount) for m in ALL}


@few
@given(conversions(amounts=st.integers(0, 10**9), smallest=1), st.integers(2, 1000))
def test_another_currency_scales_credits_within_a_cent_per_touch(deals, rate):
    dear = [Conversion(d.conversion_id, d.amount_cents * rate, d.touches) for d in deals]
    plain, scaled = on_pandas(deals, ALL, CUSTOM), on_pandas(dear, ALL, CUSTOM)
    assert plain.keys() == scaled.keys()
    for key, (share, money) in plain.items():
        assert scaled[key][0] == share
        assert abs(scaled[key][1] - money * rate) <= 1 + rate


@few
@given(conversions())
def test_names_carry_no_meaning(deals):
    def renamed(name):
        return name if name is None else f"acme.salesforce:{name}"

    relabelled = [
        Conversion(
            renamed(d.conversion_id),
            d.amount_cents,
            tuple(
                Touch(**{**t.__dict__, "touch_id": renamed(t.touch_id), "partner_id": "other"})
                for t in d.touches
            ),
        )
        for d in deals
    ]
    expected = {
        (renamed(conversion), method, renamed(touch)): credit
        for (conversion, method, touch), credit in on_pandas(deals, ALL, CUSTOM).items()
    }
    assert on_pandas(relabelled, ALL, CUSTOM) == expected


@few
@given(conversions(), st.integers(-(10**15), 10**14))
def test_only_distances_in_time_matter(deals, shift):
    moved = replaced(
        deals, lambda t: Touch(**{**t.__dict__, "touched_at_us": t.touched_at_us + shift})
    )
    assert on_pandas(moved, ALL, CUSTOM) == on_pandas(deals, ALL, CUSTOM)


@pytest.mark.parametrize("method", ALL)
def test_deals_do_not_touch_each_other(method):
    one = Conversion("a", 1001, (Touch("t1", CLOSED_AT), Touch("t2", CLOSED_AT - DAY)))
    other = Conversion("b", -77, (Touch("t1", CLOSED_AT - 9 * DAY), Touch("t3", CLOSED_AT)))
    both = on_pandas([one, other], [method], CUSTOM)
    assert both == on_pandas([one], [method], CUSTOM) | on_pandas([other], [method], CUSTOM)
