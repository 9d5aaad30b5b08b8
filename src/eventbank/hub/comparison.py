"""The annotators of a document side by side: what every two of them differ in, and the text as each labelled it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations

from eventbank.adjudication import Decision, Difference, adjudicate
from eventbank.errors import EventBankError
from eventbank.hub.book import Book, Entry
from eventbank.hub.views import Labelled, labelled_apart
from eventbank.layer import Event, Layer, Mention, refuse_unsound
from eventbank.ontology import Ontology


@dataclass(frozen=True)
class Disagreement:
    """What two annotators say of one thing: where, what kind of thing it is, and their two answers (None: nothing)."""

    number: int
    what: str
    words: str
    start: int
    end: int
    one: str | None
    other: str | None


@dataclass(frozen=True)
class Compared:
    """Two annotators of a document: their names, what they differ in, and the text as each of them labelled it, differences marked.

    `disagreements` is None where a layer does not hold together or lacks an attribute, so that the two cannot be compared.
    `spans` is how many each of them has, `agreed` how many of these are the same.
    """

    names: tuple[str, str]
    disagreements: tuple[Disagreement, ...] | None
    texts: tuple[Labelled, Labelled]
    spans: tuple[int, int]
    agreed: int


def compared(book: Book, entry: Entry, layers: Sequence[Layer]) -> list[Compared]:
    """Every two annotators of a document side by side."""
    text, ontology = entry.text, book.ontology
    if text is None or ontology is None:
        return []
    return [_compared(text, ontology, one, other, at) for at, (one, other) in enumerate(combinations(layers, 2))]


def differences(one: Layer, other: Layer, text: str, ontology: Ontology) -> tuple[Difference, ...]:
    """Everything that two layers differ in, by `adjudication`: spans first, then arguments and chains.

    Arguments and chains only show between spans that were kept, so that everything is kept that either annotator marked; where both marked
    one place otherwise, what the first says.
    """
    decisions: dict[str, Decision] = {}
    for _ in range(3):
        found = adjudicate(one, other, decisions.values(), text, ontology)
        fresh = [difference for difference in found.differences if difference.key not in decisions]
        if not fresh:
            break
        for difference in fresh:
            take = "one" if difference.one is not None else "other"
            decisions[difference.key] = Decision(difference.key, difference.one, difference.other, take, None, "to be seen")  # type: ignore[arg-type]
    return found.differences


def _compared(text: str, ontology: Ontology, one: Layer, other: Layer, pair: int) -> Compared:
    listed: tuple[Disagreement, ...] | None = None
    with suppress(EventBankError, KeyError):  # KeyError: an event without an attribute of the ontology
        refuse_unsound(one)
        refuse_unsound(other)
        found = sorted(differences(one, other, text, ontology), key=lambda each: (each.start, each.end, each.key))
        listed = tuple(_disagreement(at, difference, text) for at, difference in enumerate(found, 1))
    apart = [(item.number, item.start, item.end) for item in listed or ()]
    texts = labelled_apart(text, one, apart, f"p{pair}a-"), labelled_apart(text, other, apart, f"p{pair}b-")
    shared = {_place(span) for span in one.spans()} & {_place(span) for span in other.spans()}
    return Compared((one.annotator, other.annotator), listed, texts, (len(one.spans()), len(other.spans())), len(shared))


def _place(span: Mention | Event) -> tuple[str, int, int, str]:
    return (span.kind if isinstance(span, Mention) else "event", span.start, span.end, span.type)


def _disagreement(number: int, difference: Difference, text: str) -> Disagreement:
    """A difference in words; its key says what it is about, `argument 40-45 Actor entity 10-15` about what fills the role Actor."""
    kind, *rest = difference.key.split()
    what, one, other = kind, difference.one, difference.other
    if kind == "argument":
        what, filler = f"argument {rest[1]}", _words(rest[3], text)
        one, other = (None if said is None else filler for said in (one, other))
    elif kind == "same":
        what = "chain of events" if rest[0] == "event" else "chain of entity mentions"
        one, other = (None if said is None else " | ".join(_words(part, text) for part in said.split("|")) for said in (one, other))
    words = text[difference.start : difference.end]
    return Disagreement(number, what, words, difference.start, difference.end, one, other)


def _words(places: str, text: str) -> str:
    """The words at places such as `10-15 40-45`."""
    spans = [place.split("-") for place in places.split()]
    return " · ".join(text[int(start) : int(end)] for start, end in spans)
