"""A draft: labels as a file states them, before they are known to hold; `settle` makes a sample of it.

Every format that quotes the words of its spans is held against them here, so that shifted offsets are found in all of them alike.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from eventbank.document import LONE_SURROGATE, NUL, check_text, sha256
from eventbank.errors import Code, EventBankError, Place, Problem, excerpt
from eventbank.formats.sample import Options, Sample
from eventbank.layer import Argument, Event, Layer, Mention, closed
from eventbank.offsets import uniform_shift

TWICE = Code("E723", "an id or a document is there twice", "Give each its own; the second was left out.")
DANGLING = Code("E724", "a reference leads nowhere", "Add what it names, or take it out; it was left out here.")
OUTSIDE = Code("E725", "a span is empty or lies beyond the text", "Mend its offsets; the label was left out.")
OTHER_WORDS = Code("E726", "a span quotes other words than those at its offsets", "Mend its offsets; the label was left out.")
SHIFTED = Code(
    "E727",
    "all spans of a document are shifted by the same distance",
    "Run again with --repair to shift them back; the document was left out.",
)
REPAIRED = Code("W727", "all spans of a document were shifted back", "Nothing to do; the report beside the output records it.")

Kind = Literal["entity", "value", "event"]
_SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class Labelled:
    """A span as a file states it: `type` of a mention or an event, `quoted` its words where the file repeats them."""

    id: str
    kind: Kind
    type: str
    start: int
    end: int
    quoted: str | None = None
    line: int = 0
    level: str | None = None
    normalized: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    realis: str = ""


@dataclass(frozen=True)
class Filled:
    """An argument as a file states it."""

    event: str
    role: str
    filler: str
    line: int = 0


@dataclass(frozen=True)
class Draft:
    """A document as a file states it. Chains are lists of ids; what is in none is a chain of its own."""

    doc_id: str
    text: str
    file: str
    line: int = 0
    spans: Sequence[Labelled] = ()
    arguments: Sequence[Filled] = ()
    chains: Sequence[Sequence[str]] = ()
    language: str | None = None
    title: str | None = None
    published: dt.date | None = None
    url: str | None = None
    status: str | None = None


def settle(draft: Draft, options: Options) -> Iterator[Sample | Problem]:
    """The sample of a draft, behind every problem found in it.

    A label with a problem is left out, and silently what hangs on it. A text that cannot be stored (E201, E203), and spans that are all
    shifted alike (E727, unless they are to be repaired, which is W727), leave out the document.
    """
    place = Place(file=draft.file, line=draft.line, doc_id=draft.doc_id)
    try:
        check_text(draft.text + ".", place)
    except EventBankError as error:
        yield from (found for found in error.problems if found.code in (LONE_SURROGATE.id, NUL.id))
        return
    draft, shift = _shifted_back(draft)
    if shift:
        yield (REPAIRED if options.repair else SHIFTED).at(place, f"{shift:+d} code points")
        if not options.repair:
            return
    spans, problems = _sound(draft, place)
    yield from problems
    stated = {span.id for span in draft.spans}
    arguments: dict[str, list[Argument]] = {}
    for filled in draft.arguments:
        for id_ in (filled.event, filled.filler):
            if id_ not in stated:
                yield DANGLING.at(replace(place, line=filled.line or draft.line), f"{filled.role}: {id_}")
        if filled.event in spans and filled.filler in spans and spans[filled.event].kind == "event":
            kind: Literal["event", "mention"] = "event" if spans[filled.filler].kind == "event" else "mention"
            argument = Argument(filled.role, kind, filled.filler)
            if argument not in arguments.setdefault(filled.event, []):
                arguments[filled.event].append(argument)
    for id_ in sorted({member for chain in draft.chains for member in chain} - stated):
        yield DANGLING.at(place, f"chain: {id_}")
    yield _sample(draft, options, spans, arguments)


def _sample(draft: Draft, options: Options, spans: dict[str, Labelled], arguments: dict[str, list[Argument]]) -> Sample:
    """The sample, with ids that keep the order of the file even where two labels are alike."""
    names = {id_: f"{at:07}" for at, id_ in enumerate(spans)}
    mentions, events = [], []
    for span in spans.values():
        where = (span.start, span.end, draft.text[span.start : span.end])
        if span.kind == "event":
            filled = tuple(replace(one, ref=names[one.ref]) for one in arguments.get(span.id, ()))
            events.append(Event(names[span.id], span.type, *where, span.attributes, span.realis, filled))
        else:
            kind: Literal["entity", "value"] = "value" if span.kind == "value" else "entity"
            mentions.append(Mention(names[span.id], kind, span.type, *where, level=span.level, normalized=span.normalized))

    def chains(kind: str) -> tuple[frozenset[str], ...]:
        members = [names[span.id] for span in spans.values() if span.kind == kind]
        kept = [[names[id_] for id_ in chain if id_ in spans and spans[id_].kind == kind] for chain in draft.chains]
        return closed(members, [pair for chain in kept for pair in pairwise(chain)])

    layer = Layer(
        draft.doc_id,
        options.annotator,
        sha256(draft.text.encode("utf-8")),
        tuple(mentions),
        tuple(events),
        chains("entity"),
        chains("event"),
        draft.file,
        draft.status,
    )
    return Sample(draft.text, layer, draft.language or options.language, draft.title, draft.published, draft.url)


def _shifted_back(draft: Draft) -> tuple[Draft, int]:
    """The draft with its spans shifted back, and by how much they were shifted; the draft itself and 0 where they are not."""
    quoted = [(span.start, span.end, span.quoted) for span in draft.spans if span.quoted is not None]
    shift = uniform_shift(quoted, draft.text, same_words)
    if not shift:
        return draft, 0
    return replace(draft, spans=[replace(span, start=span.start - shift, end=span.end - shift) for span in draft.spans]), shift


def _sound(draft: Draft, place: Place) -> tuple[dict[str, Labelled], list[Problem]]:
    """The spans that hold, by id, and what is wrong with the others."""
    sound: dict[str, Labelled] = {}
    problems = []
    taken: Counter[str] = Counter()
    for span in draft.spans:
        here = replace(place, line=span.line or draft.line, start=span.start, end=span.end)
        taken[span.id] += 1
        if taken[span.id] > 1:
            problems.append(TWICE.at(here, span.id))
        elif not 0 <= span.start < span.end <= len(draft.text):
            problems.append(OUTSIDE.at(here, f"{span.id} in a text of {len(draft.text)}"))
        elif span.quoted is not None and not same_words(draft.text[span.start : span.end], span.quoted):
            context = excerpt(draft.text, span.start, span.end)
            problems.append(OTHER_WORDS.at(replace(here, context=context), f"{span.quoted!r} of {span.id}"))
        else:
            sound[span.id] = span
    return sound, problems


def same_words(one: str, other: str) -> bool:
    """Whether two texts are the same but for the kind of white space."""
    return one == other or _SPACE.sub(" ", one) == _SPACE.sub(" ", other)
