"""Made releases of two documents, for rules over all releases: `kept`, which may not be passed on, and `open`, which may.

Pages have emoji, wide and invisible characters, all line ends, captions and hard-wrapped paragraphs; exports have copies of a span that are
no slice, answers, drafts, predictions, unknown fields with passages of the page in keys and values, and strings that look like places.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from sketch import ONTOLOGY

from eventbank import leaks
from eventbank.corpus import Settings
from eventbank.document import Document, Rights, Zone, assemble, sha256
from eventbank.labelstudio import codec
from eventbank.layer import Argument, Event, Layer, Mention, numbered
from eventbank.release.content import LEAKS, Release
from eventbank.release.rows import Labelled, argument_rows, document_row, event_row, mention_rows, sentence_rows
from eventbank.schemas import label_names
from eventbank.splits import Placement
from eventbank.tables import ANNOTATIONS, ARGUMENTS, DOCUMENTS, EVENTS, MENTIONS, SENTENCES

WORDS = (
    "Seoul", "said", "navy", "naïve", "💩", "👩‍👧", "한국", "미사일", "朝鲜发射导弹后各方反应", "re\u0301sume\u0301", "co\u00adop",
    "A", "7", "2024", "missile", "launch,", "zero\u200bwidth", "ＦＵＬＬ", "(said)", "U.S.", "ﬁre", "ß", "…",
    "@text:[[0,1]]", "it's", "mid-air",
)  # fmt: skip
OWN = ("zebra", "quilt", "1997-02-01", "P2D", "ok?", "Øre", "日和", "x_y", "@page:[[0,3]]", "@text:nonsense", "", " ", "\ud800")
"""Words that no page has, and strings that are no words."""


@dataclass(frozen=True)
class Made:
    """A full release and the pages that it was made from."""

    release: Release
    pages: dict[str, str]
    documents: dict[str, Document]


@st.composite
def made(draw: st.DrawFn) -> Made:
    """A release that anyone might build, with labels and exports that nobody would."""
    pages, documents, nodes, labelled = {}, {}, [], []
    for doc_id, redistribute in (("kept", False), ("open", True)):
        page, zones, title = draw(_page())
        text, alignment = assemble(page, zones)
        rights = Rights(draw(st.sampled_from([None, "Holder"])), draw(st.sampled_from([None, "© Holder"])), redistribute)
        dateline = draw(st.none() | st.just(text.split()[0]))
        documents[doc_id] = Document(
            doc_id, text, "en", tuple(sorted(zones)), alignment, f"{doc_id}.txt", sha256(page.encode()), title,
            dated=dt.date(2024, 1, 1), dated_by="text", agency="Agency", dateline=dateline, url="https://example.org/a-b", rights=rights,
        )  # fmt: skip
        pages[doc_id] = page
        labelled.append(Labelled.of(documents[doc_id], numbered(draw(_layer(doc_id, text)))))
        nodes += codec.to_rows([draw(_task(documents[doc_id], page))], f"pass-{doc_id}.json")
    left_out: Counter[str] = Counter()
    rows = {
        EVENTS: [event_row(one) for one in labelled],
        DOCUMENTS: [document_row(one, Placement(one.doc_id, one.doc_id, ("train",) * 6)) for one in documents.values()],
        MENTIONS: [row for one in labelled for row in mention_rows(one, ONTOLOGY)],
        ARGUMENTS: [row for one in labelled for row in argument_rows(one)],
        SENTENCES: [row for one in labelled for row in sentence_rows(one, left_out)],
        ANNOTATIONS: nodes,
    }
    tables = {table: {"train": table.table(found)} for table, found in rows.items() if found}
    settings = Settings(name="made", title="Made", repo="made/made", version="1.0.0")
    reports = {LEAKS: leaks.report(tables, settings.thresholds)}
    release = Release(settings, label_names(ONTOLOGY), tables, "made", (), dict(+left_out), reports=reports)
    return Made(release, pages, documents)


@st.composite
def _page(draw: st.DrawFn) -> tuple[str, list[Zone], str | None]:
    """A page, its zones, and a title that stands on it in one way or another."""
    page, zones = draw(st.sampled_from(["", "\n", "Menu\r\n"])), []
    headline = " ".join(draw(st.lists(st.sampled_from(WORDS), min_size=6, max_size=9)))
    kinds = ["headline", *draw(st.lists(st.sampled_from(["body", "caption", "navigation", "heading"]), max_size=4)), "body"]
    for kind in kinds:
        gaps = st.sampled_from([" ", " ", " ", "\n", "\r\n", "\r", "  ", "\u00a0"])
        words = [headline] if kind == "headline" else draw(st.lists(st.sampled_from(WORDS), min_size=2, max_size=14))
        passage = "".join(word + draw(gaps) for word in words).strip()
        zones.append(Zone(len(page), len(page) + len(passage), kind))
        page += passage + draw(st.sampled_from(["\n", "\n\n", "\r\n\r\n", "\r\r"]))
    title = draw(st.sampled_from([None, headline, headline.replace(" ", "  "), f"“{headline}”", " ".join(headline.split()[::-1])]))
    return page, zones, title


@st.composite
def _spans(draw: st.DrawFn, text: str) -> tuple[int, int]:
    start = draw(st.integers(0, len(text) - 1))
    return start, draw(st.integers(start + 1, min(len(text), start + 20)))


@st.composite
def _layer(draw: st.DrawFn, doc_id: str, text: str) -> Layer:
    mentions, events = [], []
    for at, (start, end) in enumerate(draw(st.lists(_spans(text), max_size=4, unique=True))):
        normalized = draw(st.none() | st.sampled_from([*WORDS[:9], *OWN[:5]]))
        value = draw(st.booleans())
        kind, type_ = ("value", "TIME") if value else ("entity", "GPE")
        mentions.append(
            Mention(f"m{at}", kind, type_, start, end, text[start:end], None if value else "NAM", normalized if value else None)
        )
    for at, (start, end) in enumerate(draw(st.lists(_spans(text), max_size=3, unique=True))):
        arguments = [Argument("Time", "mention", draw(st.sampled_from(mentions)).id)] if mentions and draw(st.booleans()) else []
        arguments += [Argument("Content", "event", "e0")] if at else []
        attributes = ONTOLOGY.defaults()
        events.append(
            Event(f"e{at}", "Weapon.Launch", start, end, text[start:end], attributes, ONTOLOGY.realis(attributes), tuple(arguments))
        )
    entities = tuple(frozenset({one.id}) for one in mentions if one.kind == "entity")
    return Layer(
        doc_id, "annotator-1", sha256(text.encode()), tuple(mentions), tuple(events), entities, tuple(frozenset({one.id}) for one in events)
    )


@st.composite
def _passages(draw: st.DrawFn, page: str) -> str:
    """Something that quotes a page, or nothing: whole, with white space collapsed, with escapes, in capitals, or in other words."""
    start, end = sorted(draw(st.tuples(st.integers(0, len(page)), st.integers(0, len(page)))))
    passage = page[start:end]
    ways = [
        passage,
        re.sub(r"\s+", " ", passage),
        re.sub(r"\r|\n", r"\\n", passage),
        passage.upper(),
        f"see: {passage!r}",
        draw(st.sampled_from(OWN)),
    ]
    return draw(st.sampled_from(ways))


def _values(page: str) -> st.SearchStrategy[Any]:
    strings = _passages(page)
    leaves = strings | st.none() | st.booleans() | st.integers() | st.floats()
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(strings, inner, max_size=2), max_leaves=5)


@st.composite
def _results(draw: st.DrawFn, document: Document, page: str) -> dict[str, Any]:
    if draw(st.booleans()):
        found: dict[str, Any] = {"type": "relation", "from_id": "r1", "to_id": draw(_passages(page)), "direction": "right"}
    else:
        start, end = draw(_spans(document.text))
        surface = document.text[start:end]
        copies = [
            surface,
            re.sub(r"\s+", " ", surface),
            re.sub(r"\r|\n", r"\\n", surface),
            draw(_passages(page)),
            [draw(_passages(page))],
            None,
        ]
        found = {
            "id": draw(st.sampled_from(["r1", "r 2"])),
            "from_name": "trigger",
            "to_name": "text",
            "type": "labels",
            "origin": "manual",
        }
        found["value"] = {"start": start, "end": end, "text": draw(st.sampled_from(copies)), "labels": ["Weapon.Launch"]}
        found["value"] |= draw(st.dictionaries(_passages(page).filter(lambda key: key not in found["value"]), _values(page), max_size=1))
    return found | draw(st.dictionaries(_passages(page).filter(lambda key: key not in found), _values(page), max_size=1))


@st.composite
def _task(draw: st.DrawFn, document: Document, page: str) -> dict[str, Any]:
    def entry() -> dict[str, Any]:
        return {"result": draw(st.lists(_results(document, page), max_size=3)), "note": draw(_values(page))}

    data = {"doc_id": document.doc_id, "title": document.title, "text": document.text, "text_sha256": document.text_sha256}
    who = {"id": 1, "email": "annotator-1@annotators.invalid"}
    return {
        "data": data | draw(st.dictionaries(_passages(page).filter(lambda key: key not in data), _values(page), max_size=2)),
        "annotations": [{"completed_by": who, "was_cancelled": False, **entry()}],
        "drafts": [entry() for _ in range(draw(st.integers(0, 1)))],
        "predictions": [{"model_version": draw(_passages(page)), "score": 0.5, **entry()} for _ in range(draw(st.integers(0, 1)))],
        "meta": draw(_values(page)),
    }
