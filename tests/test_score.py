"""`score`: TextEE's numbers on any windows, documents by every variant, intervals and tests over stories, sides that do not fit."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from sketch import layer_of

from eventbank import scoring
from eventbank.cli import main
from eventbank.errors import EventBankError
from eventbank.layer import Layer
from eventbank.scoring import coreference, sides
from eventbank.scoring.bootstrap import f1, resampled, weights
from eventbank.scoring.heads import by_heads, head
from eventbank.scoring.records import record_of, windows_of
from eventbank.scoring.significance import differences
from eventbank.scoring.spans import Score
from eventbank.scoring.windows import METRICS, count

Json = dict[str, Any]
TYPES, ROLES = ("Attack", "Meet", "Launch"), ("Actor", "Place", "Target")

# TextEE's definitions once more, as the paper and `scorer.py` state them, one metric after the other, straight from the JSON


def expected(preds: Iterable[Json], golds: Iterable[Json]) -> dict[str, dict[str, float]]:
    """The six scores of the end-to-end task: what they should be, by sets of tuples over the whole file."""

    def tuples(records: Iterable[Json]) -> dict[str, set[tuple[object, ...]]]:
        sets: dict[str, set[tuple[object, ...]]] = {name: set() for name in METRICS}
        for record in records:
            where = (record["doc_id"], record["wnd_id"])
            spans = {one["id"]: (one["start"], one["end"]) for one in record["entity_mentions"]}
            for event in record["event_mentions"]:
                trigger, kind = (event["trigger"]["start"], event["trigger"]["end"]), event["event_type"]
                sets["trigger_id"].add((*where, *trigger))
                sets["trigger_cls"].add((*where, *trigger, kind))
                for argument in event["arguments"]:
                    span, role = spans[argument["entity_id"]], argument["role"]
                    sets["argument_id"].add((*where, kind, *span))
                    sets["argument_cls"].add((*where, kind, *span, role))
                    sets["argument_attached_id"].add((*where, *trigger, kind, *span))
                    sets["argument_attached_cls"].add((*where, *trigger, kind, *span, role))
        return sets

    def divided(numerator: float, denominator: float) -> float:
        return numerator / denominator if denominator > 0 else 0.0

    ours, theirs, found = tuples(preds), tuples(golds), {}
    for name in METRICS:
        match = len(ours[name] & theirs[name])
        precision, recall = divided(match, len(ours[name])), divided(match, len(theirs[name]))
        both = divided(2 * precision * recall, precision + recall)
        found[name] = {
            "pred_num": len(ours[name]),
            "gold_num": len(theirs[name]),
            "match_num": match,
            "precision": precision * 100.0,
            "recall": recall * 100.0,
            "f1": both * 100.0,
        }
    return found


def labels(rng: random.Random, size: int, most: int) -> Json:
    """Entities and events of a window, close together, so that triggers share places, events share arguments and spans share roles."""

    def span() -> Json:
        start = rng.randrange(size)
        return {"start": start, "end": min(size, start + rng.choice((1, 1, 1, 2, 3))), "text": "x"}

    entities = [{"id": f"m{at}", "entity_type": "E", **span()} for at in range(rng.randrange(1, 5))]
    events = []
    for at in range(rng.randrange(most + 1)):
        fillers = [rng.choice(entities) for _ in range(rng.randrange(4))]
        arguments = [
            {"entity_id": one["id"], "role": rng.choice(ROLES), "text": "x", "start": one["start"], "end": one["end"]} for one in fillers
        ]
        events.append({"id": f"e{at}", "event_type": rng.choice(TYPES), "trigger": span(), "arguments": arguments})
    return {"entity_mentions": entities, "event_mentions": events}


def windows(seed: int, number: int) -> tuple[list[Json], list[Json]]:
    """Gold and predicted windows: some predictions right, some near, some empty, every twentieth window twice, in another order."""
    rng = random.Random(seed)
    gold, pred = [], []
    for at in range(number):
        size = rng.randrange(1, 9)
        head = {"doc_id": f"d{at // 7}", "wnd_id": f"w{at % 7}", "text": "", "lang": "en", "tokens": ["x"] * size}
        for _ in range(1 + (at % 20 == 0)):
            gold.append(head | labels(rng, size, most=3))
            choice = rng.random()
            said = gold[-1] if choice < 0.3 else labels(rng, size, most=0 if choice > 0.9 else 3)
            pred.append(head | {key: said[key] for key in ("entity_mentions", "event_mentions")})
    rng.shuffle(pred)
    return gold, pred


def jsonl(path: Path, records: Iterable[Json]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def test_thousands_of_windows_score_as_textee_scores_them(tmp_path: Path) -> None:
    gold, pred = windows(seed=1, number=4000)
    sides_ = [scoring.read(jsonl(tmp_path / name, records)) for name, records in (("gold.jsonl", gold), ("pred.jsonl", pred))]
    found = scoring.score(*sides_).to_dict()["textee"]
    wanted = expected(pred, gold)
    assert {name: {key: found[name][key] for key in wanted[name]} for name in wanted} == wanted
    assert len({one["match_num"] for one in wanted.values()}) == len({one["f1"] for one in wanted.values()}) == 6


@given(st.integers(0, 2**32), st.integers(0, 3))
def test_few_windows_score_as_textee_scores_them(seed: int, number: int) -> None:
    gold, pred = windows(seed, number)
    ours, theirs = (windows_of(map(record_of, records)) for records in (pred, gold))
    counted = count(ours, theirs, range(len(theirs.keys)), len(theirs.keys))
    for name, one in expected(pred, gold).items():
        assert [one["pred_num"], one["gold_num"], one["match_num"]] == list(counted.groups[name].sum(axis=0))
        if name in counted.labels:
            assert list(sum(counted.labels[name].values(), np.zeros(3))) == list(counted.groups[name].sum(axis=0))


def test_columns_that_do_not_fit_into_one_integer_are_numbered_anew() -> None:
    far = 1 << 31
    columns = [np.array([0, far, far, 0]), np.array([far, 0, 0, far]), np.array([5, 5, 6, 5]), np.array([far, far, far, far])]
    from eventbank.scoring.windows import _packed

    code = _packed(columns)
    assert [list(code).index(one) for one in code] == [0, 1, 2, 0]


def window(*events: Json, doc_id: str = "d", wnd_id: str | int = "w", tokens: int = 6) -> Json:
    return {"doc_id": doc_id, "wnd_id": wnd_id, "tokens": ["x"] * tokens, "entity_mentions": [], "event_mentions": list(events)}


def happening(start: int, *arguments: tuple[int, str], kind: str = "Attack") -> Json:
    fillers = [{"role": role, "start": at, "end": at + 1} for at, role in arguments]
    return {"event_type": kind, "trigger": {"start": start, "end": start + 1}, "arguments": fillers}


def counts(pred: Json, gold: Json) -> list[list[int]]:
    counted = count(windows_of([record_of(pred)]), windows_of([record_of(gold)]), [0], 1)
    return [list(map(int, rows[0])) for rows in counted.groups.values()]


@pytest.mark.parametrize(
    ("pred", "gold", "triggers", "arguments"),
    [
        (window(), window(), [[0, 0, 0]] * 2, [[0, 0, 0]] * 4),
        (window(happening(0), happening(0, kind="Meet")), window(happening(0)), [[1, 1, 1], [2, 1, 1]], [[0, 0, 0]] * 4),
        (window(happening(0, (3, "Actor"), (3, "Place"))), window(), [[1, 0, 0]] * 2, [[1, 0, 0], [2, 0, 0]] * 2),
        (window(happening(0, (3, "Actor")), happening(1, (3, "Actor"))), window(), [[2, 0, 0]] * 2, [[1, 0, 0]] * 2 + [[2, 0, 0]] * 2),
        (window(happening(1, (3, "Actor"))), window(happening(0, (3, "Actor"))), [[1, 1, 0]] * 2, [[1, 1, 1]] * 2 + [[1, 1, 0]] * 2),
    ],
    ids=["nothing", "two types on one trigger", "one span in two roles", "one argument of two events", "argument of a wrong trigger"],
)
def test_edge_cases_of_sets(pred: Json, gold: Json, triggers: list[list[int]], arguments: list[list[int]]) -> None:
    assert counts(pred, gold) == [*triggers, *arguments]


def test_argument_stands_where_its_entity_stands() -> None:
    event = happening(0) | {"arguments": [{"entity_id": "m1", "role": "Actor", "start": 5, "end": 6}]}
    record = window(event) | {"entity_mentions": [{"id": "m1", "entity_type": "E", "start": 2, "end": 3}]}
    assert record_of(record).events[0].fillers == [("Actor", (2, 3))]


# Documents

TEXT = """
text: The navy of the North said it fired two missiles at the island in May.
mentions:
  - {id: navy, type: MIL, level: NOM, quote: The navy of the North}
  - {id: it, type: MIL, level: PRO, quote: it}
  - {id: missiles, type: WEA, level: NOM, quote: two missiles}
  - {id: may, type: TIME, quote: May}
