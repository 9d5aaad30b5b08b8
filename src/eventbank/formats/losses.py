"""What a format loses: a sample held against what comes back of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar

from eventbank.formats.sample import Sample, canonical
from eventbank.layer import Event, Layer, Mention

ASPECTS: Mapping[str, str] = {
    "document": "the document",
    "text": "white space between sentences",
    "title": "title",
    "published": "date of publication",
    "url": "address",
    "language": "language",
    "status": "what the annotator said of the document",
    "mention": "every mention",
    "event": "every event",
    "span": "offsets, where they are not those of tokens",
    "kind": "whether a mention is an entity or a value",
    "level": "level of a mention",
    "normalized": "normalised form of a value",
    "attributes": "polarity, tense, modality, realis",
    "argument": "every argument that is a mention",
    "event argument": "every argument that is an event",
    "filler": "which mention of its entity fills a role, and in which mention of its event",
    "entity chain": "coreference of entities",
    "event chain": "coreference of events",
    "added": "nothing that was not there",
}
"""What may be lost, in the order of tables, and what it means that a format holds it."""

_OF_DOCUMENT = ("text", "title", "published", "url", "language")
Span = TypeVar("Span", Mention, Event)
_Place = tuple[int, int, str]


@dataclass(frozen=True, order=True)
class Loss:
    """What does not come back: its aspect (a key of `ASPECTS`), the span it hangs on (code points; -1 for none), and what it was."""

    doc_id: str
    aspect: str
    start: int = -1
    end: int = -1
    found: str = ""


def losses(before: Sample, after: Sample | None) -> list[Loss]:
    """Every difference between a sample and what came back of it, in order; nothing if and only if they are equal.

    Ids, the annotator and the source are no part of what a sample says. What hangs on a span that is lost is lost with it and counted
    once, with the span.
    """
    doc_id = before.doc_id
    if after is None:
        return [Loss(doc_id, "document")]
    one, other = canonical(before), canonical(after)
    if one == other:
        return []
    found = [Loss(doc_id, name, found=_short(getattr(one, name))) for name in _OF_DOCUMENT if getattr(one, name) != getattr(other, name)]
    if one.layer.status != other.layer.status:
        found.append(Loss(doc_id, "status", found=str(one.layer.status)))
    found += _of_layers(one.layer, other.layer)
    return sorted(found) or [Loss(doc_id, "added", found="two labels of one type on one span cannot be told apart")]


def _of_layers(one: Layer, other: Layer) -> Iterator[Loss]:
    doc_id = one.doc_id
    mentions, new_mentions = _paired(one.mentions, other.mentions)
    events, new_events = _paired(one.events, other.events)
    twin: dict[str, str] = {}
    pairs: list[tuple[Mention | Event, Mention | Event | None]] = [*mentions, *events]
    for span, found in pairs:
        if found is None:
            yield _loss(doc_id, "event" if isinstance(span, Event) else "mention", span, f"{span.type} {span.text!r}")
            continue
        twin[span.id] = found.id
        if (span.start, span.end) != (found.start, found.end):
            yield _loss(doc_id, "span", span, f"{span.type} {span.text!r}, then {found.text!r}")
    added: list[Mention | Event] = [*new_mentions, *new_events]
    for new in added:
        yield _loss(doc_id, "added", new, f"{new.type} {new.text!r}")
    for mention, back in mentions:
        for name in ("kind", "level", "normalized") if back is not None else ():
            if getattr(mention, name) != getattr(back, name):
                yield _loss(doc_id, name, mention, str(getattr(mention, name)))
    for event, again in events:
        if again is not None and (dict(event.attributes), event.realis) != (dict(again.attributes), again.realis):
            yield _loss(doc_id, "attributes", event, ", ".join((*event.attributes.values(), event.realis)))
    yield from _of_arguments(one, other, twin)
    yield from _of_chains(doc_id, "entity chain", one.entities, other.entities, twin, {span.id: span for span in one.mentions})
    yield from _of_chains(doc_id, "event chain", one.happenings, other.happenings, twin, {span.id: span for span in one.events})


def _paired(before: tuple[Span, ...], after: tuple[Span, ...]) -> tuple[list[tuple[Span, Span | None]], list[Span]]:
    """Each span with the one that came back for it, the same or else the nearest of its type that overlaps it; and what is new.

    Spans that come back alike are given out in the order in which they went, which every format keeps.
    """
    left: dict[_Place, list[Span]] = {}
    for span in after:
        left.setdefault(_place(span), []).append(span)
    room = {place: len(spans) for place, spans in left.items()}
    goes: dict[str, _Place | None] = {}
    for exactly in (True, False):
        for span in before:
            if goes.get(span.id) is None:
                goes[span.id] = found = _place(span) if exactly else _near(span, room)
                if found is not None and room.get(found):
                    room[found] -= 1
                else:
                    goes[span.id] = None
    pairs: list[tuple[Span, Span | None]] = []
    for span in before:
        place = goes[span.id]
        pairs.append((span, left[place].pop(0) if place is not None else None))
    return pairs, [span for spans in left.values() for span in spans]


def _place(span: Mention | Event) -> _Place:
    return span.start, span.end, span.type


def _near(span: Mention | Event, room: Mapping[_Place, int]) -> _Place | None:
    """The place with room left, of the same type, that overlaps a span: the tightest around it, or else that with the nearest ends.

    A format that widens spans to tokens gives each its tightest cover, so that no span takes the place of another.
    """

    def distance(one: _Place) -> tuple[bool, int]:
        return not one[0] <= span.start < span.end <= one[1], abs(one[0] - span.start) + abs(one[1] - span.end)

    places = (one for one, left in room.items() if left and one[2] == span.type and one[0] < span.end and span.start < one[1])
    return min(places, key=distance, default=None)


def _of_arguments(one: Layer, other: Layer, twin: Mapping[str, str]) -> Iterator[Loss]:
    before = {
        (twin[event.id], argument.role, twin[argument.ref]): (event, argument)
        for event in one.events
        for argument in event.arguments
        if event.id in twin and argument.ref in twin
    }
    after = {(event.id, argument.role, argument.ref): (event, argument) for event in other.events for argument in event.arguments}
    chain = {member: chain for chain in (*other.entities, *other.happenings) for member in chain}
    spans, others = one.by_id, other.by_id
    # Where a format lets several spans fall together, the one that is paired with what is left need not be the one that an argument was of.
    fallen = [
        (event, argument.role, spans[argument.ref])
        for event in one.events
        for argument in event.arguments
        if event.id not in twin or argument.ref not in twin
    ]

    def loosely(key: tuple[str, str, str]) -> tuple[frozenset[str], str, frozenset[str]]:
        return chain.get(key[0], frozenset({key[0]})), key[1], chain.get(key[2], frozenset({key[2]}))

    known, kept = set(map(loosely, before)), set(map(loosely, after))
    for key, (event, argument) in before.items():
        if key not in after:
            lost = "filler" if loosely(key) in kept else "event argument" if argument.kind == "event" else "argument"
            yield _loss(one.doc_id, lost, event, f"{argument.role}: {spans[argument.ref].text!r}")
    for key, (event, argument) in after.items():
        stood = (_overlap(was, event) and role == argument.role and _overlap(filler, others[argument.ref]) for was, role, filler in fallen)
        if loosely(key) not in known and not any(stood):
            yield _loss(one.doc_id, "added", event, f"{argument.role} of {event.type}")


def _overlap(one: Mention | Event, other: Mention | Event) -> bool:
    return one.type == other.type and one.start < other.end and other.start < one.end


def _of_chains(
    doc_id: str,
    aspect: str,
    before: tuple[frozenset[str], ...],
    after: tuple[frozenset[str], ...],
    twin: Mapping[str, str],
    spans: Mapping[str, Mention | Event],
) -> Iterator[Loss]:
    chain_of = {member: chain for chain in after for member in chain}
    for chain in before:
        left = frozenset(twin[member] for member in chain if member in twin)
        if any(chain_of.get(member) != left for member in left):
            first = min((spans[member] for member in chain), key=attrgetter("start", "end"))
            yield _loss(doc_id, aspect, first, f"{len(chain)} of {first.type} {first.text!r}")


def _loss(doc_id: str, aspect: str, span: Mention | Event, found: str) -> Loss:
    return Loss(doc_id, aspect, span.start, span.end, _short(found))


def _short(found: object, most: int = 80) -> str:
    text = str(found)
    return text if len(text) <= most else f"{text[:most]}…"
