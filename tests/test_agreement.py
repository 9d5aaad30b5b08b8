"""Agreement of annotators: figures equal to those computed by hand, and the command in a corpus with two passes."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import LONG
from sketch import LAYERS, ONTOLOGY, layer_of

from eventbank.agreement import Agreement, agree, krippendorff_alpha, passes, table
from eventbank.cli import main
from eventbank.corpus import open_corpus
from eventbank.errors import EventBankError
from eventbank.inputs import read_documents
from eventbank.labelstudio.codec import encode
from eventbank.labelstudio.nodes import dump
from eventbank.layer import Argument, Event, Layer, Mention
from eventbank.scoring.bootstrap import Estimate
from eventbank.scoring.spans import Score

# A is good.yaml: the navy and it are one entity; it fired a missile on Monday, and announced that. B, on the same text, leaves out the
# article of the navy, calls the missile a state, links nothing, lets `it` be the one who fired, gives no time, and misses the second event.
A = layer_of(LAYERS / "good.yaml")[0]
B = layer_of(
    """
text: The navy fired a missile on Monday, it announced.
mentions:
  - {id: navy, type: MIL, level: NOM, quote: navy}
  - {id: missile, type: GPE, level: NOM, quote: a missile}
  - {id: monday, type: TIME, quote: Monday}
  - {id: it, type: MIL, level: PRO, quote: it}
events:
  - {id: fired, type: Weapon.Launch, quote: fired, attributes: {tense: Future}, arguments: [Actor it, Weapon missile]}
"""
)[0]


def by(annotator: str, layer: Layer, doc_id: str = "d1") -> Layer:
    return replace(layer, annotator=annotator, doc_id=doc_id)


def found(*layers: Layer) -> Agreement:
    return agree(layers, ONTOLOGY)


AB = found(by("a", A), by("b", B)).overall


@pytest.mark.parametrize(
    ("metric", "exact", "overlap"),
    [
        ("entity_id", Score(3, 3, 2), Score(3, 3, 3)),
        ("entity_cls", Score(3, 3, 1), Score(3, 3, 2)),
        ("value_id", Score(1, 1, 1), Score(1, 1, 1)),
        ("value_cls", Score(1, 1, 1), Score(1, 1, 1)),
        ("trigger_id", Score(1, 2, 1), Score(1, 2, 1)),
        ("trigger_cls", Score(1, 2, 1), Score(1, 2, 1)),
        ("argument_id", Score(2, 5, 1), Score(2, 5, 1)),
        ("argument_cls", Score(2, 5, 1), Score(2, 5, 1)),
        ("argument_attached_id", Score(2, 5, 1), Score(2, 5, 1)),
        ("argument_attached_cls", Score(2, 5, 1), Score(2, 5, 1)),
        ("argument_entity_id", Score(2, 5, 2), Score(2, 5, 2)),
        ("argument_entity_cls", Score(2, 5, 2), Score(2, 5, 2)),
    ],
)
def test_scores_are_those_computed_by_hand(metric: str, exact: Score, overlap: Score) -> None:
    assert {name: scored.score for name, scored in AB.scores[metric].items()} == {"exact": exact, "overlap": overlap}
    for scored in AB.scores[metric].values():
        assert scored.f1.value == pytest.approx(scored.score.f1)


def test_f1_is_the_same_in_both_directions_and_precision_is_the_others_recall() -> None:
    back = found(by("z", A), by("b", B)).overall
    for name, variants in AB.scores.items():
        for variant, scored in variants.items():
            there = back.scores[name][variant].score
            assert (scored.score.precision, scored.score.recall, scored.score.f1) == (there.recall, there.precision, there.f1)


@pytest.mark.parametrize(
    ("variable", "units", "alpha"),
    [
        ("event_type", 1, None),  # one value, so nothing to be confused with
        ("role", 1, None),
        ("tense", 1, 0.0),  # 1 - (2 - 1)·2 / (4 - 2)
        ("entity_type", 3, 1 - 5 * 2 / (36 - 18)),  # MIL MIL, WEA GPE, MIL MIL
        ("level", 3, 1.0),
        ("value_type", 1, None),
    ],
)
def test_alpha_and_units_are_those_computed_by_hand(variable: str, units: int, alpha: float | None) -> None:
    assert AB.alpha[variable].units == units
    assert AB.alpha[variable].alpha.value == (alpha if alpha is None else pytest.approx(alpha))


@pytest.mark.parametrize(
    ("ours", "theirs", "alpha"),
    [
        ("0100000010", "1110010000", 0.095),
        ("aabbdcccedda", "babbbccceddd", 0.692),
    ],
)
def test_alpha_of_krippendorffs_own_examples(ours: str, theirs: str, alpha: float) -> None:
    """Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", sections A and B."""
    assert krippendorff_alpha(list(zip(ours, theirs, strict=True))) == pytest.approx(alpha, abs=0.0006)


