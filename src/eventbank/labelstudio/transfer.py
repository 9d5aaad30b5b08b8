"""Label Studio exports to Parquet and back, by file: `eventbank label import` and `eventbank label export`.

Both stream record by record, so that memory does not grow with the export, and replace their output whole or not at all. The table has
the schema of `annotations`; the export made from it is the same JSON, value for value, type for type and in order.
"""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eventbank.errors import Code, EventBankError, Place, Problem
from eventbank.files import replacing
from eventbank.labelstudio import jsonfile
from eventbank.labelstudio.batches import of_batch, to_batch
from eventbank.labelstudio.config import Controls, read_config
from eventbank.labelstudio.nodes import (
    NOT_EXPORT,
    ROWS_MISSING,
    Row,
    file_row,
    is_annotation,
    is_list,
    is_task,
    kind_of,
    record_rows,
    to_record,
)
from eventbank.labelstudio.units import UTF16_UNIT
from eventbank.tables import ANNOTATIONS, PARQUET

NO_TASK = Code(
    "E326",
    "a record of the export is no task",
    'It is kept as it is, but has no labels; export as "JSON" if all records are like this.',
)
UTF16_OFFSETS = Code(
    "W327",
    "offsets count UTF-16 code units",
    "They are kept as they are and marked in the column offset_unit; convert them to code points before they become labels.",
)
OTHER_CONFIG = Code(
    "W328", "the labelling config shows data that no task holds", "Give the config of the project that the export comes from."
)
NO_TABLE = Code("E329", "this is no table of labels", "Give a Parquet file that eventbank label import made, or annotations of a release.")
WHICH_EXPORT = Code("E332", "it cannot be told which export is meant", "Name one export of the table with --source.")
NO_ORDER = Code("E333", "the rows of a table of labels are out of order", "Sort the table by source and task, or import the export again.")
SAME_FILE = Code("E334", "the output would replace the input", "Give --out another name.")

BATCH_ROWS = 16_384
"""Rows in memory at once, and in a row group."""

BATCH_TEXT = 1 << 24
"""Characters in memory at once; tasks without labels have one row each and much text."""

_OLD = {"offset_unit"}
"""Columns that tables of earlier versions lack."""

_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_json_ascii = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

Key = tuple[str, int]
Group = tuple[Key, list[Row]]


@dataclass(frozen=True)
class Imported:
    """What an import did: how many tasks, records that are no tasks, and rows the table holds, and what was found on the way."""

    tasks: int
    set_aside: int
    rows: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Exported:
    """What an export did: the name that the file had when it was imported, and how many records it has."""

    source: str
    records: int


def import_file(export: Path, out: Path, config: Path | None = None, *, block: int = jsonfile.BLOCK) -> Imported:
    """Reads a Label Studio export and writes its rows as Parquet, with the schema of the table `annotations`.

    The export is a list of tasks, one task, or an annotation without its task. A record of a list that is none of these is set
    aside: it is reported, becomes a row of the node `record`, and comes back with the rest when the table is exported.

    Args:
        config: the labelling config of the project, which says which `Text` shows which key of the data; without it, `text`.
        block: how many bytes are read at once.

    Returns:
        Counts, and the problems: E326 for each record set aside, W327 if offsets count UTF-16, W328 for a config that does not fit.

    Raises:
        EventBankError: E301 to E304 for a file that is no export, E334, E340 to E342 for the config; nothing is written then.
    """
    _refuse_same(export, out)
    controls = read_config(config.read_bytes(), config.name) if config else None
    objects = {target.name: target.data_key for target in controls.objects if target.tag == "Text"} if controls else None
    found = _Findings(_printable(export.name), controls)
    with export.open("rb") as file, replacing(out) as target:
        many, records = jsonfile.read(file, found.source, block)
        with pq.ParquetWriter(target, ANNOTATIONS.schema, **PARQUET) as writer:
            for rows in _batches(_rows(many, records, found, objects)):
                writer.write_batch(to_batch(rows), BATCH_ROWS)
    return found.imported()


