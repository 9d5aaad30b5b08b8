"""CoNLL columns with BIO tags, a file for each layer: entities, values, triggers, and the arguments of one event at a time.

A line is a token, its code points in the document, and its tag, parted by tabs; a blank line ends a sentence. `arguments.conll` holds the
sentence of each event once for that event, with a column for its trigger and one for its arguments. A token has one tag in a column: of
labels that overlap the longest is written. Other files with BIO tags are read, too: the first column is the token, the last the tag.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TypeVar

from eventbank.errors import Place, Problem
from eventbank.formats.bio import DOCUMENT, LANGUAGE, Block, blocks_of, labels_of, table
from eventbank.formats.draft import DANGLING, Draft, Filled, Kind, Labelled, settle
from eventbank.formats.sample import MALFORMED, Files, Options, Sample, canonical, texts
from eventbank.formats.windows import assembled
from eventbank.layer import Event, Mention
from eventbank.offsets import Span, token_span, tokenize
from eventbank.segmentation import sentences

SUFFIX = ".conll"
ENTITIES, VALUES, TRIGGERS, ARGUMENTS = (f"{name}{SUFFIX}" for name in ("entities", "values", "triggers", "arguments"))
_ORDER = {VALUES: 1, TRIGGERS: 2, ARGUMENTS: 3}
"""The files by the order in which they are looked through; entities, under whatever name, come first."""

Label = TypeVar("Label")


def dump(samples: Sequence[Sample]) -> Iterator[tuple[str, bytes]]:
    """The four files of some samples. A document without a token has its heading alone."""
    for sample in map(canonical, samples):
        heading = f"{DOCUMENT}{sample.doc_id}\n{LANGUAGE}{sample.language}\n\n".encode()
        yield from ((name, heading) for name in (ENTITIES, VALUES, TRIGGERS, ARGUMENTS))
        for start, end in sentences(sample.text, sample.language):
            tokens = [(start + first, start + last) for first, last in tokenize(sample.text[start:end])]
            inside = [one for one in sample.layer.spans() if start <= one.start and one.end <= end]
            placed = [(place, one) for one in inside if (place := token_span(tokens, one.start, one.end))]
            for name, data in _sentence(placed):
                yield name, table(sample.text, tokens, *data)


def _sentence(placed: Sequence[tuple[Span, Mention | Event]]) -> Iterator[tuple[str, list[list[tuple[Span, str]]]]]:
    """The labels of a sentence for each file, as columns of names on spans of tokens."""
    events = [(place, one) for place, one in placed if isinstance(one, Event)]
    held: dict[Span, str] = {}
    for name, kind in ((ENTITIES, "entity"), (VALUES, "value")):
        chosen = _flat([(place, one) for place, one in placed if isinstance(one, Mention) and one.kind == kind])
        for place, mention in chosen:
            held.setdefault(place, mention.id)
        yield name, [[(place, one.type) for place, one in chosen]]
    yield TRIGGERS, [[(place, one.type) for place, one in _flat(events)]]
    place_of = {id_: place for place, id_ in held.items()}
    for place, event in events:
        roles = _flat([(place_of[one.ref], one.role) for one in event.arguments if one.ref in place_of])
        yield ARGUMENTS, [[(place, event.type)], roles]


def _flat(labels: Sequence[tuple[Span, Label]]) -> list[tuple[Span, Label]]:
    """Of labels that overlap the longest, of equally long ones the first; in the order of the tokens."""
    kept: list[tuple[Span, Label]] = []
    for place, label in sorted(labels, key=lambda one: one[0][0] - one[0][1]):
        if all(place[1] <= other[0] or other[1] <= place[0] for other, _ in kept):
            kept.append((place, label))
    return sorted(kept, key=lambda one: one[0])


def load(files: Files, options: Options) -> Iterator[Sample | Problem]:
    """The samples of some files that end in `.conll`.

    `values.conll` holds values, `triggers.conll` events, `arguments.conll` events with their arguments (`triggers.conll` is then passed
    over); any other file holds entities. Without columns for code points the text is the tokens, a space between them and a line for
    each sentence. An argument that is no mention of another file is reported (E724).
    """
    documents: dict[str, list[Block]] = {}
    for found in texts(files, SUFFIX):
        if isinstance(found, Problem):
            yield found
            continue
        name, text = found
        for block in blocks_of(text, name):
            if isinstance(block, Problem):
                yield block
            else:
                documents.setdefault(block.doc_id, []).append(block)
    for doc_id, blocks in documents.items():
        yield from _settled(doc_id, sorted(blocks, key=lambda block: _ORDER.get(_name(block), 0)), options)


def _name(block: Block) -> str:
    return PurePosixPath(block.file).name


def _settled(doc_id: str, blocks: Sequence[Block], options: Options) -> Iterator[Sample | Problem]:
    """The sample of the sentences of a document, those of all files together."""
    found: dict[tuple[str, int], Block] = {}
    keys: list[tuple[str, int]] = []
    for at, block in enumerate(blocks):
        place = block.rows[0].place if block.rows else None
        keys.append(("", place[0]) if place else (block.file, at))
        known = found.setdefault(keys[-1], block)
        if known.tokens != block.tokens:
            yield MALFORMED.at(Place(block.file, block.rows[0].line, doc_id), f"the sentence has other tokens in {known.file}")
            return
    ordered = sorted((key for key, block in found.items() if block.rows), key=lambda key: (key[0] != "", key))
    texts = {key: _text(found[key]) for key in ordered}
    whole = assembled([(key[1] if not key[0] else None, texts[key][0]) for key in ordered])
    if whole is None:
        yield MALFORMED.at(Place(blocks[0].file, next(block.rows[0].line for block in blocks if block.rows), doc_id), "sentences overlap")
        return
    tokens = {key: [(base + start, base + end) for start, end in texts[key][1]] for key, base in zip(ordered, whole[1], strict=True)}
    spans, arguments, problems = _labels(blocks, [tokens.get(key, []) for key in keys], options.values)
    yield from problems
    language = next((block.language for block in blocks if block.language), None)
    yield from settle(Draft(doc_id, whole[0], blocks[0].file, 0, spans, arguments, language=language), options)


def _text(block: Block) -> tuple[str, list[Span]]:
    """The text of a sentence and its tokens in it; a gap between tokens becomes spaces, where there are no code points a single one."""
    parts: list[str] = []
    spans: list[Span] = []
    at = 0
    first = block.rows[0].place
    for row in block.rows:
        start = row.place[0] - first[0] if row.place and first else at + bool(spans)
        parts.append(" " * (start - at) + row.token)
        at = max(at, start) + len(row.token)
        spans.append((at - len(row.token), at))
    return "".join(parts), spans


def _labels(
    blocks: Sequence[Block], tokens: Sequence[Sequence[Span]], values: frozenset[str]
) -> tuple[list[Labelled], list[Filled], list[Problem]]:
    """The labels of all sentences; `tokens` are those of each in code points of the document."""
    mentions: dict[Span, Labelled] = {}
    spans: list[Labelled] = []
    arguments: list[Filled] = []
    problems: list[Problem] = []
    by_arguments = any(_name(block) == ARGUMENTS for block in blocks)
    for block, places in zip(blocks, tokens, strict=True):
        name = _name(block)
        if name == TRIGGERS and by_arguments:
            continue
        found = []
        for first, last, kind in labels_of(block.rows, 0):
            what: Kind = "event" if name in (TRIGGERS, ARGUMENTS) else "value" if name == VALUES or kind in values else "entity"
            line = block.rows[first].line
            label = Labelled(f"{block.file}:{line}:{last}", what, kind, places[first][0], places[last - 1][1], line=line)
            found.append(label)
            if what != "event":
                mentions.setdefault((label.start, label.end), label)
        spans += found
        if name != ARGUMENTS or not block.rows or len(block.rows[0].tags) < 2:
            continue
        if len(found) != 1:
            problems.append(
                MALFORMED.at(Place(file=block.file, line=block.rows[0].line), f"the sentence has {len(found)} triggers, not one")
            )
            continue
        for first, last, role in labels_of(block.rows, 1):
            line = block.rows[first].line
            filler = mentions.get((places[first][0], places[last - 1][1]))
            if filler is None:
                problems.append(DANGLING.at(Place(file=block.file, line=line), f"{role}: no mention stands on these tokens"))
            else:
                arguments.append(Filled(found[0].id, role, filler.id, line))
    return spans, arguments, problems
