"""Do two partners hash the same address to the same value? Agreed test strings tell beforehand.

A feed that delivers hashed addresses brings `hash_check.csv` (test_string, email_hash) with every
string of AGREED. Where a hash is not the one of the declared scheme, no file of the feed that has
addresses is landed: its people would silently meet nobody. Its deals and companies are.
"""

import base64
import csv
import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from partner_attribution.feeds.feed_list import Feed
from partner_attribution.feeds.files import DeliveredFile
from partner_attribution.feeds.names import printable

FILE = "hash_check"
AGREED = (" Test.Person@Example.com ", "Test.Person+News@gmail.com")
"""They tell apart who trims, who lowers the case, and who drops Gmail's dots and tags."""


def _google(address: str) -> str:
    local, _, domain = "".join(address.lower().split()).partition("@")
    if domain in {"gmail.com", "googlemail.com"}:
        local = local.split("+")[0].replace(".", "")
    return f"{local}@{domain}"


SCHEMES: Mapping[str, Callable[[str], str]] = {
    "lower_trim": lambda address: address.strip().lower(),
    "google": _google,
}
"""Name of a scheme -> how it writes an address before SHA-256; the same as macros/identity.sql."""


def checked(feed: Feed, files: Sequence[DeliveredFile]) -> Feed:
    """Return the feed, distrusted where its test strings are hashed in another way."""
    mine = [file for file in files if is_hash_check(file) and not file.problem]
    if not mine or feed.problem:
        return feed
    newest = max(mine, key=lambda file: (str(file.delivered_at or ""), file.shown))
    return replace(feed, distrust=_problem(feed, newest))


def is_hash_check(file: DeliveredFile) -> bool:
    """True for the file of test strings, which is no table."""
    return file.kind == "csv" and file.stem.lower().startswith(FILE)


def _problem(feed: Feed, file: DeliveredFile) -> str:
    try:
        text = file.path.read_bytes()[:100_000].decode(feed.encoding).removeprefix("\ufeff")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=feed.delimiter))
        hashes = {row["test_string"]: (row["email_hash"] or "").strip() for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError) as error:
        return (
            f"{file.shown} cannot be read ({printable(str(error))}). Expected: columns test_string"
            " and email_hash, a row for each string of docs/privacy.md."
        )
    by_text = {text.strip(): hashed for text, hashed in hashes.items() if text}
    for agreed in AGREED:
        hashed = by_text.get(agreed.strip())
        if hashed is None:
            return f"{file.shown} lacks the test string {agreed!r}. Add its hash (docs/privacy.md)."
        scheme = SCHEMES.get(feed.email_hash_scheme)
        if scheme is not None and _hex(hashed) != _sha256(scheme(agreed)):
            return f"{file.shown}: the hash of {agreed!r} {_diagnosis(feed, agreed, hashed)}"
    return ""


def _diagnosis(feed: Feed, text: str, hashed: str) -> str:
    declared = feed.email_hash_scheme
    for name, scheme in SCHEMES.items():
        if _hex(hashed) == _sha256(scheme(text)):
            return (
                f"is the one of scheme {name}, not {declared}."
                f" Write email_hash_scheme {name} in seeds/feeds.csv."
            )
    forms = {text, text.strip(), text.lower(), text.strip().lower()}
    expected = f"Expected: SHA-256 under scheme {declared} (docs/privacy.md). Ask for it again."
    if _hex(hashed) in {_sha256(form) for form in forms}:
        return f"is of the text before blanks and capitals are removed. {expected}"
    for kind in ("md5", "sha1", "sha512"):
        if _hex(hashed) in {hashlib.new(kind, form.encode()).hexdigest() for form in forms}:
            return f"is a plain {kind.upper()}. {expected}"
    return f"matches no known scheme; is it salted? {expected}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _hex(hashed: str) -> str:
    """A hash as hex, whether it came as hex or base64."""
    if len(hashed) == 44:
        try:
            return base64.b64decode(hashed, validate=True).hex()
        except ValueError:
            return hashed
    return hashed.lower()
