"""The records of a shard: text and HTML files, JSON lines, Parquet; archives of the web are in `warc`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from eventbank.document import LONE_SURROGATE
from eventbank.errors import EventBankError, Place
from eventbank.readers.markup import date_of
from eventbank.readers.names import id_of, id_of_path
from eventbank.readers.record import DAMAGED, FACTS, NO_CONTENT, NO_PARQUET, NO_RECORD, TOO_LARGE, Record, Rejection, Settings
from eventbank.readers.shards import File, Shard
from eventbank.readers.streams import lines, opened, whole
from eventbank.readers.warc import read_warc

if TYPE_CHECKING:
    import pyarrow as pa

DELIVERED = {
    **{key: (key,) for key in FACTS},
    "published": ("published", "date_published", "publication_date", "date"),
    "author": ("author", "authors"),
    "language": ("language", "lang"),
}
"""The names under which a fact is delivered; the first that holds one counts."""

NESTED = 100
"""How deep the values of a row may stand in each other. Python's own limit depends on who calls: it is not the same for every engine."""

ROWS = 64
"""Rows of Parquet that are decoded at a time."""


def read_shard(shard: Shard, settings: Settings) -> Iterator[Record | Rejection]:
    """Every record of a shard in order, and a rejection for each that cannot be read. Nothing is raised for what a file holds.

    Memory is bounded by `settings.limit`, whatever the files hold.

    Raises:
        EventBankError: E811 for a library that is not installed.
    """
    file = shard.file
    try:
        if shard.kind in ("text", "html"):
            with opened(file.uri) as stream:
                yield Record(id_of_path(file.name), file.name, whole(stream, settings.limit, file.uri), html=shard.kind == "html")
        elif shard.kind == "jsonl":
            yield from _jsonl(file, shard, settings.limit)
        elif shard.kind == "parquet":
            yield from _parquet(file, shard, settings.limit)
        else:
            yield from read_warc(file, settings.limit)
    except EventBankError as error:
        problem = error.problems[0]
        if problem.code == "E811":
            raise
        yield Rejection.of(problem, file.name, id_of_path(file.name) if shard.kind in ("text", "html") else "")


def _jsonl(file: File, shard: Shard, limit: int) -> Iterator[Record | Rejection]:
    """The lines that begin in the shard. A record is named by the byte at which its line begins."""
    with opened(file.uri) as stream:
        if shard.start:
            stream.seek(shard.start - 1)
        found = lines(stream, limit, file.uri)
        # The line that holds the byte before the shard belongs to the shard before.
        at = shard.start - 1 + next(found, (None, 1))[1] if shard.start else 0
        while not shard.stop or at < shard.stop:
            line, size = next(found, (None, 0))
            if not size:
                return
            name = f"{file.name}#{at}"
            if line is None:
                yield Rejection.of(TOO_LARGE.at(Place(file=file.uri), f"a line of {size:,} bytes"), name)
            elif line.strip():
                yield _of_line(line, name, limit)
            at += size


def _of_line(line: bytes, name: str, limit: int) -> Record | Rejection:
    try:
        row = json.loads(line)
    except RecursionError:
        return Rejection.of(NO_RECORD.at(None, _TOO_NESTED), name)
    except ValueError as error:
        return Rejection.of(NO_RECORD.at(None, str(error)[:200]), name)
    if not isinstance(row, dict):
        return Rejection.of(NO_RECORD.at(None, f"a {type(row).__name__}"), name)
    if _nested(row, NESTED):
        return Rejection.of(NO_RECORD.at(None, _TOO_NESTED), name)
    return record_of(row, name, limit)


_TOO_NESTED = f"more than {NESTED} values in each other"


