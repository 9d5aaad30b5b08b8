"""Windows to predict on, and what is predicted for them: the input and the output of every baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventbank.layer import Layer
from eventbank.offsets import Span, token_span, tokenize
from eventbank.scoring.lift import Sentence
from eventbank.segmentation import sentences


@dataclass(frozen=True)
class Window:
    """A sentence of a document. `wnd_id` and the tokens are those that the release gives the sentence."""

    doc_id: str
    wnd_id: str
    lang: str
    sentence: Sentence

    @property
    def words(self) -> list[str]:
        """The tokens in lower case."""
        return [token.lower() for token in self.sentence.tokens]


@dataclass(frozen=True)
class Labels:
    """What is said of a window: types of mentions and of triggers by token span, and arguments as (trigger, role, mention)."""

    mentions: Mapping[Span, str]
    triggers: Mapping[Span, str]
    arguments: Sequence[tuple[Span, str, Span]] = ()


def windows(doc_id: str, text: str, language: str) -> Iterator[Window]:
    """The sentences of a document in order, as a release has them in `sentences`."""
    for at, (start, end) in enumerate(sentences(text, language)):
        piece = text[start:end]
        tokens = tuple(piece[first:last] for first, last in tokenize(piece))
        yield Window(doc_id, f"{doc_id}-{at}", language, Sentence(start, piece, tokens))


def labelled(window: Window, layer: Layer) -> Labels:
    """The labels of a layer in a window: spans within it, arguments that are mentions in it, and one event for each trigger span."""
    start, end = window.sentence.start, window.sentence.start + len(window.sentence.text)
    placed: dict[str, Span] = {}
    for span in layer.spans():
        if start <= span.start and span.end <= end:
            found = token_span(window.sentence.spans, span.start - start, span.end - start)
            if found is not None:
                placed[span.id] = found
    mentions = {placed[one.id]: one.type for one in layer.mentions if one.id in placed}
    triggers: dict[Span, str] = {}
    arguments = []
    for event in layer.events:
        if event.id in placed and placed[event.id] not in triggers:
            triggers[placed[event.id]] = event.type
            fillers = ((argument.role, placed[argument.ref]) for argument in event.arguments if argument.ref in placed)
            arguments += [(placed[event.id], role, filler) for role, filler in fillers if filler in mentions]
    return Labels(mentions, triggers, arguments)


def outermost(spans: Iterable[Span]) -> list[Span]:
    """The spans that lie in no other and do not overlap one that begins before them, in order."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one[0], -one[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def record(window: Window, labels: Labels) -> dict[str, Any]:
    """The window as a TextEE record; ids are numbered in the order of the text."""
    tokens = window.sentence.tokens
    ids = {span: f"{window.wnd_id}-M{at}" for at, span in enumerate(sorted(labels.mentions), 1)}

    def words(span: Span) -> dict[str, Any]:
        return {"text": window.sentence.place(span)[2], "start": span[0], "end": span[1]}

    events = []
    for at, (trigger, kind) in enumerate(sorted(labels.triggers.items()), 1):
        arguments = sorted((role, filler) for of, role, filler in labels.arguments if of == trigger)
        said = [{"entity_id": ids[filler], "role": role, **words(filler)} for role, filler in arguments]
        events.append({"id": f"{window.wnd_id}-E{at}", "event_type": kind, "trigger": words(trigger), "arguments": said})
    return {
        "doc_id": window.doc_id,
        "wnd_id": window.wnd_id,
        "text": window.sentence.text,
        "lang": window.lang,
        "tokens": list(tokens),
        "entity_mentions": [{"id": ids[span], "entity_type": labels.mentions[span], **words(span)} for span in sorted(labels.mentions)],
        "event_mentions": events,
    }
