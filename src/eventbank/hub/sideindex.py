"""The side index: a SQLite file beside a release, from which its pages know what is where without reading the Parquet whole.

It is made at first use by streaming over the row groups of `documents` and `events`, and holds for every document its place in both, what
a list shows of it, which event types and roles it has, and its words (FTS5, without the text itself), and for the whole release its counts.
It is named by the content digest of the release and the SHA-256 of its manifest, since the same rows may lie in other files; one of another
form or that SQLite finds broken is made again. It is written under another name and renamed, so that it is whole or not there.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place
from eventbank.release import manifest
from eventbank.released import UNREADABLE, files
from eventbank.tables import SPLITS

CACHE = Code(
    "E910",
    "the side index of a release cannot be written",
    "Give a folder with room and the right to write in: --cache, or the variable EVENTBANK_CACHE.",
)
FORM = 1
"""The form of the file; another number makes every index anew."""

SHOWN_TYPES = 4
"""How many event types of a document a list shows."""

HASH_BYTES = 1 << 24
"""What FTS5 gathers in memory before it writes."""

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE parts (part INTEGER PRIMARY KEY, path TEXT NOT NULL);
CREATE TABLE publishers (publisher INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, documents INTEGER NOT NULL DEFAULT 0);
CREATE TABLE names (name_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, documents INTEGER NOT NULL DEFAULT 0,
  UNIQUE (kind, name));
CREATE TABLE documents (n INTEGER PRIMARY KEY, doc_id TEXT NOT NULL, title TEXT, dated TEXT, publisher INTEGER, split INTEGER NOT NULL,
  withheld INTEGER NOT NULL, part INTEGER NOT NULL, row_group INTEGER NOT NULL, row INTEGER NOT NULL);
CREATE TABLE labels (n INTEGER PRIMARY KEY, events INTEGER NOT NULL, types TEXT NOT NULL, part INTEGER NOT NULL,
  row_group INTEGER NOT NULL, row INTEGER NOT NULL);
CREATE TABLE has (name_id INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (name_id, n)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(title, text, content='', tokenize="unicode61 remove_diacritics 2");
"""
_INDEXES = """
CREATE UNIQUE INDEX by_doc_id ON documents (doc_id);
CREATE INDEX by_date ON documents (dated, n);
CREATE INDEX by_publisher ON documents (publisher, n);
"""

Told = Callable[[int], None]
"""Is told how many documents have been read."""