def _nested(value: object, deepest: int) -> bool:
    """Whether lists and objects stand deeper in each other than that."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return deepest < 0 or any(_nested(one, deepest - 1) for one in inner if isinstance(one, dict | list))


def record_of(row: Mapping[str, Any], name: str, limit: int) -> Record | Rejection:
    """The record in a row of JSON lines or Parquet; `id` becomes its id, or else its name does."""
    given = row.get("id", row.get("doc_id"))
    doc_id = id_of(str(given) if isinstance(given, str | int) and str(given) else name)
    text, html = row.get("text"), row.get("html")
    body = text if isinstance(text, str) and text else html
    if not isinstance(body, str):
        if text == "":
            return Rejection.of(NO_CONTENT.at(), name, doc_id)
        found = f"text is {type(text).__name__}, html is {type(html).__name__}"
        return Rejection.of(NO_RECORD.at(None, found), name, doc_id)
    try:
        data = body.encode("utf-8")
    except UnicodeEncodeError as error:
        return Rejection.of(LONE_SURROGATE.at(None, f"code point {error.start}"), name, doc_id)
    if len(data) > limit:
        return Rejection.of(TOO_LARGE.at(None, f"{len(data):,} bytes"), name, doc_id)
    facts, used = _delivered(row)
    rest = {key: value for key, value in row.items() if key not in used and key not in ("id", "doc_id", "text", "html")}
    extra = _as_json(rest) if rest else None
    return Record(doc_id, name, data, html=body is not text, facts=facts, extra=extra)


def _delivered(row: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """The facts that a row delivers, and the keys that hold them. A date that cannot be read is none."""
    facts, used = {}, set()
    for fact, names in DELIVERED.items():
        for name in names:
            value = row.get(name)
            if isinstance(value, dt.date):
                value = value.isoformat()
            if isinstance(value, str) and value.strip() and (fact != "published" or date_of(value)):
                facts[fact] = value.strip()
                used.add(name)
                break
    return facts, used


def _as_json(rest: Mapping[str, Any]) -> str:
    """What is left of a row, as JSON that every reader takes: numbers that JSON does not have become their names."""
    try:
        return json.dumps(rest, ensure_ascii=True, sort_keys=True, default=str, allow_nan=False)
    except ValueError:
        named = json.loads(json.dumps(rest, default=str), parse_constant=str)
        return json.dumps(named, ensure_ascii=True, sort_keys=True)


def _parquet(file: File, shard: Shard, limit: int) -> Iterator[Record | Rejection]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = Place(file=file.uri)
    with opened(file.uri) as stream:
        try:
            table = pq.ParquetFile(stream, buffer_size=2**20, pre_buffer=False)
            names = table.schema_arrow.names
            if not {"text", "html"} & set(names):
                raise EventBankError(NO_PARQUET.at(place, f"columns {', '.join(names[:20])}"))
            columns = [field.name for field in table.schema_arrow if not _bytes(field.type)]
            if not {"text", "html"} & set(columns):
                raise EventBankError(NO_PARQUET.at(place, "the column holds bytes, no strings"))
            first = sum(table.metadata.row_group(at).num_rows for at in range(shard.start))
            groups = range(shard.start, shard.stop or table.metadata.num_row_groups)
            for batch in table.iter_batches(ROWS, row_groups=groups, columns=columns, use_threads=False):
                rows = zip(*map(_values, batch.columns), strict=True)
                for at, row in enumerate(rows, first):
                    yield record_of(dict(zip(batch.schema.names, row, strict=True)), f"{file.name}#{at}", limit)
                first += batch.num_rows
        except (pa.ArrowException, ValueError, OSError) as error:
            raise EventBankError(DAMAGED.at(place, (str(error) or type(error).__name__).splitlines()[0])) from None


def _bytes(kind: pa.DataType) -> bool:
    import pyarrow as pa

    kinds = pa.types
    return bool(kinds.is_binary(kind) or kinds.is_large_binary(kind) or kinds.is_binary_view(kind) or kinds.is_fixed_size_binary(kind))


def _values(column: pa.Array) -> list[Any]:
    """The values of a column: times as Arrow writes them, since Python has fewer and rounder ones; what else Python cannot hold is None."""
    import pyarrow as pa

    if pa.types.is_temporal(column.type):
        try:
            column = column.cast(pa.string())
        except pa.ArrowException:
            column = column.cast(pa.int64() if column.type.bit_width == 64 else pa.int32())  # durations; zones that nobody knows
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, ArithmeticError):
        values = [_value(one) for one in column]
    return values


def _value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, ArithmeticError):
        return None