events:
  - {id: fired, type: Weapon.Launch, quote: fired, arguments: [Actor navy, Time may], attributes: {tense: Past}}
chains:
  - [navy, it]
"""


def layer(*changes: tuple[str, str]) -> Layer:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return layer_of(text)[0]


def report(pred: Layer, gold: Layer | None = None) -> scoring.Report:
    return scoring.score(scoring.of_layers("gold", [gold or layer()]), scoring.of_layers("pred", [pred]))


def match(found: scoring.Report, part: str, metric: str) -> tuple[int, int, int]:
    counted = found.figures[part, metric].counts
    assert counted is not None
    return counted


def test_head_forgives_a_short_span_and_overlap_does_not_if_little_is_left() -> None:
    found = report(layer(("quote: The navy of the North", "quote: navy")))
    assert match(found, "exact", "argument_attached_cls") == (2, 2, 1)
    assert match(found, "overlap", "argument_attached_cls") == (2, 2, 1)
    assert match(found, "head", "argument_attached_cls") == (2, 2, 2)


def test_any_mention_of_the_right_entity_counts_once() -> None:
    assert match(report(layer(("Actor navy", "Actor it"))), "entity", "argument_entity_cls") == (2, 2, 2)
    assert match(report(layer(("Actor navy", "Actor navy, Actor it"))), "entity", "argument_entity_cls") == (2, 2, 2)
    assert match(report(layer(("Actor navy", "Actor it"))), "exact", "argument_attached_cls") == (2, 2, 1)


def test_attributes_count_with_their_trigger_and_among_the_triggers_found() -> None:
    found = report(layer(("tense: Past", "tense: Future, modality: Planned")))
    assert match(found, "attributes", "tense") == (1, 1, 0)
    assert (found.agreed["tense"], found.agreed["polarity"]) == (0.0, 100.0)
    lost = report(layer(("quote: fired", "quote: said"))).agreed
    assert lost["tense"] is None


def test_chains_score_as_the_coreference_metrics_say() -> None:
    pred = layer(("[navy, it]", "[navy, missiles]"))
    found = report(pred)
    gold_chains = [{"navy", "it"}, {"missiles"}]
    for name, metric in coreference.METRICS.items():
        ratios = metric([{"navy", "missiles"}, {"it"}], gold_chains)
        figure = found.figures["entities", name]
        assert (figure.precision, figure.recall, figure.f1.value) == pytest.approx(
            (ratios.precision * 100, ratios.recall * 100, ratios.f1 * 100)
        )
    three = [found.figures["entities", name].f1.value or 0.0 for name in ("muc", "b_cubed", "ceaf_e")]
    assert found.conll["entities"].value == pytest.approx(sum(three) / 3)


def test_without_a_link_on_either_side_there_is_no_conll_average() -> None:
    assert report(layer()).conll["events"].value is None


def test_macro_is_the_mean_over_types_of_either_side() -> None:
    found = report(layer(("type: Weapon.Launch", "type: Statement.Announce")))
    assert {label: score for (part, name, label), score in found.labels.items() if (part, name) == ("exact", "trigger_cls")} == {
        "Statement.Announce": Score(1, 0, 0),
        "Weapon.Launch": Score(0, 1, 0),
    }
    assert found.macro["exact", "trigger_cls"] == 0.0
    assert report(layer()).macro["exact", "entity_cls"] == 100.0


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("University of Michigan", "University"),
        ("the two short-range missiles", "missiles"),
        ("up to 20", "20"),
        ("three of the crew", "three"),
        ("the Hwasal-2", "Hwasal-2"),
        ("the minister's deputy", "deputy"),
        ("the minister's", "minister"),
        ("U.S.", "U.S"),
        ("2.5 million dollars", "dollars"),
        ("of", "of"),
        ("—", "—"),
        ("한국 해군", "해군"),
    ],
)
def test_head_is_the_last_word_before_the_first_preposition(phrase: str, expected: str) -> None:
    start, end = head(10, phrase)
    assert phrase[start - 10 : end - 10] == expected


@given(st.text("ab of'-.,2 ", min_size=1, max_size=30))
def test_head_lies_within_its_phrase(phrase: str) -> None:
    start, end = head(0, phrase)
    assert 0 <= start < end <= len(phrase)


def test_heads_leave_triggers_alone_and_keep_the_words() -> None:
    small = by_heads(layer())
    assert small.events == layer().events
    assert [mention.text for mention in small.mentions] == ["navy", "it", "missiles", "May"]


def test_layer_with_an_argument_that_is_not_there_is_refused() -> None:
    bare = layer(("Actor navy, ", ""))
    with pytest.raises(EventBankError) as caught:
        scoring.of_layers("pred", [replace(bare, mentions=())])
    assert caught.value.problems[0].code == "E400"


# Intervals and tests go over stories


def test_draws_in_blocks_are_the_draws_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.arange(21.0).reshape(7, 3)
    whole = weights(7, draws=50) @ table
    assert (resampled(table, draws=50) == whole).all()
    monkeypatch.setattr("eventbank.scoring.bootstrap._AT_ONCE", 20)
    assert (resampled(table, draws=50) == whole).all()


def other_documents(found: Layer, *doc_ids: str) -> list[Layer]:
    return [replace(found, doc_id=doc_id) for doc_id in doc_ids]


def test_documents_of_one_story_are_drawn_together() -> None:
    right, wrong = layer(), layer(("quote: fired", "quote: said"))
    gold = other_documents(right, "a", "b", "c")
    pred = [*other_documents(right, "a", "b"), *other_documents(wrong, "c")]

    def ends(stories: dict[str, str]) -> tuple[float | None, float | None]:
        made = scoring.score(scoring.of_layers("gold", gold, stories), scoring.of_layers("pred", pred))
        return made.figures["exact", "trigger_id"].f1.low, made.figures["exact", "trigger_id"].f1.high

    assert ends({"a": "a", "b": "a", "c": "a"}) == (None, None)
    assert ends({"a": "a", "b": "b", "c": "c"}) == (0.0, 100.0)
    one = scoring.score(scoring.of_layers("gold", gold, {"a": "a", "b": "a", "c": "c"}), scoring.of_layers("pred", pred))
    assert "|clusters:2-stories|" in one.signature


COLUMNS = st.lists(st.tuples(*[st.integers(0, 5)] * 3), min_size=1, max_size=6)


@given(COLUMNS, st.randoms(use_true_random=False))
def test_p_value_is_the_share_of_exchanges_as_extreme(rows: list[tuple[int, int, int]], rng: random.Random) -> None:
    def side(shift: int) -> np.ndarray[Any, Any]:
        return np.array([[min(a, b), a, min(a, b), b] for a, b, c in ((r[0] + shift * r[2], r[1] + r[2], r[2]) for r in rows)], float)

    one, other = side(0), side(1)
    found = differences(one, other, lambda sums: f1(sums)[:, None])[0]
    value = lambda table: float(np.nan_to_num(f1(table.sum(axis=0, keepdims=True)))[0])  # noqa: E731
    slow = []
    for swap in product((False, True), repeat=len(rows)):
        mine = np.array([b if s else a for a, b, s in zip(one, other, swap, strict=True)])
        yours = np.array([a if s else b for a, b, s in zip(one, other, swap, strict=True)])
        slow.append(abs(value(mine) - value(yours)))
    assert found.difference == pytest.approx(value(one) - value(other))
    assert found.p == sum(each >= abs(found.difference) - 1e-12 for each in slow) / len(slow)


def test_drawn_exchanges_come_near_all_exchanges_and_never_give_zero() -> None:
    rng = np.random.default_rng(3)
    right, better = (rng.binomial(10, share, 12).astype(float) for share in (0.6, 0.75))
    one, other = (np.stack([found, np.full(12, 10.0), found, np.full(12, 10.0)], axis=1) for found in (right, better))
    figures: Callable[[Any], Any] = lambda sums: f1(sums)[:, None]  # noqa: E731
    every, some = (differences(one, other, figures, trials=trials)[0].p for trials in (9999, 4000))
    assert some == pytest.approx(every, abs=0.02)
    assert every != some
    wrong, right = np.array([[0.0, 1, 0, 1]] * 40), np.ones((40, 4))
    assert differences(wrong, right, figures, trials=100)[0].p == 1 / 101


def test_a_system_does_not_differ_from_itself() -> None:
    gold = scoring.of_layers("gold", other_documents(layer(), "a", "b"))
    pred = scoring.of_layers("pred", other_documents(layer(("quote: fired", "quote: said")), "a", "b"))
    paired = scoring.compare(gold, pred, pred)
    assert {(found.difference, found.p) for found in paired.differences.values()} == {(0.0, 1.0)}
    assert "test:approximate-randomisation" in paired.signature


# What is read


@pytest.fixture(scope="module")
def predictions(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release's own sentences as JSONL, every second event left out, last window first."""
    rows = [row for file in sorted((release / "sentences").glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
    for row in rows:
        row["event_mentions"] = row["event_mentions"][::2]
    return jsonl(tmp_path_factory.mktemp("predictions") / "predictions.jsonl", rows[::-1])


def test_release_scores_as_itself(release: Path) -> None:
    found = scoring.score(scoring.read(release), scoring.read(release))
    assert {figure.f1.value for figure in found.figures.values()} == {100.0}
    assert {part for part, _ in found.figures} == {"textee", "exact", "head", "overlap", "entity", "attributes", "entities", "events"}


def test_predicted_sentences_are_scored_in_windows_and_in_their_documents(release: Path, predictions: Path) -> None:
    found = scoring.score(scoring.read(release), scoring.read(predictions))
    textee, exact = found.figures["textee", "trigger_cls"], found.figures["exact", "trigger_cls"]
    assert textee.counts is not None
    assert textee.counts == exact.counts
    assert textee.counts[0] == textee.counts[2] < textee.counts[1]
    assert found.figures["exact", "value_cls"].f1.value == 100.0
    assert found.figures["exact", "argument_attached_cls"].recall < found.figures["textee", "argument_attached_cls"].recall
    assert {part for part, _ in found.figures} == {"textee", "exact", "head", "overlap", "entity"}


@pytest.mark.parametrize("config", ["events", "sentences"])
def test_parquet_of_a_release_will_do(release: Path, predictions: Path, config: str) -> None:
    found = scoring.score(scoring.read(release / config), scoring.read(release / config))
    assert {part for part, _ in found.figures} >= ({"textee"} if config == "sentences" else {"exact", "entities"})
    file = next((release / config).glob("test-*.parquet"))
    one = scoring.score(scoring.read(file), scoring.read(release, "test"))
    assert {figure.f1.value for figure in one.figures.values()} == {100.0}


def codes(error: pytest.ExceptionInfo[EventBankError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def test_windows_of_one_side_alone_are_named_e701(tmp_path: Path) -> None:
    gold = scoring.read(jsonl(tmp_path / "gold", [window(wnd_id="w1"), window(doc_id="e"), window(doc_id="f")]))
    pred = scoring.read(jsonl(tmp_path / "pred", [window(wnd_id="w2"), window(doc_id="e"), window(doc_id="e")]))
    with pytest.raises(EventBankError) as error:
        scoring.score(gold, pred)
    assert codes(error) == ["E701"] * 3
    said = str(error.value)
    assert "missing w1; not in the gold w2" in said
    assert "windows not in the gold w" in said  # a window that comes twice here and once there
    assert " f: " in said


def test_many_documents_of_one_side_are_all_named(tmp_path: Path) -> None:
    gold = scoring.read(jsonl(tmp_path / "gold", [window(doc_id=f"d{at}") for at in range(60)]))
    with pytest.raises(EventBankError) as error:
        scoring.score(gold, scoring.read(jsonl(tmp_path / "pred", [])))
    assert all(f"d{at}" in str(error.value) for at in range(60))


def test_documents_of_one_side_alone_are_named_e701() -> None:
    gold, pred = (scoring.of_layers(name, other_documents(layer(), *ids)) for name, ids in (("gold", "ab"), ("pred", "bc")))
    with pytest.raises(EventBankError) as error:
        scoring.score(gold, pred)
    assert [(problem.place.doc_id, problem.message.rpartition(": ")[2]) for problem in error.value.problems] == [
        ("a", "pred does not have it"),
        ("c", "gold does not have it"),
    ]


def test_other_tokens_and_other_texts_are_refused_e702(tmp_path: Path, release: Path, predictions: Path) -> None:
    gold = scoring.read(jsonl(tmp_path / "gold", [window()]))
    with pytest.raises(EventBankError) as error:
        scoring.score(gold, scoring.read(jsonl(tmp_path / "pred", [window(tokens=5)])))
    assert codes(error) == ["E702"]
    texts = [scoring.of_layers(name, [layer()], texts={"d1": name}) for name in ("one", "other")]
    with pytest.raises(EventBankError) as error:
        scoring.score(*texts)
    assert codes(error) == ["E702"]
    rows = [json.loads(line) for line in predictions.read_text("utf-8").splitlines()]
    far = [row | {"tokens": None, "event_mentions": [happening(500)], "entity_mentions": []} for row in rows]
    with pytest.raises(EventBankError) as error:
        scoring.score(scoring.read(release), scoring.read(jsonl(tmp_path / "far", far)))
    assert codes(error) == ["E702"]


def test_windows_against_documents_alone_are_refused_e703(release: Path, predictions: Path) -> None:
    with pytest.raises(EventBankError) as error:
        scoring.score(scoring.read(release / "events"), scoring.read(predictions))
    assert codes(error) == ["E703"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Expecting property name"),
        ("[]", "expected a JSON object"),
        ('{"doc_id": 1}', "doc_id and wnd_id"),
        ('{"doc_id": "d", "wnd_id": "w"}', "event_mentions is missing"),
        ('{"doc_id": "d", "wnd_id": "w", "tokens": "x", "event_mentions": []}', "tokens must be a list"),
        ('{"doc_id": "d", "wnd_id": "w", "event_mentions": [1]}', "another shape"),
        ('{"doc_id": "d", "wnd_id": "w", "event_mentions": [{"event_type": "A", "arguments": []}]}', "trigger is missing"),
        (json.dumps(window(happening(6))), "a trigger stands at [6, 7), which are no tokens of 6"),
        (json.dumps(window(happening(0, (1, "Actor")))).replace('"Actor"', "null"), "role must be text"),
        ("[" * 5000, "recursion"),
    ],
)
def test_bad_records_are_named_with_their_line_e700(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "pred.jsonl"
    file.write_text(f"{json.dumps(window())}\n\n{line}\n{line}\n", "utf-8")
    with pytest.raises(EventBankError, match=r"E700 .*pred.jsonl:3") as error:
        sides.read(file)
    assert [problem.place.line for problem in error.value.problems] == [3, 4]
    assert said in str(error.value)


def test_what_is_no_release_is_refused_e710(tmp_path: Path) -> None:
    pq.write_table(pa.table({"doc_id": ["d"]}), tmp_path / "other.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    (tmp_path / "empty").mkdir()
    shape = pa.table({"doc_id": ["d"], "text": [""], "entities": [[1]], "values": [[1]], "events": [[1]]})
    pq.write_table(shape, tmp_path / "shape.parquet")
    (tmp_path / "release" / "events").mkdir(parents=True)
    for name in ("other.parquet", "broken.parquet", "empty", "shape.parquet", "release"):
        with pytest.raises(EventBankError) as error:
            sides.read(tmp_path / name)
        assert codes(error) == ["E710"], name


def test_what_a_release_without_labels_lacks_is_said_e741(unlabelled: Path, release: Path) -> None:
    for split, code in ((None, "E741"), ("train", "E741"), ("validation", "E742"), ("tset", "E742")):
        with pytest.raises(EventBankError) as error:
            sides.read(unlabelled, split)
        assert codes(error) == [code], split
    with pytest.raises(EventBankError, match=r"E742 .*nothing in the split tset; there is test, train, validation"):
        sides.read(release / "events", "tset")
    assert "E741" in call("score", unlabelled, unlabelled).stderr


# The command


def call(*words: str | Path) -> Result:
    found = CliRunner().invoke(main, [str(word) for word in words])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


def test_command_prints_a_table_and_json_with_the_same_numbers(release: Path, predictions: Path) -> None:
    found = json.loads(call("score", release, predictions, "--json").stdout)
    assert list(found)[:2] == ["signature", "textee"]
    assert list(found["textee"]) == list(METRICS)
    assert list(found["textee"]["trigger_id"])[:6] == ["pred_num", "gold_num", "match_num", "precision", "recall", "f1"]
    table = call("score", release, predictions).stdout
    assert f"{found['textee']['trigger_cls']['f1']:.2f}" in table
    assert table.rstrip().endswith(found["signature"])
    assert max(map(len, table.splitlines()[:-1])) <= 100


def test_command_tests_two_systems_and_refuses_what_does_not_fit(release: Path, predictions: Path) -> None:
    found = json.loads(call("score", release, predictions, "--against", release, "--json").stdout)
    assert found["textee"]["trigger_cls"]["difference"] < 0 < found["textee"]["trigger_cls"]["p"] <= 1
    assert "p" in call("score", release, predictions, "--against", release).stdout
    assert call("score", release, predictions, "--split", "test").exit_code == 1
