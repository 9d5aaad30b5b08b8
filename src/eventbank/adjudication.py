"""Adjudication: where two passes differ, what was decided and why, and the gold layer that follows from both.

What two annotators agree on goes into gold as it is. Each difference has a key made of its kind and its place (`entity 10-15`,
`tense 40-45`, `argument 40-45 Actor entity 10-15`), and needs one decision with a reason. Gold is a function of the two layers and
the decisions alone.

Decisions are made in two rounds: first which spans there are, with what is said of each, and then arguments and chains, which only
show between the spans that were kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from eventbank.errors import Code, Place, Problem, excerpt
from eventbank.layer import Argument, Event, Layer, Mention, closed
from eventbank.offsets import Span
from eventbank.ontology import Ontology

UNDECIDED = Code(
    "E470", "a difference is not decided", "Give take (one, other, both, neither) or as, and the reason, in annotations/decisions.yaml."
)
STALE = Code(
    "E471", "a decision is of no difference that there is", "Take it out, or decide again: the passes have changed since it was made."
)
CANNOT = Code("E472", "a decision cannot be carried out", "Choose something else; the message says why.")

Take = Literal["one", "other", "both", "neither"]
TAKES: tuple[Take, ...] = ("one", "other", "both", "neither")
Key = str
Filler = tuple[str, int, int]


@dataclass(frozen=True)
class Difference:
    """What two annotators say of one thing; None where one of them says nothing. `start` and `end` are the place of it in the text."""

    key: Key
    start: int
    end: int
    one: str | None
    other: str | None


@dataclass(frozen=True)
class Decision:
    """What was decided of a difference. `one` and `other` repeat it as it was; `instead` is a value that neither gave."""

    key: Key
    one: str | None
    other: str | None
    take: Take | None
    instead: str | None
    reason: str

    @property
    def made(self) -> bool:
        """Whether there is a decision and a reason for it."""
        return bool(self.reason.strip()) and (self.take is None) != (self.instead is None)


@dataclass(frozen=True)
class Adjudicated:
    """The gold layer as far as it is decided, every difference found on the way to it, and the problems of the decisions."""

    layer: Layer
    differences: tuple[Difference, ...]
    problems: tuple[Problem, ...]


@dataclass
class _Gold:
    """What has been decided so far of one document. Spans stand for what is labelled there."""

    one: Layer
    other: Layer
    text: str
    ontology: Ontology
    annotator: str
    decisions: dict[Key, Decision]
    differences: list[Difference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    used: set[Key] = field(default_factory=set)
    second_round: bool = False

    def settle(self, difference: Difference) -> str | None:
        """The value that holds after the decision; where there is none yet, what the first annotator said, and a problem.

        Arguments and chains wait for the second round, and until then the first annotator's hold.
        """
        if difference.key.startswith(("argument ", "same ")) and not self.second_round:
            return difference.one
        self.differences.append(difference)
        decision = self.decisions.get(difference.key)
        if decision is not None:
            self.used.add(difference.key)
        if decision is None or not decision.made:
            self.refuse(UNDECIDED, difference, f"{difference.one} or {difference.other}")
            return difference.one
        if (decision.one, decision.other) != (difference.one, difference.other):
            found = f"decided of {decision.one} and {decision.other}, there is {difference.one} and {difference.other}"
            self.refuse(STALE, difference, found)
            return difference.one
        if decision.instead is not None:
            return decision.instead
        if decision.take == "both":
            if difference.one is not None and difference.other is not None and not difference.key.startswith("same "):
                self.refuse(CANNOT, difference, "both cannot hold of one thing")
            return difference.one if difference.other is None else difference.other if difference.one is None else MERGED
        return {"one": difference.one, "other": difference.other}.get(decision.take or "")

    def refuse(self, code: Code, difference: Difference, found: str) -> None:
        """Notes a problem at the place of a difference."""
        start, end = difference.start, difference.end
        place = Place("annotations/decisions.yaml", 0, self.one.doc_id, "", start, end, excerpt(self.text, start, end))
        self.problems.append(code.at(place, f"{difference.key}: {found}"))


MERGED = "one chain"
"""What "both" means of a chain: everything that either annotator joined is one."""


def adjudicate(
    one: Layer, other: Layer, decisions: Iterable[Decision], text: str, ontology: Ontology, annotator: str = "adjudicator-1"
) -> Adjudicated:
    """The gold layer of a document from two passes and the decisions about their differences.

    Args:
        one, other: layers of the same text; their order is that of the decisions.
        decisions: at most one for each difference.
        text: the text of the document.
        annotator: who the gold layer belongs to.

    Returns:
        The layer holds what both say and what was decided; where a decision is missing, what the first annotator said. Differences
        of arguments and chains are there only when those of spans are all decided. The problems are
        E470 for each difference without a decision, E471 for each decision without a difference, E472 for decisions that
        cannot be carried out, such as an argument whose filler was not kept.
    """
    gold = _Gold(one, other, text, ontology, annotator, {decision.key: decision for decision in decisions})
    mentions = {filler: mention for kind in ("entity", "value") for filler, mention in _mentions(gold, kind)}
    events = dict(_events(gold))
    gold.second_round = not gold.problems
    arguments = {span: _arguments(gold, span, events, mentions) for span in events}
    finished = tuple(
        Event(_id("event", span), type_, *span, text[slice(*span)], attributes, ontology.realis(attributes), arguments[span])
        for span, (type_, attributes) in sorted(events.items())
    )
    entities = _chains(gold, "entity", {("entity", *filler[1:]) for filler in mentions if filler[0] == "entity"})
    happenings = _chains(gold, "event", {("event", *span) for span in events})
    for key in sorted(gold.decisions.keys() - gold.used) if gold.second_round else ():
        gold.problems.append(STALE.at(Place(file="annotations/decisions.yaml", doc_id=one.doc_id), key))
    ordered = tuple(mention for _, mention in sorted(mentions.items(), key=lambda item: item[0][1:]))
    layer = Layer(one.doc_id, annotator, one.text_sha256, ordered, finished, entities, happenings, status="done")
    return Adjudicated(layer, tuple(gold.differences), tuple(gold.problems))


def _mentions(gold: _Gold, kind: Literal["entity", "value"]) -> Iterator[tuple[Filler, Mention]]:
    """The mentions of a kind that are kept, by their place. A value is the type with the level or the normalised form."""

    def said(layer: Layer) -> dict[Span, str]:
        return {(m.start, m.end): _words(m.type, m.level if kind == "entity" else m.normalized) for m in layer.mentions if m.kind == kind}

    for span, value in _settled(gold, kind, said(gold.one), said(gold.other)):
        type_, _, rest = value.partition(" ")
        level, normalized = (rest or None, None) if kind == "entity" else (None, rest or None)
        yield (kind, *span), Mention(_id(kind, span), kind, type_, *span, gold.text[slice(*span)], level, normalized)


def _events(gold: _Gold) -> Iterator[tuple[Span, tuple[str, dict[str, str]]]]:
    """The triggers that are kept, with type and attributes. Attributes are compared where both have the trigger."""
    one, other = _by_span(gold.one), _by_span(gold.other)
    types = [{span: event.type for span, event in layer.items()} for layer in (one, other)]
    for span, type_ in _settled(gold, "event", types[0], types[1]):
        if span in one and span in other:
            attributes = dict(one[span].attributes)
            for name, value in one[span].attributes.items():
                if value != other[span].attributes[name]:
                    found = gold.settle(Difference(f"{name} {_at(span)}", *span, value, other[span].attributes[name]))
                    attributes[name] = found or value
        else:
            attributes = dict((one.get(span) or other[span]).attributes)
        yield span, (type_, attributes)


def _settled(gold: _Gold, kind: str, one: Mapping[Span, str], other: Mapping[Span, str]) -> Iterator[tuple[Span, str]]:
    """What is kept of spans that have a value each: what both say, and what is decided of the rest."""
    for span in sorted(one.keys() | other.keys()):
        said = one.get(span), other.get(span)
        value = said[0] if said[0] == said[1] else gold.settle(Difference(f"{kind} {_at(span)}", *span, *said))
        if value is not None:
            yield span, value


def _arguments(gold: _Gold, span: Span, events: Mapping[Span, object], mentions: Mapping[Filler, Mention]) -> tuple[Argument, ...]:
    """The arguments of a trigger that are kept. Those of a trigger that only one annotator has come with it, each if its filler is kept."""
    said = [_fillers(layer, span) for layer in (gold.one, gold.other)]
    shared = all(span in _by_span(layer) for layer in (gold.one, gold.other))
    kept: list[Argument] = []
    for role, filler in sorted(said[0] | said[1]):
        in_one, in_other = (role, filler) in said[0], (role, filler) in said[1]
        there = filler in mentions if filler[0] != "event" else filler[1:] in events
        key = f"argument {_at(span)} {role} {filler[0]} {_at(filler[1:])}"
        difference = Difference(key, *span, role if in_one else None, role if in_other else None)
        if in_one == in_other or (not shared and there):
            value: str | None = role
        elif not there:
            continue
        else:
            value = gold.settle(difference)
        if value is None:
            continue
        if not there:
            gold.refuse(CANNOT, difference, "its filler was not kept")
            continue
        kept.append(Argument(value, "event" if filler[0] == "event" else "mention", _id(filler[0], filler[1:])))
    return tuple(kept)


def _chains(gold: _Gold, kind: str, kept: set[Filler]) -> tuple[frozenset[str], ...]:
    """The chains of a kind over the spans that were kept; compared where what either joined makes one connected group."""
    partitions = [_groups(layer, kind, kept) for layer in (gold.one, gold.other)]
    links = [link for groups in partitions for group in groups for link in pairwise(group)]
    chains: list[frozenset[str]] = []
    for component in closed(sorted(kept, key=_order), links):
        said = [_show([[member for member in group if member in component] for group in groups]) for groups in partitions]
        first = min(component, key=_order)
        value: str | None = said[0]
        if said[0] != said[1]:
            value = gold.settle(Difference(f"same {kind} {_at(first[1:])}", *first[1:], said[0] or None, said[1] or None))
        groups = [sorted(component, key=_order)] if value == MERGED else _read(gold, kind, value or "", component)
        loose = component - {member for group in groups for member in group}
        chains += [frozenset(_id(kind, member[1:]) for member in group) for group in groups]
        chains += [frozenset({_id(kind, member[1:])}) for member in loose]
    return tuple(sorted(chains, key=min))


def _groups(layer: Layer, kind: str, kept: set[Filler]) -> list[list[Filler]]:
    """The chains of a layer as places in the order of the text, without what was not kept and without chains of one."""
    places = {span.id: (kind, span.start, span.end) for span in layer.spans()}
    chains = layer.entities if kind == "entity" else layer.happenings
    found = [sorted((places[member] for member in chain if places[member] in kept), key=_order) for chain in chains]
    return sorted((group for group in found if len(group) > 1), key=lambda group: _order(group[0]))


def _show(groups: Sequence[Sequence[Filler]]) -> str:
    return " | ".join(" ".join(_at(member[1:]) for member in group) for group in groups if len(group) > 1)


def _read(gold: _Gold, kind: str, value: str, component: frozenset[Filler]) -> list[list[Filler]]:
    """The groups that a text like `10-15 20-25 | 30-35 40-45` names."""
    known = {_at(member[1:]): member for member in component}
    groups = [[known[name] for name in part.split() if name in known] for part in value.split("|")]
    missing = [name for part in value.split("|") for name in part.split() if name not in known]
    if missing:
        first = min(component, key=_order)
        gold.refuse(CANNOT, Difference(f"same {kind} {_at(first[1:])}", *first[1:], None, None), f"{missing[0]} is not in the chain")
    return [group for group in groups if group]


def _fillers(layer: Layer, span: Span) -> set[tuple[str, Filler]]:
    """Role and place of the filler of each argument of the trigger at a span."""
    spans = {one.id: one for one in layer.spans()}
    event = _by_span(layer).get(span)
    found: set[tuple[str, Filler]] = set()
    for argument in event.arguments if event else ():
        filler = spans[argument.ref]
        found.add((argument.role, (filler.kind if isinstance(filler, Mention) else "event", filler.start, filler.end)))
    return found


def _by_span(layer: Layer) -> dict[Span, Event]:
    return {(event.start, event.end): event for event in layer.events}


def _order(member: Filler) -> Span:
    return member[1:]


def _at(span: Span) -> str:
    return f"{span[0]}-{span[1]}"


def _id(kind: str, span: Span) -> str:
    return f"{kind} {_at(span)}"


def _words(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
