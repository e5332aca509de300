"""What a method may know about a touch: names for facts, as Narwhals expressions."""

from __future__ import annotations

import narwhals as nw

from partner_attribution.attribution.settings import unknown_name

CONVERSION = "conversion_id"
JOURNEY = "__journey"  # the conversion, as the cheapest value that tells it from others
TOUCH = "touch_id"
MILESTONES = ("lead", "mql", "opportunity", "close")
DIMENSIONS = ("channel", "partner_id", "touch_type", "campaign_type")

# Columns that the engine adds; methods reach them through Journey.
TOUCH_COUNT = "__touches"
SCALE_BITS = "__scale_bits"
NEWEST_AT = "__newest_at"
POSITION = "__position"
TOUCHED_AT = "touched_at_us"


def anchor_column(milestone: str) -> str:
    """Return the input column that marks the anchor touch of a milestone."""
    if milestone not in MILESTONES:
        raise unknown_name("milestone", milestone, MILESTONES)
    return f"is_{milestone}_anchor"


def marked_column(name: str) -> str:
    """Return the column that is 1 on touches marked as an anchor, or as not direct; else 0."""
    return f"__is_{name}"


def marked_so_far_column(name: str) -> str:
    """Return the column that counts the marked touches up to and with each touch."""
    return f"__{name}_so_far"


def marked_total_column(name: str) -> str:
    """Return the column that counts the marked touches of the journey."""
    return f"__{name}_total"


def player_weight_column(method: str) -> str:
    """Return the input column that holds what a touch's player weighs under a method."""
    return f"player_weight_{method}"


class Journey:
    """The facts of each touch, for use in a method's weight expression.

    Every property is an expression of one value per touch. `asked_order` says whether any fact was
    asked for that only the order of the journey tells.
    """

    def __init__(self) -> None:
        self.asked_order = False

    @property
    def position(self) -> nw.Expr:
        """Place in the journey, from 1."""
        self.asked_order = True
        return nw.col(POSITION)

    # the touch and its journey

    @property
    def touch_count(self) -> nw.Expr:
        """Number of touches in the journey."""
        return nw.col(TOUCH_COUNT)

    @property
    def age_us(self) -> nw.Expr:
        """Microseconds from this touch to the newest touch of the journey."""
        return nw.col(NEWEST_AT) - nw.col(TOUCHED_AT)

    @property
    def scale_bits(self) -> nw.Expr:
        """Largest b such that weights of up to 2**b cannot sum past the exact range."""
        return nw.col(SCALE_BITS)

    def dimension(self, name: str) -> nw.Expr:
        """Text dimension of the touch; list it in the registry's `reads`."""
        if name not in DIMENSIONS:
            raise unknown_name("dimension", name, DIMENSIONS)
        return nw.col(name)

    def player_weight(self, method: str) -> nw.Expr:
        """What the touch's player weighs under a method registered with `by_player`; else 0."""
        return nw.col(player_weight_column(method)).fill_null(0).cast(nw.Int64)

    # order: touched_at, then touch_id

    @property
    def is_first(self) -> nw.Expr:
        """True for the oldest touch."""
        return self.position == 1

    @property
    def is_last(self) -> nw.Expr:
        """True for the newest touch."""
        return self.position == nw.col(TOUCH_COUNT)

    @property
    def is_last_non_direct(self) -> nw.Expr:
        """True for the newest touch that is not direct; for the newest if all are direct."""
        all_are_direct = nw.col(marked_total_column("non_direct")) == 0
        return self._is_last_marked("non_direct") | (all_are_direct & self.is_last)

    def is_anchor(self, milestone: str) -> nw.Expr:
        """True for the last touch at or before a milestone."""
        return self._is_last_marked(milestone)

    def is_up_to(self, milestone: str) -> nw.Expr:
        """True for touches up to a milestone's anchor; for all touches if it has none."""
        self.asked_order = True
        total = nw.col(marked_total_column(milestone))
        follows = nw.col(marked_so_far_column(milestone)) == total
        return (total == 0) | ~follows | (nw.col(marked_column(milestone)) == 1)

    def _is_last_marked(self, name: str) -> nw.Expr:
        self.asked_order = True
        is_last = nw.col(marked_so_far_column(name)) == nw.col(marked_total_column(name))
        return (nw.col(marked_column(name)) == 1) & is_last

    def count(self, condition: nw.Expr) -> nw.Expr:
        """Number of touches of the journey for which a condition holds."""
        ones = nw.when(condition).then(1).otherwise(0)
        return ones.sum().over(JOURNEY).cast(nw.Int64)
