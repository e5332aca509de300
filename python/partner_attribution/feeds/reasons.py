"""Why a delivered cell is refused: what it is, what was expected, what to do about it."""

import re

from partner_attribution.feeds.declarations import ColumnDeclaration
from partner_attribution.feeds.names import sql_text

_TIMES = {"date", "timestamp", "milestone_time"}
_LOOKS_LIKE_DAY_FIRST = r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}([ ,T].*)?"
_YEAR_OF_TWO_DIGITS = r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2}([ ,T].*)?"
_MONTH_IN_WORDS = r"(\d{1,2}\PL{1,2}(de )?)?\p{L}{3,9}\PL.*\d{2,4}.*"
_DAY_AND_TIME = r"\d{4}(-\d{1,2}-|/\d{1,2}/)\d{1,2}[ T]\d{1,2}:\d{2}.*"
_SCIENTIFIC = r"[+-]?\d+([.,]\d+)?[eE][+-]?\d{1,3}"
_NUMBERS = (
    (r"(?i)n\.?/?a\.?|null|none|nil|nan|[-+]?inf(inity)?|-+|tbd|\?+|#.*",
     "leave the cell empty where there is no value"),
    (_SCIENTIFIC, "in scientific notation; export the column as plain digits"),
    (r".*(\p{Sc}|[A-Za-z]{1,4}\.? ?\d|\d ?[A-Za-z]{1,4}\.?\)?$|[A-Za-z]{3}).*",
     "with a currency sign; write it as currency_mark in seeds/feed_files.csv, and its ISO code as"
     " currency"),
    (r"\(.*\)", "in brackets; write negative amounts with a minus, or declare currency_mark"),
)  # fmt: skip
_SUFFIXED = (
    (r".*\d ?%\)?",
     "a percentage; declare number_suffix in seeds/feed_files.csv: %=0.01 makes 0.12 of 12 %"),
    (r"[^A-Za-z]*\d ?(?i:k|m|mm|mn|b|bn|mio\.?|mrd\.?|tsd\.?)[^A-Za-z]*",
     "with a unit; declare number_suffix in seeds/feed_files.csv, such as k=1000|M=1000000"),
)  # fmt: skip
_MARKS = r"[+-]?\d[\d.,' ]*[.,' ]\d+"
_MARKED = {
    "decimal": "in another notation; declare decimal_mark and thousands_mark in seeds/feeds.csv",
    "integer": "expected a whole number without marks",
}
_ID = re.compile(r"(^|_)ids?$")
EXPORTED_AS_NUMBER = "an id in scientific notation: export the column as text"


def is_id(column: ColumnDeclaration) -> bool:
    """True for text columns that identify something."""
    return column.data_type == "text" and bool(_ID.search(column.name.lower()))


def is_exported_as_number(text: str) -> str:
    """SQL condition: a spreadsheet made a number of an id (`1.2E+05`), and digits are lost."""
    # The regular expression is slow and hardly ever needed: `and` of a condition stops before it,
    # unless a function such as coalesce() wants its value.
    pattern = r"[+-]?\d+([.,]\d+)?[eE]\+\d{1,3}"
    is_match = f"regexp_full_match({text}, {sql_text(pattern)})"
    return f"(contains({text}, '+') and {is_match})"


def misfit(text: str, column: ColumnDeclaration) -> str:
    """SQL of the reason why a text has no value of the column's type."""
    if column.data_type in _TIMES:
        return _no_time(text, column)
    article = "an" if column.data_type == "integer" else "a"
    plain = f"not {article} {column.data_type}"
    if column.data_type == "boolean":
        return sql_text(f"{plain}: expected true or false, yes or no, 1 or 0")
    suffixed = _SUFFIXED if column.data_type == "decimal" else ()
    cases = " ".join(
        f"when regexp_full_match({text}, {sql_text(pattern)}) then {sql_text(f'{plain}: {why}')}"
        for pattern, why in (*suffixed, *_NUMBERS, (_MARKS, _MARKED[column.data_type]))
    )
    return f"case {cases} else {sql_text(plain)} end"


def _no_time(text: str, column: ColumnDeclaration) -> str:
    plain = "not a date" if column.data_type == "date" else "not a timestamp"
    cases = (
        f"when regexp_full_match({text}, {sql_text(_YEAR_OF_TWO_DIGITS)})"
        " then 'a year of two digits: declare date_format with %y in seeds/feeds.csv, such as"
        " %m/%d/%y or %m/%d/%Y|%m/%d/%y'"
        f" when regexp_full_match({text}, {sql_text(_LOOKS_LIKE_DAY_FIRST)})"
        " then 'ambiguous date: declare date_format in seeds/feeds.csv'"
        f" when regexp_full_match({text}, {sql_text(_MONTH_IN_WORDS)})"
        " then 'a month in words: declare date_format with %B, such as %d. %B %Y, and where it is"
        " not English month_names in seeds/feed_files.csv'"
    )
    if column.data_type == "date":
        cases += (
            f" when regexp_full_match({text}, {sql_text(_DAY_AND_TIME)})"
            " then 'a date with a time of day'"
        )
    expected = f"{plain}: expected as 2026-09-30, or as date_format in seeds/feeds.csv says"
    return f"case {cases} else {sql_text(expected)} end"
