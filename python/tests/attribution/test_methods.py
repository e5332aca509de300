"""One example by hand per method, and the published golden vectors."""

from __future__ import annotations

import pytest

from partner_attribution.attribution import Settings

from .frames import ALL, CLOSED_AT, DAY, Conversion, Touch, on_pandas, random_conversions


def journey(*ages, anchors=None, channels=None, amount=10_000):
    """t1, t2, ... in the order given, `ages` in days before the milestone."""
    anchors, channels = anchors or {}, channels or {}
    touches = tuple(
        Touch(
            touch_id=f"t{i}",
            touched_at_us=CLOSED_AT - int(age * DAY),
            channel=channels.get(f"t{i}", "email"),
            anchors=frozenset(name for name, held in anchors.items() if held == f"t{i}"),
        )
        for i, age in enumerate(ages, start=1)
    )
    return Conversion("deal", amount, touches)


def shares(conversion, method, settings=None):
    found = on_pandas([conversion], [method], settings)
    by_touch = {touch: share for (_, _, touch), (share, _) in found.items()}
    return [round(by_touch.get(t.touch_id, 0.0), 6) for t in conversion.touches]


def cents(conversion, method, settings=None):
    found = on_pandas([conversion], [method], settings)
    by_touch = {touch: money for (_, _, touch), (_, money) in found.items()}
    return [by_touch.get(t.touch_id, 0) for t in conversion.touches]


MILESTONE_TOUCHES = {"lead": "t3", "opportunity": "t5", "close": "t6"}


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("u_shaped", [0.4, 0.2, 0.4, 0, 0, 0]),
        ("w_shaped", [0.3, 0.05, 0.3, 0.05, 0.3, 0]),
        ("full_path", [0.225, 0.05, 0.225, 0.05, 0.225, 0.225]),
    ],
)
def test_milestone_methods_on_six_touches(method, expected):
    six = journey(60, 50, 40, 30, 20, 10, anchors=MILESTONE_TOUCHES)
    assert shares(six, method) == expected


def test_a_touch_that_holds_two_anchors_gets_both_shares():
    three = journey(30, 20, 10, anchors={"lead": "t1", "opportunity": "t3"})
    assert shares(three, "w_shaped") == [0.6, 0.1, 0.3]


def test_without_touches_between_the_anchors_share_all():
    pair = journey(30, 20, anchors={"lead": "t2"})
    assert shares(pair, "u_shaped") == [0.5, 0.5]
    assert shares(journey(30, anchors={"lead": "t1", "close": "t1"}), "full_path") == [1.0]


def test_a_missing_milestone_leaves_its_share_to_the_others_in_proportion():
    without_lead = journey(30, 20, 10, anchors={"opportunity": "t3"})
    assert shares(without_lead, "w_shaped") == [0.45, 0.1, 0.45]
    without_any = journey(30, 20, 10)
    assert shares(without_any, "u_shaped") == [0.8, 0.1, 0.1]


def test_an_anchor_outside_the_scope_counts_as_missing():
    late_lead = journey(30, 20, 10, anchors={"opportunity": "t2", "lead": "t3"})
    assert shares(late_lead, "w_shaped") == [0.5, 0.5, 0]


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ([28, 14, 7, 0], [0.034483, 0.137931, 0.275862, 0.551724]),
        ([38, 33, 26, 8, 0], [0.014600, 0.023953, 0.047906, 0.284754, 0.628787]),
    ],
)
def test_time_decay_golden_vectors(ages, expected):
    assert shares(journey(*ages), "time_decay") == expected


def test_time_decay_counts_from_the_newest_touch():
    assert shares(journey(107, 100), "time_decay") == shares(journey(7, 0), "time_decay")


def test_time_decay_half_life_per_campaign_type():
    old_event = Touch("t1", CLOSED_AT - 14 * DAY, campaign_type="event")
    old_mail = Touch("t2", CLOSED_AT - 14 * DAY, campaign_type="mail")
    new = Touch("t3", CLOSED_AT)
    settings = Settings(half_life_days_by_campaign_type={"event": 14})
    found = shares(Conversion("deal", 7, (old_event, old_mail, new)), "time_decay", settings)
    assert found == [round(x / 7, 6) for x in (2, 1, 4)]  # 1/2, 1/4, 1


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ([9], [1.0]),
        ([9, 1], [0.5, 0.5]),
        ([9, 5, 1], [0.4, 0.2, 0.4]),
        ([9, 7, 5, 3, 1], [0.4, 0.066667, 0.066667, 0.066667, 0.4]),
    ],
)
def test_position(ages, expected):
    assert shares(journey(*ages), "position") == expected


