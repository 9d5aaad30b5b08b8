"""The checks of documents and layers: one bad layer per code in layers/, named after the code that it gives."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sketch import LAYERS, ONTOLOGY, layer_of

from eventbank.checks import LAYER_CHECKS, check_document, check_layer
from eventbank.document import Document, Piece
from eventbank.errors import EventBankError
from eventbank.layer import Argument, Event, Layer, Mention, numbered

BAD = sorted(LAYERS.glob("[EW][0-9]*.yaml"))


def codes(layer: Layer, text: str) -> set[str]:
    return {problem.code for problem in check_layer(layer, text, ONTOLOGY)}


def document(text: str, *pieces: Piece) -> Document:
    return Document("d1", text, "en", (), pieces, "d1.txt", "0" * 64)


def test_every_code_has_its_bad_layer() -> None:
    assert {path.name[:4] for path in BAD} == {code.id for code, _ in LAYER_CHECKS}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_layer_gives_its_code_and_no_other(path: Path) -> None:
    assert codes(*layer_of(path)) == {path.name[:4]}


def test_good_layer_gives_no_problem() -> None:
    assert check_layer(*layer_of(LAYERS / "good.yaml"), ONTOLOGY) == []


def test_empty_layer_of_an_empty_text_gives_no_problem() -> None:
    assert check_layer(Layer("d1", "a1", ""), "", ONTOLOGY) == []


def test_problem_names_document_annotator_span_and_context() -> None:
    layer, text = layer_of(LAYERS / "E414-cut-word.yaml")
    place = check_layer(layer, text, ONTOLOGY)[0].place
    assert (place.doc_id, place.annotator, place.start, place.end, place.context) == ("d1", "a1", 0, 6, text)


# Shifts


@pytest.mark.parametrize("distance", [-4, -1, 1, 2, 5])
def test_uniform_shift_is_one_problem_that_names_the_distance(distance: int) -> None:
    sketch = (
        "shift: {}\ntext: Now the navy fired two rockets\nmentions:\n  - {{id: r, type: WEA, level: NOM, quote: two rockets}}\nevents:\n"
    )
    event = "  - {id: f, type: Weapon.Launch, quote: fired, arguments: [Weapon r]}"
    problems = check_layer(*layer_of(sketch.format(distance) + event), ONTOLOGY)
    assert [(problem.code, problem.message.split(": ")[1]) for problem in problems] == [("E410", f"{distance:+d} code points")]


def test_shift_past_the_end_of_the_text_is_reported_as_shift_alone() -> None:
    layer, text = layer_of(LAYERS / "good.yaml")
    spans = [replace(span, start=span.start + 20, end=span.end + 20) for span in (*layer.mentions, *layer.events)]
    moved = replace(layer, mentions=tuple(spans[:4]), events=tuple(spans[4:]))
    assert codes(moved, text) == {"E410"}


def test_spans_shifted_by_different_distances_are_no_uniform_shift() -> None:
    layer, text = layer_of(LAYERS / "good.yaml")
    moved = [replace(mention, start=mention.start + at, end=mention.end + at) for at, mention in enumerate(layer.mentions, 1)]
    events = tuple(replace(event, start=event.start + 9, end=event.end + 9) for event in layer.events)
    assert "E410" not in codes(replace(layer, mentions=tuple(moved), events=events), text)


# Boundaries of words


@pytest.mark.parametrize(
    ("text", "end"),
    [("abc", 2), ("2024", 2), ("cafe\u0301", 4), ("e\u0301te\u0301", 2), ("ש\u05b8לום", 1)],
    ids=["letters", "digits", "mark from its letter", "after a mark", "mark of a script above U+0590"],
)
def test_span_that_cuts_a_word_or_a_mark_is_refused(text: str, end: int) -> None:
    assert "E414" in codes(Layer("d1", "a1", "", (Mention("m", "entity", "MIL", 0, end, text[:end], "NAM"),)), text)


@pytest.mark.parametrize(("text", "end"), [("5km", 1), ("Korea's", 5), ("두산이", 2), ("😀😀", 1), ("a-b", 1), ("a", 1)])
def test_span_may_end_between_kinds_of_characters_and_inside_words_of_scripts_that_join_them(text: str, end: int) -> None:
    assert "E414" not in codes(Layer("d1", "a1", "", (Mention("m", "entity", "MIL", 0, end, text[:end], "NAM"),)), text)


# Details of single checks


def test_missing_and_unknown_attributes_are_refused() -> None:
    layer, text = layer_of(LAYERS / "good.yaml")
    for attributes in ({}, ONTOLOGY.defaults() | {"mood": "Glad"}, ONTOLOGY.defaults() | {"tense": "Gone"}):
        assert "E422" in codes(replace(layer, events=(replace(layer.events[0], attributes=attributes), layer.events[1])), text)


def test_argument_of_the_wrong_kind_is_dangling() -> None:
    layer, text = layer_of(LAYERS / "good.yaml")
    fired = replace(layer.events[0], arguments=(Argument("Actor", "event", "navy"), *layer.events[0].arguments[1:]))
    assert "E434" in codes(replace(layer, events=(fired, layer.events[1])), text)


def test_member_of_no_chain_is_refused() -> None:
    layer, text = layer_of(LAYERS / "good.yaml")
    assert codes(replace(layer, happenings=()), text) == {"E440"}


@pytest.mark.parametrize("chain", [frozenset(), frozenset({"monday"}), frozenset({"fired"}), frozenset({"nobody"})], ids=str)
def test_entity_that_is_empty_or_holds_no_entity_mention_is_refused(chain: frozenset[str]) -> None:
    layer, text = layer_of(LAYERS / "good.yaml")
    assert "E443" in codes(replace(layer, entities=(*layer.entities, chain)), text)


def test_circle_of_events_is_reported_once_even_when_its_chain_names_what_is_not_there() -> None:
    layer, text = layer_of(LAYERS / "E436-part-of-itself.yaml")
    found = check_layer(replace(layer, happenings=(layer.happenings[0] | {"nobody"},)), text, ONTOLOGY)
    assert [problem.code for problem in found] == ["E443", "E436"]


FAR = """
text: It fired. The navy said the fleet {} missiles.
mentions:
  - {{id: navy, type: MIL, level: NOM, quote: The navy}}
  - {{id: fleet, type: MIL, level: {}, quote: the fleet}}
