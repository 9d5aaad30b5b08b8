"""Checks of documents and of layers. Each is a small function; its docstring is the message, its decorator gives code and remedy.

A check of a layer sees one layer with the text it belongs to and the ontology, and yields the spans that it refuses with a word on
what was found. The order of the checks does not matter: none relies on another having passed, save that a layer whose spans are
shifted as a whole is reported once, as shifted, and not once per span.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from eventbank.document import JOINT, Document
from eventbank.errors import Code, Place, Problem, excerpt
from eventbank.layer import Event, Layer, Mention
from eventbank.offsets import Span, inside_word, uniform_shift
from eventbank.ontology import Ontology
from eventbank.segmentation import sentence_of, sentences

ALIGNMENT = Code("E231", "a part of the text is not the raw text that it points to", "Report this: the conversion is at fault.")

Finding = tuple[Mention | Event | None, str]


@dataclass(frozen=True)
class Case:
    """What a check of a layer looks at. `text` is the text of the layer's document."""

    layer: Layer
    text: str
    ontology: Ontology
    language: str = "en"

    @cached_property
    def sentences(self) -> list[Span]:
        """The sentences of the text."""
        return sentences(self.text, self.language)

    @cached_property
    def spans(self) -> dict[str, Mention | Event]:
        """Every span by id."""
        return {span.id: span for span in self.layer.spans()}

    @cached_property
    def entity_of(self) -> dict[str, frozenset[str]]:
        """The chain of each entity mention and event."""
        return {member: chain for chain in (*self.layer.entities, *self.layer.happenings) for member in chain}

    @cached_property
    def types(self) -> dict[str, set[str]]:
        """The types that each kind of span may have."""
        terms = {"entity": self.ontology.entity_types, "value": self.ontology.value_types}
        return {kind: {term.name for term in found} for kind, found in terms.items()} | {"event": set(self.ontology.events)}

    @cached_property
    def shift(self) -> int:
        """By how many code points all spans are shifted together, 0 if they are not."""
        return uniform_shift([(span.start, span.end, span.text) for span in self.layer.spans()], self.text)


Check = Callable[[Case], Iterator[Finding]]
LAYER_CHECKS: list[tuple[Code, Check]] = []


def check(id_: str, remedy: str) -> Callable[[Check], Check]:
    """Registers a check of layers under a code; the first line of its docstring is the code's title."""

    def register(run: Check) -> Check:
        title = (run.__doc__ or id_).strip().splitlines()[0].rstrip(".")
        LAYER_CHECKS.append((Code(id_, title[0].lower() + title[1:], remedy), run))
        return run

    return register


def check_layer(layer: Layer, text: str, ontology: Ontology, language: str = "en") -> list[Problem]:
    """Every problem of a layer, in the order of the text."""
    case = Case(layer, text, ontology, language)
    found = [_problem(code, case, span, what) for code, run in LAYER_CHECKS for span, what in run(case)]
    return sorted(found, key=lambda problem: (problem.place, problem.code, problem.message))


def check_document(document: Document, raw: str) -> Iterator[Problem]:
    """E231 for each part of the text that the alignment does not lead back to the page, line ends and joints apart."""

    def wrong(start: int, end: int) -> Problem:
        return ALIGNMENT.at(Place("", 0, document.doc_id, "", start, end, excerpt(document.text, start, end)))

    at = 0
    for piece in document.alignment:
        if document.text[at : piece.start] not in ("", JOINT):
            yield wrong(at, piece.start)
        at = piece.start + piece.length
        if document.text[piece.start : at] != raw[piece.raw_start : piece.raw_start + piece.length].replace("\r", "\n"):
            yield wrong(piece.start, at)
    if at < len(document.text):
        yield wrong(at, len(document.text))


def _problem(code: Code, case: Case, span: Mention | Event | None, found: str) -> Problem:
    layer = case.layer
    where = Place(layer.source, 0, layer.doc_id, layer.annotator)
    if span is not None:
        context = excerpt(case.text, span.start, span.end)
        where = Place(layer.source, 0, layer.doc_id, layer.annotator, span.start, span.end, context)
    return code.at(where, found)


