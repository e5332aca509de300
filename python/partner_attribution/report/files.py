"""Where a readout is written, and how: inside the output folder, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from pathlib import Path

from partner_attribution.errors import AttributionError

LONGEST_SLUG = 60
RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}


def slug(name: str) -> str:
    """A folder name for any text. Where the text had to change, a short hash keeps it unique."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9_]+", "-", plain.lower()).strip("-_")[:LONGEST_SLUG].rstrip("-_")
    if made and made == name and made not in RESERVED:
        return made
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{made or 'campaign'}-{digest}"


def readout_folder(output: Path, campaign_id: str, window_id: str) -> Path:
    """Make and return the folder of one readout.

    Raises AttributionError if it would lie outside the output folder or behind a link.
    """
    folder = output / f"{slug(campaign_id)}-{slug(window_id)}"
    try:
        output.mkdir(parents=True, exist_ok=True)
        if folder.is_symlink():
            raise _unsafe(folder)
        folder.mkdir(exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise AttributionError(
            "The output folder is not a folder",
            where=str(error.filename),
            expected="a folder, or a path where one can be made",
            do="move the file away or choose another folder with --output",
        ) from error
    if folder.resolve().parent != output.resolve():
        raise _unsafe(folder)
    return folder


def write(path: Path, content: str | bytes) -> Path:
    """Write a file whole: readers see the old one or the new one, and no link is followed."""
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, flags, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # Replacing takes the place of a link; it does not write through it.
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path


def _unsafe(folder: Path) -> AttributionError:
    return AttributionError(
        "The folder of this readout is a link or lies outside the output folder",
        where=str(folder),
        expected="a plain folder inside --output",
        do=f"remove the link: rm '{folder}'",
    )
