"""Rows of the table `annotations` as Arrow and back, quickly.

Rows of one kind use the same columns, and lists of keys and labels repeat. So rows are gathered by the columns that they use, and each
different list is made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eventbank.labelstudio.nodes import Row
from eventbank.tables import ANNOTATIONS

_BREAK = "\n"
"""Stands between keys where they are joined: no escaped key holds it."""


def to_batch(rows: Sequence[Row]) -> pa.RecordBatch:
    """Rows, of which there is at least one, as Arrow in their order, with the schema of the table `annotations`."""
    layouts: dict[tuple[str, ...], tuple[list[int], list[Row]]] = {}
    for at, row in enumerate(rows):
        places, alike = layouts.setdefault(tuple(row), ([], []))
        places.append(at)
        alike.append(row)
    parts = [_alike(layout, alike) for layout, (_, alike) in layouts.items()]
    order = np.argsort(np.array([at for places, _ in layouts.values() for at in places], np.int64))
    (batch,) = pa.Table.from_batches(parts, ANNOTATIONS.schema).combine_chunks().take(pa.array(order)).to_batches()
    return batch


def _alike(layout: Sequence[str], rows: Sequence[Row]) -> pa.RecordBatch:
    """Rows that use the same columns, which are then read in one go."""
    values = dict(zip(layout, zip(*(row.values() for row in rows), strict=True), strict=True))
    arrays = [
        _array(values[field.name], field.type) if field.name in values else pa.nulls(len(rows), field.type) for field in ANNOTATIONS.schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=ANNOTATIONS.schema)


def of_batch(batch: pa.RecordBatch) -> list[Row]:
    """Rows again from Arrow; columns that a row does not use are absent."""
    rows: list[Row] = [{} for _ in range(batch.num_rows)]
    for name in batch.schema.names:
        column = batch.column(name)
        if column.null_count == len(column):
            continue
        for row, value in zip(rows, _keys(column) if name in ("keys", "value_keys") else column.to_pylist(), strict=True):
            if value is not None:
                row[name] = value
    return rows


def _array(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    """An Arrow array; of lists, which repeat, each different one is made once."""
    if not pa.types.is_list(type_):
        return pa.array(values, type_)
    places: dict[tuple[str, ...] | None, int] = {}
    indices = [places.setdefault(None if value is None else tuple(value), len(places)) for value in values]
    return pa.array(list(places), type_).take(pa.array(indices, pa.int32()))


def _keys(column: pa.Array) -> list[tuple[str, ...] | None]:
    """A column of lists of keys; equal lists are one tuple. The number of keys goes before, to tell no key from an empty one."""
    sizes = pc.cast(pc.list_value_length(column), pa.string())
    joined = pc.binary_join_element_wise(sizes, pc.binary_join(column, _BREAK), _BREAK).dictionary_encode()
    found = [tuple(one.split(_BREAK)[1:]) if one[0] != "0" else () for one in joined.dictionary.to_pylist()]
    return [None if at is None else found[at] for at in joined.indices.to_pylist()]