# Spans


@check("E410", "Shift the spans back by the number given; the labels were made on a text with other line ends or another beginning.")
def shifted(case: Case) -> Iterator[Finding]:
    """All spans of a document are shifted by the same distance."""
    if case.shift:
        yield None, f"{case.shift:+d} code points"


@check("E411", "Label the span again; a span lies inside the text and holds at least one code point.")
def outside(case: Case) -> Iterator[Finding]:
    """A span is empty or lies beyond the text."""
    for span in case.layer.spans():
        if not case.shift and not 0 <= span.start < span.end <= len(case.text):
            yield span, f"[{span.start},{span.end}) in a text of {len(case.text)}"


@check("E412", "Label the span again; what a label quotes must stand at its offsets.")
def surface(case: Case) -> Iterator[Finding]:
    """A label quotes another text than the one at its offsets."""
    for span in _inside(case):
        if not case.shift and span.text != case.text[span.start : span.end]:
            yield span, f"{span.text!r} against {case.text[span.start : span.end]!r}"


@check("E413", "Take the white space out of the span.")
def white_space(case: Case) -> Iterator[Finding]:
    """A span begins or ends with white space."""
    for span in _inside(case):
        if not case.shift and case.text[span.start : span.end] != case.text[span.start : span.end].strip():
            yield span, repr(case.text[span.start : span.end])


@check("E414", "Extend the span to the whole word, or cut it at a boundary.")
def cut_word(case: Case) -> Iterator[Finding]:
    """A span begins or ends inside a word."""
    for span in _inside(case):
        if not case.shift and (inside_word(case.text, span.start) or inside_word(case.text, span.end)):
            yield span, repr(case.text[span.start : span.end])


@check("E415", "Keep one of the two.")
def same_mention(case: Case) -> Iterator[Finding]:
    """Two mentions cover the same span."""
    seen: dict[tuple[int, int], Mention] = {}
    for mention in case.layer.mentions:
        first = seen.setdefault((mention.start, mention.end), mention)
        if first is not mention:
            yield mention, f"{first.type} and {mention.type}"


@check("E416", "Report this: whatever read the labels gave two of them one id.")
def same_id(case: Case) -> Iterator[Finding]:
    """Two labels of a layer have one id."""
    seen: set[str] = set()
    for span in case.layer.spans():
        if span.id in seen:
            yield span, repr(span.id)
        seen.add(span.id)


# Types and attributes


@check("E420", "Use a type of schema/ontology.yaml.")
def unknown_type(case: Case) -> Iterator[Finding]:
    """A label has a type that the ontology does not know."""
    for span in case.layer.spans():
        if span.type not in case.types[span.kind if isinstance(span, Mention) else "event"]:
            yield span, repr(span.type)


@check("E421", "Give the mention its level: NAM, NOM or PRO.")
def unknown_level(case: Case) -> Iterator[Finding]:
    """An entity mention has no level of the ontology."""
    levels = {level.name for level in case.ontology.levels}
    for mention in case.layer.mentions:
        if mention.kind == "entity" and mention.level not in levels:
            yield mention, repr(mention.level)


@check("E422", "Choose values of the ontology that may stand together; schema/ontology.yaml says under forbidden which may not.")
def attributes(case: Case) -> Iterator[Finding]:
    """An event has an attribute, or a combination of attributes, that the ontology does not allow."""
    allowed = {attribute.name: [value.name for value in attribute.values] for attribute in case.ontology.attributes}
    for event in case.layer.events:
        wrong = {name for name in event.attributes.keys() | allowed.keys() if event.attributes.get(name) not in allowed.get(name, ())}
        yield from ((event, f"{name} {event.attributes.get(name)!r}") for name in sorted(wrong))
        for rule in case.ontology.forbidden:
            if not wrong and rule.matches(event.attributes):
                yield event, f"{', '.join(event.attributes.values())} ({rule.why})"


# Events


