"""SQL expressions that turn delivered text into declared types, or say why they cannot.

A cell that does not fit is never NULL: its row goes to the rejects with column, value and reason.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from partner_attribution.feeds.declarations import SQL_TYPES, ColumnDeclaration
from partner_attribution.feeds.month_names import in_english
from partner_attribution.feeds.names import sql_text
from partner_attribution.feeds.reasons import (
    EXPORTED_AS_NUMBER,
    is_exported_as_number,
    is_id,
    misfit,
)

_DAY = r"\d{4}(-\d{1,2}-|/\d{1,2}/)\d{1,2}"
_TIME = r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_ZONE = r" ?(Z|z|UTC|[+-](0\d|1[0-4])(:?[0-5]\d)?)"
_MIDNIGHT = r"[ T]0{1,2}:00(:00(\.0+)?)?( ?(Z|z|UTC|[+-]00(:?00)?))?"
_EXCEL_DAY = r"[0-9]{1,6}([.]0*)?"
_GAP = r"[ \x{a0}\x{202f}]*"
_TIME_TAILS = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", " %I:%M:%S %p", " %I:%M %p")
_WITHOUT_CLOCK_CHANGES = {"UTC", "Etc/UTC", "Etc/GMT", "GMT"}
IN_A_GAP = "this clock time does not exist: moved forward over the gap"
IN_A_FOLD = "this clock time comes twice: the first is taken, in the fold"
EARLIEST_EVENT = "1990-01-01"
LATEST_EVENT = "2101-01-01"
OPEN_END = "9999-01-01"
"""From here on a date says that there is no end."""


@dataclass(frozen=True)
class Locale:
    """How a feed writes numbers and times.

    timezone: zone of days. naive_timezone: zone of times that carry none.
    """

    timezone: str = "UTC"
    decimal_mark: str = "."
    thousands_mark: str = ""
    date_format: str = "iso"
    delivered_at: datetime | None = None
    naive_timezone: str = "UTC"
    epoch_unit: str = ""
    currency_mark: str = ""
    number_suffix: tuple[tuple[str, str], ...] = ()
    month_names: str = ""


def typed(text: str, column: ColumnDeclaration, locale: Locale) -> str:
    """SQL of the typed value; NULL where the text is empty or does not fit.

    text: SQL of the delivered text, empty cells as NULL, not a constant.
    """
    if column.data_type == "text":
        # One spelling of each character: an accent typed in two ways is one name.
        return f"nfc_normalize({text})"
    return _CASTS[column.data_type](text, locale)


def typed_time(time: str, locale: Locale) -> str:
    """SQL of the typed value of a timestamp that was delivered as one: the same as of its text."""
    years = "timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999'"
    return f"case when {time} between {years} then {_local_to_utc(time, locale.naive_timezone)} end"


def is_bad(
    text: str, value: str, column: ColumnDeclaration, locale: Locale, *, has_exponents: bool = True
) -> str | None:
    """SQL condition under which a cell rejects its row; None if every text fits.

    value: SQL of the typed value. has_exponents: False if no text holds a number like 1.2E+05.
    """
    conditions = []
    if column.not_null:
        conditions.append(f"{text} is null")
    if column.data_type != "text":
        conditions.append(f"{value} is null and {text} is not null")
    if is_id(column) and has_exponents:
        conditions.append(is_exported_as_number(text))
    if _is_dated(column):
        conditions.append(_is_implausible(value, column, locale))
    return " or ".join(conditions) or None


def reason(text: str, value: str, column: ColumnDeclaration, locale: Locale) -> str:
    """SQL of the reason why a bad cell is bad."""
    if column.data_type == "text":
        return f"case when {text} is null then 'empty' else {sql_text(EXPORTED_AS_NUMBER)} end"
    implausible = f"implausible date: expected from {EARLIEST_EVENT} to "
    if column.event_time and locale.delivered_at is not None:
        implausible += f"the delivery of {locale.delivered_at:%Y-%m-%d}"
    else:
        implausible += str(int(LATEST_EVENT[:4]) - 1)
    return (
        f"case when {text} is null then 'empty'"
        f" when {value} is null then {misfit(text, column)}"
        f" else {sql_text(implausible)} end"
    )


def null_value(column: ColumnDeclaration) -> str:
    """SQL of a missing optional column."""
    return f"cast(null as {SQL_TYPES[column.data_type]})"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {sql_text(pattern)})"


def _boolean(text: str, _locale: Locale) -> str:
    return (
        f"case when lower({text}) in ('true', 't', '1', 'yes') then true"
        f" when lower({text}) in ('false', 'f', '0', 'no') then false end"
    )


def _digits(locale: Locale) -> str:
    if not locale.thousands_mark:
        return r"\d+"
    mark = re.escape(locale.thousands_mark)
    return rf"(\d+|\d{{1,3}}({mark}\d{{3}})+)"


def _without_marks(text: str, locale: Locale) -> str:
    if locale.thousands_mark:
        text = f"replace({text}, {sql_text(locale.thousands_mark)}, '')"
    if locale.decimal_mark != ".":
        text = f"replace({text}, {sql_text(locale.decimal_mark)}, '.')"
    return text


def _integer(text: str, locale: Locale) -> str:
    mark = re.escape(locale.decimal_mark)
    pattern = rf"[+-]?{_digits(locale)}({mark}0*)?"
    whole = f"split_part({_without_marks(text, locale)}, '.', 1)"
    return f"case when {_matches(text, pattern)} then try_cast({whole} as bigint) end"


def _without_currency(text: str, locale: Locale) -> str:
    """Amounts as a spreadsheet shows them: a declared sign before or after, brackets for minus."""
    if not locale.currency_mark:
        return text
    marks = "|".join(re.escape(mark) for mark in locale.currency_mark.split("|") if mark)
    around = rf"^(\(?[+-]?){_GAP}(?:{marks}){_GAP}|{_GAP}(?:{marks}){_GAP}(\)?)$"
    bare = f"regexp_replace({text}, {sql_text(around)}, '\\1\\2')"
    return f"regexp_replace({bare}, '^\\(([^-+].*)\\)$', '-\\1')"


def _decimal(text: str, locale: Locale) -> str:
    text = _without_currency(text, locale)
    suffixes = sorted(locale.number_suffix, key=lambda one: -len(one[0]))
    if not suffixes:
        return _plain_decimal(text, locale)
    cases = []
    for suffix, factor in suffixes:
        bare = f"regexp_replace({text}, {sql_text(rf'{_GAP}{re.escape(suffix)}$')}, '')"
        # A factor of its own type, which has no more digits than it needs: 28 and 10 are allowed.
        times = f"{_plain_decimal(bare, locale)} * {factor}"
        number = f"try_cast({times} as {SQL_TYPES['decimal']})"
        fits = f"ends_with({text}, {sql_text(suffix)})"
        cases.append(f"when {fits} then case when abs({number}) < {10**15} then {number} end")
    return f"case {' '.join(cases)} else {_plain_decimal(text, locale)} end"


def _plain_decimal(text: str, locale: Locale) -> str:
    mark = re.escape(locale.decimal_mark)
    pattern = rf"[+-]?({_digits(locale)}({mark}\d*)?|{mark}\d+)"
    number = f"try_cast({_without_marks(text, locale)} as {SQL_TYPES['decimal']})"
    # Amounts become DECIMAL(18, 2): what does not fit is refused here, not in mid-build.
    fits = f"abs({number}) < {10**15}"
    return f"case when {_matches(text, pattern)} and {fits} then {number} end"


def _date(text: str, locale: Locale) -> str:
    cases = [
        f"when {_matches(text, _DAY)} then try_cast({text} as date)",
        f"when {_matches(text, _DAY + _MIDNIGHT)}"
        f" then try_cast(regexp_extract({text}, {sql_text(_DAY)}) as date)",
    ]
    if locale.epoch_unit == "excel":
        cases.append(
            f"when {_matches(text, _EXCEL_DAY)}"
            f" then date '1899-12-30' + try_cast(split_part({text}, '.', 1) as integer)"
        )
    if locale.date_format != "iso":
        parsed = _parsed(text, locale)
        cases.append(f"when {parsed} = date_trunc('day', {parsed}) then cast({parsed} as date)")
    cases.append(
        f"when {_matches(text, r'(19|20)[0-9]{6}')}"
        f" then cast(try_strptime({text}, '%Y%m%d') as date)"
    )
    return f"case {' '.join(cases)} end"


def _timestamp(text: str, locale: Locale) -> str:
    # The cast to TIMESTAMP would drop an offset without a word, so those go through TIMESTAMPTZ.
    offset = (
        f"regexp_replace(regexp_replace({text}, ' ?(Z|z|UTC)$', '+00:00'),"
        r" ' ?([+-]\d{2}):?(\d{2})?$', '\1:\2')"
    )
    offset = f"regexp_replace({offset}, ':$', ':00')"
    cases = [
        # The usual form first: every pattern that is tried costs.
        f"when {_matches(text, _DAY + _TIME)}"
        f" then {_local_to_utc(f'try_cast({text} as timestamp)', locale.naive_timezone)}",
        f"when {_matches(text, _DAY)}"
        f" then {_local_to_utc(f'try_cast({text} as timestamp)', locale.timezone)}",
        f"when {_matches(text, _DAY + _TIME + _ZONE)}"
        f" then make_timestamp(epoch_us(try_cast({offset} as timestamptz)))",
        *_bare_numbers(text, locale),
    ]
    if locale.date_format != "iso":
        parsed = _parsed(text, locale)
        zone = locale.timezone if _is_day_format(locale) else locale.naive_timezone
        cases.append(f"when {parsed} is not null then {_local_to_utc(parsed, zone)}")
    return f"case {' '.join(cases)} end"


def _bare_numbers(text: str, locale: Locale) -> list[str]:
    """Cases of a time that is a number: of the declared unit, else told by its digits."""
    if locale.epoch_unit == "excel":
        seconds = f"cast(round(try_cast({text} as decimal(24, 10)) * 86400) as bigint)"
        local = f"timestamp '1899-12-30' + to_seconds({seconds})"
        return [
            f"when {_matches(text, r'[0-9]{1,6}([.][0-9]+)?')}"
            f" then {_local_to_utc(local, locale.timezone)}"
        ]
    if locale.epoch_unit:
        factor = {"s": 1_000_000, "ms": 1_000, "us": 1}[locale.epoch_unit]
        number = f"try_cast({text} as bigint)"
        fits = f"{_matches(text, '[0-9]{1,16}')} and {number} < {10**17 // factor}"
        return [f"when {fits} then make_timestamp({number} * {factor})"]
    return [
        f"when {_matches(text, f'[0-9]{{{digits}}}')}"
        f" then make_timestamp(try_cast({text} as bigint) * {factor})"
        for digits, factor in ((10, 1_000_000), (13, 1_000), (16, 1))
    ]


def _milestone_time(text: str, locale: Locale) -> str:
    last_second = "interval 1 day - interval 1 second"
    day = f"try_cast({text} as timestamp) + {last_second}"
    cases = [f"when {_matches(text, _DAY)} then {_local_to_utc(day, locale.timezone)}"]
    if locale.epoch_unit == "excel":
        day = f"cast(({_date(text, locale)}) as timestamp) + {last_second}"
        cases.append(
            f"when {_matches(text, _EXCEL_DAY)} then {_local_to_utc(day, locale.timezone)}"
        )
    if _is_day_format(locale):
        day = _parsed(text, locale, ("",))
        end_of_day = _local_to_utc(f"{day} + {last_second}", locale.timezone)
        cases.append(f"when {day} is not null then {end_of_day}")
    return f"case {' '.join(cases)} else {_timestamp(text, locale)} end"


def _is_day_format(locale: Locale) -> bool:
    return locale.date_format != "iso" and not re.search(r"%-?[HIMSfpcXs]", locale.date_format)


def _parsed(text: str, locale: Locale, tails: tuple[str, ...] = _TIME_TAILS) -> str:
    # %Y takes 26 for the year 26, which nobody means.
    parsed = _by_format(text, locale, tails)
    return f"case when {parsed} >= timestamp '0100-01-01' then {parsed} end"


def _by_format(text: str, locale: Locale, tails: tuple[str, ...] = _TIME_TAILS) -> str:
    if not locale.month_names:
        return f"try_strptime({text}, {_formats(locale, tails)})"
    formats = _formats(locale, tails).replace("%b", "%B")
    return f"try_strptime({in_english(text, locale.month_names)}, {formats})"


def _formats(locale: Locale, tails: tuple[str, ...] = _TIME_TAILS) -> str:
    tails = tails if _is_day_format(locale) else ("",)
    # Years of two digits are tried first: %y takes no four, but %Y takes two.
    formats = sorted(locale.date_format.split("|"), key=lambda one: "%Y" in one)
    return "[" + ", ".join(sql_text(one + tail) for one in formats for tail in tails) + "]"


def _local_to_utc(local: str, timezone: str) -> str:
    """A wall-clock time in UTC: a time inside a gap moves forward, of two equal ones the first."""
    if timezone in _WITHOUT_CLOCK_CHANGES:
        return local
    zone = sql_text(timezone)
    instant = f"timezone({zone}, {local})"
    cases = [f"when {local} >= timestamp '9999-01-01' then {local}"]
    for earlier in ("interval 1 hour", "interval 30 minute"):
        first = f"{instant} - {earlier}"
        cases.append(
            f"when timezone({zone}, {first}) = {local} then make_timestamp(epoch_us({first}))"
        )
    return f"case {' '.join(cases)} else make_timestamp(epoch_us({instant})) end"


def clock_flag(text: str, column: ColumnDeclaration, locale: Locale) -> str | None:
    """SQL of what is odd about a clock time of a zone that changes its clocks; NULL: nothing.

    None where no text of the column can be such a time.
    """
    zone = locale.naive_timezone
    if column.data_type not in {"timestamp", "milestone_time"} or zone in _WITHOUT_CLOCK_CHANGES:
        return None
    local = f"try_cast({text} as timestamp)"
    if locale.date_format != "iso":
        local = f"coalesce({local}, {_by_format(text, locale)})"
    instant = f"timezone({sql_text(zone)}, {local})"
    back = f"timezone({sql_text(zone)}, {instant})"
    twin = " or ".join(
        f"timezone({sql_text(zone)}, {instant} {sign} interval {minutes} minute) = {local}"
        for sign in "-+"
        for minutes in (30, 60)
    )
    # Clocks change in the small hours, and only such times are worth the arithmetic.
    return (
        f"case when {_matches(text, r'.*[ T]0?[0-3]:[0-5][0-9](:[0-9.]*)?')} then case"
        f" when {back} <> {local} then {sql_text(f'{IN_A_GAP} of {zone}')}"
        f" when {twin} then {sql_text(f'{IN_A_FOLD} of {zone}')} end end"
    )


def _is_dated(column: ColumnDeclaration) -> bool:
    """True where 0001 or 1970 can only be a default that somebody's system filled in."""
    times = {"date", "timestamp", "milestone_time"}
    return column.data_type == "milestone_time" or (column.event_time and column.data_type in times)


def _is_implausible(value: str, column: ColumnDeclaration, locale: Locale) -> str:
    too_early = f"{value} < timestamp '{EARLIEST_EVENT}'"
    if not column.event_time:
        latest = f"timestamp '{LATEST_EVENT}' and {value} < timestamp '{OPEN_END}'"
    elif locale.delivered_at is not None:
        # The whole day after the delivery's is still fine: clocks and zones differ by a day.
        latest = f"timestamp '{locale.delivered_at:%Y-%m-%d}' + interval 2 day"
    else:
        latest = f"timestamp '{LATEST_EVENT}'"
    return f"{too_early} or {value} >= {latest}"


_CASTS: Mapping[str, Callable[[str, Locale], str]] = {
    "boolean": _boolean,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "milestone_time": _milestone_time,
}
