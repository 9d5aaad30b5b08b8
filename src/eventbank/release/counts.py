"""What a release holds, counted in its tables by split: for the card, the picture and the datasheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventbank.release.content import Release
from eventbank.tables import ARGUMENTS, DOCUMENTS, EVENTS, MENTIONS, SPLITS, Table

Row = Mapping[str, Any]
BySplit = Mapping[str, Counter[str]]
"""How often each name occurs, for every split."""


@dataclass(frozen=True)
class Counts:
    """Labels by name and split.

    `event_types` counts event mentions, `entity_types` and `value_types` count mentions, `entities` counts entities by their type (a chain
    of one mention is an entity), `happenings` the chains of events that have a trigger in the document, `roles` counts arguments.
    """

    event_types: BySplit
    entity_types: BySplit
    value_types: BySplit
    entities: BySplit
    happenings: BySplit
    roles: BySplit


def counts(release: Release) -> Counts:
    """The labels of a release; nothing in them depends on texts, so that a release without texts has the same."""
    spans = by_split(release, MENTIONS, ("doc_id", "kind", "type", "chain_id"))

    def of(kind: str) -> BySplit:
        return {split: Counter(row["type"] for row in rows if row["kind"] == kind) for split, rows in spans.items()}

    def chains(kind: str) -> BySplit:
        found = {
            split: {(row["doc_id"], row["chain_id"], row["type"]) for row in rows if row["kind"] == kind and row["chain_id"]}
            for split, rows in spans.items()
        }
        return {split: Counter(type_ for _, _, type_ in sorted(members)) for split, members in found.items()}

    arguments = by_split(release, ARGUMENTS, ("role",))
    roles = {split: Counter(row["role"] for row in rows) for split, rows in arguments.items()}
    return Counts(of("trigger"), of("entity"), of("value"), chains("entity"), chains("trigger"), roles)


def by_split(release: Release, table: Table, columns: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Some columns of a table, row by row, for every split; a split without rows has none."""
    parts = release.tables.get(table, {})
    return {split: parts[split].select(list(columns)).to_pylist() if split in parts else [] for split in SPLITS}


def rows_of(release: Release, table: Table, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Some columns of a table, row by row, over all splits in their order."""
    return [row for rows in by_split(release, table, columns).values() for row in rows]


def total(count: BySplit) -> int:
    """The number over all names and splits."""
    return sum(found.total() for found in count.values())


def used(count: BySplit, names: Iterable[str]) -> list[str]:
    """Those of the names that occur, in their order."""
    return [name for name in names if any(count[split][name] for split in SPLITS)]


def texts_present(release: Release) -> int:
    """The number of documents whose text is in the release."""
    return sum(part.num_rows - part["text"].null_count for part in release.tables.get(DOCUMENTS, {}).values())


def example(release: Release) -> dict[str, Any] | None:
    """One event as `events` has it: of the first split with events, the one with most arguments up to three, and the shortest of these.

    Length is counted in code points of the spans, by their offsets, so that the choice is the same whether texts are there or not.
    """
    for part in release.tables.get(EVENTS, {}).values():
        found = [(row["doc_id"], event) for row in part.select(["doc_id", "events"]).to_pylist() for event in row["events"]]
        if found:
            doc_id, event = min(found, key=lambda one: _rank(*one))
            return {"doc_id": doc_id, **event}
    return None


def _rank(doc_id: str, event: Row) -> tuple[int, int, str, str]:
    length = sum(span["end"] - span["start"] for span in (event["trigger"], *event["arguments"]))
    return -min(len(event["arguments"]), 3), length, doc_id, event["event_id"]
