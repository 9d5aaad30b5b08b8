"""Prompts for models that write: one JSON object a line for each sentence, with an instruction, an input and the output to learn.

The instruction is the ontology in words, the input the sentence, the output JSON that quotes the text: `mentions` with `text` and `type`,
`events` with `trigger`, and `arguments` with `role` and `text`. No model is asked to count characters: a quote is found again as the `nth`
place, from 1, where the same words stand between ends of tokens, the first if nothing is said. `record` turns an answer into a TextEE
record, and `load` into a sample.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eventbank.errors import Code, Place, Problem
from eventbank.formats import textee
from eventbank.formats.records import lines, misfit
from eventbank.formats.sample import Files, Options, Sample, canonical
from eventbank.offsets import Span, tokenize
from eventbank.segmentation import sentences

if TYPE_CHECKING:
    from eventbank.ontology import Ontology

NO_ANSWER = Code(
    "E735",
    "an answer is not the JSON that was asked for",
    "Give the model room to finish, or more examples; the sentence counts as one without labels.",
)
NOT_THERE = Code(
    "W736", "a part of an answer cannot be used and is left out", "Nothing to do; a model that quotes what is not there has missed it."
)

Row = dict[str, Any]
FILE = "prompts.jsonl"
SHAPE = {"doc_id": str, "wnd_id": str, "start?": int, "lang?": str, "instruction?": str, "input": str, "output": str}

_MENTION = {"text": str, "type": str, "nth?": int}
_EVENT = {"type": str, "trigger": str, "nth?": int, "arguments?": list}
_ARGUMENT = {"role": str, "text": str, "nth?": int, "mention?": int}
_SPACE = re.compile(r"\s")
_HEAD = """Find the events in the text. Answer with JSON and nothing else, in this form:
{"mentions": [{"text": "…", "type": "…"}], "events": [{"type": "…", "trigger": "…", "arguments": [{"role": "…", "text": "…"}]}]}
Copy "text" and "trigger" from the text, letter for letter. If these words stand in the text before the place you mean, add "nth": 2 for \
the second place, and so on. Every argument is one of the mentions; if several of them are the same words at the same place, add \
"mention", its number in the list. If there is nothing to find, leave the lists empty."""


def instruction(ontology: Ontology) -> str:
    """What to do, and the types and roles of an ontology with their definitions; retired types are left out."""
    parts = [_HEAD, "", "Types of mentions:"]
    parts += [f"- {term.name}: {term.definition}" for term in (*ontology.entity_types, *ontology.value_types) if not term.retired]
    parts += ["", "Types of events, and the roles of each with what may fill them:"]
    for kind in ontology.event_types:
        if not kind.retired:
            roles = "; ".join(f"{role} ({', '.join(fillers)})" for role, fillers in kind.roles.items())
            parts.append(f"- {kind.name}: {kind.definition} Roles: {roles}")
    return "\n".join(parts)


def dump(samples: Sequence[Sample], ontology: Ontology | None = None) -> Iterator[tuple[str, bytes]]:
    """One file with the prompts of some samples. Without an ontology the instruction names the types and roles that the samples have."""
    asked = instruction(ontology) if ontology is not None else _seen(samples)
    for sample in map(canonical, samples):
        spans = sentences(sample.text, sample.language) or [(0, 0)]
        for found in textee.records(sample.layer, sample.text, sample.language, spans, Counter()):
            yield FILE, f"{json.dumps(prompt(found, asked), ensure_ascii=False)}\n".encode()


def _seen(samples: Sequence[Sample]) -> str:
    layers = [sample.layer for sample in samples]
    types = sorted({mention.type for layer in layers for mention in layer.mentions})
    events = sorted({event.type for layer in layers for event in layer.events})
    roles = sorted({argument.role for layer in layers for event in layer.events for argument in event.arguments})
    names = (("Types of mentions", types), ("Types of events", events), ("Roles", roles))
    return "\n".join([_HEAD, "", *(f"{title}: {', '.join(found)}" for title, found in names)])


def prompt(record: Mapping[str, Any], asked: str) -> Row:
    """The prompt of a TextEE record: where it is, `instruction`, `input`, and `output`, the right answer as a string of JSON."""
    text = record["text"]
    tokens = tokenize(text)
    place = {mention["id"]: (mention["start"], mention["end"]) for mention in record["entity_mentions"]}
    number = {id_: at for at, id_ in enumerate(place, 1)}
    shared = Counter(place.values())

    def quote(key: str, start: int, end: int) -> Row:
        words = text[tokens[start][0] : tokens[end - 1][1]]
        nth = _places(text, tokens, words).index((start, end)) + 1
        return {key: words} | ({"nth": nth} if nth > 1 else {})

    def argument(one: Mapping[str, Any]) -> Row:
        which = place[one["entity_id"]]
        return {"role": one["role"], **quote("text", *which)} | ({"mention": number[one["entity_id"]]} if shared[which] > 1 else {})

    answer = {
        "mentions": [quote("text", one["start"], one["end"]) | {"type": one["entity_type"]} for one in record["entity_mentions"]],
        "events": [
            {"type": one["event_type"], **quote("trigger", one["trigger"]["start"], one["trigger"]["end"])}
            | {"arguments": [argument(filled) for filled in one["arguments"]]}
            for one in record["event_mentions"]
        ],
    }
    where = {key: record[key] for key in ("doc_id", "wnd_id", "start", "lang") if key in record}
    return {**where, "instruction": asked, "input": text, "output": json.dumps(answer, ensure_ascii=False)}


def load(files: Files, options: Options) -> Iterator[Sample | Problem]:
    """The samples of some files whose `output` is the right answer or that of a model; what cannot be used of it is E735 or W736."""
    yield from textee.gathered(_answered(files), options)


def _answered(files: Files) -> Iterator[tuple[Place, Row] | Problem]:
    for found in lines(files, SHAPE):
        if isinstance(found, Problem):
            yield found
            continue
        place, asked = found
        made, problems = record(asked, asked["output"], place)
        yield from problems
        for event in made["event_mentions"]:
            for loose in [one for one in event["arguments"] if "entity_id" not in one]:
                yield NOT_THERE.at(place, f"{loose['role']} of {event['event_type']}: {loose['text']!r} is none of the mentions")
                event["arguments"].remove(loose)
        yield place, made


def record(asked: Mapping[str, Any], answer: str, place: Place | None = None) -> tuple[Row, list[Problem]]:
    """The TextEE record that an answer to a prompt says, and what cannot be used of it.

    The JSON may stand among other words; everything after its end is not looked at. A quote that is not in the text is left out (W736),
    and with it what needs it. Types and roles are taken as they are. An argument that is none of the mentions has a span and no
    `entity_id`, which scoring understands. An answer without JSON is E735, and its record has no labels.

    Args:
        asked: a prompt; `doc_id`, `wnd_id` and `input` are needed.
        place: where problems are.
    """
    text = str(asked["input"])
    tokens = tokenize(text)
    place = Place(file=place.file if place else "", line=place.line if place else 0, doc_id=str(asked["doc_id"]))
    said, wrong = _parsed(answer)
    problems = [NO_ANSWER.at(place, f"{asked['wnd_id']}: {wrong}")] if wrong else []
    parts = _Parts(text, tokens, place, problems)
    mentions: list[Row] = []
    numbers: dict[int, Row] = {}
    for at, one in enumerate(said.get("mentions", []), 1):
        if parts.fits(one, _MENTION) and (span := parts.find(one, "text")):
            numbers[at] = {"id": f"M{at}", "entity_type": one["type"], **span}
            mentions.append(numbers[at])
    events = []
    for at, one in enumerate(said.get("events", []), 1):
        if parts.fits(one, _EVENT) and (span := parts.find(one, "trigger")):
            arguments = [_argument(filled, parts, mentions, numbers) for filled in one.get("arguments") or []]
            events.append(
                {"id": f"E{at}", "event_type": one["type"], "trigger": span, "arguments": [found for found in arguments if found]}
            )
    where = {key: asked[key] for key in ("doc_id", "wnd_id", "start", "lang") if asked.get(key) is not None}
    if "start" in where:
        where["end"] = where["start"] + len(text)
    words = [text[start:end] for start, end in tokens]
    return {**where, "text": text, "tokens": words, "entity_mentions": mentions, "event_mentions": events}, problems


class _Parts:
    """The parts of an answer, held against the sentence; collects what is wrong with them."""

    def __init__(self, text: str, tokens: Sequence[Span], place: Place, problems: list[Problem]) -> None:
        self.text, self.tokens, self.place, self.problems = text, tokens, place, problems

    def fits(self, value: Any, shape: Any) -> bool:
        """Whether a part has its form."""
        if found := misfit(value, shape):
            self.problems.append(NOT_THERE.at(self.place, found))
        return not found

    def find(self, part: Mapping[str, Any], key: str) -> Row | None:
        """The span in tokens that a part quotes."""
        words, nth = part[key], 1 if part.get("nth") is None else part["nth"]
        places = _places(self.text, self.tokens, words)
        if not 0 < nth <= len(places):
            times = f"stands there {len(places)} times, not {nth}" if places else "is not in the text"
            self.problems.append(NOT_THERE.at(self.place, f"{words[:80]!r} {times}"))
            return None
        start, end = places[nth - 1]
        return {"text": self.text[self.tokens[start][0] : self.tokens[end - 1][1]], "start": start, "end": end}


def _argument(part: Any, parts: _Parts, mentions: Sequence[Row], numbers: Mapping[int, Row]) -> Row | None:
    """An argument: the mention of the number that it gives, if it is these words, else the first that is."""
    if not parts.fits(part, _ARGUMENT) or not (span := parts.find(part, "text")):
        return None
    same = [one for one in mentions if (one["start"], one["end"]) == (span["start"], span["end"])]
    named = numbers.get(part.get("mention") or 0)
    chosen = named if named in same else next(iter(same), None)
    return {"role": part["role"], **span} | ({"entity_id": chosen["id"]} if chosen else {})


def _parsed(answer: str) -> tuple[dict[str, list[Any]], str]:
    """The lists of an answer, and what is wrong with it as a whole."""
    start = answer.find("{")
    if start < 0:
        return {}, "there is no JSON object in it"
    try:
        found, _ = json.JSONDecoder().raw_decode(answer, start)
    except json.JSONDecodeError as error:
        return {}, f"character {error.pos}: {error.msg}"
    except (ValueError, RecursionError):
        return {}, "it is nested too deep, or has too large a number"
    wrong = misfit(found, {"mentions?": list, "events?": list})
    if wrong or not found.keys() & {"mentions", "events"}:
        return {}, wrong or "it has neither mentions nor events"
    return {key: found[key] for key in ("mentions", "events") if found.get(key)}, ""


def _places(text: str, tokens: Sequence[Span], words: str) -> list[Span]:
    """Every place, in tokens, where the same words stand between ends of tokens; white space of any kind is the same."""
    starts = {start: at for at, (start, _) in enumerate(tokens)}
    ends = {end: at for at, (_, end) in enumerate(tokens, 1)}
    text, words = _SPACE.sub(" ", text), _SPACE.sub(" ", words)
    found = []
    at = text.find(words) if words else -1
    while at >= 0:
        if at in starts and at + len(words) in ends:
            found.append((starts[at], ends[at + len(words)]))
        at = text.find(words, at + 1)
    return found
