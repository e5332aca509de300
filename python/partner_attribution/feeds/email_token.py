"""Keyed hashing of e-mail addresses inside DuckDB, without the key ever appearing in SQL.

HMAC-SHA-256 is SHA-256(key_outer || SHA-256(key_inner || message)), where the two key blocks
are the padded key XORed with fixed bytes (RFC 2104). This dbt-duckdb plugin puts the two blocks
in session variables; macros/dialect.sql `keyed_hash` does the rest, vectorised.
"""

from __future__ import annotations

import hashlib
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

_BLOCK_BYTES = 64


def key_blocks(key: str) -> tuple[bytes, bytes]:
    """Inner and outer HMAC-SHA-256 key blocks (64 bytes each) of a text key."""
    secret = key.encode()
    if len(secret) > _BLOCK_BYTES:
        secret = hashlib.sha256(secret).digest()
    padded = secret.ljust(_BLOCK_BYTES, b"\0")
    return bytes(b ^ 0x36 for b in padded), bytes(b ^ 0x5C for b in padded)


class Plugin(BasePlugin):
    """Give every DuckDB cursor of dbt the key blocks of `DBT_ENV_SECRET_EMAIL_KEY`."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Read the key; an empty one is legal (pseudonyms without a secret) and is reported."""
        self._inner, self._outer = key_blocks(str(plugin_config.get("key") or ""))

    def configure_cursor(self, cursor: Any) -> None:
        """Set the variables that `keyed_hash` reads; they live as long as the cursor."""
        cursor.execute("set variable email_key_inner = $1::blob", [self._inner])
        cursor.execute("set variable email_key_outer = $1::blob", [self._outer])
