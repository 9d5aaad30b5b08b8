"""A release read back: rows of its Parquet files to layers, documents and their stories.

Only columns that are needed are read, by name, so that a table with more columns, written by whatever tool, will do.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from eventbank.crosswalk import Codes
from eventbank.document import Document, Piece, Rights, Zone
from eventbank.errors import Code, EventBankError, Place, Problem
from eventbank.layer import Argument, Event, Layer, Mention
from eventbank.ontology import ATTRIBUTES, Ontology
from eventbank.ontology import load as load_ontology
from eventbank.tables import SPLITS, TABLES

UNREADABLE = Code(
    "E710", "this is no release, and no table of one", "Name a release folder, or a Parquet file or folder of its events or sentences."
)
UNLABELLED = Code(
    "E741", "there are no labels yet", "Label the documents (docs/label-studio.md), put the export into annotations/, and build again."
)
NO_PART = Code("E742", "the release does not have what is asked for", "Name a config or a split that it has.")
NO_DOCUMENTS = Code(
    "E743", "the release has no documents yet", "Put articles into articles/ and name them in sources.yaml, then build again."
)

Row = Mapping[str, Any]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

EVENT_COLUMNS = ("doc_id", "text", "entities", "values", "events")
WINDOW_COLUMNS = ("doc_id", "wnd_id", "tokens", "entity_mentions", "event_mentions")


@dataclass(frozen=True)
class Released:
    """A release, or one split of it: documents and gold labels by `doc_id`, in the order of splits and ids.

    Offsets of labels and sentences are code points into the text of their document, half open: the trigger of an event of
    `release.layers[doc_id]` is `release.texts[doc_id][event.start:event.end]`.

    Attributes:
        name: the name of the corpus; empty for a folder without a manifest, as `version` and `digest` are then.
        version: three numbers.
        digest: the SHA-256 of all rows, in hex.
        facts: date, story, language and publisher of every document, as columns of `documents` have them.
        texts: the text of every labelled document; empty where a stand-off release withholds it.
        sentences: the spans of its sentences.
        layers: its gold labels, with the ids of the release.
        split_of: the split of every document.
        folder: where the release lies; None for one that was made in memory.
        split: the split that was read; None for all.
    """

    name: str
    version: str
    digest: str
    facts: Mapping[str, Row]
    texts: Mapping[str, str]
    sentences: Mapping[str, tuple[tuple[int, int], ...]]
    layers: Mapping[str, Layer]
    split_of: Mapping[str, str]
    folder: Path | None = None
    split: str | None = None

    @property
    def stories(self) -> dict[str, str]:
        """The story of every document that the release tells one of."""
        return {doc_id: row["story_id"] for doc_id, row in self.facts.items()}

    @property
    def splits(self) -> dict[str, list[str]]:
        """The ids of the documents of each split that has any."""
        found: dict[str, list[str]] = {}
        for doc_id, split in self.split_of.items():
            found.setdefault(split, []).append(doc_id)
        return found

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """Every document with all that is known of it; read when it is first asked for.

        Raises:
            EventBankError: E710 if `documents` cannot be read, or lacks a column.
        """
        names = tuple(one.name for one in fields(Document))
        found = {row["doc_id"]: document_of(row) for _, row in self._rows("documents", names)}
        return {doc_id: found[doc_id] for doc_id in self.split_of if doc_id in found}

    @cached_property
    def names(self) -> Mapping[str, Sequence[str]]:
        """The class labels by vocabulary, in the order of their integers; empty without a manifest."""
        return dict(_manifest(self.folder).get("names", {})) if self.folder is not None else {}

    @cached_property
    def ontology(self) -> Ontology:
        """The label scheme that the labels were made by.

        Raises:
            EventBankError: E710 if the release does not hold it, the codes of ontologies if it cannot be used.
        """
        path = (self.folder or Path()) / "ontology.yaml"
        if self.folder is None or not path.is_file():
            raise EventBankError(UNREADABLE.at(Place(file=str(path)), "it does not hold its ontology"))
        return load_ontology(path, str(path))

    def table(self, config: str) -> pa.Table:
        """All rows of a config (`events`, `documents`, `mentions`, `arguments`, `sentences`, `annotations`) in the splits that were read.

        Raises:
            EventBankError: E741 without labels, E742 if there is no such config or it has no rows, E743 without documents, E710 if a
                file of it cannot be read, or if there is no folder.
        """
        if self.folder is None:
            raise EventBankError(UNREADABLE.at(found=f"it was made in memory and has no rows of {config}"))
        parts = [table(file) for file in files(self.folder, config, self.split)]
        if not parts:
            raise EventBankError(lacking(self.folder, config, self.split))
        return pa.concat_tables(parts)

    def _rows(self, config: str, columns: Sequence[str]) -> Iterable[tuple[str, Row]]:
        return rows(self.folder, config, columns, self.split) if self.folder is not None else ()


def load_release(folder: str | os.PathLike[str], split: str | None = None) -> Released:
    """The release in a folder, or one split of it (`train`, `validation`, `test`), as far as it can be read.

    Nothing is held against the manifest: `check` does that. A release without labels, or without documents, has none.

    Raises:
        EventBankError: E710 for what is no release or cannot be read, E742 for a split that it does not have, E743 for a split of a release
            without documents.
    """
    path = Path(folder)
    facts = seal(path)
    known: dict[str, Row] = {}
    split_of: dict[str, str] = {}
    for part, row in rows(path, "documents", ("doc_id", "dated", "story_id", "language", "publisher", "published"), split):
        known[row["doc_id"]] = row
        split_of[row["doc_id"]] = part
    layers, texts, sentences = {}, {}, {}
    for part, row in rows(path, "events", (*EVENT_COLUMNS, "sentences"), split):
        layers[row["doc_id"]], texts[row["doc_id"]] = layer_of(row), row["text"]
        sentences[row["doc_id"]] = tuple((one["start"], one["end"]) for one in row["sentences"])
        split_of.setdefault(row["doc_id"], part)
    if not layers and not known and (split is not None or not is_release(path)):
        raise EventBankError(lacking(path, "documents", split))
    ordered = {part: at for at, part in enumerate(SPLITS)}
    split_of = dict(sorted(split_of.items(), key=lambda item: (ordered.get(item[1], len(ordered)), item[0])))
    return Released(*facts, known, texts, sentences, layers, split_of, path, split)


def texts(folder: Path | str, split: str | None = None) -> dict[str, tuple[str, str | None, str]]:
    """Text, title and language of every document of a release, labelled or not, by `doc_id`.

    Raises:
        EventBankError: E710 for what is no release or cannot be read, E742 for a split that it does not have, E743 without documents.
    """
    found = {row["doc_id"]: row for _, row in rows(Path(folder), "documents", ("doc_id", "text", "title", "language"), split)}
    if not found:
        raise EventBankError(lacking(Path(folder), "documents", split))
    return {doc_id: (row["text"], row["title"], row["language"]) for doc_id, row in sorted(found.items())}


def codes(folder: Path | str, split: str | None = None) -> dict[str, Codes]:
    """What every event of a release is called in other ontologies, by `event_id`, as `mentions` has it.

    Raises:
        EventBankError: E710 for a release without these columns.
    """
    columns = ("kind", "event_id", "ace", "plover", "plover_mode", "cameo")
    triggers = (row for _, row in rows(Path(folder), "mentions", columns, split) if row["kind"] == "trigger")
    return {row["event_id"]: Codes(row["ace"], row["plover"], row["plover_mode"], row["cameo"]) for row in triggers}


def stated_day(event: Event, layer: Layer) -> str | None:
    """The day of an event by the first of its Time arguments whose normalised form is one day (`2024-05-03`); None without such a one."""
    values = {mention.id: mention.normalized or "" for mention in layer.mentions if mention.kind == "value"}
    stated = (values.get(argument.ref, "") for argument in event.arguments if argument.role == "Time")
    return next((value for value in stated if _DAY.fullmatch(value)), None)


def seal(folder: Path) -> tuple[str, str, str]:
    """Name, version and content digest of a release by its manifest; empty where there is none."""
    facts = _manifest(folder)
    try:
        return str(facts["name"]), str(facts["version"]), str(facts["digest"])
    except KeyError:
        return "", "", ""


def _manifest(folder: Path) -> dict[str, Any]:
    """What the manifest of a release says; nothing if there is none that can be read."""
    try:
        facts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def is_release(path: Path) -> bool:
    """Whether a folder is a release: it has a manifest, or rows of a config."""
    return path.is_dir() and ((path / "manifest.json").is_file() or any(files(path, one.name) for one in TABLES))


def lacking(path: Path, config: str, split: str | None = None) -> Problem:
    """What is to be said of rows of a config that a folder does not have: E710, E741, E742 or E743."""
    place = Place(file=str(path))
    if not is_release(path):
        return UNREADABLE.at(place)
    known = [one.name for one in TABLES]
    if config not in known:
        return NO_PART.at(place, f"no config {config}; there are {', '.join(known)}")
    filled = [name for name in known if files(path, name)]
    if not filled:
        return NO_DOCUMENTS.at(place)
    found = {file.name.partition("-")[0] for name in filled for file in files(path, name)}
    if split is not None and split not in found:
        return NO_PART.at(place, f"nothing in the split {split}; there is {', '.join(one for one in SPLITS if one in found)}")
    if config != "documents" and not files(path, "events", split):
        return UNLABELLED.at(place, f"none in the split {split}" if split is not None and files(path, "events") else "")
    return NO_PART.at(place, f"no rows of {config}; there are rows of {', '.join(filled)}")


def files(path: Path, config: str, split: str | None = None) -> list[Path]:
    """The Parquet files of a config in a release folder, those of one split or of all, in order."""
    return sorted((path / config).glob(f"{split or '*'}-*.parquet"))


def rows(path: Path, config: str, columns: Sequence[str], split: str | None = None) -> Iterable[tuple[str, Row]]:
    """Split and row of every row of a config.

    Raises:
        EventBankError: E710 for a file that cannot be read or lacks a column.
    """
    for file in files(path, config, split):
        yield from ((file.name.partition("-")[0], row) for row in table(file, columns).to_pylist())


def table(file: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Columns of one Parquet file; all of them by default.

    Raises:
        EventBankError: E710 if it cannot be read or lacks one of them.
    """
    try:
        found = pq.read_table(file, columns=None if columns is None else list(columns), partitioning=None)
        return found if columns is None else found.select(list(columns))
    except KeyError as error:
        raise EventBankError(UNREADABLE.at(Place(file=str(file)), f"the column {error.args[0]} is missing")) from None
    except (OSError, ValueError) as error:
        raise EventBankError(UNREADABLE.at(Place(file=str(file)), str(error).splitlines()[0])) from None