def export_file(tables: Sequence[Path], out: Path, source: str = "") -> Exported:
    """Makes an export again from its rows in one or several tables; each record stands on a line of its own.

    Args:
        tables: Parquet files with rows by source and task, such as `import_file` makes and a release has.
        source: the name of the export; needed only where the tables hold several.

    Raises:
        EventBankError: E305 for missing rows, E329 for files that hold no such table, E332, E333, E334; nothing is written then.
    """
    for table in tables:
        _refuse_same(table, out)
    source = _the_source(tables, source)
    merged = heapq.merge(*(_groups(table) for table in tables), key=lambda group: group[0])
    groups = ((key, rows) for key, rows in merged if key[0] == source)
    with replacing(out) as file:
        many = _read_file_row(groups, source)
        records = 0
        for records, (_, rows) in enumerate(groups, 1):
            if many:
                file.write(b"[\n" if records == 1 else b",\n")
            file.write(_record_bytes(rows, records - 1, source))
        if not many and records != 1:
            raise EventBankError(ROWS_MISSING.at(Place(file=source), f"one object, and {records} records"))
        file.write(b"[]\n" if many and not records else b"\n]\n" if many else b"\n")
    return Exported(source, records)


@dataclass
class _Findings:
    """What an import has counted and found so far."""

    source: str
    controls: Controls | None
    tasks: int = 0
    rows: int = 0
    shown: bool = False
    utf16: int = 0
    first_utf16: str = ""
    set_aside: list[Problem] = field(default_factory=list)

    def imported(self) -> Imported:
        """The result, with the warnings that only the end can tell."""
        problems = list(self.set_aside)
        if self.utf16:
            found = f"{self.utf16} annotations, the first in {self.first_utf16}"
            problems.append(UTF16_OFFSETS.at(Place(file=self.source), found))
        if self.controls and self.tasks and not self.shown:
            keys = ", ".join(sorted({target.data_key for target in self.controls.objects}))
            problems.append(OTHER_CONFIG.at(Place(file=self.source), keys))
        return Imported(self.tasks, len(self.set_aside), self.rows, tuple(problems))


def _rows(
    many: bool, records: Iterable[jsonfile.Record], found: _Findings, objects: Mapping[str, str] | None
) -> Iterator[tuple[list[Row], int]]:
    """The rows of an export by record, with the number of characters that they hold."""
    yield [file_row(found.source, is_list=many)], 0
    found.rows = 1
    for at, record in enumerate(records):
        place = Place(file=found.source, line=record.line)
        _look(record.value, at, many, place, found)
        try:
            rows = list(record_rows(record.value, found.source, at, objects))
        except RecursionError:
            raise EventBankError(jsonfile.NOT_JSON.at(place, f"column {record.column}: it is nested too deep")) from None
        counted = {(row["layer"], row["entry"]) for row in rows if row.get("offset_unit") == UTF16_UNIT}
        found.first_utf16 = found.first_utf16 or (f"task {at}" if counted else "")
        found.utf16 += len(counted)
        found.rows += len(rows)
        yield rows, sum(len(row["rest"]) for row in rows if "rest" in row)


def _look(record: object, at: int, many: bool, place: Place, found: _Findings) -> None:
    """Counts a record, and sets it aside if it is no task."""
    if is_task(record):
        found.tasks += 1
        if found.controls and not found.shown:
            found.shown = any(target.data_key in record["data"] for target in found.controls.objects)  # type: ignore[index]
    elif not is_annotation(record):
        if not many:
            raise EventBankError(NOT_EXPORT.at(place, f"it holds {kind_of(record)} with neither data nor results"))
        what = "an object without data" if isinstance(record, dict) else kind_of(record)
        found.set_aside.append(NO_TASK.at(place, f"record {at} is {what}"))


