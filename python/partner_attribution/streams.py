"""Standard streams that nobody may be listening to.

A full disk behind a log, a closed pipe or a terminal that is gone must not change what a run
leaves behind: its files, its plan and its exit code come first, telling is best effort.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


class BestEffort(io.TextIOBase):
    """A text stream that stays silent once its other end is gone."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream behind."""
        return self._stream.encoding if self._stream is not None else "utf-8"

    def isatty(self) -> bool:
        """Whether a terminal listens."""
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        """Of the stream behind."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Pass the text on, or drop it."""
        try:
            if self._stream is not None:
                self._stream.write(text)
        except (OSError, ValueError):
            self._give_up()
        return len(text)

    def flush(self) -> None:
        """Pass it on, or drop what is waiting."""
        try:
            if self._stream is not None:
                self._stream.flush()
        except (OSError, ValueError):
            self._give_up()

    def _give_up(self) -> None:
        stream, self._stream = self._stream, None
        try:
            # What waits in the buffer is flushed once more when Python ends: into nothing.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]
        except (OSError, ValueError):
            return


def tell_best_effort() -> None:
    """Put both standard streams behind one."""
    sys.stdout, sys.stderr = BestEffort(sys.stdout), BestEffort(sys.stderr)
