"""What changed between two releases: document by document, label by label, split by split, name by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pyarrow as pa

from eventbank.layer import Layer
from eventbank.release.matching import Change, carried, changes, differing
from eventbank.release.scheme import SchemeChange, name_changes, scheme_changes
from eventbank.release.snapshot import Snapshot, row_of
from eventbank.released import layer_of
from eventbank.splits import FIELDS
from eventbank.tables import HELD

PLACES = FIELDS[1:]
"""The columns of `documents` that say where a document stands: story and splits."""

LONG = ("text", "zones", "alignment")
"""Fields of a document whose change is told without their values."""


@dataclass(frozen=True)
class DocumentChange:
    """A document that one of two releases has not, or has otherwise.

    `fields` has the old and new value of each field of the document that differs; of long ones (text, zones, sentences) both are None.
    `labels` are the labels that differ, if both releases have the document; `counts` are those that came or went with it.
    """

    doc_id: str
    how: Literal["added", "removed", "changed"]
    fields: Mapping[str, tuple[Any, Any]]
    labels: tuple[Change, ...]
    counts: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """The change for machines; dates as text."""
        fields = {name: {"old": _plain(old), "new": _plain(new)} for name, (old, new) in self.fields.items()}
        return {
            "doc_id": self.doc_id,
            "how": self.how,
            "fields": fields,
            "labels": [one.to_dict() for one in self.labels],
            "counts": self.counts,
        }


@dataclass(frozen=True)
class SplitChange:
    """A document of both releases that stands elsewhere: in another story or split (`column` of `documents`), or held out of all."""

    doc_id: str
    column: str
    old: str
    new: str


@dataclass(frozen=True)
class Diff:
    """The difference of two releases.

    `old` and `new` name them: `name`, `version`, `digest`. `tables` are the configs whose rows differ, `columns` those whose columns do,
    with what came and went. `gold` is how the gold layer of either was made.
    """

    old: Mapping[str, str]
    new: Mapping[str, str]
    documents: tuple[DocumentChange, ...]
    splits: tuple[SplitChange, ...]
    scheme: tuple[SchemeChange, ...]
    columns: Mapping[str, Mapping[str, Sequence[str]]]
    tables: tuple[str, ...]
    gold: tuple[str, str]

    @property
    def is_empty(self) -> bool:
        """Whether the rows and the scheme of both releases are the same."""
        return not (self.documents or self.splits or self.scheme or self.columns or self.tables)

    def count(self) -> Counter[tuple[str, str]]:
        """How many documents and labels changed in what way: (what, how)."""
        found: Counter[tuple[str, str]] = Counter()
        for document in self.documents:
            found["document", document.how] += 1
            found.update((label.what, label.how) for label in document.labels)
        return found

    def to_dict(self) -> dict[str, Any]:
        """The difference for machines."""
        count: dict[str, dict[str, int]] = {}
        for (what, how), number in sorted(self.count().items()):
            count.setdefault(what, {})[how] = number
        return {
            "old": self.old,
            "new": self.new,
            "documents": [one.to_dict() for one in self.documents],
            "splits": [asdict(one) for one in self.splits],
            "ontology": [one.to_dict() for one in self.scheme],
            "columns": self.columns,
            "tables": list(self.tables),
            "gold": {"old": self.gold[0], "new": self.gold[1]},
            "count": count,
        }


def diff(old: Snapshot, new: Snapshot) -> Diff:
    """What changed from one release to another.

    Documents are the same by `doc_id`, labels by span and type. Where the text of a document changed, the old spans are carried to the new
    text first, so that only labels which changed with regard to their words count.
    """
    documents = []
    splits = list(_held(old, new))
    for doc_id in sorted(old.documents.keys() | new.documents.keys()):
        before, after = old.documents.get(doc_id), new.documents.get(doc_id)
        if before is None or after is None:
            side = new if before is None else old
            documents.append(DocumentChange(doc_id, "added" if before is None else "removed", {}, (), _counts(_layer(side, doc_id))))
            continue
        if not before.equals(after):
            splits += _moved(doc_id, before, after)
        found = _document(doc_id, old, new)
        if found is not None:
            documents.append(found)
    scheme = scheme_changes(old.ontology, new.ontology) if old.ontology and new.ontology else name_changes(*_names(old, new))
    sides = [{"name": one.name, "version": one.version, "digest": one.digest} for one in (old, new)]
    gold = (str(old.facts.get("gold", "")), str(new.facts.get("gold", "")))
    return Diff(
        sides[0], sides[1], tuple(documents), tuple(splits), tuple(scheme), dict(_columns(old, new)), tuple(_tables(old, new)), gold
    )


def _document(doc_id: str, old: Snapshot, new: Snapshot) -> DocumentChange | None:
    before, after = old.documents[doc_id], new.documents[doc_id]
    events = (old.labelled.get(doc_id), new.labelled.get(doc_id))
    if before.equals(after) and (
        events[0].equals(events[1]) if events[0] is not None and events[1] is not None else events[0] is events[1]
    ):
        return None
    one, other = row_of(before), row_of(after)
    fields = {
        name: (None, None) if name in LONG else (one[name], other[name])
        for name in one
        if name in other and name not in PLACES and one[name] != other[name]
    }
    if "text" in fields:
        fields = {name: found for name, found in fields.items() if name not in ("alignment", "text_sha256")}
    elif None not in events and row_of(events[0])["sentences"] != row_of(events[1])["sentences"]:
        fields["sentences"] = (None, None)
    labels = changes(_layer(old, doc_id), _layer(new, doc_id), carried(one.get("text"), other.get("text")))
    return DocumentChange(doc_id, "changed", fields, tuple(labels), {}) if fields or labels else None


def _layer(side: Snapshot, doc_id: str) -> Layer | None:
    row = side.labelled.get(doc_id)
    return None if row is None else layer_of(row_of(row))


def _counts(layer: Layer | None) -> dict[str, int]:
    if layer is None:
        return {}
    chains = sum(len(chain) > 1 for chain in (*layer.entities, *layer.happenings))
    arguments = sum(len(event.arguments) for event in layer.events)
    return {"mention": len(layer.mentions), "event": len(layer.events), "argument": arguments, "chain": chains}


def _moved(doc_id: str, before: pa.Table, after: pa.Table) -> Iterator[SplitChange]:
    one, other = row_of(before), row_of(after)
    for name in PLACES:
        if name in one and name in other and one[name] != other[name]:
            yield SplitChange(doc_id, name, str(one[name]), str(other[name]))


def _held(old: Snapshot, new: Snapshot) -> Iterator[SplitChange]:
    """Documents that are in a split of one release and held out of all splits in the other."""
    for doc_id in sorted(set(old.facts.get("held", ())) & new.documents.keys()):
        yield SplitChange(doc_id, "split", HELD, str(row_of(new.documents[doc_id])["split"]))
    for doc_id in sorted(set(new.facts.get("held", ())) & old.documents.keys()):
        yield SplitChange(doc_id, "split", str(row_of(old.documents[doc_id])["split"]), HELD)


def _names(old: Snapshot, new: Snapshot) -> tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]:
    return old.facts["names"], new.facts["names"]


def _columns(old: Snapshot, new: Snapshot) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """What columns, or fields of columns, came to or went from each config that both releases have."""
    for config in sorted(old.tables.keys() & new.tables.keys()):
        before, after = (set(_paths(next(iter(side.tables[config].values())).schema)) for side in (old, new))
        if before != after:
            yield config, {"removed": sorted(before - after), "added": sorted(after - before)}


def _paths(schema: pa.Schema) -> Iterator[str]:
    """Every column and field of a schema, as `path: type`, that is no list or struct itself."""

    def inside(path: str, kind: pa.DataType) -> Iterator[str]:
        if pa.types.is_list(kind):
            yield from inside(f"{path}[]", kind.value_type)
        elif pa.types.is_struct(kind):
            for at in range(kind.num_fields):
                yield from inside(f"{path}.{kind.field(at).name}", kind.field(at).type)
        else:
            yield f"{path}: {kind}"

    for field in schema:
        yield from inside(field.name, field.type)


def _tables(old: Snapshot, new: Snapshot) -> Iterator[str]:
    for config in sorted(old.tables.keys() | new.tables.keys()):
        before, after = (side.tables.get(config, {}) for side in (old, new))
        if before.keys() != after.keys() or any(not before[split].equals(after[split]) for split in before):
            yield config


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)


def lines(found: Diff) -> Iterator[str]:
    """The difference for readers, a change a line."""
    yield f"{_side(found.old)} → {_side(found.new)}"
    if found.is_empty:
        yield "no row differs"
        return
    yield from (f"ontology: {one}" for one in found.scheme)
    for config, which in found.columns.items():
        yield from (f"columns of {config}: {path} {how}" for how, paths in which.items() for path in paths)
    if found.gold[0] != found.gold[1]:
        yield f"gold layer: {found.gold[0]} → {found.gold[1]}"
    yield from (f"split: {one.doc_id} {one.column} {one.old} → {one.new}" for one in found.splits)
    for document in found.documents:
        came = f" with {_numbers(document.counts)}" if document.counts else ""
        yield f"document {document.how}: {document.doc_id}{came}"
        for name, (old, new) in document.fields.items():
            yield f"  {name} changed" if name in (*LONG, "sentences") else f"  {name}: {_plain(old)!r} → {_plain(new)!r}"
        yield from (f"  {label.what} {label.how}: {_told(label)}" for label in document.labels)
    count = found.count()
    if count:
        yield "in all: " + ", ".join(f"{number} {_plural(what, number)} {how}" for (what, how), number in sorted(count.items()))
    else:
        yield f"rows differ in: {', '.join(found.tables)}"


def _side(side: Mapping[str, str]) -> str:
    return f"{side['name']} ({side['version']}, digest {side['digest'][:12]})"


def _numbers(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {_plural(what, number)}" for what, number in counts.items())


def _plural(what: str, number: int) -> str:
    return what if number == 1 else f"{what}s"


def _told(change: Change) -> str:
    """A change of a label in one line."""
    old, new = change.old, change.new
    if change.what == "chain":
        return _told_chain(change)
    if change.what == "argument":
        label = change.label
        roles = f"{old['role']} → {new['role']}" if old and new and change.how == "retyped" else label["role"]
        fillers = f"{_at(old['filler'])} → {_at(new['filler'])}" if old and new and change.how == "moved" else _at(label["filler"])
        return f"{roles} {fillers} of {label['event']['type']} {_at(label['event'])}"
    if old is None or new is None:
        arguments = change.label.get("arguments")
        return f"{change.label['type']} {_at(change.label)}" + (f" with {_numbers({'argument': arguments})}" if arguments else "")
    parts = [f"{old['type']} → {new['type']}" if change.how == "retyped" else str(new["type"])]
    parts.append(f"{_at(old)} → {_at(new)}" if change.how == "moved" else _at(new))
    told = ", ".join(f"{key} {old.get(key) or 'none'} → {new.get(key) or 'none'}" for key in differing(old, new))
    return " ".join(parts) + (f": {told}" if told else "")


def _told_chain(change: Change) -> str:
    label = change.label
    name = f"{label['kind']} {_at(label['members'][0])}"
    if change.old is None or change.new is None:
        return f"{name} of {len(label['members'])}"
    parts = [
        f"{_listed(change.old['left'])} left" if change.old["left"] else "",
        f"{_listed(change.new['joined'])} joined" if change.new["joined"] else "",
    ]
    return f"{name}: {', '.join(part for part in parts if part)}"


def _listed(members: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(_at(member) for member in members)


def _at(label: Mapping[str, Any]) -> str:
    return f"{label['text']!r} [{label['start']},{label['end']})" if label["text"] else f"[{label['start']},{label['end']})"