@dataclass(frozen=True)
class SideIndex:
    """The index of a release, ready to be asked; `counts` is what `counts_of` counted, `seconds` how long it took to make."""

    path: Path
    counts: dict[str, Any]
    seconds: float

    def connect(self) -> sqlite3.Connection:
        """A connection that can only read. Whoever opens it closes it."""
        return _reading(self.path)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows that a query gives."""
        with closing(self.connect()) as connection:
            return connection.execute(query, values).fetchall()


def open_index(root: Path, cache: Path, told: Told | None = None) -> SideIndex:
    """The index of the release in a folder; it is made if there is none in `cache` that fits.

    Raises:
        EventBankError: E601 without a manifest, E710 for tables that cannot be read, E910 if the index cannot be written.
    """
    facts = manifest.read(root)
    seal = sha256((root / manifest.NAME).read_bytes())
    path = cache / "pages" / f"{_safe(facts['digest'])}-{seal[:16]}.sqlite"
    found = _read(path, seal)
    if found:
        return found
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(path.with_suffix(".lock")):
            found = _read(path, seal)
            return found or _make(root, path, seal, told or (lambda _: None))
    except (OSError, sqlite3.Error) as error:
        raise EventBankError(CACHE.at(Place(file=str(path)), str(error))) from None


def forget(index: SideIndex) -> None:
    """Removes an index that turned out to be broken, so that the next `open_index` makes it again."""
    index.path.unlink(missing_ok=True)


def _safe(digest: str) -> str:
    """A digest as a file name, whatever a manifest says it is."""
    return digest if digest.isalnum() and digest.isascii() and len(digest) <= 128 else sha256(digest.encode("utf-8", "surrogatepass"))


def _reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    connection.execute("PRAGMA query_only=1")
    return connection


def _read(path: Path, seal: str) -> SideIndex | None:
    """The index in a file, if it is one of this form and of the release with this seal, and SQLite can read its tables."""
    if not path.is_file():
        return None
    try:
        with closing(_reading(path)) as connection:
            facts = dict(connection.execute("SELECT name, value FROM facts"))
            if (facts["form"], facts["seal"]) != (str(FORM), seal) or os.path.getsize(path) != int(facts["size"]):  # noqa: PTH202
                return None
            connection.execute("SELECT max(n) FROM documents").fetchone()
            return SideIndex(path, json.loads(facts["counts"]), float(facts["seconds"]))
    except (sqlite3.Error, KeyError, ValueError):
        return None


def _make(root: Path, path: Path, seal: str, told: Told) -> SideIndex:
    """Writes the index of a release beside `path` and renames it."""
    begun = time.monotonic()
    for left in path.parent.glob(f".{path.stem}-*.tmp"):
        left.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".tmp", dir=path.parent)
    os.close(handle)
    stage = Path(name)
    try:
        with closing(sqlite3.connect(stage, isolation_level=None)) as connection:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", "cache_size=-32768", "page_size=8192"):
                connection.execute(f"PRAGMA {pragma}")
            connection.executescript(_SCHEMA)
            connection.execute("INSERT INTO words(words, rank) VALUES ('hashsize', ?)", (HASH_BYTES,))
            connection.execute("BEGIN")
            counts = _Counts()
            parts = _Parts(connection)
            _fill_documents(connection, root, parts, counts, told)
            _fill_labels(connection, root, parts, counts)
            connection.execute("COMMIT")
            pa.default_memory_pool().release_unused()
            connection.executescript(_INDEXES)
            connection.execute("INSERT INTO words(words) VALUES ('optimize')")
            connection.execute("UPDATE names SET documents = (SELECT count(*) FROM has h WHERE h.name_id = names.name_id)")
            counted = "SELECT count(*) FROM documents d WHERE d.publisher = publishers.publisher"
            connection.execute(f"UPDATE publishers SET documents = ({counted})")
            connection.execute("ANALYZE")
            seconds = time.monotonic() - begun
            facts = {"form": str(FORM), "seal": seal, "counts": json.dumps(counts.found()), "seconds": f"{seconds:.3f}", "size": "0" * 16}
            connection.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
            pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            connection.execute("UPDATE facts SET value = ? WHERE name = 'size'", (f"{pages * size:016d}",))
        with stage.open("rb+") as file:
            os.fsync(file.fileno())
        stage.replace(path)
    finally:
        stage.unlink(missing_ok=True)
    found = _read(path, seal)
    if found is None:
        raise EventBankError(CACHE.at(Place(file=str(path)), "it cannot be read again"))
    size = path.stat().st_size
    log.info("side index of %s: %d documents in %.1f s, %d bytes", root.name, sum(counts.documents.values()), seconds, size)
    return found


class _Counts:
    """What is counted on the way."""

    def __init__(self) -> None:
        self.documents: Counter[str] = Counter()
        self.withheld = 0
        self.by: dict[str, dict[str, Counter[str]]] = {}
        self.totals: dict[str, Counter[str]] = {}

    def add(self, kind: str, split: str, names: pa.Array) -> None:
        """Counts names of a kind."""
        count = self.by.setdefault(kind, {}).setdefault(split, Counter())
        for one in pc.value_counts(names.drop_null()).to_pylist():
            count[one["values"]] += one["counts"]

    def total(self, what: str, split: str, number: int) -> None:
        """Adds to a number."""
        self.totals.setdefault(what, Counter())[split] += number

    def found(self) -> dict[str, Any]:
        """Everything as JSON has it: `documents` and each of `totals` by split, `by` names of a kind by split."""
        return {"documents": self.documents, "withheld": self.withheld, "totals": self.totals, "by": self.by}


class _Parts:
    """The files that were read, by number, and the numbers of names."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.known: dict[tuple[str, str], int] = {}

    def part(self, path: str) -> int:
        """The number of a file."""
        return self.connection.execute("INSERT INTO parts (path) VALUES (?)", (path,)).lastrowid or 0

    def name(self, kind: str, name: str) -> int:
        """The number of an event type or a role."""
        return self._number(kind, name, "INSERT INTO names (kind, name) VALUES (?, ?)", (kind, name))

    def publisher(self, name: str | None) -> int | None:
        """The number of a publisher."""
        if name is None:
            return None
        return self._number("publisher", name, "INSERT INTO publishers (name) VALUES (?)", (name,))

    def _number(self, kind: str, name: str, query: str, values: tuple[str, ...]) -> int:
        if (kind, name) not in self.known:
            self.known[kind, name] = self.connection.execute(query, values).lastrowid or 0
        return self.known[kind, name]


