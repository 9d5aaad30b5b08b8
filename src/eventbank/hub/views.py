"""What the pages of one document show: its text as paragraphs with labels, its events, its chains, and what is known of it.

Everything that is drawn has a number: event 3 is the card `e3`, its trigger in the text `t3` with the class `t3`; what fills its roles has
the class `x3` and the role in `data-r3`; the mentions of entity 4 have the class `c4`. The stylesheet has rules for each number, so that a
trigger that is pointed at or focused shows its arguments without a script.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventbank.hub.book import Entry
from eventbank.hub.spans import KINDS, Mark, html
from eventbank.layer import Event, Layer, Mention
from eventbank.release.places import is_places

if TYPE_CHECKING:
    from markupsafe import Markup

DATED_BY = {"published": "as published", "text": "from the text", "curator": "by the curator"}
LEVELS = {"NAM": "name", "NOM": "noun phrase", "PRO": "pronoun"}


@dataclass(frozen=True)
class Filled:
    """An argument: its role, the words that fill it with the type of what they name, and the element that holds them."""

    role: str
    words: str
    type: str
    href: str
    start: int
    end: int
    event: int | None = None


@dataclass(frozen=True)
class Card:
    """An event. `same` are the other events of the same happening, `shown` says that its trigger has an element of its own in the text."""

    number: int
    event: Event
    shown: bool
    arguments: tuple[Filled, ...]
    same: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class Member:
    """A mention of a chain: its element, its words and its level."""

    href: str
    words: str
    level: str
    start: int
    end: int


@dataclass(frozen=True)
class Chain:
    """An entity with its mentions; it is called by the first of its names, else by its first mention."""

    number: int
    type: str
    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Labelled:
    """A text with one layer of labels. Without a text, there are no paragraphs, and words are empty."""

    paragraphs: tuple[Markup, ...]
    cards: tuple[Card, ...]
    chains: tuple[Chain, ...]
    values: tuple[tuple[Mention, str], ...]


def labelled(text: str | None, layer: Layer, within: tuple[int, int] | None = None, prefix: str = "") -> Labelled:
    """The text with the labels of a layer.

    Args:
        within: only this part of the text; offsets of what is shown still are those of the whole.
        prefix: what ids begin with, where a page shows several texts; its triggers are then no links.
    """
    numbers = _Numbers(layer)
    marks = _marks(layer, numbers, prefix) if text is not None else []
    marks = [mark for mark in marks if 0 <= mark.start < mark.end <= len(text or "")]
    paragraphs, ids = _drawn(text or "", marks, within) if text is not None else ([], frozenset[str]())
    return Labelled(
        tuple(paragraphs),
        tuple(_card(event, layer, numbers, ids, prefix) for event in layer.events),
        tuple(_chain(number, chain, numbers, ids, prefix) for number, chain in enumerate(layer.entities, 1) if chain),
        tuple((one, f"#{prefix}m{numbers.of[one.id]}") for one in layer.mentions if one.kind == "value"),
    )


def nothing(doc_id: str) -> Layer:
    """A layer without a label, for a document that has none."""
    return Layer(doc_id, "", "")


def title_of(entry: Entry) -> str:
    """What a document is called: its title, where it has one and that is not withheld, else its id."""
    title = entry.row.get("title")
    return title if isinstance(title, str) and title.strip() and not is_withheld(title) else str(entry.row["doc_id"])


def is_withheld(value: object) -> bool:
    """Whether a value is given as places in a text that is withheld."""
    return isinstance(value, str) and is_places(value)


class _Numbers:
    """The number of every span, and what it is part of."""

    def __init__(self, layer: Layer) -> None:
        self.spans = {span.id: span for span in layer.spans()}
        self.of = {one.id: at for at, one in enumerate(layer.mentions, 1)} | {one.id: at for at, one in enumerate(layer.events, 1)}
        self.chain = {member: at for at, chain in enumerate(layer.entities, 1) for member in chain}
        self.filled: dict[str, list[tuple[int, str]]] = {}
        for at, event in enumerate(layer.events, 1):
            for argument in event.arguments:
                self.filled.setdefault(argument.ref, []).append((at, argument.role))
        self.happening = {member: chain for chain in layer.happenings for member in chain}


def _marks(layer: Layer, numbers: _Numbers, prefix: str) -> list[Mark]:
    """Every span as it is drawn; triggers of one place are one mark that leads to the first of their events."""
    found = []
    for one in layer.mentions:
        chain = numbers.chain.get(one.id)
        classes, data = _filling(numbers, [one.id])
        classes += (f"c{chain}",) if chain else ()
        said = [one.type, LEVELS.get(one.level or "", ""), f"= {one.normalized}" if one.normalized else ""]
        title = " · ".join(part for part in said if part)
        found.append(Mark(one.start, one.end, one.kind, f"{prefix}m{numbers.of[one.id]}", classes, {"t": one.type, **data}, title))
    places: dict[tuple[int, int], list[Event]] = {}
    for event in layer.events:
        places.setdefault((event.start, event.end), []).append(event)
    for (start, end), events in places.items():
        classes, data = _filling(numbers, [event.id for event in events])
        own = [numbers.of[event.id] for event in events]
        title = ", ".join(f"{event.type} (event {numbers.of[event.id]})" for event in events)
        data = {"n": " ".join(map(str, own)), "t": events[0].type, **data}
        href = f"#e{own[0]}" if not prefix else ""
        found.append(Mark(start, end, "trigger", f"{prefix}t{own[0]}", (*(f"t{at}" for at in own), *classes), data, title, href))
    return found


def _filling(numbers: _Numbers, ids: Iterable[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The classes and data of a span that fills roles: in which events, and which."""
    roles: dict[int, list[str]] = {}
    for id_ in ids:
        for at, role in numbers.filled.get(id_, ()):
            roles.setdefault(at, []).append(role)
    return tuple(f"x{at}" for at in roles), {f"r{at}": ", ".join(names) for at, names in roles.items()}


