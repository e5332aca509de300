"""The two ways in which a delivery can be wrong."""

from typing import Any


class FeedsError(Exception):
    """The project's own files (declarations, seeds) are wrong; nothing can be landed."""


class DeliveryError(Exception):
    """One delivered file cannot be landed; the others go on.

    The message is one or two short sentences: what was found, what was expected, what to do.
    """

    def __init__(self, message: str, columns: Any = None) -> None:
        """columns: the Match of a file whose columns could be compared, but do not suffice."""
        super().__init__(message)
        self.columns = columns
