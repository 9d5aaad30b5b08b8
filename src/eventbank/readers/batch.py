"""Records to documents: the pure function that every engine runs on every batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import Any

import pyarrow as pa

from eventbank.articles.metadata import is_agency, metadata
from eventbank.articles.zones import zones
from eventbank.document import Piece, Rights, Zone, assemble, check_text, sha256
from eventbank.errors import EventBankError, Place
from eventbank.readers.charset import decode
from eventbank.readers.extraction import extract
from eventbank.readers.language import UNDETERMINED, is_tag, language_of
from eventbank.readers.markup import date_of, facts
from eventbank.readers.record import CRASHED, FACTS, NO_CONTENT, NO_EXTRA, Record, Rejection, Settings
from eventbank.tables import DOCUMENTS, Column, Table

PLACED = frozenset({"story_id", "split", *(f"split_{n}" for n in range(1, 6))})
"""Columns of `documents` that say where a document stands among all, null until all are known."""

_S = pa.string()
POOL = Table(
    "pool",
    "a page that was taken, as a document without story and split",
    (
        *(replace(column, null=True) if column.name in PLACED | {"dated", "dated_by"} else column for column in DOCUMENTS.columns),
        Column("charset", _S, "Character set that the page was in, by Python's name."),
        Column("charset_by", _S, "How that is known.", names=("strict", "declared", "guessed")),
        Column(
            "evidence",
            (Column("field", _S, "The column."), Column("source", _S, "What states it: `delivered`, an element, a line.")),
            "Where each fact comes from.",
            many=True,
        ),
        Column("extra", _S, "Everything else that was delivered with the page, as JSON.", null=True),
    ),
    ("doc_id",),
)
"""The documents that `ingest` writes: the columns of `documents`, and how they are known.

`zones` and `alignment` are empty where the text was made from markup or was delivered as text: they lead into plain pages only.
"""

REJECTED = Table(
    "rejected",
    "an input that was not taken",
    (
        Column("doc_id", _S, "Its id, as far as known.", null=True),
        Column("source", _S, "Where it stood: a file, a line of it, an address in an archive."),
        Column("code", _S, "The code of the problem.", matches=r"^E\d{3}$"),
        Column("reason", _S, "The problem in words."),
    ),
    ("source", "code", "reason"),
)


NAMED = ("name", "code", "reason")


@dataclass(frozen=True)
class Converted:
    """The documents of a batch (columns of `POOL`) and what was not taken (columns of `REJECTED`), each in the order of the input."""

    documents: pa.RecordBatch
    rejected: pa.RecordBatch


@dataclass(frozen=True)
class _Page:
    """What a record gave: its character set and how that is known, its text and where it stands, and its facts, each with its source."""

    record: Record
    charset: tuple[str, str]
    text: str
    facts: dict[str, str | dt.date]
    evidence: list[tuple[str, str]]
    rights: Rights
    zones: Sequence[Zone] = ()
    alignment: Sequence[Piece] = ()
    language: str = UNDETERMINED


def convert_batch(records: Sequence[Record | Rejection], settings: Settings) -> Converted:
    """The documents of records, and a rejection for every record without one. Every record given is in one of the two.

    A record that cannot be converted leaves the others as they are. The result depends on the records and the settings alone.

    Raises:
        EventBankError: E811 when an extra is missing that every record of a kind needs.
    """
    read = [_tried(one, _read, settings) if isinstance(one, Record) else one for one in records]
    # The model of languages is as large as the cache of a core: it is asked about all texts in a row, or it would be fetched for each.
    known = [_tried(one.record, _completed, one, settings) if isinstance(one, _Page) else one for one in read]
    taken = [one for one in known if isinstance(one, _Page)]
    return Converted(_documents(taken), rejections(one for one in known if isinstance(one, Rejection)))


def _tried(record: Record, work: Callable[..., _Page], *given: _Page | Settings) -> _Page | Rejection:
    """What the work makes of a record, or a rejection of it: what a library raises on one page in millions must not end the run."""
    try:
        return work(record, *given)
    except EventBankError as error:
        if error.problems[0].code == NO_EXTRA.id:
            raise
        return Rejection.of(error.problems[0], record.name, record.doc_id)
    except (RecursionError, MemoryError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, AssertionError) as error:
        return Rejection.of(CRASHED.at(None, f"{type(error).__name__}: {error}"[:300]), record.name, record.doc_id)


def rejections(rejected: Iterable[Rejection]) -> pa.RecordBatch:
    """Rejections as the columns of `REJECTED`."""
    rows = list(rejected)
    columns = [[row.doc_id or None for row in rows], *([_stored(getattr(row, name)) for row in rows] for name in NAMED)]
    return pa.RecordBatch.from_arrays([pa.array(column, _S) for column in columns], schema=REJECTED.schema)


def _stored(text: str) -> str:
    """A text that Arrow can store: half a character becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _read(record: Record, settings: Settings) -> _Page:
    """A record decoded, and parted into its text and what it states."""
    raw, name, by = decode(record.data, record.charset, html=record.html)
    charset = name, by
    place = Place(file=record.name, doc_id=record.doc_id)
    if not raw.strip():
        raise EventBankError(NO_CONTENT.at(place))
    if record.html:
        page = _of_markup(record, charset, raw, settings)
    elif settings.whole_pages:
        page = _of_lines(record, charset, raw, settings)
    else:
        page = _Page(record, charset, raw.replace("\r\n", "\n").replace("\r", "\n").strip(), {}, [], Rights())
    check_text(page.text, place)
    return page