def test_coreference_over_all_mentions_is_that_computed_by_hand() -> None:
    # A: {navy, it}, {missile}; B: {another span}, {it}, {missile}
    entities = AB.coreference["entities"]["all"]
    assert entities.mentions == (3, 3)
    assert entities.muc.value == 0
    assert entities.b_cubed.value == pytest.approx(4 / 7)  # recall (0 + 1/2 + 1) / 3, precision (0 + 1 + 1) / 3
    assert entities.ceaf_e.value == pytest.approx(2 / 3)  # 2/3 + 1 over 2 and over 3
    assert entities.lea.value == pytest.approx(1 / 3)
    assert entities.conll.value == pytest.approx((0 + 4 / 7 + 2 / 3) / 3)


def test_average_is_undefined_where_neither_has_a_link() -> None:
    shared = AB.coreference["entities"]["shared"]
    assert shared.mentions == (2, 2)
    assert (shared.muc.value, shared.conll.value, shared.lea.value) == (None, None, 1)


def test_missed_triggers_are_told_from_confused_types() -> None:
    assert (AB.triggers.both, AB.triggers.only_a, AB.triggers.only_b, AB.triggers.missed.value) == (1, 1, 0, 0.5)
    assert (AB.triggers.other_type, AB.triggers.confused.value) == (0, 0)
    retyped = replace(B, events=tuple(replace(event, type="Statement.Announce") for event in B.events))
    other = found(by("a", A), by("b", retyped)).overall
    assert (other.triggers.missed.value, other.triggers.other_type, other.triggers.confused.value) == (0.5, 1, 1)
    assert other.confusions["event_type"][0].values == ("Statement.Announce", "Weapon.Launch")


def test_types_have_their_own_scores_and_the_order_of_the_ontology() -> None:
    assert list(AB.types["entity_types"]) == ["MIL", "GPE", "WEA"]
    assert AB.types["entity_types"]["MIL"] == {"exact": Score(2, 2, 1), "overlap": Score(2, 2, 2)}
    assert AB.types["event_types"]["Statement.Announce"]["exact"] == Score(0, 1, 0)
    assert AB.types["roles"]["Actor"]["exact"] == Score(1, 2, 0)


def test_confused_pairs_are_counted_without_direction() -> None:
    pairs = [(one.values, one.count) for one in AB.confusions["entity_type"]]
    assert pairs == [(("GPE", "WEA"), 1)]
    twice = found(by("a", A), by("b", B), by("a", B, "d2"), by("b", A, "d2")).overall
    assert [(one.values, one.count) for one in twice.confusions["entity_type"]] == [(("GPE", "WEA"), 2)]


# Several documents, several annotators


def test_layer_agrees_with_itself() -> None:
    same = found(by("a", A), by("b", A)).overall
    assert all(scored.f1.value in (1, None) for variants in same.scores.values() for scored in variants.values())
    assert all(one.alpha.value in (1, None) for one in same.alpha.values())
    assert {one.lea.value for scopes in same.coreference.values() for one in scopes.values()} == {1}
    assert not any(same.confusions.values())


def test_documents_that_one_annotator_labelled_are_left_out_and_pairs_are_added_up() -> None:
    three = found(by("a", A), by("b", B), by("c", A), by("a", A, "d2"), by("b", A, "d2"), by("a", A, "d3"))
    assert [(pair.annotators, pair.documents) for pair in three.pairs] == [
        (("a", "b"), ("d1", "d2")),
        (("a", "c"), ("d1",)),
        (("b", "c"), ("d1",)),
    ]
    assert three.overall.annotators == ("a", "b", "c")
    scores = [pair.scores["trigger_cls"]["exact"].score for pair in three.pairs]
    assert three.overall.scores["trigger_cls"]["exact"].score == sum(scores, Score()) == Score(3 + 2 + 2, 4 + 2 + 1, 3 + 2 + 1)


def test_interval_is_over_documents_and_needs_two() -> None:
    assert AB.scores["trigger_id"]["exact"].f1 == Estimate(pytest.approx(2 / 3))
    two = found(by("a", A), by("b", B), by("a", A, "d2"), by("b", A, "d2")).overall.scores["trigger_id"]["exact"].f1
    assert two.value == pytest.approx(6 / 7)
    assert (two.low, two.high) == (pytest.approx(2 / 3), 1)


def test_order_of_layers_and_ids_do_not_matter() -> None:
    layers = [by("a", A), by("b", B), by("a", B, "d2"), by("b", A, "d2")]
    expected = found(*layers).to_dict()
    random.Random(1).shuffle(layers)
    assert found(*layers).to_dict() == expected


