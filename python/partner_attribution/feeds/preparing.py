"""From a delivered file to one that DuckDB reads: plain, UTF-8, and known by its hash."""

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from partner_attribution.feeds.errors import DeliveryError

_CHUNK = 1 << 20
_MOST_AIR = 500
"""Tables hardly ever pack better than 1:100; 1:1000 is what zeros do."""
_SMALL = 1 << 26
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Prepared:
    """A local, uncompressed copy of (or link to) a delivered file."""

    path: Path
    content_hash: str
    size: int
    lines: int
    r"""Number of \n, counting an unfinished last line."""
    delimiters: int
    """How often the delimiter occurs, in quotes or not."""
    has_quotes: bool
    has_nul: bool
    is_ascii: bool
    """Of a CSV, no byte above 127."""
    longest_line: int
    """Of a CSV, in bytes; of lines within a megabyte, not exactly."""
    has_exponents: bool
    """Of a CSV, an `E+` is somewhere."""


def prepare(
    source: Path,
    workdir: Path,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    quote: str = '"',
) -> Prepared:
    """Hash a file; unpack and recode it into workdir where needed.

    encoding: the feed's declared encoding; delimiter: None for what is no CSV. The hash is
    that of the delivered bytes, after unpacking. Raises DeliveryError for a damaged archive or a
    wrong encoding, OSError when reading fails.
    """
    is_text = delimiter is not None
    is_packed = source.suffix.lower() == ".gz"
    codec = codecs.lookup(encoding).name if is_text else "utf-8"
    target = _free_target(source, workdir)
    digest = hashlib.sha256()
    size = lines = delimiters = longest = unfinished = 0
    has_quotes = has_nul = has_exponents = False
    is_ascii = is_text
    last = b""
    rewrites = is_packed or codec not in {"utf-8", "utf-8-sig", "ascii"}
    with _opened(source, is_packed) as stream:
        out = target.open("wb") if rewrites else None
        decoder = codecs.getincrementaldecoder(codec)()
        try:
            for chunk in _chunks(stream):
                if not size and is_text and chunk.startswith(_UTF16_MARKS):
                    _expect_utf16(codec)
                digest.update(chunk)
                text = chunk
                if out is not None:
                    text = _recode(decoder, chunk, codec, size) if is_text else chunk
                    out.write(text)
                size += len(chunk)
                if is_packed and size > max(_SMALL, _MOST_AIR * source.stat().st_size):
                    raise DeliveryError(
                        f"unpacks to more than {_MOST_AIR} times its size: no delivery does."
                        " Ask for it again, or deliver it unpacked."
                    )
                if is_text:
                    ended = text.find(b"\n")
                    longest = max(longest, unfinished + (len(text) if ended < 0 else ended))
                    unfinished += len(text)
                    if ended >= 0:
                        unfinished = len(text) - text.rfind(b"\n") - 1
                    octets = np.frombuffer(text, np.uint8)
                    lines += int(np.count_nonzero(octets == ord("\n")))
                    delimiters += int(np.count_nonzero(octets == ord(delimiter or "")))
                    has_quotes = has_quotes or (bool(quote) and quote.encode() in text)
                    has_nul = has_nul or b"\0" in text
                    is_ascii = is_ascii and text.isascii()
                    # Two chunks may share an `E+`.
                    has_exponents = has_exponents or _has_exponent(text, last + text[:1])
                    last = text[-1:] or last
            if out is not None and is_text:
                rest = _recode(decoder, b"", codec, size, final=True)
                is_ascii = is_ascii and rest.isascii()
                out.write(rest)
        finally:
            if out is not None:
                out.close()
    if not rewrites:
        plain_link(source, workdir)
    lines += last not in {b"\n", b""}
    return Prepared(
        target,
        digest.hexdigest(),
        size,
        lines,
        delimiters,
        has_quotes,
        has_nul,
        is_ascii,
        longest,
        has_exponents,
    )


def plain_link(source: Path, workdir: Path) -> Path:
    """A link with a plain name: the delivered name may hold anything, even a glob."""
    target = _free_target(source, workdir)
    target.symlink_to(source.resolve())
    return target


def _has_exponent(*texts: bytes) -> bool:
    # A plus sign is found fast, and many files have none.
    return any(b"+" in text and (b"E+" in text or b"e+" in text) for text in texts)


def bad_byte(path: Path) -> int | None:
    """Return the offset of the first byte that is not UTF-8, or None."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return offset - waiting + error.start
            offset += len(chunk)
    return offset - len(decoder.getstate()[0]) if decoder.getstate()[0] else None


def wrong_encoding(offset: int, encoding: str) -> DeliveryError:
    """The error for a byte that the declared encoding does not know."""
    return DeliveryError(
        f"not {encoding} at byte offset {offset}. Declare the encoding in seeds/feeds.csv,"
        " for example cp1252 or utf-16."
    )


def _free_target(source: Path, workdir: Path) -> Path:
    target = workdir / ("plain" + Path(source.name.lower().removesuffix(".gz")).suffix)
    target.unlink(missing_ok=True)
    return target


@contextmanager
def _opened(source: Path, is_packed: bool) -> Iterator[BinaryIO]:
    try:
        with source.open("rb") as raw:
            yield gzip.GzipFile(fileobj=raw) if is_packed else raw  # type: ignore[misc]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DeliveryError(
            f"the gzip archive is damaged ({str(error).rstrip('.')}). Ask for it again."
        ) from error


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _recode(
    decoder: codecs.IncrementalDecoder, chunk: bytes, codec: str, offset: int, final: bool = False
) -> bytes:
    if codec in {"utf-8", "utf-8-sig", "ascii"}:
        return chunk
    waiting = decoder.getstate()[0]
    try:
        return decoder.decode(chunk, final).encode("utf-8")
    except UnicodeDecodeError as error:
        raise wrong_encoding(offset - len(waiting) + error.start, codec) from error
    except UnicodeError as error:
        raise DeliveryError(f"not {codec}: {error}. Check the encoding.") from error


def _expect_utf16(codec: str) -> None:
    if not codec.startswith("utf-16"):
        raise DeliveryError(
            f"begins like UTF-16, but the feed declares {codec}. Write encoding utf-16 for it"
            " in seeds/feeds.csv."
        )
