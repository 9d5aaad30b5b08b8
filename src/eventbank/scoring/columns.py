"""A JSONL file of TextEE records to columns without an object for each record: Arrow parses, numpy finds the spans.

Arrow takes records of the usual form: ids that are text, offsets that are integers, one record a line. A block in which it meets anything
else goes through `records`, which knows every allowed form and names the line of every bad one. The two give the same `Windows`. Fields
that scoring does not need are skipped here, so only in those may a number have more than 4,300 digits, or values lie a thousand deep.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from eventbank.errors import EventBankError, Problem
from eventbank.scoring.records import APART, ENDLESS, MOST, add, records
from eventbank.scoring.windows import Ints, Key, Windows

BLOCK = 1 << 23
"""How many bytes of a file are parsed at once, and then up to the end of the line."""

_SPAN = [("start", pa.int64()), ("end", pa.int64())]
_ENTITY = pa.struct([("id", pa.string()), *_SPAN])
_ARGUMENT = pa.struct([("entity_id", pa.string()), ("role", pa.string()), *_SPAN])
_EVENT = pa.struct([("event_type", pa.string()), ("trigger", pa.struct(_SPAN)), ("arguments", pa.list_(_ARGUMENT))])
SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("wnd_id", pa.string()),
        ("tokens", pa.list_(pa.string())),
        ("entity_mentions", pa.list_(_ENTITY)),
        ("event_mentions", pa.list_(_EVENT)),
    ]
)
"""What scoring needs of a record."""


def read_windows(path: Path, block: int = BLOCK) -> Windows:
    """The windows of a JSONL file in order; what is held beside them is one block.

    Raises:
        EventBankError: E700 with every bad line, up to `MOST`.
    """
    windows, problems = Windows(), list[Problem]()
    number = 1
    with path.open("rb") as file:
        while (data := file.read(block)) and len(problems) < MOST:
            data += file.readline()
            lines = data.count(b"\n") + (not data.endswith(b"\n"))
            if not add_block(windows, data, lines):
                add(windows, records(BytesIO(data), path, problems, number))
            number += lines
    if problems:
        raise EventBankError(problems)
    return windows


def add_block(windows: Windows, data: bytes, lines: int) -> bool:
    """Adds the records of some whole lines, or leaves everything as it is and says no: the lines may hold anything then."""
    if not _plain(data):
        return False
    reading = pj.ReadOptions(use_threads=False, block_size=len(data) + 1)
    parsing = pj.ParseOptions(explicit_schema=SCHEMA, unexpected_field_behavior="ignore")
    try:
        table = pj.read_json(pa.BufferReader(data), read_options=reading, parse_options=parsing)
    except (pa.ArrowInvalid, OverflowError):
        return False
    rows = _rows(table) if table.num_rows == lines else None
    if rows is not None:
        _add(windows, rows)
    return rows is not None


def _plain(data: bytes) -> bool:
    """Whether every line begins and ends with a brace and all is UTF-8.

    Between two braces, `}` and `{`, nothing but the end of a record can stand in JSON; so as many records as lines are one record a line.
    """
    codes = np.frombuffer(data.removesuffix(b"\n"), np.uint8)
    ends = np.flatnonzero(codes == ord("\n"))
    if len(codes) < 2 or codes[0] != ord("{") or codes[-1] != ord("}"):
        return False
    if not (codes[ends - 1] == ord("}")).all() or not (codes[ends + 1] == ord("{")).all():
        return False
    try:
        return data.isascii() or bool(data.decode("utf-8"))
    except UnicodeDecodeError:
        return False


class _Rows(NamedTuple):
    """A block of records: a row a window, event or argument; an event knows the row of its window, an argument that of its event."""

    keys: list[Key]
    hashes: list[int | None]
    event_of: Ints
    kinds: pa.Array
    triggers: Ints
    argument_of: Ints
    roles: pa.Array
    fillers: Ints


def _rows(table: pa.Table) -> _Rows | None:
    """The rows of a block, or None if a value is missing or a span is not within its tokens."""
    doc_ids, wnd_ids, tokens, entities, events = (column.combine_chunks() for column in table.columns)
    sizes = pc.list_value_length(tokens).cast(pa.int64()).fill_null(ENDLESS).to_numpy()
    entity_of, entity = _items(entities)
    event_of, event = _items(events)
    ids, kinds, trigger, arguments = entity.field("id"), event.field("event_type"), event.field("trigger"), event.field("arguments")
    argument_of, argument = _items(arguments)
    roles, refs = argument.field("role"), argument.field("entity_id")
    needed = (doc_ids, wnd_ids, tokens.flatten(), entity, ids, events, event, kinds, trigger, arguments, argument, roles)
    if any(one.null_count for one in needed):
        return None
    window_of = event_of[argument_of]
    triggers, places, fillers = _span(trigger), _span(entity), _span(argument)
    found = _found(entity_of, ids, window_of, refs)
    fillers = np.where(found < 0, fillers, places[:, found]) if len(entity_of) else fillers
    if not all(_within(*one) for one in ((places, sizes[entity_of]), (triggers, sizes[event_of]), (fillers, sizes[window_of]))):
        return None
    joined = zip(pc.binary_join(tokens, APART).to_pylist(), (sizes % ENDLESS).tolist(), strict=True)
    hashes = [hash(text) if size else None for text, size in joined]
    keys = list(zip(doc_ids.to_pylist(), wnd_ids.to_pylist(), strict=True))
    return _Rows(keys, hashes, event_of, kinds, triggers, argument_of, roles, fillers)


def _add(windows: Windows, rows: _Rows) -> None:
    """Adds the rows of a block. Names are numbered as they come: the type of an event, then its roles."""
    kinds, roles = rows.kinds.dictionary_encode(), rows.roles.dictionary_encode()
    kind_names, role_names = kinds.dictionary.to_pylist(), roles.dictionary.to_pylist()
    kind, role = kinds.indices.to_numpy(), roles.indices.to_numpy()
    order = [(at, -1, kind_names[kind[at]]) for at in _firsts(kind)]
    order += [(int(rows.argument_of[at]), at, role_names[role[at]]) for at in _firsts(role)]
    for *_, name in sorted(order):
        windows.name(name)
    kind, role = _renamed(windows, kind_names)[kind], _renamed(windows, role_names)[role]
    numbers = np.fromiter(map(windows.window, rows.keys, rows.hashes), np.int64, len(rows.keys))
    windows.triggers.frombytes(_table(numbers[rows.event_of], *rows.triggers, kind))
    event = rows.argument_of
    windows.arguments.frombytes(_table(numbers[rows.event_of[event]], *rows.triggers[:, event], kind[event], *rows.fillers, role))


def _items(lists: pa.Array) -> tuple[Ints, Any]:
    """The items of a column of lists, and the row that each is in."""
    return pc.list_parent_indices(lists).to_numpy().astype(np.int64), lists.flatten()


def _span(items: Any) -> Ints:
    """Starts and ends, in two rows; -1 where there are none."""
    return np.stack([items.field(name).fill_null(-1).to_numpy() for name in ("start", "end")])


def _found(row_of: Ints, ids: pa.Array, asker_of: Ints, refs: pa.Array) -> Ints:
    """For each of `refs` the place in `ids` of the last equal one in the same row, or -1."""
    codes = (
        pa.chunked_array([ids, refs.fill_null("")])
        .dictionary_encode()
        .unify_dictionaries()
        .combine_chunks()
        .indices.to_numpy()
        .astype(np.int64)
    )
    room = len(codes) + 1
    known, wanted = row_of * room + codes[: len(ids)], asker_of * room + codes[len(ids) :]
    order = np.argsort(known, kind="stable")
    last = np.searchsorted(known[order], wanted, side="right") - 1
    at = order[last] if len(order) else last
    hit = (last >= 0) & (known[at] == wanted) if len(order) else np.zeros(len(last), bool)
    return np.where(hit & refs.is_valid().to_numpy(zero_copy_only=False), at, -1)


def _firsts(codes: Ints) -> list[int]:
    """Where each code comes first."""
    return list(map(int, np.unique(codes, return_index=True)[1]))


def _renamed(windows: Windows, names: list[str]) -> Ints:
    return np.array([windows.names[name] for name in names], np.int64)


def _within(spans: Ints, sizes: Ints) -> bool:
    first, last = spans
    return bool(((first >= 0) & (first < last) & (last <= sizes)).all())


def _table(*columns: Ints) -> bytes:
    return np.stack(columns, axis=1).astype(np.int64).tobytes()