def _of_markup(record: Record, charset: tuple[str, str], raw: str, settings: Settings) -> _Page:
    text, head = extract(raw, fast=settings.fast)
    stated = facts(head)
    values: dict[str, str | dt.date] = {}
    for key, fact in stated.items():
        day = date_of(fact.value) if key == "published" else None
        values[key] = day or fact.value
    return _Page(record, charset, text, values, [(key, fact.source) for key, fact in stated.items()], Rights())


def _of_lines(record: Record, charset: tuple[str, str], raw: str, settings: Settings) -> _Page:
    parts = zones(raw)
    text, alignment = assemble(raw, parts, settings.kept)
    stated = metadata(raw, parts)
    found = {key: value for key in FACTS if (value := getattr(stated, key, None)) is not None}
    evidence = [(key, f"line {value.line} ({value.zone})") for key, value in found.items()]
    rights = Rights(str(stated.holder.value) if stated.holder else None, str(stated.statement.value) if stated.statement else None)
    return _Page(record, charset, text, {key: value.value for key, value in found.items()}, evidence, rights, parts, alignment)


def _completed(record: Record, page: _Page, settings: Settings) -> _Page:
    """The page with what was delivered with it, which counts more than what it states, and its language."""
    values, evidence = dict(page.facts), dict(page.evidence)
    for key, text in record.facts.items():
        value = date_of(text) if key == "published" else text
        if key == "author" and is_agency(text):
            key = "agency"
        if value is not None and key != "language":
            values[key], evidence[key] = value, "delivered"
    stated = values.pop("language", None)
    known = settings.language or language_of(page.text)
    if settings.language:
        evidence["language"] = "settings"
    elif known != UNDETERMINED:
        evidence["language"] = "text"
    elif is_tag(record.facts.get("language", "")):
        known, evidence["language"] = record.facts["language"], "delivered"
    elif isinstance(stated, str) and is_tag(tag := stated.replace("_", "-")):
        known = tag
    else:
        evidence.pop("language", None)
    if isinstance(values.get("published"), dt.date):
        evidence["dated"] = evidence["published"]
    return replace(page, facts=values, evidence=sorted(evidence.items()), language=known)


def _documents(pages: Sequence[_Page]) -> pa.RecordBatch:
    """The columns of `POOL`, built column by column: rows of Python objects cost as much as the conversion."""
    columns: dict[str, Any] = {
        "doc_id": [page.record.doc_id for page in pages],
        "text": [page.text for page in pages],
        "language": [page.language for page in pages],
        "dated": [page.facts.get("published") for page in pages],
        "dated_by": ["published" if page.facts.get("published") else None for page in pages],
        "raw_name": [_stored(page.record.name) for page in pages],
        "raw_sha256": [sha256(page.record.data) for page in pages],
        "text_sha256": [sha256(page.text.encode("utf-8")) for page in pages],
        "charset": [page.charset[0] for page in pages],
        "charset_by": [page.charset[1] for page in pages],
        "extra": [page.record.extra for page in pages],
    }
    columns |= {key: [_fact(page.facts.get(key)) for page in pages] for key in FACTS}
    arrays = []
    for column in POOL.columns:
        if column.name == "rights":
            rights = [page.rights for page in pages]
            inner = [[right.holder for right in rights], [right.statement for right in rights], [right.redistribute for right in rights]]
            arrays.append(_struct(column, inner))
        elif column.name == "zones":
            arrays.append(_lists(column, [page.zones for page in pages]))
        elif column.name == "alignment":
            arrays.append(_lists(column, [page.alignment for page in pages]))
        elif column.name == "evidence":
            sizes = _offsets([len(page.evidence) for page in pages])
            pairs = [[pair[at] for page in pages for pair in page.evidence] for at in (0, 1)]
            arrays.append(pa.ListArray.from_arrays(sizes, _struct(column, pairs), type=column.arrow_type))
        else:
            arrays.append(pa.array(columns.get(column.name, [None] * len(pages)), column.arrow_type))
    return pa.RecordBatch.from_arrays(arrays, schema=POOL.schema)


def _fact(value: str | dt.date | None) -> str | dt.date | None:
    return _stored(value) if isinstance(value, str) else value


def _lists(column: Column, values: Sequence[Sequence[object]]) -> pa.Array:
    """A list column of structs, from objects whose attributes have the names of its fields."""
    every = list(chain.from_iterable(values))
    inner = [list(map(attrgetter(field.name), every)) for field in column.fields]
    return pa.ListArray.from_arrays(_offsets(map(len, values)), _struct(column, inner), type=column.arrow_type)


def _struct(column: Column, values: Sequence[Any]) -> pa.Array:
    arrays = [pa.array(one, field.arrow_type) for one, field in zip(values, column.fields, strict=True)]
    return pa.StructArray.from_arrays(arrays, fields=[field.arrow_field for field in column.fields])


def _offsets(sizes: Iterable[int]) -> pa.Array:
    at, found = 0, [0]
    for size in sizes:
        at += size
        found.append(at)
    return pa.array(found, pa.int32())