def _drawn(text: str, marks: list[Mark], within: tuple[int, int] | None) -> tuple[list[Markup], frozenset[str]]:
    if within is None:
        return html(text, marks)
    start, end = within
    moved = [
        Mark(max(one.start, start) - start, min(one.end, end) - start, one.kind, one.id, one.classes, one.data, one.title, one.href)
        for one in marks
        if one.start < end and start < one.end
    ]
    return html(text[start:end], moved)


def _card(event: Event, layer: Layer, numbers: _Numbers, ids: frozenset[str], prefix: str) -> Card:
    arguments = []
    for argument in event.arguments:
        filler = numbers.spans.get(argument.ref)
        if filler is None:
            continue
        is_event = isinstance(filler, Event)
        at = numbers.of[filler.id]
        id_ = f"{prefix}{'t' if is_event else 'm'}{at}"
        arguments.append(
            Filled(
                argument.role,
                filler.text,
                filler.type,
                f"#{id_}" if id_ in ids else "",
                filler.start,
                filler.end,
                at if is_event else None,
            )
        )
    others = sorted(numbers.of[id_] for id_ in numbers.happening.get(event.id, frozenset()) if id_ != event.id)
    same = tuple((at, layer.events[at - 1].text, layer.events[at - 1].type) for at in others)
    number = numbers.of[event.id]
    return Card(number, event, f"{prefix}t{number}" in ids, tuple(arguments), same)


def _chain(number: int, chain: frozenset[str], numbers: _Numbers, ids: frozenset[str], prefix: str) -> Chain:
    members = sorted((one for id_ in chain if isinstance(one := numbers.spans[id_], Mention)), key=lambda one: (one.start, one.end))
    named = next((one for one in members if one.level == "NAM"), members[0])
    return Chain(
        number,
        members[0].type,
        named.text,
        tuple(
            Member(f"#{id_}" if (id_ := f"{prefix}m{numbers.of[one.id]}") in ids else "", one.text, one.level or "", one.start, one.end)
            for one in members
        ),
    )


def labelled_apart(text: str, layer: Layer, apart: Iterable[tuple[int, int, int]], prefix: str) -> Labelled:
    """The text with a layer in which the numbered places are marked as differences; nothing in it is a link."""
    numbers = _Numbers(layer)
    places: dict[tuple[int, int], list[int]] = {}
    for number, start, end in apart:
        places.setdefault((start, end), []).append(number)
    marks = []
    for mark in _marks(layer, numbers, prefix):
        own = places.get((mark.start, mark.end), [])
        data = {key: value for key, value in mark.data.items() if key == "t"}
        classes = ("differs", *(f"d{at}" for at in own)) if own else ()
        marks.append(
            Mark(mark.start, mark.end, mark.kind, mark.id, classes, data | ({"n": " ".join(map(str, own))} if own else {}), mark.title)
        )
    drawn = {(mark.start, mark.end) for mark in marks}
    for place, own in places.items():
        if place not in drawn:
            data = {"n": " ".join(map(str, own))}
            marks.append(Mark(*place, KINDS[0], f"{prefix}d{own[0]}", ("differs", "absent", *(f"d{at}" for at in own)), data, "not marked"))
    paragraphs, _ = html(text, [mark for mark in marks if 0 <= mark.start < mark.end <= len(text)])
    return Labelled(tuple(paragraphs), (), (), ())


def facts_of(entry: Entry) -> list[tuple[str, str]]:
    """What is known of a document, as names and values, unknown things left out."""
    row: Mapping[str, object] = entry.row
    rights = row.get("rights")
    claimed = dict(rights) if isinstance(rights, Mapping) else {}
    named = [
        ("Published", row.get("published")),
        ("Dated", f"{row['dated']} ({DATED_BY[by]})" if row.get("dated") and (by := row.get("dated_by")) in DATED_BY else row.get("dated")),
        ("Publisher", row.get("publisher")),
        ("Agency", row.get("agency")),
        ("Author", row.get("author")),
        ("Dateline", row.get("dateline")),
        ("Address", row.get("url")),
        ("Rights", claimed.get("holder")),
        ("Notice", claimed.get("statement")),
        ("May be passed on", {True: "yes", False: "no"}.get(bool(claimed.get("redistribute")))),
        ("Story", row.get("story_id")),
        ("Split", f"{entry.split}; random splits: {', '.join(str(row.get(f'split_{n}')) for n in range(1, 6))}"),
        ("File", row.get("raw_name")),
        ("SHA-256 of the text", row.get("text_sha256")),
    ]
    return [(name, str(value)) for name, value in named if value and not is_withheld(value)]
