"""MAVEN-Arg: one JSON object a line for each document; events and entities are chains, and arguments belong to chains.

Offsets are code points into `document`, half open. An argument is an entity as a whole or, where it is no entity, a span with its words;
`type` beside the words, which MAVEN-Arg does not have, is the type of a value. https://github.com/THU-KEG/MAVEN-Argument
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from eventbank.errors import Place, Problem
from eventbank.formats.draft import DANGLING, Draft, Filled, Kind, Labelled, settle
from eventbank.formats.records import lines, misfit
from eventbank.formats.sample import MALFORMED, UNHELD, Files, Options, Sample, canonical
from eventbank.layer import Event, Mention

FILE = "maven-arg.jsonl"
NO_ENTITY = "NonEntity"
"""The type of an argument that is no entity, where the file names none."""

SHAPE = {
    "id": str,
    "title?": str,
    "document": str,
    "events": [
        {
            "id": str,
            "type": str,
            "mention": [{"id": str, "trigger_word?": str, "offset": (int, int)}],
            "argument?": dict,
        }
    ],
    "entities": [{"id": str, "type": str, "mention": [{"id": str, "mention?": str, "offset": (int, int)}]}],
}
_FILLERS = [{"entity_id?": str, "content?": str, "offset?": (int, int), "type?": str}]
Row = dict[str, Any]
Span = TypeVar("Span", Mention, Event)


def dump(samples: Sequence[Sample]) -> Iterator[tuple[str, bytes]]:
    """One file with the documents of some samples. A chain of several types is written as one for each type."""
    numbers = {name: at for at, name in enumerate(sorted({event.type for one in samples for event in one.layer.events}), 1)}
    for sample in map(canonical, samples):
        layer = sample.layer
        mentions, events = {one.id: one for one in layer.mentions}, {one.id: one for one in layer.events}
        entities = {f"{layer.doc_id}-N{at}": group for at, group in enumerate(_groups(layer.entities, mentions), 1)}
        happenings = {f"{layer.doc_id}-C{at}": group for at, group in enumerate(_groups(layer.happenings, events), 1)}
        entity_of = {one.id: id_ for id_, group in entities.items() for one in group}
        record = {
            "id": layer.doc_id,
            "title": sample.title or "",
            "document": sample.text,
            "events": [
                {
                    "id": id_,
                    "type": group[0].type,
                    "type_id": numbers[group[0].type],
                    "mention": [{"id": one.id, "trigger_word": one.text, "offset": [one.start, one.end]} for one in group],
                    "argument": _arguments(group, entity_of, mentions),
                }
                for id_, group in happenings.items()
            ],
            "entities": [
                {
                    "id": id_,
                    "type": group[0].type,
                    "mention": [{"id": one.id, "mention": one.text, "offset": [one.start, one.end]} for one in group],
                }
                for id_, group in entities.items()
            ],
            "negative_triggers": [],
        }
        yield FILE, f"{json.dumps(record, ensure_ascii=False)}\n".encode()


def load(files: Files, options: Options) -> Iterator[Sample | Problem]:
    """The samples of some files.

    The arguments of an event are given to its first mention, and an entity is represented by the mention that is nearest to it.
    `negative_triggers` have no place in a layer (W728). A test file, which has no events, is refused.
    """
    for found in lines(files, SHAPE):
        if isinstance(found, Problem):
            yield found
            continue
        place, record = found
        if record.get("negative_triggers"):
            yield UNHELD.at(place, f"{len(record['negative_triggers'])} negative triggers")
        for part in _draft(record, place, options.values):
            if isinstance(part, Problem):
                yield part
            else:
                yield from settle(part, options)


def _groups(chains: Sequence[frozenset[str]], spans: Mapping[str, Span]) -> Iterator[list[Span]]:
    """The members of each chain in order, those of each type apart."""
    for chain in chains:
        members = [span for span in spans.values() if span.id in chain]
        for name in dict.fromkeys(member.type for member in members):
            yield [member for member in members if member.type == name]


def _arguments(events: Sequence[Event], entity_of: Mapping[str, str], mentions: Mapping[str, Mention]) -> dict[str, list[Row]]:
    """The arguments of all mentions of an event, each once; those that are events have no place."""
    roles: dict[str, list[Row]] = {}
    for argument in (argument for event in events for argument in event.arguments if argument.kind == "mention"):
        value = mentions[argument.ref]
        filler: Row = {"content": value.text, "offset": [value.start, value.end], "type": value.type}
        if argument.ref in entity_of:
            filler = {"entity_id": entity_of[argument.ref]}
        if filler not in roles.setdefault(argument.role, []):
            roles[argument.role].append(filler)
    return roles


def _draft(record: Row, place: Place, values: frozenset[str]) -> Iterator[Problem | Draft]:
    """What a record says, behind what is wrong with its arguments."""
    fillers = {
        entity["id"]: [
            _labelled(one, "value" if entity["type"] in values else "entity", entity["type"], place) for one in entity["mention"]
        ]
        for entity in record["entities"]
    }
    triggers = {event["id"]: [_labelled(one, "event", event["type"], place) for one in event["mention"]] for event in record["events"]}
    beside: dict[str, Labelled] = {}
    arguments: list[Filled] = []
    for event in record["events"]:
        first = min(triggers[event["id"]], key=lambda one: (one.start, one.end), default=None)
        for role, found in (event.get("argument") or {}).items():
            wrong = misfit(found, _FILLERS, f"the argument {role}")
            if wrong or (first is None and found):
                yield MALFORMED.at(place, wrong or f"{event['id']} has arguments and no mention")
                continue
            for filler in found:
                near = _nearest(first, fillers.get(filler.get("entity_id") or "", ())) if first else None
                if near is None and filler.get("offset") and filler.get("content") is not None:
                    name = filler.get("type") or NO_ENTITY
                    near = _labelled(filler | {"id": f"{name} {filler['offset']}"}, "value", name, place)
                    beside.setdefault(near.id, near)
                if near is None or first is None:
                    yield DANGLING.at(place, f"{role} of {event['id']}: {filler.get('entity_id')}")
                else:
                    arguments.append(Filled(first.id, role, near.id, place.line))
    chains = [[one.id for one in group] for group in (*fillers.values(), *triggers.values())]
    spans = [one for group in (*fillers.values(), *triggers.values()) for one in group]
    title = record.get("title") or None
    yield Draft(record["id"], record["document"], place.file, place.line, [*spans, *beside.values()], arguments, chains, title=title)


def _labelled(one: Row, kind: Kind, name: str, place: Place) -> Labelled:
    """A span as the record states it, whatever its words are called there."""
    start, end = one["offset"]
    quoted = next((one[key] for key in ("mention", "trigger_word", "content") if one.get(key) is not None), None)
    return Labelled(one["id"], kind, name, start, end, quoted, place.line)


def _nearest(trigger: Labelled, mentions: Sequence[Labelled]) -> Labelled | None:
    """The mention with the fewest code points between it and the trigger; of two the earlier."""
    return min(mentions, key=lambda one: (max(0, one.start - trigger.end, trigger.start - one.end), one.start, one.end), default=None)