def test_position_weights_are_settings_and_two_touches_renormalise_the_ends():
    settings = Settings(position_weights=(0.6, 0.2, 0.2))
    assert shares(journey(9, 5, 1), "position", settings) == [0.6, 0.2, 0.2]
    assert shares(journey(9, 1), "position", settings) == [0.75, 0.25]


def test_linear_gives_the_odd_cents_to_the_earliest_touches():
    assert cents(journey(9, 5, 1), "linear") == [3334, 3333, 3333]
    assert cents(journey(1, 9, 5, amount=10_001), "linear") == [3333, 3334, 3334]
    assert cents(journey(1, 9, 5, amount=-10_000), "linear") == [-3333, -3334, -3333]


def test_odd_cents_among_touches_of_one_instant_go_by_touch_id():
    assert cents(journey(5, 5, 5), "linear") == [3334, 3333, 3333]


def test_weighted_methods_round_the_running_total_up():
    # Weights 1, 1, 2, 4, 4 of 12, oldest first. Of four cents the exact sums so far are 1/3, 2/3,
    # 4/3, 8/3 and 4: rounded up 1, 1, 2, 3, 4.
    ages = {"t1": 14, "t2": 14, "t3": 7, "t4": 0, "t5": 0}
    touches = tuple(Touch(name, CLOSED_AT - age * DAY) for name, age in ages.items())
    assert cents(Conversion("deal", 4, touches), "time_decay") == [1, 0, 1, 1, 1]
    assert cents(Conversion("deal", -4, touches), "time_decay") == [-1, 0, -1, -1, -1]


def test_first_and_last_touch():
    three = journey(5, 9, 1)
    assert cents(three, "first_touch") == [0, 10_000, 0]
    assert cents(three, "last_touch") == [0, 0, 10_000]
    assert shares(three, "first_touch") == [0, 1, 0]
    assert shares(three, "last_touch") == shares(three, "last_non_direct") == [0, 0, 1]


def test_touches_of_one_instant_go_by_touch_id():
    three = journey(5, 5, 5)
    assert cents(three, "first_touch") == [10_000, 0, 0]
    assert cents(three, "last_touch") == [0, 0, 10_000]


def test_last_non_direct_falls_back_to_the_last_touch():
    mixed = journey(9, 5, 1, channels={"t3": "direct"})
    assert cents(mixed, "last_non_direct") == [0, 10_000, 0]
    direct = journey(9, 5, 1, channels=dict.fromkeys(("t1", "t2", "t3"), "direct"))
    assert cents(direct, "last_non_direct") == [0, 0, 10_000]


def test_last_non_direct_skips_a_direct_touch_of_the_same_instant():
    tied = journey(5, 5, channels={"t2": "direct"})
    assert cents(tied, "last_non_direct") == [10_000, 0]


def test_custom_weights_by_channel_and_by_touch_type():
    three = journey(9, 5, 1, channels={"t1": "webinar", "t3": "direct"})
    settings = Settings(custom_weights={"webinar": 3, "email": 1})
    assert shares(three, "custom", settings) == [0.75, 0.25, 0]
    settings = Settings(custom_by="touch_type", custom_weights={"email_click": 2})
    assert cents(three, "custom", settings) == [3334, 3333, 3333]


def test_custom_weights_that_fit_no_touch_share_evenly():
    settings = Settings(custom_weights={"event": 1})
    assert cents(journey(9, 5, 1), "custom", settings) == [3334, 3333, 3333]
    assert shares(journey(9, 5, 1), "custom", settings) == [0.333333] * 3


def test_no_touches_means_one_unattributed_row_per_method():
    found = on_pandas([Conversion("deal", 500)], ["linear", "time_decay", "w_shaped"])
    assert found == {
        ("deal", method, None): (1.0, 500) for method in ("linear", "time_decay", "w_shaped")
    }


def test_zero_amount_still_counts():
    found = on_pandas([journey(9, 5, amount=0)], ["linear", "last_touch"])
    assert sum(share for share, _ in found.values()) == 2.0
    assert {money for _, money in found.values()} == {0}


def test_a_share_that_rounds_to_no_cent_keeps_its_row():
    assert cents(journey(9, 5, 1, amount=1), "linear") == [1, 0, 0]
    assert shares(journey(9, 5, 1, amount=1), "linear") == [0.333333] * 3


def test_a_refund_mirrors_its_sale():
    sales = random_conversions(seed=3, count=60, amounts=(1, 99, 10_001, 123_456_789))
    refunds = [Conversion(s.conversion_id, -s.amount_cents, s.touches) for s in sales]
    sold, returned = on_pandas(sales, ALL), on_pandas(refunds, ALL)
    assert returned == {key: (share, -money) for key, (share, money) in sold.items()}
