"""brat: its lines, and files that another reader of brat understands."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import back, loaded, samples

from eventbank.formats import brat
from eventbank.formats.bratlines import Line, parse, render
from eventbank.formats.sample import Options, Sample, canonical, joined
from eventbank.layer import Argument

EVERY_LINE = """T1\tProtein 0 5;16 21\tp53 2 alpha
T2\tBind 6 15\tinteracts
E1\tBind:T2 Theme:T1 Theme2:E2
R1\tPart-Of Arg1:T1 Arg2:T2
*\tEquiv T1 T2 T3
A1\tConfidence E1 High
A2\tNegated E1
M1\tSpeculation E1
N1\tReference T1 Uniprot:P04637\tp53
#1\tAnnotatorNotes T1\tis it?
"""


def test_every_kind_of_line_is_read_and_written_again() -> None:
    lines = list(parse(EVERY_LINE, ""))
    assert render(line for line in lines if isinstance(line, Line)) == EVERY_LINE
    assert lines[0] == Line("T1", "Protein", fragments=((0, 5), (16, 21)), words="p53 2 alpha")
    assert lines[2] == Line("E1", "Bind", "T2", members=(("Theme", "T1"), ("Theme2", "E2")))
    assert lines[8] == Line("N1", "Reference", "T1", base="Uniprot", key="P04637", words="p53")


NAMES = st.from_regex(r"[A-Za-z_-]{1,6}", fullmatch=True)
IDS = st.integers(1, 99).map(str)
WORDS = st.text(st.characters(exclude_characters="\n\r\t", exclude_categories=["Cs"]), max_size=8)
SPOTS = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=3).map(tuple)
MEMBERS = st.lists(st.tuples(NAMES, IDS.map("T{}".format)), min_size=1, max_size=3).map(tuple)
LINES = st.one_of(
    st.builds(Line, IDS.map("T{}".format), NAMES, fragments=SPOTS, words=st.none() | WORDS),
    st.builds(Line, IDS.map("E{}".format), NAMES, IDS.map("T{}".format), members=MEMBERS),
    st.builds(Line, IDS.map("R{}".format), NAMES, members=MEMBERS),
    st.builds(Line, st.just("*"), NAMES, members=st.lists(st.tuples(st.just(""), IDS), min_size=2, max_size=4).map(tuple)),
    st.builds(Line, IDS.map("A{}".format), NAMES, IDS.map("E{}".format), words=st.none() | NAMES),
    st.builds(Line, IDS.map("N{}".format), NAMES, IDS.map("T{}".format), base=NAMES, key=NAMES, words=st.none() | WORDS),
    st.builds(Line, IDS.map("#{}".format), NAMES, IDS.map("T{}".format), words=st.none() | WORDS),
)


@given(st.lists(LINES))
def test_lines_come_back_from_their_file(lines: list[Line]) -> None:
    assert list(parse(render(lines), "")) == lines


@given(samples())
def test_brat_holds_every_label(sample: Sample) -> None:
    found = back(sample, "brat")
    assert found is not None
    bare = Sample(sample.text, replace(sample.layer, status=None))
    assert canonical(found) == canonical(bare)


@given(samples())
def test_bioc_reads_what_is_written_all_but_normalisations(sample: Sample) -> None:
    """bioc 2.1 drops N lines without a word."""
    import bioc.brat

    text, layer = sample.text, canonical(sample).layer
    files = joined(brat.dump([sample]))
    meant = brat.meanings(files["annotation.conf"])
    read = bioc.brat.loads(text, files["d1.ann"].decode("utf-8"))
    spans = {one.id: (one.locations.begin(), one.locations.end(), meant.get(one.type, one.type)) for one in read.entities}
    assert sorted(spans.values()) == sorted((span.start, span.end, span.type) for span in layer.spans())
    numbers = {event.id: f"E{at}" for at, event in enumerate(layer.events, 1)}
    place = {span.id: (span.start, span.end, span.type) for span in layer.mentions} | numbers
    written = {
        numbers[event.id]: ((event.start, event.end, event.type), sorted((one.role, str(place[one.ref])) for one in event.arguments))
        for event in layer.events
    }
    for event in read.events:
        roles = {role: role.rstrip("0123456789") for role in event.arguments}
        arguments = [(meant.get(roles[role], roles[role]), str(spans.get(id_, id_))) for role, id_ in event.arguments.items()]
        assert (spans[event.trigger_id], sorted(arguments)) == written[event.id]
    assert len(read.events) == len(written)
    assert len(read.equiv_relations) == sum(len(chain) > 1 for chain in (*layer.entities, *layer.happenings))
    levels = sum(one.level is not None for one in layer.mentions)
    assert len(read.attributes) == levels + sum(len(event.attributes) + bool(event.realis) for event in layer.events)


def test_a_discontinuous_span_becomes_the_span_around_it_and_is_reported() -> None:
    problem, sample = loaded({"a.txt": b"North and South Korea", "a.ann": b"T1\tGPE 0 5;16 21\tNorth Korea\n"}, "brat")
    assert (problem.code, problem.place.line) == ("W728", 1)
    assert [(one.start, one.end, one.text) for one in sample.layer.mentions] == [(0, 21, "North and South Korea")]


def test_an_argument_that_names_the_trigger_means_the_event() -> None:
    files = {"a.txt": b"said fired", "a.ann": b"T1\tSay 0 4\tsaid\nT2\tFire 5 10\tfired\nE1\tSay:T1 Content:T2\nE2\tFire:T2\n"}
    (sample,) = loaded(files, "brat")
    said, fired = sample.layer.events
    assert said.arguments == (Argument("Content", "event", fired.id),)


@pytest.mark.parametrize("shift", [1, -2])
def test_spans_that_are_shifted_alike_are_mended_only_on_request(shift: int) -> None:
    text = "the fleet of Seoul fired rockets"
    lines = []
    for at, word in enumerate(("Seoul", "fired"), 1):
        start = text.index(word) + shift
        lines.append(f"T{at}\tX {start} {start + len(word)}\t{word}\n")
    files = {"a.txt": text.encode(), "a.ann": "".join(lines).encode()}
    (refused,) = loaded(files, "brat")
    assert (refused.code, f"{shift:+d}" in refused.message) == ("E727", True)
    repaired, sample = loaded(files, "brat", Options(repair=True))
    assert (repaired.code, f"{shift:+d}" in repaired.message) == ("W727", True)
    assert [one.text for one in sample.layer.mentions] == ["Seoul", "fired"]


def test_the_configuration_declares_what_occurs() -> None:
    labels = b"T1\tGPE 0 5\tSeoul\nT2\tWeapon.Launch 6 11\tfired\nE1\tWeapon.Launch:T2 Actor:T1\n"
    (sample,) = loaded({"a.txt": b"Seoul fired", "a.ann": labels}, "brat")
    conf = joined(brat.dump([sample]))["annotation.conf"].decode()
    assert "[entities]\nGPE\n" in conf
    assert "[events]\nWeapon_Launch\tActor*:<ANY>\n" in conf
