"""Samples for the formats, whatever Hypothesis thinks of, and ways through a format."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from eventbank.document import sha256
from eventbank.errors import Problem
from eventbank.formats.registry import FORMATS
from eventbank.formats.sample import Files, Options, Sample, joined, value_types
from eventbank.layer import Argument, Event, Layer, Mention, closed

WORDS = ("Seoul", "fired", "🚀", "5,500", "U.S.", "'s", "-", "“we", "&", "<b>", "e\u0301", ".", "It", "한국", "B-O", "\\n")
PIECES = (*WORDS, "\u00a0", "\t", " ", " ", "\n", "\n\n")
KINDS = {
    "entity": ("GPE", "WEA", "level", "Two Words"),
    "value": ("TIME", "Q.TY"),
    "event": ("Weapon.Launch", "Weapon_Launch", "Statement.Say-So"),
}
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
NAMES = st.sampled_from([(kind, name) for kind, names in KINDS.items() for name in names])
MARKS = st.tuples(
    st.sampled_from([None, "NAM", "PRO"]),
    st.sampled_from([None, "2024-01-31", "about 3 % | 5:1", ""]),
    st.sampled_from(
        [{}, {"polarity": "Positive", "tense": "Past", "modality": "Asserted"}, {"polarity": "Negative", "modality": "Not sure"}]
    ),
)
SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12), NAMES, MARKS), max_size=8)
LINKS = st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["Actor", "Actor2", "Time", "a.b", "a_b"]), st.integers(0, 7)), max_size=8)
CHAINS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=4)
FACTS = st.tuples(
    st.sampled_from(["en", "ko"]),
    st.sampled_from([None, "A & B"]),
    st.sampled_from([None, dt.date(2024, 1, 31)]),
    st.sampled_from([None, "https://example.org/?a=1&b"]),
    st.sampled_from([None, "done"]),
)


def samples() -> st.SearchStrategy[Sample]:
    """Texts with emoji, combining marks and markup, the empty one too, with nested and overlapping spans, events without arguments and
    events that are arguments, chains of one type, and attributes. No two labels of a type are on one span."""
    return st.builds(made, TEXTS, SPANS, LINKS, CHAINS, FACTS)


def made(text: str, spans: list, links: list, pairs: list, facts: tuple) -> Sample:
    """A sample from raw numbers: a span is cut to the text, and what a number leads beyond is left out."""
    language, title, published, url, status = facts
    found: dict[str, Mention | Event] = {}
    for start, length, (kind, name), (level, normalized, attributes) in spans:
        start = start % max(len(text), 1)
        end = min(len(text), start + length)
        id_, place = f"i{len(found)}", (name, start, end, text[start:end])
        if not text[start:end].strip() or place[:3] in [(one.type, one.start, one.end) for one in found.values()]:
            continue
        if kind == "event":
            found[id_] = Event(id_, *place, attributes, "Actual" if attributes else "")
        else:
            value = kind == "value"
            found[id_] = Mention(id_, kind, *place, None if value else level, normalized if value else None)
    types = {one.id: one.type for one in found.values()}
    arguments: dict[str, dict[Argument, None]] = {}
    for at, role, to in ((f"i{at}", role, f"i{to}") for at, role, to in links):
        if to in found:
            arguments.setdefault(at, {})[Argument(role, "event" if isinstance(found[to], Event) else "mention", to)] = None
    events = [replace(one, arguments=tuple(arguments.get(one.id, ()))) for one in found.values() if isinstance(one, Event)]
    mentions = [one for one in found.values() if isinstance(one, Mention)]
    same = [(f"i{a}", f"i{b}") for a, b in pairs if types.get(f"i{a}") is not None and types.get(f"i{a}") == types.get(f"i{b}")]
    chains = [
        closed(ids, [pair for pair in same if pair[0] in ids])
        for ids in ([one.id for one in mentions if one.kind == "entity"], [one.id for one in events])
    ]
    layer = Layer("d1", "", sha256(text.encode("utf-8")), tuple(mentions), tuple(events), *chains, "", status)
    return Sample(text, layer, language, title, published, url)


def back(sample: Sample, name: str) -> Sample | None:
    """What a format gives back of a sample; nothing if it cannot hold it at all."""
    found = loaded(joined(FORMATS[name].dump([sample])), name, Options(value_types([sample])))
    assert not [one for one in found if isinstance(one, Problem) and not one.is_warning], found
    kept = [one for one in found if isinstance(one, Sample)]
    assert len(kept) <= 1
    return kept[0] if kept else None


def loaded(files: Files, name: str, options: Options | None = None) -> list[Sample | Problem]:
    return list(FORMATS[name].load(files, options or Options()))


def problems(found: Iterable[Sample | Problem]) -> list[tuple[str, str, int]]:
    """Code, file and line of every problem."""
    return [(one.code, one.place.file, one.place.line) for one in found if isinstance(one, Problem)]
