"""A release opened for reading: its manifest, its ontology, its side index, and the rows of one document.

Nothing here reads a Parquet file whole. The side index says in which row group a document lies; where it says nothing, as for
`annotations`, the statistics of the row groups tell which of them can hold it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eventbank import ontology as ontologies
from eventbank.articles.read import decode
from eventbank.corpus import MARK, Settings
from eventbank.document import sha256
from eventbank.errors import EventBankError, Place
from eventbank.hub.sideindex import SideIndex, Told, forget, open_index
from eventbank.labelstudio import codec
from eventbank.labelstudio.batches import of_batch
from eventbank.labelstudio.nodes import to_record
from eventbank.layer import Layer
from eventbank.ontology import Ontology
from eventbank.release import folder, manifest
from eventbank.release.content import AGREEMENT, BASELINES, LEAKS, ONTOLOGY
from eventbank.released import UNREADABLE, Row, files, layer_of

ANNOTATED = "annotations"
T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """A document of a release: its row of `documents`, its number and split, and its gold layer, if it has one.

    `text` is None where it is withheld; the layer's words are empty then.
    """

    n: int
    split: str
    row: Row
    layer: Layer | None

    @property
    def text(self) -> str | None:
        """The text that offsets point into."""
        text = self.row.get("text")
        return text if isinstance(text, str) else None


@dataclass(frozen=True)
class Book:
    """A release and what is known of it. `articles` is the folder of raw pages, where it is at hand."""

    root: Path
    facts: Mapping[str, Any]
    cache: Path
    articles: Path | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings of the corpus."""
        return folder.settings(self.facts)

    @cached_property
    def index(self) -> SideIndex:
        """The side index, made if need be."""
        return open_index(self.root, self.cache)

    @cached_property
    def ontology(self) -> Ontology | None:
        """The label scheme, if the release holds one that can be read."""
        try:
            return ontologies.load(self.root / ONTOLOGY, ONTOLOGY) if (self.root / ONTOLOGY).is_file() else None
        except EventBankError:
            return None

    @cached_property
    def definitions(self) -> dict[str, str]:
        """What every name of the label scheme means; types, roles, levels and values of attributes by name."""
        scheme = self.ontology
        if scheme is None:
            return {}
        terms = [*scheme.roles, *scheme.levels, *scheme.value_types, *scheme.entity_types]
        values = [value for attribute in scheme.attributes for value in attribute.values]
        return {one.name: one.definition for one in (*values, *terms)} | {one.name: one.definition for one in scheme.event_types}

    @property
    def withholds(self) -> int:
        """How many documents have no text in this release."""
        return int(self.index.counts["withheld"])

    @cached_property
    def reports(self) -> dict[str, Any]:
        """The reports of the release by the name of their file; one that cannot be read is left out."""
        found = {}
        for name in (AGREEMENT, LEAKS, BASELINES):
            try:
                found[name] = json.loads((self.root / name).read_text("utf-8"))
            except (OSError, ValueError, RecursionError):
                continue
        return found

    def mend(self) -> None:
        """Has the side index made again, after SQLite found it broken."""
        forget(self.index)
        self.__dict__.pop("index", None)


def open_book(root: Path, cache: Path, articles: Path | None = None, told: Told | None = None) -> Book:
    """Opens a release folder; its side index is made if there is none that fits.

    Args:
        articles: the folder of raw pages; by default that of the corpus whose `dataset/` the folder is.
        told: is told of the progress of the side index.

    Raises:
        EventBankError: E601 for a manifest that cannot be read, E710 for tables that cannot, E910 for an index that cannot be written.
    """
    root = root.resolve()
    beside = root.parent / "articles"
    if articles is None and root.name == "dataset" and (root.parent / MARK).is_file() and beside.is_dir():
        articles = beside
    book = Book(root, manifest.read(root), cache, articles)
    folder.settings(book.facts)
    book.__dict__["index"] = open_index(root, cache, told)
    return book


def asking(book: Book, question: Callable[[], T]) -> T:
    """The answer to a question that needs the side index; where SQLite finds that broken, it is made again and asked once more."""
    try:
        return question()
    except sqlite3.DatabaseError:
        book.mend()
        return question()


def entry(book: Book, doc_id: str) -> Entry | None:
    """A document of a release, read from the row groups that hold it; None if there is none of that id.

    Raises:
        EventBankError: E710 for a file that cannot be read.
    """
    query = """SELECT d.n, p.path, d.row_group, d.row, q.path, l.row_group, l.row FROM documents d
        JOIN parts p ON p.part = d.part LEFT JOIN labels l ON l.n = d.n LEFT JOIN parts q ON q.part = l.part WHERE d.doc_id = ?"""
    found = book.index.rows(query, (doc_id,))
    if not found:
        return None
    n, path, group, row, labelled, label_group, label_row = found[0]
    document = _row(book.root, path, group, row)
    layer = None
    if labelled is not None:
        own = _row(book.root, labelled, label_group, label_row)
        layer = layer_of(own, str(document.get("text_sha256") or ""))
    if document["doc_id"] != doc_id or (layer and layer.doc_id != doc_id):
        raise EventBankError(UNREADABLE.at(Place(file=path, doc_id=doc_id), "its rows are not where they were"))
    return Entry(n, _split_of(path), document, layer)


