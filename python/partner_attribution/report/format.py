"""Numbers, dates and names as people read them. Nothing here decides a figure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

NOTHING = "–"
MINUS = "−"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SCALES = ((Decimal(10) ** 9, "B", 2), (Decimal(10) ** 6, "M", 2), (Decimal(10) ** 3, "k", 0))

Number = Decimal | int | float

# Characters that change the direction of the text after them can dress one name up as another.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MARKS = re.compile("[\u200e\u200f\u061c\u200b\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def decimal(value: Number) -> Decimal:
    """Any number as a Decimal that prints as it reads."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def symbol(currency: str) -> str:
    """$ for USD; the code itself where there is no common symbol."""
    return SYMBOLS.get(currency.upper(), currency) or "unit of cost"


def _with_currency(sign: str, digits: str, currency: str) -> str:
    symbol = SYMBOLS.get(currency.upper())
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{currency} {digits}".strip()


def money(value: Number | None, currency: str) -> str:
    """Short money: $1.13M, $780k, $950. Nothing for no value."""
    if value is None:
        return NOTHING
    amount = decimal(value)
    sign, size = (MINUS, -amount) if amount < 0 else ("", amount)
    for scale, letter, places in SCALES:
        # 999,600 reads $1.00M, not $1000k: go by what the smaller unit would print.
        if size >= scale * Decimal("0.9995"):
            shown = 1 if letter == "k" and size < scale * Decimal("9.95") else places
            return _with_currency(sign, f"{_round(size / scale, shown)}{letter}", currency)
    return _with_currency(sign if _round(size, 0) else "", f"{_round(size, 0)}", currency)


def exact_money(value: Number | None, currency: str) -> str:
    """Money to the cent: $1,131,420.33."""
    if value is None:
        return NOTHING
    amount = _round(decimal(value), 2)
    return _with_currency(MINUS if amount < 0 else "", f"{abs(amount):,}", currency)


def percent(value: Number | None, places: int = 0) -> str:
    """A share from 0 to 1 as 88%; small ones that are not nothing as <1%."""
    if value is None:
        return NOTHING
    share = decimal(value) * 100
    printed = _round(share, places)
    if printed == 0 and share > 0:
        return "<1%"
    return f"{MINUS if printed < 0 else ''}{abs(printed)}%"


def count(value: Number | None) -> str:
    """A whole number with separators, or one decimal for shared conversions: 1,184 or 12.5."""
    if value is None:
        return NOTHING
    number = decimal(value)
    whole = _round(number, 0)
    text = f"{whole:,}" if number == whole else f"{_round(number, 1):,}"
    return text.replace("-", MINUS)


def times(value: Number | None) -> str:
    """A ratio as 14.9; below one as 0.05."""
    if value is None:
        return NOTHING
    number = decimal(value)
    places = 1 if abs(number) >= 1 else 2 if number else 0
    return f"{_round(number, places):,}".replace("-", MINUS)


def signless(value: Number) -> Number:
    """The size of a gap; the words beside it say which way it goes."""
    return -value if value < 0 else value


def day(value: date | None) -> str:
    """17 Oct 2026, whatever the locale of the machine."""
    return NOTHING if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def day_and_month(value: date | None) -> str:
    """17 Oct."""
    return NOTHING if value is None else f"{value.day} {MONTHS[value.month - 1]}"


def plural(number: Number, one: str, many: str = "") -> str:
    """1 deal, 2 deals, 2.5 deals."""
    return f"{count(number)} {one if decimal(number) == 1 else many or one + 's'}"


def listed(names: list[str]) -> str:
    """a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def clean(name: object) -> str:
    """A name fit for any page: one Unicode form, no characters that reorder what follows."""
    text = unicodedata.normalize("NFC", str(name))
    text = _CONTROL.sub("\ufffd", _DIRECTION.sub("\ufffd", _MARKS.sub("", text)))
    return " ".join(text.split())


def markdown(name: str) -> str:
    """A name as literal Markdown text: nothing in it can become markup, HTML or a table cell."""
    return escaped(clean(name))


def escaped(text: str) -> str:
    """Markdown escapes for text that is clean already; spaces stay."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_\[\]|~])", r"\\\1", text)
    return text.replace("://", "&#58;//")


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
