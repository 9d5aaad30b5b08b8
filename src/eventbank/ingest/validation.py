"""Documents checked against the schema of their table before they are written; a page that breaks it is set aside.

The checks are pandera's. A call of it takes as long for one row as for a thousand, so some thousand rows are checked at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from eventbank.errors import Code
from eventbank.readers.batch import PLACED, POOL, Converted, rejections
from eventbank.readers.record import Rejection
from eventbank.schemas import pandera_schema
from eventbank.tables import Table

if TYPE_CHECKING:
    from pandera.pyarrow import DataFrameSchema

BREAKS = Code("E829", "the converted page breaks the schema of its table", "Please report the page; the others are unharmed.")

TOGETHER, HELD = 8_000, 32 << 20
"""How many documents are checked at once, and of how many bytes at most."""

CONVERTED = Table("converted", POOL.row, tuple(replace(one, unique=False) for one in POOL.columns if one.name not in PLACED), POOL.key)
"""A document of which nobody knows yet whether another one has its id."""


def checked(parts: Iterable[Converted]) -> Iterator[Converted]:
    """The same parts in the same order, their documents with the columns of `CONVERTED`; documents that break it are among the rejected."""
    held: list[Converted] = []
    rows = size = 0
    for part in parts:
        held.append(replace(part, documents=part.documents.select(CONVERTED.schema.names)))
        rows, size = rows + part.documents.num_rows, size + part.documents.nbytes
        if rows >= TOGETHER or size >= HELD:
            yield from _checked(held)
            held, rows, size = [], 0, 0
    yield from _checked(held)


def _checked(parts: list[Converted]) -> Iterator[Converted]:
    whole = pa.Table.from_batches([part.documents for part in parts], CONVERTED.schema)
    broken = dict(_broken(whole, 0))
    begin = 0
    for part in parts:
        rows = range(begin, begin := begin + part.documents.num_rows)
        yield _parted(part, [broken.get(row) for row in rows]) if any(row in broken for row in rows) else part


def _parted(part: Converted, faults: list[str | None]) -> Converted:
    """The part with each document that has a fault among the rejected."""
    names = part.documents.select(["raw_name", "doc_id"]).to_pylist()
    aside = [Rejection.of(BREAKS.at(None, fault), *name.values()) for fault, name in zip(faults, names, strict=True) if fault]
    rejected = pa.Table.from_batches([part.rejected, rejections(aside)]).combine_chunks().to_batches()[0]
    return Converted(part.documents.filter(pa.array(fault is None for fault in faults)), rejected)


def _broken(rows: pa.Table, begin: int) -> Iterator[tuple[int, str]]:
    """The rows that break the schema, by number from `begin` on, and how: found by halving, since pandera names none."""
    from pandera.errors import SchemaErrors

    if not len(rows):
        return
    try:
        _schema().validate(rows, lazy=True)
    except SchemaErrors as errors:
        half = len(rows) // 2
        if half:
            yield from _broken(rows.slice(0, half), begin)
            yield from _broken(rows.slice(half), begin + half)
        else:
            yield begin, "; ".join(sorted({f"{one['column']}: {one['check']}" for one in errors.failure_cases.to_pylist()}))


@cache
def _schema() -> DataFrameSchema:
    return pandera_schema(CONVERTED)