@check("E430", "Keep the type that fits best; the guidelines say how to choose between neighbours.")
def two_types(case: Case) -> Iterator[Finding]:
    """A trigger has two event types."""
    yield from _same_trigger(case, lambda one, other: one.type != other.type)


@check("E431", "Keep one of them, with the arguments of both.")
def same_event(case: Case) -> Iterator[Finding]:
    """A trigger names the same event type twice."""
    yield from _same_trigger(case, lambda one, other: one.type == other.type)


@check("E432", "Choose a role of the event type; schema/ontology.yaml lists them.")
def unknown_role(case: Case) -> Iterator[Finding]:
    """An argument has a role that its event type does not have."""
    for event in case.layer.events:
        kind = case.ontology.events.get(event.type)
        for argument in event.arguments:
            if kind is not None and argument.role not in kind.roles:
                yield event, f"{argument.role} in {event.type}"


@check("E433", "Choose another role or correct the type of the filler; schema/ontology.yaml lists what may fill a role.")
def wrong_filler(case: Case) -> Iterator[Finding]:
    """A role is filled by something that may not fill it."""
    for event in case.layer.events:
        kind = case.ontology.events.get(event.type)
        for argument in event.arguments:
            filler = case.spans.get(argument.ref)
            if kind is None or argument.role not in kind.roles or filler is None:
                continue
            known = filler.type in case.types["event" if isinstance(filler, Event) else filler.kind]
            if known and not case.ontology.may_fill(event.type, argument.role, filler.type):
                yield event, f"{argument.role} of {event.type} by {filler.type} {filler.text!r}"


@check("E434", "Take the argument out, or label what it points to.")
def dangling(case: Case) -> Iterator[Finding]:
    """An argument points to nothing in its layer."""
    for event in case.layer.events:
        for argument in event.arguments:
            if isinstance(case.spans.get(argument.ref), Event) != (argument.kind == "event") or argument.ref not in case.spans:
                yield event, f"{argument.role}: {argument.kind} {argument.ref}"


@check("E435", "Keep the nearest mention of the entity.")
def repeated(case: Case) -> Iterator[Finding]:
    """The same entity or event fills a role twice."""
    for event in case.layer.events:
        seen: set[tuple[str, frozenset[str]]] = set()
        for argument in event.arguments:
            filler = (argument.role, case.entity_of.get(argument.ref, frozenset({argument.ref})))
            if filler in seen:
                yield event, f"{argument.role}: {case.spans[argument.ref].text!r}" if argument.ref in case.spans else argument.role
            seen.add(filler)


@check("E436", "Take one of the arguments out: nothing is a part of itself.")
def own_argument(case: Case) -> Iterator[Finding]:
    """An event is its own argument, directly or through other events and chains."""
    below: dict[frozenset[str], set[frozenset[str]]] = defaultdict(set)
    for event in case.layer.events:
        fillers = {argument.ref for argument in event.arguments if argument.kind == "event"}
        below[_chain(case, event.id)] |= {_chain(case, ref) for ref in fillers}
    events = {event.id: event for event in case.layer.events}
    for event in events.values():
        chain = _chain(case, event.id)
        if event is min((events[id_] for id_ in chain if id_ in events), key=_place) and chain in _reachable(below, chain):
            yield event, event.type


@check("W437", "Point the argument to the nearer mention, unless the guidelines give a reason not to.")
def far_argument(case: Case) -> Iterator[Finding]:
    """An argument is far from its trigger, and a mention of the same entity is nearer.

    The nearest mention is looked for in the trigger's sentence first and then in the whole text. Pronouns count only where the entity has
    no other mention, and of two that are equally near the earlier is meant (guidelines, R11.5).
    """
    for event in case.layer.events:
        for argument in event.arguments:
            filler = case.spans.get(argument.ref)
            if not isinstance(filler, Mention) or filler.kind != "entity":
                continue
            nearer = _nearest(case, event, _chain(case, filler.id))
            given = {one.ref for one in event.arguments if one.role == argument.role}
            if nearer is not None and nearer.id not in given and not case.shift:
                yield event, f"{argument.role}: {filler.text!r} at {filler.start}, nearer is {nearer.text!r} at {nearer.start}"


