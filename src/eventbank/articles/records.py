"""Raw records, as readers deliver them, and their conversion to rows of `documents`, a batch at a time.

Readers (`articles.readers`) and the driver of `ingest` meet here: a reader yields a `Record` for each input, or the `Problem` why there is
none; `convert_batch` gives a row for each record, or the problem why there is none. So everything that was read is either taken or told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from eventbank.articles.metadata import metadata
from eventbank.articles.sources import NO_SUCH_ID, is_doc_id
from eventbank.articles.zones import zones
from eventbank.document import KEPT_KINDS, assemble, check_text, sha256
from eventbank.errors import EventBankError, Place, Problem
from eventbank.tables import DOCUMENTS


@dataclass(frozen=True)
class Settings:
    """What decides how records are converted, beside the records themselves."""

    language: str = "en"
    keep_captions: bool = False

    @property
    def kept_kinds(self) -> frozenset[str]:
        """The kinds of zone whose text is the text of a document."""
        return KEPT_KINDS | {"caption"} if self.keep_captions else KEPT_KINDS


@dataclass(frozen=True)
class Record:
    """A page as it was delivered, decoded. `place` is where it came from; `facts` is what the delivery says of it, by column."""

    doc_id: str
    raw_name: str
    raw_sha256: str
    raw: str
    place: Place
    facts: tuple[tuple[str, str | dt.date], ...] = ()


def convert_batch(records: Sequence[Record], settings: Settings) -> tuple[pa.RecordBatch, list[Problem]]:
    """The rows of `documents` that records become, in their order, and the problem of each record that becomes none.

    Story and splits are null: they are known when all documents are.
    """
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for record in records:
        try:
            rows.append(_row(record, settings))
        except EventBankError as error:
            problems.append(error.problems[0])
    return pa.RecordBatch.from_pylist(rows, schema=DOCUMENTS.schema), problems


def _row(record: Record, settings: Settings) -> dict[str, Any]:
    if not is_doc_id(record.doc_id):
        raise EventBankError(NO_SUCH_ID.at(record.place, repr(record.doc_id[:80])))
    parts = zones(record.raw)
    text, alignment = assemble(record.raw, parts, settings.kept_kinds)
    check_text(text, record.place)
    stated = metadata(record.raw, parts)
    names = ("title", "published", "author", "agency", "dateline", "url")
    found = {name: one.value for name in names if (one := getattr(stated, name)) is not None} | dict(record.facts)
    published = found.get("published")
    return found | {
        "doc_id": record.doc_id,
        "text": text,
        "language": settings.language,
        "dated": published,
        "dated_by": "published" if published else None,
        "rights": {
            "holder": stated.holder.value if stated.holder else None,
            "statement": stated.statement.value if stated.statement else None,
            "redistribute": False,
        },
        "raw_name": record.raw_name,
        "raw_sha256": record.raw_sha256,
        "text_sha256": sha256(text.encode("utf-8")),
        "zones": [{"kind": zone.kind, "raw_start": zone.raw_start, "raw_end": zone.raw_end} for zone in parts],
        "alignment": [{"start": piece.start, "raw_start": piece.raw_start, "length": piece.length} for piece in alignment],
    }
