"""The two ways in which a delivery can be wrong."""


class FeedsError(Exception):
    """The project's own files (declarations, seeds) are wrong; nothing can be landed."""


class DeliveryError(Exception):
    """One delivered file cannot be landed; the others go on.

    The message is one or two short sentences: what was found, what was expected, what to do.
    """
