"""Where SQL of DuckDB saves a second pass over touches; other engines take the general way."""

from __future__ import annotations

from itertools import count
from typing import Any

import narwhals as nw

from partner_attribution.attribution.exact import Frame

# DuckDB 1.x makes a view of this name, so that a later query of the same name would change this
# one before it has run.
_numbers = count()


def query(frame: Frame, sql: str) -> Any:
    """Return what this SQL selects from a DuckDB frame, which it calls {rows}.

    Narwhals has no way to say that a result is used twice but made once. `as materialized` has.
    """
    native: Any = frame.to_native()
    name = f"__rows_{next(_numbers)}"
    return nw.from_native(native.query(name, sql.format(rows=name)))
