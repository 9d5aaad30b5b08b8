"""`check`: everything that can be wrong with a corpus, with a release, or with one Label Studio export."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from eventbank import build, leaks
from eventbank.checks import check_layer
from eventbank.corpus import MARK, Corpus, find_root, open_corpus
from eventbank.errors import Code, EventBankError, Place, Problem, excerpt
from eventbank.gold import check_gold
from eventbank.inputs import read_documents, read_ontology
from eventbank.labelstudio import codec
from eventbank.release import manifest, parquet
from eventbank.release.content import LEAKS
from eventbank.release.folder import settings
from eventbank.release.manifest import STANDOFF
from eventbank.release.withholding import allowed
from eventbank.tables import DOCUMENTS, TABLES

Row = Mapping[str, Any]
SCHEMAS = {table.name: table.schema for table in TABLES}

NOT_A_TARGET = Code(
    "E008", "there is nothing to check here", "Name a corpus, a release folder with a manifest.json, or a Label Studio export."
)
SPAN = Code("E620", "a span of the release is not the text at its offsets", "Get the release again, or build it again.")
REFERENCE = Code("E621", "a reference of the release leads nowhere", "Get the release again, or build it again.")
ROWS = Code("E622", "a table of the release is not what its manifest says", "Get the release again, or build it again.")
DIGEST = Code("E624", "the rows of the release are not those that its digest is of", "Get the release again, or build it again.")
REPORT = Code("E631", "the leak report is not what the tables give", "Get the release again, or build it again.")
LEAKING = Code("E623", "a story of the release is in two splits", "Do not use the release; its test scores would be too high.")


def check(path: str | os.PathLike[str]) -> list[Problem]:
    """The problems of whatever lies at `path`; an empty list if there are none. `.` stands for the corpus around it."""
    path = Path(path)
    try:
        if (path / manifest.NAME).is_file():
            return check_release(path)
        if path.is_file() and path.suffix == ".json":
            return check_export(path)
        if path == Path() or (path / MARK).is_file():
            return check_corpus(open_corpus(path))
    except EventBankError as error:
        return list(error.problems)
    return [NOT_A_TARGET.at(Place(file=str(path)))]


def check_corpus(corpus: Corpus) -> list[Problem]:
    """The problems of a corpus: its inputs, its release, and whether both agree; of its decisions, where there is no other error."""
    problems = build.check(corpus)
    try:
        return problems if any(not problem.is_warning for problem in problems) else [*problems, *check_gold(corpus)]
    except EventBankError as error:
        return list(error.problems)


def check_export(path: Path) -> list[Problem]:
    """The problems of one export; inside a corpus its labels are held against the documents and the ontology, too.

    Raises:
        EventBankError: for an export that cannot be read, and for a corpus around it that cannot.
    """
    tasks = codec.parse(path.read_bytes(), path.name)
    problems = codec.persons(tasks, path.name)
    try:
        find_root(path.resolve().parent)
    except EventBankError:
        return problems
    corpus = open_corpus(path.resolve().parent)
    documents, doubts = read_documents(corpus)
    ontology = read_ontology(corpus)
    texts = {document.doc_id: document.text for document in documents}
    layers, refused = codec.layers(tasks, path.name, ontology, texts)
    found = [problem for layer in layers for problem in check_layer(layer, texts[layer.doc_id], ontology, corpus.language)]
    return [*doubts, *problems, *refused, *found]


def check_release(folder: Path) -> list[Problem]:
    """The problems of a release: its files against the manifest first, and if those are whole, its rows against it and each other.

    Raises:
        EventBankError: E601 for a manifest that cannot be read.
    """
    problems = list(manifest.verify(folder))
    if problems:
        return problems
    facts = manifest.read(folder)
    tables: dict[str, dict[str, pa.Table]] = {}
    for path in sorted(folder.glob("*/*.parquet")):
        schema = SCHEMAS.get(path.parent.name)
        try:
            table = pq.read_table(path)
        except (OSError, ValueError) as error:
            return [ROWS.at(Place(file=path.relative_to(folder).as_posix()), str(error).splitlines()[0])]
        if schema is None or table.schema != schema:
            return [ROWS.at(Place(file=path.relative_to(folder).as_posix()), "its columns are not those of the table")]
        tables.setdefault(path.parent.name, {})[path.name.partition("-")[0]] = table
    for name, parts in facts["rows"].items():
        for split, rows in parts.items():
            found = tables.get(name, {}).get(split)
            if (found.num_rows if found is not None else 0) != rows:
                problems.append(ROWS.at(Place(file=f"{name}/{split}"), f"{found.num_rows if found is not None else 0} instead of {rows}"))
    rows = {name: [row for part in parts.values() for row in part.to_pylist()] for name, parts in tables.items() if name != "annotations"}
    held = frozenset(facts.get("more", {}).get(STANDOFF, {}).get("withheld", ()))
    if STANDOFF in facts.get("more", {}):
        problems += _withheld(rows.get("documents", ()), held)
    problems += [*_spans(rows, held), *_references(rows), *_stories(tables.get("documents", {}))]
    return problems or [*_digests(folder, tables, facts["digest"]), *_leaks(folder, tables, facts)]


def _digests(folder: Path, tables: Mapping[str, Mapping[str, pa.Table]], digest: str) -> Iterator[Problem]:
    """E624: the digest in the manifest is that of the rows, and stands in the card."""
    found = parquet.row_digest((name, split, part) for name, parts in tables.items() for split, part in parts.items())
    if found != digest:
        yield DIGEST.at(Place(file=manifest.NAME), f"{found[:12]}… instead of {digest[:12]}…")
    elif digest not in (folder / manifest.CARD).read_text(encoding="utf-8"):
        yield DIGEST.at(Place(file=manifest.CARD), "the card has another digest")


def _leaks(folder: Path, tables: Mapping[str, Mapping[str, pa.Table]], facts: Mapping[str, Any]) -> Iterator[Problem]:
    """E630 and E631: no two splits share what must be in one, and leaks.json is what the tables give. Without all texts nobody can tell."""
    if any(part["text"].null_count for part in tables.get(DOCUMENTS.name, {}).values()):
        return
    found = leaks.report({table: tables[table.name] for table in TABLES if table.name in tables}, settings(facts).thresholds)
    yield from leaks.problems(found)
    try:
        reported = json.loads((folder / LEAKS).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        reported = None
    if reported != found:
        yield REPORT.at(Place(file=LEAKS))


def _withheld(documents: Iterable[Row], held: Set[str]) -> Iterator[Problem]:
    """E622: a stand-off release has the texts that may be passed on and no others."""
    for row in documents:
        if allowed(row) == (row["doc_id"] in held) or (row["text"] is None) != (row["doc_id"] in held):
            yield ROWS.at(
                Place(file="documents", doc_id=row["doc_id"]), "its text is withheld by the manifest or its rights, and not by both"
            )


def _spans(rows: Mapping[str, list[Row]], held: Set[str]) -> Iterator[Problem]:
    """E620: `text[start:end]` is the span, in every table, and nothing where the text is withheld."""
    texts: defaultdict[str, str | None] = defaultdict(str)
    for row in rows.get("documents", ()):
        texts[row["doc_id"]] = None if row["doc_id"] in held else row["text"] or ""
    for name in ("mentions", "arguments", "sentences"):
        yield from (
            _wrong(name, row["doc_id"], texts[row["doc_id"]], row) for row in rows.get(name, ()) if not _holds(texts[row["doc_id"]], row)
        )
    for row in rows.get("events", ()):
        for span in _nested(row):
            if not _holds(row["text"], span) or row["text"] != texts[row["doc_id"]]:
                yield _wrong("events", row["doc_id"], row["text"], span)
    for row in rows.get("sentences", ()):
        for span in (one for mention in row["event_mentions"] for one in (mention["trigger"], *mention["arguments"])):
            if not 0 <= span["start"] < span["end"] <= len(row["tokens"]):
                yield _wrong("sentences", row["wnd_id"], row["text"], span)


def _nested(row: Row) -> Iterator[Row]:
    yield from (mention for entity in row["entities"] for mention in entity["mentions"])
    yield from row["values"]
    for event in row["events"]:
        yield event["trigger"]
        yield from event["arguments"]


def _holds(text: str | None, span: Row) -> bool:
    start, end = span["start"], span["end"]
    if text is None:
        return bool(0 <= start < end and span["text"] is None)
    return bool(0 <= start < end <= len(text) and text[start:end] == span["text"])


def _wrong(table: str, doc_id: str, text: str | None, span: Row) -> Problem:
    start, end = span["start"], span["end"]
    return SPAN.at(Place(table, 0, doc_id, "", start, end, excerpt(text or "", start, end)), repr(span["text"]))


def _references(rows: Mapping[str, list[Row]]) -> Iterator[Problem]:
    """E621: every argument leads to a mention or an event of its own document, and every sentence's argument to an entity mention."""
    known = {key for row in rows.get("mentions", ()) for key in ((row["doc_id"], row["mention_id"]), (row["doc_id"], row["event_id"]))}
    nested = (
        (row["doc_id"], argument["ref_id"]) for row in rows.get("events", ()) for event in row["events"] for argument in event["arguments"]
    )
    yield from _missing("events", nested, known)
    flat = ((row["doc_id"], row[key]) for row in rows.get("arguments", ()) for key in ("ref_id", "event_id"))
    yield from _missing("arguments", flat, known)
    for row in rows.get("sentences", ()):
        own = {(row["doc_id"], mention["id"]) for mention in row["entity_mentions"]}
        fillers = ((row["doc_id"], argument["entity_id"]) for event in row["event_mentions"] for argument in event["arguments"])
        yield from _missing("sentences", fillers, own)


def _missing(table: str, references: Iterable[tuple[str, str]], known: set[tuple[str, str]]) -> Iterator[Problem]:
    return (REFERENCE.at(Place(file=table, doc_id=doc_id), ref) for doc_id, ref in references if (doc_id, ref) not in known)


def _stories(parts: Mapping[str, pa.Table]) -> Iterator[Problem]:
    """E623: no story is in two splits."""
    split_of: dict[str, str] = {}
    for split, part in parts.items():
        for row in part.select(["doc_id", "story_id"]).to_pylist():
            if split_of.setdefault(row["story_id"], split) != split:
                yield LEAKING.at(Place(file=f"documents/{split}", doc_id=row["doc_id"]), row["story_id"])
