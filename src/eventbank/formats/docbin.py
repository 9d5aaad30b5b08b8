"""spaCy's DocBin: one `.spacy` file with a `Doc` for each document (extra `formats`; no pipeline is needed, and none is loaded).

Tokens are ours. Spans are the groups `entities`, `values` and `triggers` of `doc.spans`, with what spaCy has no place for in `attrs` of the
group, a list with an item for each span: `level`, `chain`, `normalized`, `attributes`, `realis`, and `arguments` as `[role, group, index]`.
`doc.ents` holds the longest entities that do not overlap, for training; facts of the document are in `doc.user_data`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from eventbank.errors import Place, Problem
from eventbank.formats.draft import Draft, Filled, Kind, Labelled, settle
from eventbank.formats.sample import MALFORMED, UNHELD, Files, Options, Sample, canonical, chain_names, extra
from eventbank.layer import Event, Mention
from eventbank.offsets import token_span, tokenize
from eventbank.segmentation import sentences

FILE = "docs.spacy"
GROUPS: dict[str, Kind] = {"entities": "entity", "values": "value", "triggers": "event"}
FACTS = ("doc_id", "title", "language", "published", "url", "status")
_STORED = ["ORTH", "ENT_IOB", "ENT_TYPE", "SENT_START"]


def dump(samples: Sequence[Sample]) -> Iterator[tuple[str, bytes]]:
    """One file with a `Doc` for each sample."""
    tokens, vocab = extra("spacy.tokens"), extra("spacy.vocab").Vocab()
    docs = tokens.DocBin(attrs=_STORED, store_user_data=True)
    for sample in samples:
        docs.add(_doc(canonical(sample), vocab))
    yield FILE, docs.to_bytes()


def load(files: Files, options: Options) -> Iterator[Sample | Problem]:
    """The samples of the `.spacy` files. Where there are no groups of ours, `doc.ents` are entities; other groups have no place (W728)."""
    tokens, vocab = extra("spacy.tokens"), extra("spacy.vocab").Vocab()
    for name in sorted(files):
        if not name.endswith(".spacy"):
            continue
        try:
            docs = list(tokens.DocBin(store_user_data=True).from_bytes(files[name]).get_docs(vocab))
            drafts = [_draft(doc, name, at, options.values) for at, doc in enumerate(docs)]
        except Exception as error:  # spaCy lets through whatever zlib, msgpack and its own look-ups raise
            yield MALFORMED.at(Place(file=name, line=1), f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
            continue
        for doc, draft in zip(docs, drafts, strict=True):
            for group in sorted(set(doc.spans) - set(GROUPS)):
                yield UNHELD.at(Place(file=name, line=1, doc_id=draft.doc_id), f"{len(doc.spans[group])} spans of the group {group!r}")
            yield from settle(draft, options)


def _doc(sample: Sample, vocab: Any) -> Any:
    tokens, util = extra("spacy.tokens"), extra("spacy.util")
    layer, text = sample.layer, sample.text
    windows = sentences(text, sample.language)
    words = [text[start + first : start + last] for start, end in windows for first, last in tokenize(text[start:end])]
    doc = tokens.Doc(vocab, *util.get_words_and_spaces(words, text)) if text else tokens.Doc(vocab)
    places = [(token.idx, token.idx + len(token)) for token in doc]
    starts = {start for start, _ in windows}
    for token in doc:
        token.is_sent_start = token.i == 0 or token.idx in starts
    chains = chain_names(layer.entities, "N") | chain_names(layer.happenings, "C")
    groups: dict[str, list[tuple[Any, Mention | Event]]] = {name: [] for name in GROUPS}
    where: dict[str, tuple[str, int]] = {}
    for one in layer.spans():
        group = "triggers" if isinstance(one, Event) else "values" if one.kind == "value" else "entities"
        found = token_span(places, one.start, one.end)
        if found:
            where[one.id] = (group, len(groups[group]))
            groups[group].append((tokens.Span(doc, *found, label=one.type), one))
    for name, members in groups.items():
        attrs = [_attrs(one, chains, where) for _, one in members]
        keys = sorted({key for own in attrs for key in own})
        lists = {key: [own[key] for own in attrs] for key in keys}
        doc.spans[name] = tokens.SpanGroup(doc, name=name, attrs=lists, spans=[span for span, _ in members])
    doc.ents = util.filter_spans([span for span, _ in groups["entities"]])
    published = sample.published.isoformat() if sample.published else None
    facts = (sample.doc_id, sample.title, sample.language, published, sample.url, layer.status)
    doc.user_data.update(zip(FACTS, facts, strict=True))
    return doc


def _attrs(one: Mention | Event, chains: dict[str, str], where: dict[str, tuple[str, int]]) -> dict[str, Any]:
    """What is kept beside a span; the same keys for all spans of a group."""
    if isinstance(one, Event):
        arguments = [[argument.role, *where[argument.ref]] for argument in one.arguments if argument.ref in where]
        return {"chain": chains[one.id], "attributes": dict(one.attributes), "realis": one.realis, "arguments": arguments}
    return {"normalized": one.normalized} if one.kind == "value" else {"level": one.level, "chain": chains[one.id]}


def _draft(doc: Any, file: str, at: int, values: frozenset[str]) -> Draft:
    spans: list[Labelled] = []
    arguments: list[Filled] = []
    chains: dict[str, list[str]] = {}
    own = [name for name in GROUPS if name in doc.spans]
    for name in own:
        group = doc.spans[name]
        attrs = dict(group.attrs)
        for index, span in enumerate(group):
            id_ = f"{name}:{index}"
            beside = {key: found[index] for key, found in attrs.items()}
            chains.setdefault(str(beside.get("chain") or id_), []).append(id_)
            arguments += [Filled(id_, role, f"{to}:{number}", 1) for role, to, number in beside.get("arguments", ())]
            spans.append(
                Labelled(
                    id_,
                    GROUPS[name],
                    span.label_,
                    span.start_char,
                    span.end_char,
                    None,
                    1,
                    beside.get("level"),
                    beside.get("normalized"),
                    dict(beside.get("attributes") or {}),
                    beside.get("realis") or "",
                )
            )
    for index, span in enumerate(doc.ents if not own else ()):
        kind: Kind = "value" if span.label_ in values else "entity"
        spans.append(Labelled(f"ent:{index}", kind, span.label_, span.start_char, span.end_char, None, 1))
    facts = {name: doc.user_data.get(name) for name in FACTS}
    doc_id = facts.pop("doc_id") or f"{PurePosixPath(file).stem}-{at}"
    with suppress(ValueError):
        facts["published"] = dt.date.fromisoformat(facts.pop("published") or "")
    return Draft(doc_id, doc.text, file, 1, spans, arguments, list(chains.values()), **facts)
