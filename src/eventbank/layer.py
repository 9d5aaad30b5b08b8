"""A layer: what one annotator said about one document.

Mentions are spans that name an entity or a value. An event has a trigger (a span), a type, attributes and arguments; an argument
is a mention or another event. Chains are sets of mentions of one entity, or of events that are one happening. Offsets are code
points into the text whose SHA-256 the layer carries, half open.

Inside a layer, ids are whatever the source used (Label Studio's region ids). `numbered` gives the ids of a release, which depend
on the labels alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeVar

from eventbank.errors import Code, EventBankError, Place

UNSOUND = Code("E400", "a layer does not hold together", "Run the checks of layers on it, and mend what they find.")

Kind = Literal["entity", "value"]
Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True)
class Mention:
    """A span that names an entity (with its level: NAM, NOM or PRO) or a value (with its normalised form).

    `start` and `end` are code points of the document's text, half open; `text` is what stands there.
    """

    id: str
    kind: Kind
    type: str
    start: int
    end: int
    text: str
    level: str | None = None
    normalized: str | None = None


@dataclass(frozen=True)
class Argument:
    """A filler of a role: `ref` is the id of a mention or, when `kind` is "event", of an event of the layer; `Layer.by_id` has both."""

    role: str
    kind: Literal["mention", "event"]
    ref: str


@dataclass(frozen=True)
class Event:
    """An event mention. `start`, `end` (code points, half open) and `text` are its trigger.

    `attributes` maps every attribute of the ontology to a value, and `realis` follows from them.
    """

    id: str
    type: str
    start: int
    end: int
    text: str
    attributes: Mapping[str, str]
    realis: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True)
class Layer:
    """All labels of one annotator on one document, in code points of the text that has the SHA-256 `text_sha256` (empty if unknown).

    `entities` and `happenings` are the coreference chains: sets of mention ids and of event ids. Every entity mention is in exactly
    one entity and every event in exactly one happening; values are in none. `status` is what the annotator said of the whole document.
    """

    doc_id: str
    annotator: str
    text_sha256: str
    mentions: tuple[Mention, ...] = ()
    events: tuple[Event, ...] = ()
    entities: tuple[frozenset[str], ...] = ()
    happenings: tuple[frozenset[str], ...] = ()
    source: str = ""
    status: str | None = None

    @cached_property
    def by_id(self) -> Mapping[str, Mention | Event]:
        """Every mention and event by its id, so that `layer.by_id[argument.ref]` is what fills a role."""
        return {span.id: span for span in self.spans()}

    def spans(self) -> tuple[Mention | Event, ...]:
        """Every labelled span, mentions and triggers together, in the order of the text."""
        return tuple(sorted((*self.mentions, *self.events), key=_order))


def closed(members: Iterable[Id], links: Iterable[tuple[Id, Id]]) -> tuple[frozenset[Id], ...]:
    """The sets into which undirected `links` join `members`; a member without a link is a set of its own. Order follows `members`."""
    parent = {member: member for member in members}

    def root(of: Id) -> Id:
        while parent[of] != of:
            parent[of] = parent[parent[of]]
            of = parent[of]
        return of

    for one, other in links:
        parent[root(one)] = root(other)
    sets: dict[Id, set[Id]] = {}
    for member in parent:
        sets.setdefault(root(member), set()).add(member)
    return tuple(frozenset(group) for group in sets.values())


def numbered(layer: Layer) -> Layer:
    """The layer with the ids of a release, in the order of the text: equal labels give equal ids, whatever ids they came with.

    Every span, triggers included, counts through one series ordered by (start, end, type), so that the numbers of mentions are unique
    in the document: `{doc_id}-M7`. Events (`-E`), entities (`-N`) and happenings (`-C`) have series of their own; a chain takes its
    place from its first member. Arguments are ordered by role and then by the place of their filler.

    Raises:
        EventBankError: E400 for a layer with an id taken twice, an empty chain, or an argument or chain member that is not there; the
            checks of layers find each of these (E416, E434, E443) and name the place.
    """
    refuse_unsound(layer)
    place = {span.id: _order(span) for span in layer.spans()}
    mention_ids = {span.id: f"{layer.doc_id}-M{at}" for at, span in enumerate(layer.spans(), 1) if isinstance(span, Mention)}
    events = sorted(layer.events, key=_order)
    event_ids = {event.id: f"{layer.doc_id}-E{at}" for at, event in enumerate(events, 1)}
    names = mention_ids | event_ids

    def arguments(event: Event) -> tuple[Argument, ...]:
        found = sorted(event.arguments, key=lambda argument: (argument.role, place[argument.ref]))
        return tuple(replace(argument, ref=names[argument.ref]) for argument in found)

    def chains(groups: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
        found = sorted(groups, key=lambda group: min(place[member] for member in group))
        return tuple(frozenset(names[member] for member in group) for group in found)

    return replace(
        layer,
        mentions=tuple(replace(mention, id=names[mention.id]) for mention in sorted(layer.mentions, key=_order)),
        events=tuple(replace(event, id=names[event.id], arguments=arguments(event)) for event in events),
        entities=chains(layer.entities),
        happenings=chains(layer.happenings),
    )


def refuse_unsound(layer: Layer) -> None:
    """Refuses a layer that does not hold together.

    Raises:
        EventBankError: E400, as `numbered`.
    """
    count = Counter(span.id for span in layer.spans())
    chains = (*layer.entities, *layer.happenings)
    named = {argument.ref for event in layer.events for argument in event.arguments}.union(*chains)
    found = [f"{id_} is there {times} times" for id_, times in sorted(count.items()) if times > 1]
    found += [f"{id_} is not there" for id_ in sorted(named - count.keys())]
    found += ["a chain is empty"] * (not all(chains))
    if found:
        raise EventBankError(UNSOUND.at(Place(file=layer.source, doc_id=layer.doc_id, annotator=layer.annotator), "; ".join(found)))


def _order(span: Mention | Event) -> tuple[int, int, str, str]:
    return (span.start, span.end, span.type, span.id)