def document_of(row: Row) -> Document:
    """The document in a row of `documents`; a text that is withheld is empty.

    Raises:
        EventBankError: E710 for a row of another shape.
    """
    try:
        zones = tuple(Zone(one["raw_start"], one["raw_end"], one["kind"]) for one in row["zones"])
        pieces = tuple(Piece(one["start"], one["raw_start"], one["length"]) for one in row["alignment"])
        plain = {one.name: row[one.name] for one in fields(Document) if one.name not in ("text", "zones", "alignment", "rights")}
        return Document(**plain, text=row["text"] or "", zones=zones, alignment=pieces, rights=Rights(**row["rights"]))
    except (KeyError, TypeError) as error:
        raise EventBankError(UNREADABLE.at(Place(doc_id=str(row.get("doc_id"))), f"the row has another shape: {error}")) from None


def layer_of(row: Row, text_sha256: str = "") -> Layer:
    """The layer in a row of `events`, with the ids of the release; words that are withheld are empty.

    Raises:
        EventBankError: E710 for a row of another shape.
    """
    try:
        return _layer(row, text_sha256)
    except (KeyError, TypeError, AttributeError) as error:
        raise EventBankError(UNREADABLE.at(Place(doc_id=str(row.get("doc_id"))), f"the row has another shape: {error}")) from None