# Chains


@check("E440", "Take the mention out of one of the chains.")
def two_chains(case: Case) -> Iterator[Finding]:
    """A mention or an event is in two chains, or in none."""
    for chains, members in _chains(case):
        count = Counter(member for chain in chains for member in chain)
        yield from ((member, f"{count[id_]} chains") for id_, member in members.items() if count[id_] != 1)


@check("E441", "Correct the type of one of them, or take the link out: an entity has one type, a happening too.")
def mixed_chain(case: Case) -> Iterator[Finding]:
    """A chain joins different types."""
    for chains, members in _chains(case):
        for chain in chains:
            ordered = sorted((members[id_] for id_ in chain if id_ in members), key=_place)
            for member in ordered[1:]:
                if member.type != ordered[0].type:
                    yield member, f"{ordered[0].type} {ordered[0].text!r} and {member.type} {member.text!r}"


@check("E443", "Take it out of the chain: an entity is made of entity mentions, a happening of events.")
def stranger(case: Case) -> Iterator[Finding]:
    """A chain is empty, or holds something that cannot be in it."""
    for chains, members in _chains(case):
        for chain in chains:
            yield from ((case.spans.get(id_), id_) for id_ in sorted(chain - members.keys()))
            if not chain:
                yield None, "an empty chain"


@check("W442", "Give it its role, link it to the mention that has one, or take it out.")
def idle(case: Case) -> Iterator[Finding]:
    """A mention takes part in no event, and nothing that it corefers with does."""
    used = {argument.ref for event in case.layer.events for argument in event.arguments}
    for mention in case.layer.mentions:
        if used.isdisjoint(_chain(case, mention.id)):
            yield mention, f"{mention.type} {mention.text!r}"


def _inside(case: Case) -> Iterator[Mention | Event]:
    return (span for span in case.layer.spans() if 0 <= span.start < span.end <= len(case.text))


def _chains(case: Case) -> Iterator[tuple[tuple[frozenset[str], ...], Mapping[str, Mention | Event]]]:
    """The chains of entities and those of happenings, each with all that may be in them, by id."""
    yield case.layer.entities, {mention.id: mention for mention in case.layer.mentions if mention.kind == "entity"}
    yield case.layer.happenings, {event.id: event for event in case.layer.events}


def _chain(case: Case, id_: str) -> frozenset[str]:
    return case.entity_of.get(id_, frozenset({id_}))


def _place(span: Mention | Event) -> tuple[int, int, str, str]:
    return (span.start, span.end, span.type, span.id)


def _same_trigger(case: Case, wrong: Callable[[Event, Event], bool]) -> Iterator[Finding]:
    groups: dict[tuple[int, int], list[Event]] = defaultdict(list)
    for event in case.layer.events:
        for first in groups[event.start, event.end]:
            if wrong(first, event):
                yield event, f"{first.type} and {event.type}" if first.type != event.type else event.type
                break
        groups[event.start, event.end].append(event)


def _reachable(below: Mapping[frozenset[str], set[frozenset[str]]], start: frozenset[str]) -> set[frozenset[str]]:
    seen: set[frozenset[str]] = set()
    todo = list(below.get(start, ()))
    while todo:
        chain = todo.pop()
        if chain not in seen:
            seen.add(chain)
            todo.extend(below.get(chain, ()))
    return seen


def _distance(case: Case, event: Event, mention: Mention) -> tuple[bool, int]:
    """How far a mention is from a trigger: outside its sentence or not, then code points between the two spans."""
    gap = max(0, mention.start - event.end, event.start - mention.end)
    return sentence_of(case.sentences, mention.start) != sentence_of(case.sentences, event.start), gap


def _nearest(case: Case, event: Event, chain: Iterable[str]) -> Mention | None:
    members = [span for id_ in chain if isinstance(span := case.spans.get(id_), Mention)]
    members = [mention for mention in members if mention.level != "PRO"] or members
    return min(members, key=lambda mention: (_distance(case, event, mention), _place(mention)), default=None)