events:
  - {{id: fired, type: Weapon.Launch, quote: {}, arguments: [Actor {}]}}
chains:
  - [navy, fleet]
"""


@pytest.mark.parametrize(
    ("level", "trigger", "filler", "expected"),
    [
        ("NOM", "shot", "navy", {"W437"}),
        ("NOM", "shot", "fleet", set()),
        ("PRO", "shot", "navy", set()),
        ("NOM", "fired", "navy", set()),
        ("NOM", "fired", "fleet", {"W437"}),
    ],
)
def test_argument_points_to_the_nearest_mention_that_is_no_pronoun(level: str, trigger: str, filler: str, expected: set[str]) -> None:
    assert codes(*layer_of(FAR.format("shot", level, trigger, filler))) == expected


def test_mention_in_the_sentence_of_the_trigger_is_nearer_than_any_outside_it() -> None:
    sketch = """
text: The navy left. Shots were fired on a cold grey morning by the fleet.
mentions:
  - {id: navy, type: MIL, level: NOM, quote: The navy}
  - {id: fleet, type: MIL, level: NOM, quote: the fleet}
events:
  - {id: fired, type: Weapon.Launch, quote: fired, arguments: [Actor ACTOR]}
chains:
  - [navy, fleet]
"""
    assert codes(*layer_of(sketch.replace("ACTOR", "navy"))) == {"W437"}
    assert codes(*layer_of(sketch.replace("ACTOR", "fleet"))) == set()


def test_text_that_the_alignment_does_not_lead_back_is_refused() -> None:
    for text, pieces in {
        "abc": (Piece(0, 1, 3),),
        "ab\n\ncd": (Piece(0, 0, 2),),
        "abXcd": (Piece(0, 0, 2), Piece(3, 2, 2)),
        "ab": (),
    }.items():
        assert {problem.code for problem in check_document(document(text, *pieces), "abcd")} == {"E231"}


def test_document_with_joints_and_other_line_ends_is_aligned() -> None:
    assert not list(check_document(document("a\nb\n\nc", Piece(0, 0, 1), Piece(1, 2, 2), Piece(5, 6, 1)), "a\r\nb--c"))
    assert not list(check_document(document("", *()), "abc"))


# Rules over all layers

IDS = st.sampled_from(["m1", "m2", "m3", "e1", "e2", "e3", "nobody"])
OFFSETS = st.integers(-5, 60)
TEXT = "The navy 🚀 fired a missile on Monday, it announced."
MENTIONS = st.builds(
    Mention, IDS, st.sampled_from(["entity", "value"]), st.sampled_from(["MIL", "TIME", "X"]), OFFSETS, OFFSETS, st.text(max_size=3)
)
ARGUMENTS = st.builds(Argument, st.sampled_from(["Actor", "Content", "X"]), st.sampled_from(["mention", "event"]), IDS)
ATTRIBUTES = st.dictionaries(st.sampled_from(["tense", "mood"]), st.sampled_from(["Past", "Gone"]))
EVENTS = st.builds(
    Event,
    IDS,
    st.sampled_from(["Weapon.Launch", "Statement.Announce", "X"]),
    OFFSETS,
    OFFSETS,
    st.text(max_size=3),
    ATTRIBUTES,
    st.just("Other"),
    st.lists(ARGUMENTS, max_size=3).map(tuple),
)
CHAINS = st.lists(st.frozensets(IDS, max_size=3), max_size=3).map(tuple)
LAYER = st.builds(
    Layer,
    st.just("d1"),
    st.just("a1"),
    st.just(""),
    st.lists(MENTIONS, max_size=3).map(tuple),
    st.lists(EVENTS, max_size=3).map(tuple),
    CHAINS,
    CHAINS,
)


@given(LAYER)
def test_layer_without_errors_can_be_numbered_and_any_other_gives_coded_problems(layer: Layer) -> None:
    problems = check_layer(layer, TEXT, ONTOLOGY)
    try:
        numbered(layer)
    except EventBankError as error:
        assert {problem.code for problem in error.problems} == {"E400"}
        assert {"E416", "E434", "E443"} & {problem.code for problem in problems}


@given(LAYER, st.randoms())
def test_problems_do_not_depend_on_the_order_of_chains(layer: Layer, random) -> None:
    chains = list(layer.entities)
    random.shuffle(chains)
    found = [problem.code for problem in check_layer(layer, TEXT, ONTOLOGY)]
    if "E440" not in found:
        assert check_layer(replace(layer, entities=tuple(chains)), TEXT, ONTOLOGY) == check_layer(layer, TEXT, ONTOLOGY)


TIES = """
text: The navy of the north fired at the navy yard.
mentions:
  - {id: a, type: MIL, level: NOM, quote: The navy of the north}
  - {id: b, type: GPE, level: NOM, quote: The navy of the north}
  - {id: c, type: WEA, level: NOM, quote: The navy of the north}
  - {id: d, type: MIL, level: NOM, quote: the navy}
  - {id: e, type: MIL, level: NOM, quote: the navy yard}
  - {id: f, type: MIL, level: NOM, quote: the}
events:
  - {id: g, type: Weapon.Launch, quote: fired, arguments: [Actor a, Actor b, Actor f]}
  - {id: h, type: Statement.Announce, quote: fired, arguments: [Content g, Content h]}
chains:
  - [a, b, c, d, e, f]
  - [g, h]
"""


@pytest.mark.slow
def test_problems_and_ids_do_not_depend_on_the_order_of_hashes() -> None:
    script = (
        "import test_checks as t\n"
        "for one in (t.TIES, *t.BAD): print([str(p) for p in t.check_layer(*t.layer_of(one), t.ONTOLOGY)])\n"
        "for one in (t.TIES, t.LAYERS / 'good.yaml'):\n"
        "    layer = t.numbered(t.layer_of(one)[0])\n"
        "    print(layer.mentions, layer.events, [sorted(chain) for chain in (*layer.entities, *layer.happenings)])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=Path(__file__).parent,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2", "3")
    }
    assert len(outputs) == 1
    assert "E441" in outputs.pop()
