"""Baselines: what they learn and say of windows, models as files, and predictions for scoring and for annotators."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sketch import LAYERS, ONTOLOGY, layer_of

from eventbank import scoring
from eventbank.baselines import dictionary, linear, models, results
from eventbank.baselines.dictionary import forms
from eventbank.baselines.windows import Labels, Window, labelled, outermost, record, windows
from eventbank.cli import main
from eventbank.errors import EventBankError
from eventbank.labelstudio import codec, nodes
from eventbank.ontology import load
from eventbank.scoring.lift import Sentence
from eventbank.scoring.records import record_of

REAL = load(Path(__file__).parent.parent / "schema" / "ontology.yaml")

LEARNED = """
text: The navy fired a rocket at dawn.
mentions:
  - {id: navy, type: MIL, level: NOM, quote: The navy}
  - {id: rocket, type: WEA, level: NOM, quote: a rocket}
events:
  - {id: fired, type: Weapon.Launch, quote: fired, arguments: [Actor navy, Weapon rocket]}
"""


def window(text: str) -> Window:
    (found,) = windows("d1", text, "en")
    return found


def example(sketch: str = LEARNED) -> tuple[Window, Labels]:
    layer, text = layer_of(sketch)
    return window(text), labelled(window(text), layer)


def test_windows_are_the_sentences_that_a_release_has(release: Path) -> None:
    import pyarrow.parquet as pq

    from eventbank.released import load_release, texts

    rows = {row["wnd_id"]: row for file in (release / "sentences").glob("*.parquet") for row in pq.read_table(file).to_pylist()}
    made = {one.wnd_id: one for doc_id, (text, _, lang) in texts(release).items() for one in windows(doc_id, text, lang)}
    assert rows.keys() == made.keys()
    assert all(
        tuple(row["tokens"]) == made[name].sentence.tokens and row["start"] == made[name].sentence.start for name, row in rows.items()
    )
    layers = load_release(release).layers
    for name, row in rows.items():
        labels = labelled(made[name], layers[row["doc_id"]])
        assert set(labels.triggers) == {(event["trigger"]["start"], event["trigger"]["end"]) for event in row["event_mentions"]}
        assert set(labels.mentions) == {(mention["start"], mention["end"]) for mention in row["entity_mentions"]}


def test_labels_of_a_window_come_back_from_its_record() -> None:
    place, labels = example()
    found = record_of(record(place, labels))
    assert [(event.type, event.trigger, event.fillers) for event in found.events] == [
        ("Weapon.Launch", (2, 3), [("Actor", (0, 2)), ("Weapon", (3, 5))])
    ]


def test_outermost_spans_do_not_overlap() -> None:
    assert outermost([(0, 2), (1, 2), (1, 4), (4, 5)]) == [(0, 2), (4, 5)]


# (a) the dictionary


def test_dictionary_finds_learned_words_and_the_nearest_fitting_fillers() -> None:
    model = dictionary.train([example()], REAL)
    found = model.predict(window("On Monday a rocket was fired by the navy and a rocket fell."))
    assert found.triggers == {(5, 6): "Weapon.Launch"}
    assert set(found.arguments) == {((5, 6), "Actor", (7, 9)), ((5, 6), "Weapon", (2, 4))}


def test_dictionary_leaves_out_words_that_are_labelled_in_less_than_half_of_their_places() -> None:
    place = window("The navy fired, fired and fired a rocket.")
    once = Labels({}, {(2, 3): "Weapon.Launch"})
    assert "fired" not in dictionary.train([(place, once)], REAL).triggers
    twice = Labels({}, {(2, 3): "Weapon.Launch", (4, 5): "Weapon.Launch"})
    assert dictionary.train([(place, twice)], REAL).triggers["fired"] == "Weapon.Launch"


def test_seeds_join_where_they_name_one_type_and_training_has_not_seen_them() -> None:
    triggers = dictionary.train([example()], REAL).triggers
    assert triggers["withdrawing"] == triggers["withdrew" if "withdrew" in triggers else "withdraws"] == "Military.Withdraw"
    assert "vowed" not in triggers, "a seed of two types"
    seen = dictionary.train([example(), (window("They deny it."), Labels({}, {}))], REAL).triggers
    assert ("deny" in seen, seen["denied"]) == (False, "Statement.Reject")


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        ("fire", "fire fires fired firing"),
        ("deny", "deny denies denied denying"),
        ("pull out", "pull out|pulls out|pulled out|pulling out"),
    ],
)
def test_forms_of_a_seed(seed: str, expected: str) -> None:
    assert list(forms(seed)) == (expected.split("|") if "|" in expected else expected.split())


# (b) the linear model


def test_linear_model_says_again_what_it_has_learned() -> None:
    place, labels = example()
    model = linear.train([(place, labels)], ONTOLOGY)
    found = model.predict(place)
    assert (found.triggers, found.mentions, set(found.arguments)) == (labels.triggers, labels.mentions, set(labels.arguments))


def test_linear_model_gives_no_role_that_the_ontology_forbids() -> None:
    place, labels = example()
    model = linear.train([(place, Labels(labels.mentions, labels.triggers, [((2, 3), "Actor", (3, 5))]))], ONTOLOGY)
    assert not ONTOLOGY.may_fill("Weapon.Launch", "Actor", "WEA")
    assert model.predict(place).arguments == []


def test_nothing_to_learn_from_gives_a_model_that_says_nothing() -> None:
    for kind in models.KINDS:
        assert models.train(kind, [], ONTOLOGY).predict(window("The navy met nobody.")).mentions == {}


def test_without_scikit_learn_the_extra_is_named_e713(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    with pytest.raises(EventBankError, match=r"E713 .*eventbank\[baselines\]"):
        linear.train([example()], ONTOLOGY)


# Models as files


@pytest.mark.parametrize("kind", models.KINDS)
def test_a_model_comes_back_from_its_file_and_says_the_same(kind: str) -> None:
    place, _ = example()
    model = models.train(kind, [example()], ONTOLOGY)
    again = models.load(models.dump(model))
    assert models.dump(again) == models.dump(model) == models.dump(models.train(kind, [example()], ONTOLOGY))
    assert again.predict(place) == model.predict(place)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"kind": "other"}', b'{"kind": "dictionary", "triggers": {"a": 1}, "mentions": {}, "roles": {}}']
)
def test_what_is_no_model_is_refused_e714(data: bytes) -> None:
    with pytest.raises(EventBankError, match="E714"):
        models.load(data, "model.json")


# Predictions


def test_predictions_for_annotators_are_labels_that_label_studio_shows() -> None:
    layer, text = layer_of(LEARNED)
    ontology = load(LAYERS / "ontology.yaml")
    model = models.train("dictionary", [example()], ontology)
    (task,) = models.tasks(models.predict(model, "d1", text, "en"), {"d1": (text, "Title", "en")}, "dictionary", ontology)
    assert (task["annotations"], task["predictions"][0]["model_version"]) == ([], "dictionary")
    seen = {"completed_by": {"email": "prediction@annotators.invalid"}, "result": task["predictions"][0]["result"]}
    layers, problems = codec.layers([{"data": task["data"], "annotations": [seen]}], "x.json", ontology, {"d1": text})
    assert problems == []
    assert [(one.type, one.text) for one in layers[0].mentions] == [(one.type, one.text) for one in layer.mentions]
    assert len(layers[0].events[0].arguments) == 2


def call(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize("kind", models.KINDS)
def test_command_writes_records_that_score_takes_and_tasks_that_push_takes(release: Path, tmp_path: Path, kind: str) -> None:
    out, tasks, saved = tmp_path / "p.jsonl", tmp_path / "tasks.json", tmp_path / "model.json"
    where = ("--corpus", release.parent, "--split", "test")
    done = call("predict", kind, release, "--out", out, "--label-studio", tasks, "--save", saved, *where)
    assert done.exit_code == 0, done.output
    found = scoring.score(scoring.read(release, "test"), scoring.read(out))
    assert 0 < (found.figures["textee", "trigger_cls"].f1.value or 0) < 100
    assert nodes.parse(tasks.read_bytes())[0]["predictions"][0]["model_version"] == kind
    again = call("predict", saved, release, "--out", tmp_path / "again.jsonl", "--json", *where)
    assert json.loads(again.stdout)["model"].startswith(kind)
    assert (tmp_path / "again.jsonl").read_bytes() == out.read_bytes()


def test_command_refuses_a_model_that_is_none_and_a_folder_that_is_no_release(release: Path, tmp_path: Path) -> None:
    assert "E714" in call("predict", "no-such", release, "--out", tmp_path / "p", "--corpus", release.parent).stderr
    assert "E710" in call("predict", "dictionary", tmp_path, "--out", tmp_path / "p", "--corpus", release.parent).stderr
    assert not (tmp_path / "p").exists()


def test_without_labels_there_is_nothing_to_learn_e741(unlabelled: Path, release: Path, tmp_path: Path) -> None:
    where = ("--out", tmp_path / "p", "--corpus", unlabelled.parent)
    assert "E741" in call("predict", "dictionary", unlabelled, *where).stderr
    assert not (tmp_path / "p").exists()
    assert call("predict", "dictionary", unlabelled, "--train", release, *where).exit_code == 0


def test_tokens_of_a_sentence_lead_back_to_its_text() -> None:
    found = Sentence(10, "U.S. navy's", ("U.S.", "navy", "'s"))
    assert found.place((0, 2)) == (10, 19, "U.S. navy")


# Scores on the card


def test_scores_are_those_of_the_command_and_stand_on_the_card_with_intervals(corpus_root: Path) -> None:
    from eventbank.build import build
    from eventbank.corpus import open_corpus
    from eventbank.inputs import read

    corpus = open_corpus(corpus_root)
    inputs = read(corpus)
    found = results.measure(inputs.documents, inputs.gold, inputs.placements, inputs.ontology)
    results.write(corpus.root / results.FILE, found)
    build(corpus)
    out = corpus_root / "p.jsonl"
    call("predict", "dictionary", corpus.dataset, "--out", out, "--corpus", corpus_root, "--split", "test")
    scored = scoring.score(scoring.read(corpus.dataset, "test"), scoring.read(out)).to_dict()["textee"]
    stated = found["models"]["dictionary"]["test"]["scores"]
    assert {name: round(one["f1"], 2) for name, one in scored.items()} == {name: one["f1"] for name, one in stated.items()}
    crossed = found["models"]["dictionary"]["crossed"]["scores"]["trigger_cls"]
    assert crossed["f1_low"] < crossed["f1"] < crossed["f1_high"]
    card = (corpus.dataset / "README.md").read_text("utf-8")
    assert f"{crossed['f1']:.1f} [{crossed['f1_low']:.1f}, {crossed['f1_high']:.1f}]" in card
    assert json.loads((corpus.dataset / "baselines.json").read_text("utf-8"))["models"] == found["models"]


def test_scores_of_other_labels_are_left_out_with_a_warning_w715(corpus_root: Path) -> None:
    from eventbank.corpus import open_corpus
    from eventbank.inputs import read

    path = corpus_root / results.FILE
    results.write(path, {"labels": "0" * 64, "models": {}})
    inputs = read(open_corpus(corpus_root))
    assert inputs.baselines is None
    assert "W715" in {problem.code for problem in inputs.problems}
    path.write_text("labels: x\nscores: {}\n", "utf-8")
    with pytest.raises(EventBankError, match="E002"):
        results.read(path, inputs.gold)


def test_a_corpus_without_labels_has_no_scores() -> None:
    assert results.measure([], {}, {}, REAL)["models"] == {"dictionary": {}, "linear": {}}