def passes(book: Book, found: Entry) -> list[Layer]:
    """What each annotator said of a document before adjudication, by annotator; none where text, ontology or exports are missing."""
    if found.text is None or book.ontology is None:
        return []
    doc_id, layers = str(found.row["doc_id"]), []
    rows = [row for row in _annotations(book.root, found.split, doc_id) if row.get("task") is not None]
    key = lambda row: (row["source"], row["task"])  # noqa: E731
    for (source, task), own in groupby(sorted(rows, key=key), key=key):
        mine = list(own)
        if all(row.get("layer") in (None, "pass") for row in mine):
            record = to_record(mine, task)
            layers += codec.layers([record], source, book.ontology, {doc_id: found.text})[0]
    return sorted(layers, key=lambda layer: (layer.annotator, layer.source))


def annotators(book: Book, found: Entry) -> list[str]:
    """The annotators of a document who made a pass of it, in order; read from two columns."""
    names = set()
    for path, group in _holding(book.root, found.split, str(found.row["doc_id"])):
        table = _read(path, group, ["doc_id", "annotator", "layer"])
        mine = table.filter(pc.and_(pc.equal(table["doc_id"], found.row["doc_id"]), pc.equal(table["layer"], "pass")))
        names |= set(mine["annotator"].drop_null().unique().to_pylist())
    return sorted(names)


def page_of(book: Book, found: Entry) -> str | None:
    """The decoded raw page of a document; None where it is not at hand, or has other bytes than those that the text was taken from."""
    name = str(found.row.get("raw_name") or "")
    if book.articles is None or not name or Path(name).name != name:
        return None
    path = book.articles / name
    try:
        if not path.resolve().is_relative_to(book.articles.resolve()):
            return None
        data = path.read_bytes()
        return decode(str(found.row["doc_id"]), name, data, name).raw if sha256(data) == found.row.get("raw_sha256") else None
    except (OSError, ValueError, EventBankError):
        return None


def _split_of(path: str) -> str:
    return path.rpartition("/")[2].partition("-")[0]


def _row(root: Path, path: str, group: int, row: int) -> Row:
    try:
        state = (root / path).stat()
        (found,) = _group(root / path, state.st_mtime_ns, state.st_size, group).slice(row, 1).to_pylist()
    except (OSError, ValueError) as error:
        raise EventBankError(UNREADABLE.at(Place(file=path), str(error).splitlines()[0])) from None
    return dict(found)


def _annotations(root: Path, split: str, doc_id: str) -> Iterator[Row]:
    """The rows of a document in `annotations`, columns without a value left out."""
    for path, group in _holding(root, split, doc_id):
        mine = pc.equal(_read(path, group, ["doc_id"])["doc_id"], doc_id)
        if pc.any(mine).as_py():
            for batch in _read(path, group).filter(mine).combine_chunks().to_batches():
                yield from of_batch(batch)


def _holding(root: Path, split: str, doc_id: str) -> Iterator[tuple[Path, int]]:
    """The row groups of `annotations` that can hold rows of a document, by the statistics of the column."""
    for path in files(root, ANNOTATED, split):
        state = path.stat()
        for group, bounds in enumerate(_bounds(path, state.st_mtime_ns, state.st_size)):
            if bounds is None or bounds[0] <= doc_id <= bounds[1]:
                yield path, group


def _read(path: Path, group: int, columns: list[str] | None = None) -> pa.Table:
    """A row group of a file, whose footer is read once as long as the file stays the same."""
    state = path.stat()
    with pq.ParquetFile(path, metadata=_footer(path, state.st_mtime_ns, state.st_size)) as file:
        return file.read_row_group(group, columns=columns, use_threads=False)


@lru_cache(maxsize=4)
def _group(path: Path, changed: int, size: int, group: int) -> pa.Table:  # noqa: ARG001
    """A row group, kept for the reader who goes on to the next document."""
    return _read(path, group)


@lru_cache(maxsize=32)
def _footer(path: Path, changed: int, size: int) -> pa.lib.FileMetaData:  # noqa: ARG001
    return pq.read_metadata(path)


@lru_cache(maxsize=32)
def _bounds(path: Path, changed: int, size: int) -> tuple[tuple[str, str] | None, ...]:
    """The first and the last `doc_id` of every row group; None for one that does not say."""
    metadata = _footer(path, changed, size)
    names = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
    if "doc_id" not in names:
        return ()
    found = (metadata.row_group(group).column(names.index("doc_id")).statistics for group in range(metadata.num_row_groups))
    return tuple((one.min, one.max) if one is not None and one.has_min_max else None for one in found)