def _batches(parts: Iterable[tuple[list[Row], int]]) -> Iterator[list[Row]]:
    """Rows in batches that are never larger than memory can bear, unless one record is."""
    rows: list[Row] = []
    text = 0
    for part, size in parts:
        if rows and (len(rows) + len(part) > BATCH_ROWS or text + size > BATCH_TEXT):
            yield rows
            rows, text = [], 0
        rows += part
        text += size
    yield rows


def _the_source(tables: Sequence[Path], wanted: str) -> str:
    """The export that is meant, of those that the tables hold."""
    names: set[str] = set()
    for table in tables:
        names |= _sources(table)
    if wanted in names:
        return wanted
    if wanted or len(names) != 1:
        place = Place(file=", ".join(table.name for table in tables))
        raise EventBankError(WHICH_EXPORT.at(place, f"it holds {', '.join(sorted(names)) or 'none'}"))
    return names.pop()


def _sources(table: Path) -> set[str]:
    """The exports of a table, whose rows must stand by export and task, with the row of the file before its tasks."""
    names: set[str] = set()
    last: Key = ("", -1)
    for batch in _read(table, ["source", "task"]):
        source, task = (pc.fill_null(column, default).to_pylist() for column, default in zip(batch.columns, ("", -1), strict=True))
        for key, _ in groupby(zip(source, task, strict=True)):
            if key < last:
                raise EventBankError(NO_ORDER.at(Place(file=table.name), f"task {key[1]} of {key[0]} after task {last[1]} of {last[0]}"))
            last = key
            names.add(key[0])
    return names


def _groups(table: Path) -> Iterator[Group]:
    """The rows of a table by export and task; the row of the file has the task -1."""
    rows = (row for batch in _read(table, ANNOTATIONS.schema.names) for row in of_batch(batch))
    for key, group in groupby(rows, key=lambda row: (row["source"], row.get("task", -1))):
        yield key, list(group)


def _read(table: Path, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The batches of a Parquet file, with those columns in the types of the table `annotations`."""
    try:
        with pq.ParquetFile(table) as file:
            present = set(file.schema_arrow.names)
            missing = [name for name in names if name not in present and name not in _OLD]
            if missing:
                raise EventBankError(NO_TABLE.at(Place(file=table.name), f"it has no column {missing[0]}"))
            kept = [name for name in names if name in present]
            schema = pa.schema([ANNOTATIONS.schema.field(name) for name in kept])
            for batch in file.iter_batches(BATCH_ROWS, columns=kept):
                yield from pa.Table.from_batches([batch]).select(kept).cast(schema).combine_chunks().to_batches()
    except pa.ArrowException as error:
        raise EventBankError(NO_TABLE.at(Place(file=table.name), str(error).splitlines()[0])) from None


def _read_file_row(groups: Iterator[Group], source: str) -> bool:
    """Whether the export is a list, by the row of its file, which comes first."""
    _, rows = next(groups)
    if len(rows) != 1 or rows[0]["node"] != "file":
        raise EventBankError(ROWS_MISSING.at(Place(file=source), "the row of the file"))
    return is_list(rows[0])


def _record_bytes(rows: Sequence[Row], at: int, source: str) -> bytes:
    """A record again as JSON, in UTF-8, or in ASCII where half a character needs an escape."""
    place = Place(file=source)
    try:
        return _encode(to_record(rows, at))
    except (LookupError, TypeError, ValueError):
        raise EventBankError(ROWS_MISSING.at(place, f"the rows of task {at} do not fit together")) from None
    except RecursionError:
        raise EventBankError(jsonfile.NOT_JSON.at(place, f"task {at} is nested too deep")) from None


def _encode(record: object) -> bytes:
    try:
        return _json(record).encode("utf-8")
    except UnicodeEncodeError:
        return _json_ascii(record).encode("ascii")


def _refuse_same(given: Path, out: Path) -> None:
    if out.exists() and out.samefile(given):
        raise EventBankError(SAME_FILE.at(Place(file=str(out))))


def _printable(name: str) -> str:
    """A file name that can be stored: bytes that are not UTF-8 are escaped."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