def _layer(row: Row, text_sha256: str) -> Layer:
    entities = [
        (
            frozenset(one["mention_id"] for one in entity["mentions"]),
            [_mention(one, "entity", entity["type"]) for one in entity["mentions"]],
        )
        for entity in row["entities"]
    ]
    values = [_mention(one, "value", one["type"]) for one in row["values"]]
    happenings: dict[str, set[str]] = {}
    for event in row["events"]:
        happenings.setdefault(event["chain_id"], set()).add(event["event_id"])
    return Layer(
        doc_id=row["doc_id"],
        annotator="",
        text_sha256=text_sha256,
        mentions=tuple(sorted((*(one for _, mentions in entities for one in mentions), *values), key=attrgetter("start", "end", "type"))),
        events=tuple(_event(one) for one in row["events"]),
        entities=tuple(chain for chain, _ in entities),
        happenings=tuple(frozenset(chain) for chain in happenings.values()),
    )


def _mention(one: Row, kind: Any, type_: str) -> Mention:
    return Mention(one["mention_id"], kind, type_, one["start"], one["end"], one.get("text") or "", one.get("level"), one.get("normalized"))


def _event(one: Row) -> Event:
    trigger = one["trigger"]
    arguments = tuple(Argument(argument["role"], argument["kind"], argument["ref_id"]) for argument in one["arguments"])
    attributes = {name: one[name] for name in ATTRIBUTES}
    return Event(
        one["event_id"], one["type"], trigger["start"], trigger["end"], trigger.get("text") or "", attributes, one["realis"], arguments
    )
