"""Adjudication: two passes and the decisions about their differences give gold, and nothing else decides."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from conftest import LONG, ROOT
from hypothesis import given
from hypothesis import strategies as st

from eventbank import ontology as ontologies
from eventbank.adjudication import Adjudicated, Decision, Difference, adjudicate
from eventbank.build import build, check
from eventbank.checks import check_layer
from eventbank.cli import main
from eventbank.corpus import open_corpus
from eventbank.gold import check_gold
from eventbank.inputs import read_documents, read_labels
from eventbank.layer import Argument, Event, Layer, Mention, numbered

ONTOLOGY = ontologies.load(ROOT / "schema" / "ontology.yaml")
DOCUMENTS = read_documents(open_corpus(ROOT))[0]
TEXTS = {document.doc_id: document.text for document in DOCUMENTS}
LAYERS = [layer for layer in read_labels(open_corpus(ROOT), DOCUMENTS, ONTOLOGY)[0] if layer.annotator == "annotator-1"]

TEXT = "The North fired two missiles on Monday. It fired again."
NORTH = Mention("n", "entity", "GPE", 0, 9, "The North", level="NAM")
IT = Mention("i", "entity", "GPE", 40, 42, "It", level="PRO")
MISSILES = Mention("m", "entity", "WEA", 20, 28, "missiles", level="NOM")
DEFAULTS = {"polarity": "Positive", "tense": "Past", "modality": "Asserted"}
FIRED = Event(
    "e", "Weapon.Launch", 10, 15, "fired", DEFAULTS, "Actual", (Argument("Actor", "mention", "n"), Argument("Weapon", "mention", "m"))
)
ONE = Layer("d", "annotator-1", "0" * 64, (NORTH, MISSILES, IT), (FIRED,), (frozenset({"n", "i"}), frozenset({"m"})), (frozenset({"e"}),))


def decide(differences: Sequence[Difference], take: str) -> list[Decision]:
    return [Decision(one.key, one.one, one.other, take, None, "made for a test") for one in differences]  # type: ignore[arg-type]


def settled(one: Layer, other: Layer, text: str, take: str) -> Adjudicated:
    """Decides every difference the same way, in both rounds."""
    first = decide(adjudicate(one, other, [], text, ONTOLOGY).differences, take)
    second = decide(adjudicate(one, other, first, text, ONTOLOGY).differences, take)
    return adjudicate(one, other, second, text, ONTOLOGY)


def labels(layer: Layer) -> Layer:
    return replace(numbered(layer), annotator="", source="", status=None)


def other_with(**changes: object) -> Layer:
    return replace(ONE, annotator="annotator-2", **changes)  # type: ignore[arg-type]


def keys(other: Layer) -> list[str]:
    return [difference.key for difference in adjudicate(ONE, other, [], TEXT, ONTOLOGY).differences]


def perturbed(layer: Layer, seed: int) -> Layer:
    """A layer as another annotator might have made it: some things dropped, retyped, linked otherwise."""
    draw = random.Random(seed)
    gone = {span.id for span in layer.spans() if draw.random() < 0.1}
    events = tuple(
        replace(
            event,
            type=draw.choice(list(ONTOLOGY.events)) if draw.random() < 0.1 else event.type,
            attributes=dict(event.attributes) | ({"tense": "Future"} if draw.random() < 0.1 else {}),
            arguments=tuple(one for one in event.arguments if one.ref not in gone and draw.random() < 0.9),
        )
        for event in layer.events
        if event.id not in gone
    )
    events = tuple(replace(event, realis=ONTOLOGY.realis(event.attributes)) for event in events)
    mentions = tuple(replace(m, level="NOM") if m.level and draw.random() < 0.1 else m for m in layer.mentions if m.id not in gone)

    def chains(groups: tuple[frozenset[str], ...]) -> tuple[frozenset[str], ...]:
        left = [group - gone for group in groups if group - gone]
        cut = [frozenset({member}) for group in left for member in group] if draw.random() < 0.3 else left
        return tuple(cut)

    return replace(
        layer,
        annotator="annotator-2",
        mentions=mentions,
        events=events,
        entities=chains(layer.entities),
        happenings=chains(layer.happenings),
    )


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.doc_id)
def test_two_equal_passes_have_no_difference_and_are_gold(layer: Layer) -> None:
    outcome = adjudicate(layer, replace(layer, annotator="annotator-2"), [], TEXTS[layer.doc_id], ONTOLOGY)
    assert (outcome.differences, outcome.problems) == ((), ())
    assert labels(outcome.layer) == labels(layer)


@given(st.sampled_from(LAYERS), st.integers(0, 10_000))
def test_deciding_always_for_one_annotator_gives_that_annotators_labels(layer: Layer, seed: int) -> None:
    other = perturbed(layer, seed)
    for take, wanted in (("one", layer), ("other", other)):
        outcome = settled(layer, other, TEXTS[layer.doc_id], take)
        assert outcome.problems == ()
        assert labels(outcome.layer) == labels(wanted)


@given(st.sampled_from(LAYERS), st.integers(0, 10_000))
def test_differences_are_the_same_from_both_sides(layer: Layer, seed: int) -> None:
    other = perturbed(layer, seed)
    settled_there = settled(layer, other, TEXTS[layer.doc_id], "one").differences
    settled_back = settled(other, layer, TEXTS[layer.doc_id], "other").differences
    assert [(one.key, one.one, one.other) for one in settled_there] == [(one.key, one.other, one.one) for one in settled_back]


def test_each_kind_of_difference_has_its_key() -> None:
    assert keys(other_with(mentions=(replace(NORTH, level="NOM"), MISSILES, IT))) == ["entity 0-9"]
    assert keys(other_with(events=(replace(FIRED, type="Weapon.Test"),))) == ["event 10-15"]
    assert keys(other_with(events=(replace(FIRED, attributes=DEFAULTS | {"tense": "Future"}),))) == ["tense 10-15"]
    assert keys(other_with(events=(replace(FIRED, arguments=FIRED.arguments[:1]),))) == ["argument 10-15 Weapon entity 20-28"]
    assert keys(other_with(entities=tuple(frozenset({one}) for one in "nim"))) == ["same entity 0-9"]


def test_a_difference_without_decision_or_without_reason_is_open() -> None:
    other = other_with(events=(), happenings=())
    found = adjudicate(ONE, other, [], TEXT, ONTOLOGY)
    assert [problem.code for problem in found.problems] == ["E470"]
    silent = [replace(decision, reason=" ") for decision in decide(found.differences, "one")]
    assert [problem.code for problem in adjudicate(ONE, other, silent, TEXT, ONTOLOGY).problems] == ["E470"]


def test_a_decision_of_a_difference_that_is_gone_or_changed_is_refused() -> None:
    (difference,) = adjudicate(ONE, other_with(events=(), happenings=()), [], TEXT, ONTOLOGY).differences
    decision = Decision(difference.key, "Weapon.Test", None, "one", None, "old")
    assert [problem.code for problem in adjudicate(ONE, other_with(events=(), happenings=()), [decision], TEXT, ONTOLOGY).problems] == [
        "E471"
    ]
    assert [problem.code for problem in adjudicate(ONE, ONE, [decision], TEXT, ONTOLOGY).problems] == ["E471"]


def test_a_value_of_ones_own_replaces_both() -> None:
    other = other_with(events=(replace(FIRED, type="Weapon.Test"),))
    decision = Decision("event 10-15", "Weapon.Launch", "Weapon.Test", None, "Conflict.Attack", "it hit something")
    (event,) = adjudicate(ONE, other, [decision], TEXT, ONTOLOGY).layer.events
    assert event.type == "Conflict.Attack"


def test_both_joins_chains_and_cannot_hold_of_one_thing() -> None:
    parted = other_with(entities=(frozenset({"n"}), frozenset({"i", "m"})))
    (difference,) = adjudicate(ONE, parted, [], TEXT, ONTOLOGY).differences
    (chain,) = adjudicate(ONE, parted, decide([difference], "both"), TEXT, ONTOLOGY).layer.entities
    assert len(chain) == 3
    retyped = other_with(events=(replace(FIRED, type="Weapon.Test"),))
    (difference,) = adjudicate(ONE, retyped, [], TEXT, ONTOLOGY).differences
    assert [problem.code for problem in adjudicate(ONE, retyped, decide([difference], "both"), TEXT, ONTOLOGY).problems] == ["E472"]


def test_an_argument_whose_filler_was_not_kept_cannot_be_kept() -> None:
    other = other_with(mentions=(NORTH, IT), events=(replace(FIRED, arguments=FIRED.arguments[:1]),), entities=(frozenset({"n", "i"}),))
    found = adjudicate(ONE, other, [Decision("entity 20-28", "WEA NOM", None, "neither", None, "no mention")], TEXT, ONTOLOGY)
    assert [argument.role for argument in found.layer.events[0].arguments] == ["Actor"]
    assert found.problems == ()
    without = replace(ONE, mentions=(NORTH, IT), entities=(frozenset({"n", "i"}),))
    assert without.events[0].arguments[1].ref == "m"
    with pytest.raises(KeyError):
        adjudicate(without, without, [], TEXT, ONTOLOGY)


def adjudicated(root: Path) -> tuple[int, dict]:
    run = CliRunner().invoke(main, ["adjudicate", "--json", "--corpus", str(root)])
    return run.exit_code, json.loads(run.stdout)


@pytest.mark.slow
def test_the_command_lists_differences_waits_for_decisions_and_writes_gold(two_passes: Path) -> None:
    code, found = adjudicated(two_passes)
    assert (code, found["open"]) == (1, 1)
    path = two_passes / "annotations" / "decisions.yaml"
    decisions = yaml.safe_load(path.read_text("utf-8"))
    (row,) = next(rows for rows in decisions.values() if rows)
    assert (row["words"], row["one"], row["other"], row["take"]) == ("fired", "Past", "Present", None)
    row |= {"take": "one", "reason": "R10.6: a thing of the past"}
    path.write_text(yaml.safe_dump(decisions), "utf-8")
    assert adjudicated(two_passes) == (0, {"differences": {doc: len(rows) for doc, rows in decisions.items()}, "open": 0, "problems": []})
    first = (two_passes / "annotations" / "gold.json").read_bytes()
    assert adjudicated(two_passes)[0] == 0
    assert (two_passes / "annotations" / "gold.json").read_bytes() == first
    assert check_gold(open_corpus(two_passes)) == []
    built = build(open_corpus(two_passes))
    assert built.rows["annotations"]["train"] > 0
    assert json.loads((two_passes / "dataset" / "manifest.json").read_text("utf-8"))["gold"] == "adjudicated"
    report = json.loads((two_passes / "dataset" / "agreement.json").read_text("utf-8"))
    assert report["overall"]["alpha"]["tense"]["alpha"]["value"] < 1.0 == report["overall"]["alpha"]["polarity"]["alpha"]["value"]
    assert "## Agreement" in (two_passes / "dataset" / "README.md").read_text("utf-8")
    assert [problem.code for problem in check(open_corpus(two_passes))] == ["W715"]  # baselines of the project's own gold
    (two_passes / "annotations" / "gamma.yaml").write_text("labels: of others\nmethod: {}\npairs: []\n", "utf-8")
    assert {problem.code for problem in check(open_corpus(two_passes))} == {"W465", "W715"}


@pytest.mark.slow
def test_gold_that_the_decisions_no_longer_give_is_reported(two_passes: Path) -> None:
    adjudicated(two_passes)
    shutil.copy(two_passes / "annotations" / "pass-1.json", two_passes / "annotations" / "gold.json")
    assert [problem.code for problem in check_gold(open_corpus(two_passes))] == ["W474"]


@pytest.mark.slow
def test_decisions_of_another_shape_are_refused_with_their_line(two_passes: Path) -> None:
    (two_passes / "annotations" / "decisions.yaml").write_text("a:\n- {at: x, take: perhaps}\n", "utf-8")
    code, found = adjudicated(two_passes)
    assert (code, [(problem["code"], problem["place"]["line"]) for problem in found["problems"]]) == (1, [("E002", 2)])


@pytest.mark.slow
def test_one_pass_alone_cannot_be_adjudicated(two_passes: Path) -> None:
    (two_passes / "annotations" / "pass-2.json").unlink()
    code, found = adjudicated(two_passes)
    assert (code, {problem["code"] for problem in found["problems"]}) == (1, {"E473"})


def test_without_any_labels_there_is_nothing_to_adjudicate_e473(small: Callable[..., Path]) -> None:
    root = small({"a": LONG * 3})
    code, found = adjudicated(root)
    assert (code, [problem["code"] for problem in found["problems"]]) == (1, ["E473"])
    assert [path.name for path in (root / "annotations").iterdir()] == ["guidelines.md"]


@pytest.mark.slow
def test_gold_that_breaks_a_check_is_not_written(two_passes: Path) -> None:
    adjudicated(two_passes)
    path = two_passes / "annotations" / "decisions.yaml"
    decisions = yaml.safe_load(path.read_text("utf-8"))
    (row,) = next(rows for rows in decisions.values() if rows)
    row |= {"as": "Once", "reason": "a slip"}
    del row["take"]
    path.write_text(yaml.safe_dump(decisions), "utf-8")
    code, found = adjudicated(two_passes)
    assert (code, {problem["code"] for problem in found["problems"]}) == (1, {"E422"})
    assert not (two_passes / "annotations" / "gold.json").exists()


def test_gold_made_of_real_passes_has_no_problem() -> None:
    for layer in LAYERS:
        outcome = adjudicate(layer, layer, [], TEXTS[layer.doc_id], ONTOLOGY)
        assert check_layer(outcome.layer, TEXTS[layer.doc_id], ONTOLOGY) == []
