"""`articles/sources.yaml`: where each article is from, whose it is, what is known of it, and how it is known."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from eventbank import yamlfile
from eventbank.articles.zones import Correction
from eventbank.document import Rights
from eventbank.errors import Code, Place, Problem
from eventbank.yamlfile import WRONG_SHAPE, Node

NO_SUCH_ID = Code(
    "E107", "a document id has characters that ids may not have", "Use letters, digits, '.', '_' and '-' only; rename the file."
)
NOT_OF_FILE = Code(
    "E108", "an entry of sources.yaml does not fit its file", "The id is the file's name without its suffix; every file has one entry."
)
NO_DATE = Code(
    "E110",
    "the document has no date",
    "Give published if the page states it, else dated and dated_by (text or curator) with the evidence; the date decides the split.",
)

DATED_BY = ("published", "text", "curator")
FACTS = ("title", "published", "publisher", "agency", "author", "dateline", "url")
"""What a page may state itself. A key that is absent is taken from the page; null says that it is unknown."""

_KEYS = ("file", "sha256", *FACTS, "dated", "dated_by", "rights", "evidence", "zones")
_REMEDY = "Give it as docs/corpus.md describes it under sources.yaml."
_DOC_ID = re.compile(r"[A-Za-z0-9._-]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Source:
    """An entry of sources.yaml. `facts` holds the keys of `FACTS` that the entry names, null values included."""

    doc_id: str
    file: str
    sha256: str
    line: int
    facts: Mapping[str, str | dt.date | None] = field(default_factory=dict)
    dated: dt.date | None = None
    dated_by: str | None = None
    rights: Rights | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()


def read_sources(path: Path, file: str) -> tuple[dict[str, Source], list[Problem]]:
    """The entries by document id, in the order of the file, with every problem found in them. `file` names it in messages.

    Raises:
        EventBankError: E001 if the file is not YAML.
    """
    root = yamlfile.load(path, file)
    sources = {doc_id: _source(doc_id, node) for doc_id, node in root.entries()}
    files: dict[str, str] = {}
    for doc_id, source in sources.items():
        if source.file and files.setdefault(source.file, doc_id) != doc_id:
            found = f"{source.file} stands under {files[source.file]} and {doc_id}"
            root.problems.append(NOT_OF_FILE.at(Place(file=file, line=source.line), found))
    return sources, [replace(one, remedy=_REMEDY) if one.code == WRONG_SHAPE.id else one for one in root.problems]


def _source(doc_id: str, node: Node) -> Source:
    node.only(_KEYS)
    if not _DOC_ID.fullmatch(doc_id):
        node.refuse(repr(doc_id), NO_SUCH_ID)
    name, sha256 = node.get("file").name(), node.get("sha256").name()
    if name and ("/" in name or "\\" in name or Path(name).stem != doc_id):
        node.get("file").refuse(f"{name} under {doc_id}", NOT_OF_FILE)
    if sha256 and not _SHA256.fullmatch(sha256):
        node.get("sha256").refuse("expected 64 hexadecimal digits in lower case")
    facts = {key: node.get(key).date() if key == "published" else node.get(key).text() for key in FACTS if key in node}
    dated, dated_by = node.get("dated").date(), node.get("dated_by").text()
    if dated_by not in (None, *DATED_BY):
        node.get("dated_by").refuse(f"expected one of {', '.join(DATED_BY)}")
    if (node.get("dated").value is None) != (node.get("dated_by").value is None):
        node.get("dated").refuse("give dated and dated_by together")
    evidence = {key: value.name() for key, value in node.get("evidence").entries()}
    if dated_by in ("text", "curator") and "dated" not in evidence:
        node.get("evidence").refuse("a date that the page does not state needs its evidence under dated")
    rights = _rights(node.get("rights")) if "rights" in node else None
    corrections = tuple(_correction(item) for item in node.get("zones").items())
    return Source(doc_id, name, sha256, node.line, facts, dated, dated_by, rights, evidence, corrections)


def _rights(node: Node) -> Rights:
    node.only(("holder", "statement", "redistribute"))
    return Rights(node.get("holder").text(), node.get("statement").text(), node.get("redistribute").flag())


def _correction(node: Node) -> Correction:
    node.only(("kind", "lines", "raw"))
    return Correction(node.get("kind").name(), _pair(node.get("lines")), _pair(node.get("raw")))


def _pair(node: Node) -> tuple[int, int] | None:
    if node.value is None:
        return None
    numbers = [item.integer() for item in node.items()]
    if len(numbers) != 2:
        node.refuse("expected two numbers: [first, last]")
        return None
    return numbers[0], numbers[1]
