"""The records of a shard: text and HTML files, JSON lines, Parquet; archives of the web are in `warc`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from eventbank.document import LONE_SURROGATE
from eventbank.errors import EventBankError, Place
from eventbank.readers.names import id_of, id_of_path
from eventbank.readers.record import DAMAGED, FACTS, NO_PARQUET, NO_RECORD, TOO_LARGE, Record, Rejection, Settings
from eventbank.readers.shards import File, Shard
from eventbank.readers.streams import lines, opened, whole
from eventbank.readers.warc import read_warc

DELIVERED = {"date": "published", "date_published": "published", "publication_date": "published", "authors": "author", "lang": "language"}
"""Other names under which facts are delivered."""

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
    except (ValueError, RecursionError) as error:
        return Rejection.of(NO_RECORD.at(None, str(error)[:200]), name)
    if not isinstance(row, dict):
        return Rejection.of(NO_RECORD.at(None, f"a {type(row).__name__}"), name)
    return record_of(row, name, limit)


def record_of(row: Mapping[str, Any], name: str, limit: int) -> Record | Rejection:
    """The record in a row of JSON lines or Parquet; `id` becomes its id, or else its name does."""
    given = row.get("id", row.get("doc_id"))
    doc_id = id_of(str(given) if isinstance(given, str | int) and str(given) else name)
    text, html = row.get("text"), row.get("html")
    body = text if isinstance(text, str) and text else html
    if not isinstance(body, str):
        found = f"text is {type(text).__name__}, html is {type(html).__name__}"
        return Rejection.of(NO_RECORD.at(None, found), name, doc_id)
    try:
        data = body.encode("utf-8")
    except UnicodeEncodeError as error:
        return Rejection.of(LONE_SURROGATE.at(None, f"code point {error.start}"), name, doc_id)
    if len(data) > limit:
        return Rejection.of(TOO_LARGE.at(None, f"{len(data):,} bytes"), name, doc_id)
    named = {DELIVERED.get(key, key): value for key, value in row.items()}
    facts = {key: value.strip() for key in (*FACTS, "language") if isinstance(value := named.get(key), str) and value.strip()}
    known = {"id", "doc_id", "text", "html", *facts, *(key for key, fact in DELIVERED.items() if fact in facts)}
    rest = {key: value for key, value in row.items() if key not in known}
    extra = json.dumps(rest, ensure_ascii=True, sort_keys=True, default=str) if rest else None
    return Record(doc_id, name, data, html=body is not text, facts=facts, extra=extra)


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
            columns = [field.name for field in table.schema_arrow if not pa.types.is_binary(field.type)]
            first = sum(table.metadata.row_group(at).num_rows for at in range(shard.start))
            groups = range(shard.start, shard.stop or table.metadata.num_row_groups)
            for batch in table.iter_batches(ROWS, row_groups=groups, columns=columns, use_threads=False):
                for at, row in enumerate(batch.to_pylist(), first):
                    yield record_of(row, f"{file.name}#{at}", limit)
                first += batch.num_rows
        except (pa.ArrowException, ValueError, OSError) as error:
            raise EventBankError(DAMAGED.at(place, (str(error) or type(error).__name__).splitlines()[0])) from None
