"""Parquet as a release has it: the same rows give the same bytes, and every reader in use can read them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from eventbank.tables import PARQUET

ROW_GROUP = 1_000
"""Rows in a row group: what a browser fetches at once."""


def write(table: pa.Table, path: Path) -> None:
    """Writes a table with the options of `tables.PARQUET`; its schema must be the one of `tables`, without metadata.

    There is no `huggingface` key: the card declares the features, and older versions of `datasets` stumble over the key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=ROW_GROUP, **PARQUET)


def row_digest(tables: Iterable[tuple[str, str, pa.Table]]) -> str:
    """SHA-256 (hex) of the rows of all (config, split, table), whatever wrote them and in whatever order.

    Each row is a line of canonical JSON, `[config, split, row]` with sorted keys in ASCII; the digest is taken over the sorted SHA-256 of
    the lines, so that it needs 32 bytes of memory per row.
    """
    lines = sorted(
        hashlib.sha256(json.dumps([config, split, row], sort_keys=True, separators=(",", ":"), default=_text).encode("ascii")).digest()
        for config, split, table in tables
        for batch in table.to_batches(max_chunksize=ROW_GROUP)
        for row in batch.to_pylist()
    )
    return hashlib.sha256(b"".join(lines)).hexdigest()


def _text(value: Any) -> str:
    return str(value.isoformat())
