"""Rows of the tables, from documents, gold layers and splits. Layers come with the ids of a release (`layer.numbered`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from eventbank.document import Document
from eventbank.formats.textee import records
from eventbank.layer import Argument, Event, Layer, Mention
from eventbank.offsets import Span
from eventbank.ontology import Ontology
from eventbank.segmentation import sentence_of, sentences
from eventbank.splits import SECONDARY, Placement

Row = dict[str, Any]


@dataclass(frozen=True)
class Labelled:
    """A document with its gold layer and its sentences."""

    document: Document
    layer: Layer
    sentences: tuple[Span, ...]

    @classmethod
    def of(cls, document: Document, layer: Layer) -> Labelled:
        """The document with its layer, split into sentences."""
        return cls(document, layer, tuple(sentences(document.text, document.language)))


def document_row(document: Document, placement: Placement) -> Row:
    """The row of `documents`."""
    row = asdict(document)
    row["zones"] = [zone._asdict() for zone in document.zones]
    row["alignment"] = [piece._asdict() for piece in document.alignment]
    secondary = {f"split_{n}": placement.splits[n] for n in range(1, SECONDARY + 1)}
    return row | {"text_sha256": document.text_sha256, "story_id": placement.story_id, "split": placement.splits[0]} | secondary


def event_row(labelled: Labelled) -> Row:
    """The row of `events`: the gold layer nested under its document."""
    document, layer = labelled.document, labelled.layer
    spans, chains = {span.id: span for span in layer.spans()}, chain_ids(layer)
    entities = [
        {
            "entity_id": chains[group[0].id],
            "type": group[0].type,
            "mentions": [{"mention_id": mention.id, **_span(mention), "level": mention.level} for mention in group],
        }
        for group in (sorted((mention for mention in layer.mentions if mention.id in chain), key=_order) for chain in layer.entities)
    ]
    values = [
        {"mention_id": value.id, "type": value.type, **_span(value), "normalized": value.normalized}
        for value in layer.mentions
        if value.kind == "value"
    ]
    events = [
        {
            "event_id": event.id,
            "chain_id": chains[event.id],
            "type": event.type,
            "trigger": _span(event),
            **event.attributes,
            "realis": event.realis,
            "arguments": [_argument(argument, spans) for argument in event.arguments],
        }
        for event in layer.events
    ]
    return {
        "doc_id": document.doc_id,
        "title": document.title,
        "dated": document.dated,
        "text": document.text,
        "sentences": [{"start": start, "end": end} for start, end in labelled.sentences],
        "entities": entities,
        "values": values,
        "events": events,
    }


def mention_rows(labelled: Labelled, ontology: Ontology) -> Iterator[Row]:
    """The rows of `mentions`: entity and value mentions and triggers, in the order of the text; triggers with their codes elsewhere."""
    layer, chains = labelled.layer, chain_ids(labelled.layer)
    for at, span in enumerate(layer.spans(), 1):
        row: Row = {"doc_id": layer.doc_id, "type": span.type, **_span(span), "chain_id": chains.get(span.id)}
        row["sentence"] = sentence_of(labelled.sentences, span.start)
        if isinstance(span, Mention):
            yield row | {"mention_id": span.id, "kind": span.kind, "level": span.level, "normalized": span.normalized}
        else:
            trigger = {"mention_id": f"{layer.doc_id}-M{at}", "kind": "trigger", "event_id": span.id}
            roles = (argument.role for argument in span.arguments)
            codes = ontology.codes(span.type, roles, span.attributes["tense"], span.attributes["polarity"])
            elsewhere = {"ace": codes.ace, "plover": codes.plover, "plover_mode": codes.mode, "cameo": codes.cameo}
            yield row | trigger | dict(span.attributes) | {"realis": span.realis} | elsewhere


def argument_rows(labelled: Labelled) -> Iterator[Row]:
    """The rows of `arguments`."""
    spans = {span.id: span for span in labelled.layer.spans()}
    for event in labelled.layer.events:
        head = {"event_id": event.id, "event_type": event.type, "trigger_start": event.start, "trigger_end": event.end}
        for argument in event.arguments:
            yield {"doc_id": labelled.layer.doc_id, **head, **_argument(argument, spans)}


def sentence_rows(labelled: Labelled, left_out: Counter[str]) -> Iterator[Row]:
    """The rows of `sentences`: TextEE records. What a sentence cannot hold is added to `left_out`, by reason."""
    document = labelled.document
    return records(labelled.layer, document.text, document.language, labelled.sentences, left_out)


def chain_ids(layer: Layer) -> dict[str, str]:
    """The chain of every entity mention (`-N{n}`) and of every event (`-C{n}`), by the id of the member."""
    return {
        member: f"{layer.doc_id}-{letter}{at}"
        for letter, chains in (("N", layer.entities), ("C", layer.happenings))
        for at, chain in enumerate(chains, 1)
        for member in chain
    }


def _argument(argument: Argument, fillers: Mapping[str, Mention | Event]) -> Row:
    return {"role": argument.role, "kind": argument.kind, "ref_id": argument.ref, **_span(fillers[argument.ref])}


def _span(span: Mention | Event) -> Row:
    return {"start": span.start, "end": span.end, "text": span.text}


def _order(span: Mention | Event) -> tuple[int, int, str]:
    return (span.start, span.end, span.type)
