"""WikiEvents: one JSON object a line for each document, and beside it files of coreference; only read.

Labels are on tokens of the document, the end exclusive. Each token says where it stands in `text`, and most of them say it wrongly: they
count four code points more at every break of a sentence. A drift of the same distance at every break is found and reported; on request
the tokens are put in their places. https://github.com/raspberryice/gen-arg
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from eventbank.errors import Place, Problem
from eventbank.formats.draft import DANGLING, OTHER_WORDS, OUTSIDE, REPAIRED, SHIFTED, Draft, Filled, Kind, Labelled, settle
from eventbank.formats.records import lines
from eventbank.formats.sample import UNHELD, Files, Options, Sample
from eventbank.offsets import LARGEST_SHIFT, Span, char_span

COREFERENCE = ".jsonlines"
_SPAN = {"start": int, "end": int, "text?": str}
SHAPE = {
    "doc_id": str,
    "text": str,
    "sentences": [([(str, int, int)], str)],
    "entity_mentions": [_SPAN | {"id": str, "entity_type": str, "mention_type?": str}],
    "event_mentions": [{"id": str, "event_type": str, "trigger": _SPAN, "arguments": [{"entity_id": str, "role": str}]}],
}
CLUSTERS = {"doc_key": str, "clusters": [[str]]}

Token = tuple[str, int, int]


def load(files: Files, options: Options) -> Iterator[Sample | Problem]:
    """The samples of the `.jsonl` files; entities are joined by the `.jsonlines` files. Relations have no place in a layer (W728)."""
    clusters: dict[str, list[list[str]]] = {}
    for found in lines(files, CLUSTERS, (COREFERENCE,)):
        if isinstance(found, Problem):
            yield found
        else:
            clusters.setdefault(found[1]["doc_key"], []).extend(found[1]["clusters"])
    for found in lines(files, SHAPE, (".jsonl", ".json")):
        if isinstance(found, Problem):
            yield found
            continue
        place = Place(file=found[0].file, line=found[0].line, doc_id=found[1]["doc_id"])
        if found[1].get("relation_mentions"):
            yield UNHELD.at(place, f"{len(found[1]['relation_mentions'])} relations")
        yield from _settled(found[1], clusters.get(place.doc_id, []), place, options)


def drift(sentences: Sequence[Sequence[Token]], text: str) -> int | None:
    """By how many code points more tokens are shifted at every break of a sentence: the smallest distance that puts all on their words.

    None if there is no such distance, of at most `LARGEST_SHIFT` either way.
    """
    shifts = (sign * size for size in range(LARGEST_SHIFT + 1) for sign in (1, -1))
    return next((each for each in shifts if all(_fits(tokens, each * at, text) for at, tokens in enumerate(sentences))), None)


def _fits(tokens: Sequence[Token], shift: int, text: str) -> bool:
    return all(start >= shift and text[start - shift : end - shift] == word for word, start, end in tokens)


def _settled(record: Any, clusters: list[list[str]], place: Place, options: Options) -> Iterator[Sample | Problem]:
    sentences = [sentence[0] for sentence in record["sentences"]]
    each = drift(sentences, record["text"])
    if each is None:
        yield OTHER_WORDS.at(place, "its tokens are not its text, and no drift puts them there", remedy="Get the file again.")
        return
    if each:
        yield (REPAIRED if options.repair else SHIFTED).at(place, f"{each:+d} code points at every break of a sentence")
        if not options.repair:
            return
    tokens: list[Span] = [(start - each * at, end - each * at) for at, words in enumerate(sentences) for _, start, end in words]
    named: list[tuple[str, Kind, str, Any, str | None]] = [
        (one["id"], "value" if one["entity_type"] in options.values else "entity", one["entity_type"], one, one.get("mention_type"))
        for one in record["entity_mentions"]
    ]
    named += [(one["id"], "event", one["event_type"], one["trigger"], None) for one in record["event_mentions"]]
    spans = []
    for id_, kind, name, span, level in named:
        try:
            spans.append(Labelled(id_, kind, name, *char_span(tokens, span["start"], span["end"]), None, place.line, level))
        except IndexError:
            yield OUTSIDE.at(place, f"{id_} at tokens [{span['start']},{span['end']}) of {len(tokens)}")
    known = {one["id"] for one in record["entity_mentions"]}
    arguments = [
        Filled(one["id"], own["role"], own["entity_id"], place.line) for one in record["event_mentions"] for own in one["arguments"]
    ]
    for one in arguments:
        if one.filler not in known:
            yield DANGLING.at(place, f"{one.role} of {one.event}: {one.filler}")
    left = {span.id for span in spans}
    arguments = [one for one in arguments if one.event in left and one.filler in left]
    chains = [[id_ for id_ in cluster if id_ in left] for cluster in clusters]
    yield from settle(Draft(place.doc_id, record["text"], place.file, place.line, spans, arguments, chains), options)
