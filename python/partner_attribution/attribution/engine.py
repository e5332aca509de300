"""The engine: from conversions and journey touches to credits, exact to the cent.

Work per touch is a group and a sort within conversions, whatever the number of methods, and one
more sort where weights ask for the order of the journey. All else is arithmetic on columns. Nothing
here depends on the order of input rows, on threads or on the engine underneath.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

import narwhals as nw

from partner_attribution.attribution.exact import MAX_AMOUNT_CENTS, Frame
from partner_attribution.attribution.inputs import AMOUNT, check_inputs, missing_column
from partner_attribution.attribution.journey import CONVERSION, TOUCH, TOUCHED_AT
from partner_attribution.attribution.registry import DEFAULT_METHODS, Method, find_methods
from partner_attribution.attribution.rows import joined, with_order_and_weights, with_totals
from partner_attribution.attribution.settings import Settings
from partner_attribution.attribution.shares import CREDITS, SIGN, VALUE
from partner_attribution.attribution.tables import eager
from partner_attribution.errors import AttributionError

METHOD, SHARE, CENTS = "method", "credit_share", "credit_cents"


def attribute(
    conversions: Any,
    touches: Any,
    methods: Iterable[str] = DEFAULT_METHODS,
    settings: Settings | None = None,
) -> Any:
    """Share every conversion among the touches of its journey, by each method.

    conversions: one row per conversion: conversion_id, amount_cents (whole, any sign).
    touches: one row per conversion and eligible touch: conversion_id, touch_id, touched_at_us and
        whatever else the methods read (is_direct, anchors, ...). Unique by conversion and touch.
    methods: names in the registry; those that credit players only (markov_global) have no rows
        here. Methods learned per player read columns that `with_player_weights` adds.
    settings: parameters of all methods.

    Both frames are anything Narwhals reads, from one engine. Returns that engine's own frame, lazy
    if the input is: conversion_id, touch_id, method, credit_share, credit_cents, one row per
    conversion, method and touch with a share. A conversion without touches has one row per method
    with touch_id null, share 1 and the whole amount. Row order is not defined.

    Guarantees, per conversion and method: cents sum to amount_cents; each credit is within a cent
    of its exact share, the odd cents going where docs/methods.md says; shares sum to 1 within 1e-9;
    the same input gives the same bits on every engine.

    Raises AttributionError for an unknown method, a missing column, an amount that is missing or
    beyond 2**50 cents (this alone runs a query: smallest and largest amount), and what
    `check_inputs` refuses.
    """
    chosen = _with_rows(methods)
    check_inputs(conversions, touches)
    credits = nw.from_native(attribute_wide(conversions, touches, methods, settings))
    return _long(credits, nw.from_native(conversions), chosen).to_native()


def attribute_wide(
    conversions: Any,
    touches: Any,
    methods: Iterable[str] = DEFAULT_METHODS,
    settings: Settings | None = None,
) -> Any:
    """Do the same as `attribute`, in one row per conversion and touch.

    Returns conversion_id, touch_id, and per method share_<method> and cents_<method>; a touch
    without a share has 0 in both. Large journeys are stored like this: a sixth of the rows.
    """
    settings = settings or Settings()
    chosen = _with_rows(methods)
    extra = sorted({column for method in chosen for column in method.columns(settings)})
    conversion_rows = _selected(conversions, "conversions", (CONVERSION, AMOUNT))
    touch_rows = _selected(touches, "touches", (CONVERSION, TOUCH, TOUCHED_AT, *extra))
    _check_amounts(conversion_rows)

    journeys = joined(conversion_rows, with_totals(touch_rows, chosen), chosen)
    journeys = with_order_and_weights(journeys, chosen, settings)
    size = nw.col(AMOUNT).cast(nw.Float64)
    journeys = journeys.with_columns(
        size.abs().alias(VALUE), nw.when(size < 0).then(-1.0).otherwise(1.0).alias(SIGN)
    )
    credits = [CREDITS[method.allocation](method, settings) for method in chosen]
    # Each layer is a query around the last: steps of all methods share them.
    for layer in zip_longest(*(steps for steps, _, _ in credits), fillvalue={}):
        journeys = journeys.with_columns(
            expression.alias(name) for step in layer for name, expression in step.items()
        )
    named = list(zip(chosen, credits, strict=True))
    return journeys.select(
        CONVERSION,
        TOUCH,
        *(share.alias(_name("share", method)) for method, (_, share, _) in named),
        *(cents.cast(nw.Int64).alias(_name("cents", method)) for method, (_, _, cents) in named),
    ).to_native()


def _with_rows(methods: Iterable[str]) -> tuple[Method, ...]:
    chosen = tuple(method for method in find_methods(methods) if method.has_rows)
    if not chosen:
        raise AttributionError(
            "All methods given credit players only, none credits touches.",
            do="add one that does, such as markov_path",
        )
    return chosen


def _selected(native: Any, name: str, columns: Sequence[str]) -> Any:
    frame = nw.from_native(native)
    found = frame.collect_schema().names()
    for column in columns:
        if column not in found:
            raise missing_column(name, column, found)
    return frame.select(*columns)


def _check_amounts(conversions: Frame) -> None:
    amount = nw.col(AMOUNT)
    summary = conversions.select(
        least=amount.min(), most=amount.max(), known=amount.count(), rows=nw.len()
    )
    found = eager(summary)
    least, most, known, rows = (found[name].item() for name in ("least", "most", "known", "rows"))
    if known < rows:
        raise AttributionError(
            f"{int(rows - known)} conversions have no amount_cents.",
            expected="a whole number of cents; 0 where a conversion only counts",
        )
    for extreme in (least, most) if rows else ():
        if abs(extreme) > MAX_AMOUNT_CENTS:
            raise AttributionError(
                f"An amount of {int(extreme)} cents is too large to be shared exactly.",
                expected=f"at most {MAX_AMOUNT_CENTS} cents either way",
                do="look for a wrong currency or unit in int_milestones",
            )


def _name(prefix: str, method: Method) -> str:
    return f"{prefix}_{method.id}"


# --- long form ---------------------------------------------------------------------------


def _long(credits: Frame, conversions: Frame, chosen: Sequence[Method]) -> Frame:
    """One row per conversion, method and touch with a share.

    A join with the list of methods reads the credits once; a union of one query per method would
    compute everything once per method on lazy engines.
    """
    one_row = conversions.select(nw.len().alias("__rows"))
    names = nw.concat(
        [one_row.select(nw.lit(method.id).alias(METHOD)) for method in chosen], how="vertical"
    )

    def of_method(prefix: str) -> nw.Expr:
        choice = nw.col(_name(prefix, chosen[-1]))
        for method in reversed(chosen[:-1]):
            is_method = nw.col(METHOD) == method.id
            choice = nw.when(is_method).then(nw.col(_name(prefix, method))).otherwise(choice)
        return choice.alias({"share": SHARE, "cents": CENTS}[prefix])

    rows = credits.join(names, how="cross").with_columns(of_method("share"), of_method("cents"))
    return rows.filter(nw.col(SHARE) > 0).select(CONVERSION, TOUCH, METHOD, SHARE, CENTS)