def groups(path: Path, columns: Sequence[str], place: str) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The row groups of a Parquet file one after the other, with the columns that there are of those named.

    Raises:
        EventBankError: E710 for a file that cannot be read or has no `doc_id`.
    """
    try:
        with pq.ParquetFile(path) as file:
            there = [name for name in columns if name in file.schema_arrow.names]
            if "doc_id" not in there:
                raise EventBankError(UNREADABLE.at(Place(file=place), "the column doc_id is missing"))
            for at in range(file.num_row_groups):
                table = file.read_row_group(at, columns=there, use_threads=False).combine_chunks()
                for batch in table.to_batches():
                    yield at, batch
    except (OSError, ValueError) as error:
        raise EventBankError(UNREADABLE.at(Place(file=place), str(error).splitlines()[0])) from None


def _fill_documents(connection: sqlite3.Connection, root: Path, parts: _Parts, counts: _Counts, told: Told) -> None:
    """A row for every document, in the order of splits and files, and its words."""
    n = 0
    for at, split in enumerate(SPLITS):
        for path in files(root, "documents", split):
            place = path.relative_to(root).as_posix()
            part = parts.part(place)
            for group, batch in groups(path, ("doc_id", "title", "text", "dated", "publisher"), place):
                columns = {name: _strings(batch, name) for name in ("doc_id", "title", "text", "dated", "publisher")}
                rows, words = [], []
                for row, (doc_id, title, text, dated, publisher) in enumerate(zip(*columns.values(), strict=True)):
                    n += 1
                    withheld = text is None
                    rows.append((n, doc_id, title, dated, parts.publisher(publisher), at, withheld, part, group, row))
                    words.append((n, None if withheld else title, text))
                    counts.withheld += withheld
                connection.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
                connection.executemany("INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", words)
                counts.documents[split] += len(rows)
                counts.add("month", split, pa.array([_month(dated) for dated in columns["dated"]], pa.string()))
                counts.total("letters", split, sum(len(text or "") for text in columns["text"]))
                told(n)


def _month(dated: str | None) -> str | None:
    """The month of a date of our times, whose year has four digits."""
    return dated[:7] if dated and re.fullmatch(r"\d{4}-\d{2}-\d{2}", dated, re.ASCII) else None


def _strings(batch: pa.RecordBatch, name: str) -> list[str | None]:
    """A column as strings; nulls where there is no such column."""
    if name not in batch.schema.names:
        return [None] * batch.num_rows
    return list(batch.column(name).cast(pa.string()).to_pylist())


def _fill_labels(connection: sqlite3.Connection, root: Path, parts: _Parts, counts: _Counts) -> None:
    """A row for every document with labels, and the event types and roles that it has."""
    first = 0
    for split in SPLITS:
        size = counts.documents[split]
        known = connection.execute("SELECT doc_id, n FROM documents WHERE n > ? AND n <= ? ORDER BY n", (first, first + size))
        numbers = _Cursor(known)
        for path in files(root, "events", split):
            place = path.relative_to(root).as_posix()
            part = parts.part(place)
            for group, batch in groups(path, ("doc_id", "entities", "values", "events"), place):
                ns = numbers.of(batch.column("doc_id").to_pylist())
                _fill_group(connection, batch, ns, (part, group), parts, counts, split)
        first += size


class _Cursor:
    """The numbers of documents whose ids come in the order of the table; those out of order are looked for from the beginning."""

    def __init__(self, rows: sqlite3.Cursor) -> None:
        self.rows = rows
        self.passed: dict[str, int] = {}

    def of(self, doc_ids: Sequence[str]) -> list[int | None]:
        """The number of each document; None for one that is not in `documents`."""
        wanted = set(doc_ids)
        missing = wanted - self.passed.keys()
        while missing and (row := self.rows.fetchone()):
            self.passed[row[0]] = row[1]
            missing.discard(row[0])
        found = [self.passed.get(doc_id) for doc_id in doc_ids]
        if not missing:
            for doc_id in wanted:
                self.passed.pop(doc_id)
        return found


def _fill_group(
    connection: sqlite3.Connection,
    batch: pa.RecordBatch,
    ns: list[int | None],
    where: tuple[int, int],
    parts: _Parts,
    counts: _Counts,
    split: str,
) -> None:
    entities, values, events = (_lists(batch, name) for name in ("entities", "values", "events"))
    types, owners = _field(events, "type"), pc.list_parent_indices(events).to_numpy()
    arguments = _field(events, "arguments")
    roles = _field(arguments, "role")
    role_owners = owners[pc.list_parent_indices(arguments).to_numpy()] if len(owners) else owners
    mentions = _field(entities, "mentions")
    for kind, names in (("event", types), ("role", roles), ("value", _field(values, "type")), ("realis", _field(events, "realis"))):
        counts.add(kind, split, names)
    mention_types = _field(entities, "type").take(pc.list_parent_indices(mentions))
    counts.add("entity", split, mention_types)
    for what, number in (("labelled", batch.num_rows), ("events", len(types)), ("arguments", len(roles)), ("entities", len(mentions))):
        counts.total(what, split, number)
    counts.total("mentions", split, len(mention_types))
    counts.total("values", split, len(_field(values, "type")))
    of: list[Counter[str]] = [Counter() for _ in ns]
    for owner, name in zip(owners.tolist(), types.to_pylist(), strict=True):
        of[owner][name] += 1
    rows = [
        (n, found.total(), json.dumps(found.most_common(SHOWN_TYPES), ensure_ascii=False), *where, at)
        for at, (n, found) in enumerate(zip(ns, of, strict=True))
        if n is not None
    ]
    connection.executemany("INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?, ?)", rows)
    has = {(parts.name("event", name), n) for n, found in zip(ns, of, strict=True) if n is not None for name in found}
    pairs = zip(np.asarray(role_owners).tolist(), roles.to_pylist(), strict=True)
    has |= {(parts.name("role", name), n) for owner, name in set(pairs) if (n := ns[owner]) is not None}
    connection.executemany("INSERT OR IGNORE INTO has VALUES (?, ?)", sorted(has))


def _lists(batch: pa.RecordBatch, name: str) -> pa.ListArray:
    """A column of lists of structs, without nulls and without rows that a slice left out."""
    found = batch.column(name)
    return found if found.offset == 0 else pa.concat_arrays([found])


def _field(lists: pa.ListArray, name: str) -> pa.Array:
    """A field of the structs in lists, all lists after one another."""
    flat = lists.flatten()
    return pc.struct_field(flat, name)
