"""Samples for the formats: whatever Hypothesis thinks of, and one that has everything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise

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
ROLES = ("Actor", "Actor2", "Time", "a.b", "a_b")
ATTRIBUTES = {"polarity": ("Positive", "Negative"), "tense": ("Past", "Future"), "modality": ("Asserted", "Not sure")}


def texts() -> st.SearchStrategy[str]:
    """Texts with emoji, combining marks, blank lines and whatever markup trips over; the empty one, too."""
    return st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """A text with nested and overlapping spans, events without arguments and events that are arguments, chains and attributes."""
    text = draw(texts())
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted).filter(lambda place: place[0] < place[1])
    kinds = st.sampled_from([(kind, name) for kind, names in KINDS.items() for name in names])
    found = draw(st.lists(st.tuples(places, kinds), max_size=8, unique_by=place_and_type)) if text else []
    spans = [(f"i{at}", kind, name, start, end) for at, ((start, end), (kind, name)) in enumerate(found)]
    mentions = tuple(
        Mention(
            id_,
            kind,
            name,
            start,
            end,
            text[start:end],
            level=draw(st.sampled_from([None, "NAM", "PRO"])) if kind == "entity" else None,
            normalized=draw(st.sampled_from([None, "2024-01-31", "about 3 % | 5:1", ""])) if kind == "value" else None,
        )
        for id_, kind, name, start, end in spans
        if kind != "event"
    )
    event_ids = [one[0] for one in spans if one[1] == "event"]
    fillers = st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from([one[0] for one in spans] or [""])), max_size=4, unique=True)

    def event(id_: str, name: str, start: int, end: int) -> Event:
        attributes = {key: draw(st.sampled_from(values)) for key, values in ATTRIBUTES.items()} if draw(st.booleans()) else {}
        arguments = tuple(Argument(role, "event" if ref in event_ids else "mention", ref) for role, ref in draw(fillers))
        return Event(id_, name, start, end, text[start:end], attributes, "Actual" if attributes else "", arguments)

    events = tuple(event(id_, name, start, end) for id_, kind, name, start, end in spans if kind == "event")
    chains = [draw(chained([one.id for one in mentions if one.kind == "entity"])), draw(chained(event_ids))]
    layer = Layer("d1", "", sha256(text.encode("utf-8")), mentions, events, *chains, "", draw(st.sampled_from([None, "done"])))
    title, published = draw(st.sampled_from([None, "A & B"])), draw(st.sampled_from([None, dt.date(2024, 1, 31)]))
    url = draw(st.sampled_from([None, "https://example.org/?a=1&b"]))
    return Sample(text, layer, draw(st.sampled_from(["en", "ko"])), title, published, url)


def place_and_type(found: tuple[list[int], tuple[str, str]]) -> tuple[int, int, str]:
    (start, end), (_, name) = found
    return start, end, name


def chained(members: list[str]) -> st.SearchStrategy[tuple[frozenset[str], ...]]:
    """The members in chains, some alone."""
    joints = st.lists(st.booleans(), min_size=len(members), max_size=len(members))
    return joints.map(lambda joins: closed(members, [pair for pair, join in zip(pairwise(members), joins, strict=False) if join]))


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
