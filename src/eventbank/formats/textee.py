"""TextEE records: one JSON object a line for each sentence, with its tokens and the labels inside it.

Offsets are tokens, the end exclusive. Every argument has an entity mention with its id and span, since TextEE takes the span from there.
`start` and `end`, which TextEE does not read, say where in its document a sentence stands. https://github.com/ej0cl6/TextEE
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from eventbank.errors import Place, Problem
from eventbank.formats.draft import DANGLING, OUTSIDE, TWICE, Draft, Filled, Kind, Labelled, settle
from eventbank.formats.records import lines
from eventbank.formats.sample import MALFORMED, UNHELD, Files, Options, Sample, canonical
from eventbank.formats.windows import assembled, located
from eventbank.layer import Event, Layer
from eventbank.offsets import Span, char_span, token_span, tokenize
from eventbank.segmentation import sentences

Row = dict[str, Any]
FILE = "textee.jsonl"

_TOKENS = {"start": int, "end": int, "text?": str}
SHAPE = {
    "doc_id": str,
    "wnd_id": str,
    "text": str,
    "lang?": str,
    "tokens": [str],
    "start?": int,
    "entity_mentions": [_TOKENS | {"id": str, "entity_type": str}],
    "event_mentions": [{"id": str, "event_type": str, "trigger": _TOKENS, "arguments": [{"entity_id": str, "role": str}]}],
}


def dump(samples: Sequence[Sample]) -> Iterator[tuple[str, bytes]]:
    """One file with the records of some samples; a document without a sentence has one record without tokens."""
    for sample in map(canonical, samples):
        spans = sentences(sample.text, sample.language) or [(0, 0)]
        for record in records(sample.layer, sample.text, sample.language, spans, Counter()):
            yield FILE, f"{json.dumps(record, ensure_ascii=False)}\n".encode()


def records(layer: Layer, text: str, language: str, spans: Sequence[Span], left_out: Counter[str]) -> Iterator[Row]:
    """A record for each sentence of a text. What a sentence cannot hold is added to `left_out`, by reason.

    A span that crosses the end of its sentence is left out; one that ends inside a token takes the whole token, as tokens are the only
    offsets that the format has.

    Args:
        spans: the sentences, as code points of the text.
    """
    inside = [[span for span in layer.spans() if start <= span.start and span.end <= end] for start, end in spans]
    left_out["spans across sentences"] += len(layer.spans()) - sum(map(len, inside))
    for index, (start, end) in enumerate(spans):
        sentence = text[start:end]
        tokens = tokenize(sentence)
        placed: dict[str, Row] = {}
        for span in inside[index]:
            found = token_span(tokens, span.start - start, span.end - start)
            if found is None:
                left_out["spans without a token"] += 1
                continue
            left_out["spans widened to tokens"] += char_span(tokens, *found) != (span.start - start, span.end - start)
            placed[span.id] = {"text": span.text, "start": found[0], "end": found[1]}
        yield {
            "doc_id": layer.doc_id,
            "wnd_id": f"{layer.doc_id}-{index}",
            "start": start,
            "end": end,
            "text": sentence,
            "lang": language,
            "tokens": [sentence[first:last] for first, last in tokens],
            "entity_mentions": [
                {"id": mention.id, "entity_type": mention.type, **placed[mention.id]} for mention in layer.mentions if mention.id in placed
            ],
            "event_mentions": [_event_mention(event, placed, left_out) for event in layer.events if event.id in placed],
        }


def _event_mention(event: Event, placed: Mapping[str, Row], left_out: Counter[str]) -> Row:
    arguments = []
    for argument in event.arguments:
        if argument.kind == "event":
            left_out["arguments that are events"] += 1
        elif argument.ref not in placed:
            left_out["arguments outside the sentence"] += 1
        else:
            arguments.append({"entity_id": argument.ref, "role": argument.role, **placed[argument.ref]})
    return {"id": event.id, "event_type": event.type, "trigger": placed[event.id], "arguments": arguments}


def load(files: Files, options: Options) -> Iterator[Sample | Problem]:
    """The samples of some files: the windows of a document, in the order of their `start` or else of the file, make its text.

    The span of an argument is that of its entity mention. `relation_mentions` have no place in a layer (W728, once for each window).
    """
    yield from gathered(lines(files, SHAPE), options)


def gathered(windows: Iterable[tuple[Place, Row] | Problem], options: Options) -> Iterator[Sample | Problem]:
    """The samples that records make, in any order; problems among them are handed on."""
    documents: dict[str, list[tuple[Place, Row]]] = {}
    seen: set[tuple[str, str]] = set()
    for found in windows:
        if isinstance(found, Problem):
            yield found
            continue
        place, record = found
        place = Place(file=place.file, line=place.line, doc_id=record["doc_id"])
        if (record["doc_id"], record["wnd_id"]) in seen:
            yield TWICE.at(place, f"window {record['wnd_id']}")
            continue
        seen.add((record["doc_id"], record["wnd_id"]))
        if record.get("relation_mentions"):
            yield UNHELD.at(place, f"{len(record['relation_mentions'])} relations")
        documents.setdefault(record["doc_id"], []).append((place, record))
    for doc_id, own in documents.items():
        yield from _settled(doc_id, own, options)


def _settled(doc_id: str, windows: list[tuple[Place, Row]], options: Options) -> Iterator[Sample | Problem]:
    if all(record.get("start") is not None for _, record in windows):
        windows = sorted(windows, key=lambda window: window[1]["start"])
    place = windows[0][0]
    whole = assembled([(record.get("start"), record["text"]) for _, record in windows])
    if whole is None:
        yield MALFORMED.at(place, "windows overlap: start and text do not fit each other")
        return
    spans: list[Labelled] = []
    arguments: list[Filled] = []
    for (where, record), base in zip(windows, whole[1], strict=True):
        tokens = located(record["tokens"], record["text"])
        if tokens is None:
            yield MALFORMED.at(where, f"the tokens of {record['wnd_id']} are not its text")
            continue
        found, wrong = _window(record, tokens, base, where, options.values)
        spans += found
        yield from wrong
        known = {one.id for one in found}
        for event in record["event_mentions"]:
            for argument in event["arguments"]:
                names = (f"{record['wnd_id']}:{event['id']}", f"{record['wnd_id']}:{argument['entity_id']}")
                if names[1] not in known and names[0] in known:
                    yield DANGLING.at(where, f"{argument['role']} of {event['id']}: {argument['entity_id']}")
                elif names[0] in known:
                    arguments.append(Filled(names[0], argument["role"], names[1], where.line))
    language = windows[0][1].get("lang")
    yield from settle(Draft(doc_id, whole[0], place.file, place.line, spans, arguments, language=language), options)


def _window(record: Row, tokens: list[Span], base: int, place: Place, values: frozenset[str]) -> tuple[list[Labelled], list[Problem]]:
    """The spans of a window, their ids made unique in the document, and what is wrong with the others."""
    spans: list[Labelled] = []
    problems = []
    named: list[tuple[str, Kind, str, Row]] = [
        (one["id"], "value" if one["entity_type"] in values else "entity", one["entity_type"], one) for one in record["entity_mentions"]
    ]
    named += [(one["id"], "event", one["event_type"], one["trigger"]) for one in record["event_mentions"]]
    for id_, kind, name, span in named:
        try:
            start, end = char_span(tokens, span["start"], span["end"])
        except IndexError:
            problems.append(OUTSIDE.at(place, f"{id_} at tokens [{span['start']},{span['end']}) of {len(tokens)}"))
            continue
        spans.append(Labelled(f"{record['wnd_id']}:{id_}", kind, name, base + start, base + end, None, place.line))
    return spans, problems