def test_dictionary_is_json_with_floats_of_four_decimals() -> None:
    data = found(by("a", A), by("b", B), by("a", B, "d2"), by("b", A, "d2")).to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["method"] == {
        "reference": "B against A",
        "overlap_iou": 0.5,
        "interval": 0.95,
        "draws": 1000,
        "seed": 20240229,
        "drawn": "documents",
    }
    assert data["overall"]["scores"]["entity_id"]["exact"]["f1"] == {"value": 0.6667, "low": 0.6667, "high": 0.6667}
    assert data["overall"]["alpha"]["entity_type"]["units"] == 6


def test_empty_layers_agree_on_nothing() -> None:
    empty = Layer("d1", "a", "")
    nothing = found(empty, replace(empty, annotator="b"))
    assert nothing.overall.scores["trigger_id"]["exact"].score.f1 == 0
    assert nothing.overall.scores["trigger_id"]["exact"].f1 == Estimate(None)
    assert all(len(line) <= 100 for line in table(nothing))


# Problems


def codes(*layers: Layer) -> set[str]:
    with pytest.raises(EventBankError) as caught:
        found(*layers)
    return {problem.code for problem in caught.value.problems}


def test_e460_no_document_with_two_annotators() -> None:
    assert codes() == codes(by("a", A), by("b", B, "d2")) == {"E460"}


def test_e462_two_layers_of_one_annotator() -> None:
    assert codes(by("a", A), by("a", B)) == {"E462"}


def test_e463_layers_of_two_texts() -> None:
    assert codes(by("a", A), by("b", replace(B, text_sha256="0" * 64))) == {"E463"}


def test_e400_layer_that_does_not_hold_together() -> None:
    assert codes(by("a", A), by("b", replace(B, mentions=B.mentions[1:]))) == {"E400"}


def test_gold_is_no_pass() -> None:
    layers = [replace(A, source="annotations/gold.json"), replace(A, source="annotations/pass-1.json")]
    assert passes(layers) == layers[1:]


# The command

TEXT = f"{LONG}\n\nThe navy fired a missile on Monday, it announced. {LONG}"


@pytest.fixture
def corpus(small: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus with one document, labelled by two annotators, in which no gold exists."""
    root = small({"d1": TEXT})
    monkeypatch.chdir(root)
    document = read_documents(open_corpus(root))[0][0]
    shutil.copy(LAYERS / "ontology.yaml", root / "schema" / "ontology.yaml")

    def place(quote: str) -> tuple[int, int, str]:
        start = document.text.index(quote)
        return start, start + len(quote), quote

    for number, weapon in ((1, "a missile"), (2, "missile")):
        mentions = (
            Mention("navy", "entity", "MIL", *place("The navy"), level="NOM"),
            Mention("missile", "entity", "WEA", *place(weapon), level="NOM"),
        )
        arguments = (Argument("Actor", "mention", "navy"), Argument("Weapon", "mention", "missile"))
        fired = Event("fired", "Weapon.Launch", *place("fired"), ONTOLOGY.defaults(), "Actual", arguments)
        chains = (frozenset({"navy"}), frozenset({"missile"}))
        layer = Layer("d1", f"annotator-{number}", document.text_sha256, mentions, (fired,), chains, (frozenset({"fired"}),))
        (root / "annotations" / f"pass-{number}.json").write_bytes(dump([encode(layer, document.text, None, ONTOLOGY)]))
    return root


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["agree", *words])


def test_command_needs_no_gold_and_prints_a_table_that_fits(corpus: Path) -> None:
    result = run()
    assert (result.exit_code, CliRunner().invoke(main, ["build"]).exit_code) == (0, 1)
    lines = result.output.splitlines()
    assert max(map(len, lines)) <= 100
    assert "annotator-1 (A) and annotator-2 (B) on 1 document" in lines
    row = next(line for line in lines if line.startswith("arguments (AI+)"))
    assert row.split() == ["arguments", "(AI+)", "2", "2", "0.500", "1.000"]


def test_command_gives_json_to_a_file_or_the_screen(corpus: Path) -> None:
    assert run("--json", "--out", "sub/agreement.json").exit_code == 0
    data = json.loads((corpus / "sub" / "agreement.json").read_text("utf-8"))
    assert data == json.loads(run("--json").output)
    assert data["overall"]["scores"]["argument_attached_cls"]["overlap"]["score"]["match_num"] == 2


def test_command_refuses_a_single_annotator_and_looks_past_gold(corpus: Path) -> None:
    (corpus / "annotations" / "pass-2.json").rename(corpus / "annotations" / "gold.json")
    result = run()
    assert (result.exit_code, "E460" in result.stderr) == (1, True)
    assert "annotator-1; documents: 1" in result.stderr


def test_command_refuses_labels_that_build_would_refuse(corpus: Path) -> None:
    path = corpus / "annotations" / "pass-2.json"
    path.write_text(path.read_text("utf-8").replace('"Weapon"', '"Content"'), "utf-8")
    result = run("--json")
    assert result.exit_code == 1
    assert "E432" in {problem["code"] for problem in json.loads(result.stdout)["problems"]}
