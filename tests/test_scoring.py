"""Scores over sets of spans: TextEE's definitions, overlap by the best one-to-one matching, credit by entity, intervals."""

from __future__ import annotations

from itertools import combinations, permutations

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sketch import layer_of

from eventbank.layer import Argument, Event, Layer, Mention, closed
from eventbank.scoring import spans
from eventbank.scoring.assignment import best_matching
from eventbank.scoring.bootstrap import Estimate, estimate, f1, nominal_alpha, ratio, weights
from eventbank.scoring.spans import ENTITY_METRICS, METRICS, Score, by_label, credit, exact, matching, overlap, overlap_of

TYPES, ROLES = ("Weapon.Launch", "Statement.Announce", "Diplomacy.Meet"), ("Actor", "Place")
SPANS = st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@st.composite
def layers(draw: st.DrawFn, doc_id: str = "d1") -> Layer:
    """A layer with any spans, types and chains; several may stand on one span."""
    kinds = st.tuples(st.sampled_from(["entity", "value"]), st.sampled_from(["MIL", "GPE"]))
    mentions = [
        Mention(f"m{n}", kind, type_, *span, "")
        for n, (span, (kind, type_)) in enumerate(draw(st.lists(st.tuples(SPANS, kinds), max_size=5)))
    ]
    places = draw(st.lists(st.tuples(SPANS, st.sampled_from(TYPES)), max_size=4))
    fillers = [("mention", mention.id) for mention in mentions] + [("event", f"e{n}") for n in range(len(places))]
    pairs = st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(fillers or [("mention", "")])), max_size=3)
    events = tuple(
        Event(f"e{n}", type_, *span, "", {}, "Actual", tuple(Argument(role, *filler) for role, filler in draw(pairs)))
        for n, (span, type_) in enumerate(places)
    )
    entities = [mention.id for mention in mentions if mention.kind == "entity"]
    links = draw(st.lists(st.tuples(st.sampled_from(entities), st.sampled_from(entities)), max_size=3)) if entities else []
    chains = closed(entities, links)
    return Layer(doc_id, "a1", "", tuple(mentions), events, chains, tuple(frozenset({event.id}) for event in events))


# Scores


def test_score_of_counts() -> None:
    score = Score(pred_num=4, gold_num=5, match_num=2)
    assert (score.precision, score.recall) == (0.5, 0.4)
    assert score.f1 == pytest.approx(4 / 9)
    assert score.to_dict() == {"pred_num": 4, "gold_num": 5, "match_num": 2, "precision": 0.5, "recall": 0.4, "f1": score.f1}


def test_nothing_against_nothing_is_zero_as_in_textee() -> None:
    assert (exact(set(), set()), exact(set(), set()).f1) == (Score(0, 0, 0), 0.0)
    assert Score(3, 0, 0).f1 == Score(0, 3, 0).f1 == 0.0


def test_scores_of_documents_are_added_before_dividing() -> None:
    assert (Score(1, 1, 1) + Score(3, 1, 0)).precision == 0.25


# TextEE's definitions, on the consequences that follow from sets

FIRED = """
text: The navy fired and fired again at the island in May.
mentions:
  - {id: navy, type: MIL, level: NOM, quote: The navy}
  - {id: may, type: TIME, quote: May}
events:
"""


def event(id_: str, start: int, arguments: str, type_: str = "Weapon.Launch") -> str:
    return f"  - {{id: {id_}, type: {type_}, start: {start}, end: {start + 5}, text: fired, arguments: [{arguments}]}}\n"


def counts(sketch: str) -> dict[str, int]:
    layer, _ = layer_of(sketch)
    return {name: len(metric(layer)) for name, metric in METRICS.items() if name.startswith(("argument", "trigger"))}


def test_two_events_of_one_type_that_share_an_argument_count_once_unattached_and_twice_attached() -> None:
    assert counts(FIRED + event("one", 9, "Actor navy") + event("two", 19, "Actor navy")) == {
        "trigger_id": 2,
        "trigger_cls": 2,
        "argument_id": 1,
        "argument_cls": 1,
        "argument_attached_id": 2,
        "argument_attached_cls": 2,
    }


def test_one_span_in_two_roles_is_one_for_identification_and_two_for_classification() -> None:
    assert counts(FIRED + event("one", 9, "Actor navy, Content navy")) == {
        "trigger_id": 1,
        "trigger_cls": 1,
        "argument_id": 1,
        "argument_cls": 2,
        "argument_attached_id": 1,
        "argument_attached_cls": 2,
    }


def f1_of(pred: str, gold: str) -> dict[str, float]:
    (ours, _), (theirs, _) = layer_of(pred), layer_of(gold)
    return {name: exact(metric(ours), metric(theirs)).f1 for name, metric in METRICS.items() if name.startswith("argument")}


def test_wrong_trigger_costs_attached_arguments_only_and_wrong_type_costs_all() -> None:
    gold = FIRED + event("one", 9, "Actor navy")
    moved, retyped = FIRED + event("one", 19, "Actor navy"), FIRED + event("one", 9, "Actor navy", "Statement.Announce")
    assert list(f1_of(moved, gold).values()) == [1, 1, 0, 0]
    assert list(f1_of(retyped, gold).values()) == [0, 0, 0, 0]


def test_argument_that_is_an_event_stands_where_its_trigger_stands() -> None:
    layer, _ = layer_of(FIRED + event("one", 9, "") + event("two", 19, "Content one"))
    assert {item.spans for item in spans.argument_attached_cls(layer)} == {((19, 24), (9, 14))}


def textee(layer: Layer) -> dict[str, set[tuple[object, ...]]]:
    """The tuples of TextEE's scorer.py, one function after the other, with the document in place of the window."""
    place = {span.id: (span.start, span.end) for span in (*layer.mentions, *layer.events)}
    found: dict[str, set[tuple[object, ...]]] = {name: set() for name in METRICS if name.startswith(("trigger", "argument"))}
    for one in layer.events:
        found["trigger_id"].add((layer.doc_id, one.start, one.end))
        found["trigger_cls"].add((layer.doc_id, one.start, one.end, one.type))
        for argument in one.arguments:
            start, end = place[argument.ref]
            found["argument_id"].add((layer.doc_id, one.type, start, end))
            found["argument_cls"].add((layer.doc_id, one.type, start, end, argument.role))
            found["argument_attached_id"].add((layer.doc_id, one.start, one.end, one.type, start, end))
            found["argument_attached_cls"].add((layer.doc_id, one.start, one.end, one.type, start, end, argument.role))
    return found


SIDES = st.lists(layers("d1"), max_size=1), st.lists(layers("d2"), max_size=1)


@given(st.builds(list.__add__, *SIDES), st.builds(list.__add__, *SIDES))
def test_exact_scores_are_textees_on_any_layers(pred: list[Layer], gold: list[Layer]) -> None:
    for name, metric in METRICS.items():
        ours, theirs = (set().union(*(metric(layer) for layer in side)) for side in (pred, gold))
        if not name.startswith(("entity", "value")):
            mine, yours = (set().union(*(textee(layer)[name] for layer in side)) for side in (pred, gold))
            assert exact(ours, theirs) == Score(len(mine), len(yours), len(mine & yours))
        assert sum(by_label(ours, theirs).values(), Score()) == exact(ours, theirs)


@given(layers(), layers())
def test_f1_is_symmetric_and_overlap_never_below_exact(one: Layer, other: Layer) -> None:
    for metric in METRICS.values():
        here, there = metric(one), metric(other)
        assert exact(here, there).f1 == exact(there, here).f1
        assert overlap(here, there).match_num == overlap(there, here).match_num >= exact(here, there).match_num
        assert overlap(here, here) == exact(here, here) == Score(len(here), len(here), len(here))
    for filled in ENTITY_METRICS.values():
        here, there = filled(one), filled(other)
        assert credit(here, there, either=True).match_num == credit(there, here, either=True).match_num
        assert (
            credit(here, there).match_num <= credit(here, there, either=True).match_num <= credit(here, there, 0.5, either=True).match_num
        )
        assert credit(here, here).match_num == len(here)


# Overlap


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [((0, 4), (0, 4), 1), ((0, 4), (2, 4), 0.5), ((0, 4), (4, 8), 0), ((0, 4), (9, 10), 0), ((0, 3), (2, 5), 0.2)],
)
def test_intersection_over_union(one: tuple[int, int], other: tuple[int, int], expected: float) -> None:
    assert overlap_of(one, other) == overlap_of(other, one) == expected


def test_half_is_enough_and_labels_must_be_equal() -> None:
    def one(label: str, *span: int) -> spans.Item:
        return spans.Item("d1", (label,), ((span[0], span[1]),))

    assert overlap({one("MIL", 0, 4)}, {one("MIL", 2, 4)}) == Score(1, 1, 1)
    assert overlap({one("MIL", 0, 5)}, {one("MIL", 3, 5)}) == Score(1, 1, 0)
    assert overlap({one("MIL", 0, 4)}, {one("GPE", 0, 4)}) == Score(1, 1, 0)


def test_matching_finds_two_pairs_where_the_closest_pair_first_would_find_one() -> None:
    wide, late, short, tail = ((0, 10),), ((0, 8),), ((0, 5),), ((2, 10),)
    assert overlap_of(*wide, *late) > overlap_of(*tail, *late) > overlap_of(*wide, *short)
    assert matching([wide, tail], [late, short]) == [(0, 1), (1, 0)]


def test_each_span_is_matched_once() -> None:
    assert matching([((0, 4),)], [((0, 4),), ((0, 3),)]) == [(0, 0)]


def test_equal_labels_decide_between_spans_at_one_place() -> None:
    place = ((0, 4),)
    assert matching([place], [place, place], alike=lambda _, other: other == 1) == [(0, 1)]


@given(st.lists(st.tuples(SPANS, SPANS), max_size=5), st.lists(st.tuples(SPANS, SPANS), max_size=5))
def test_matching_is_the_best_of_all_matchings(pred: list[spans.Item], gold: list[spans.Item]) -> None:
    def closeness(i: int, j: int) -> float:
        ratios = [overlap_of(one, other) for one, other in zip(pred[i], gold[j], strict=True)]
        return sum(ratios) / 2 if min(ratios) >= 0.5 else 0

    def worth(pairs: list[tuple[int, int]]) -> tuple[int, float]:
        return len(pairs), sum(closeness(i, j) for i, j in pairs)

    size = min(len(pred), len(gold))
    every = [
        [(i, j) for i, j in zip(rows, columns, strict=True) if closeness(i, j)]
        for rows in combinations(range(len(pred)), size)
        for columns in permutations(range(len(gold)), size)
    ]
    found, best = worth(matching(pred, gold)), max(map(worth, every))
    assert found[0] == best[0]
    assert found[1] == pytest.approx(best[1], abs=1e-5)


@given(st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(1, 9).map(float), max_size=12), st.randoms())
def test_best_matching_is_optimal_and_blind_to_order(table: dict[tuple[int, int], float], random: object) -> None:
    found = best_matching(table)
    every = (sum(table.get(pair, 0) for pair in enumerate(columns)) for columns in permutations(range(5)))
    assert sum(table[pair] for pair in found) == max(every)
    assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)
    shuffled = list(table.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert best_matching(dict(shuffled)) == found


def test_best_matching_of_a_large_table_is_quick() -> None:
    table = {(row, column): 1.0 + (row * 7 + column * 13) % 97 for row in range(200) for column in range(150)}
    assert len(best_matching(table)) == 150


# Credit by entity

CHAIN = """
text: The navy said it fired as the fleet fired.
mentions:
  - {id: navy, type: MIL, level: NOM, quote: The navy}
  - {id: it, type: MIL, level: PRO, quote: it}
  - {id: fleet, type: MIL, level: NOM, quote: the fleet}
events:
  - {id: fired, type: Weapon.Launch, quote: fired, arguments: [Actor ACTOR]}
chains:
"""
GOLD = layer_of(CHAIN.replace("ACTOR", "navy") + "  - [navy, it]")[0]
APART = "  - [fleet]"


@pytest.mark.parametrize(
    ("actor", "chains", "judge", "either"),
    [("navy", APART, 1, 1), ("it", APART, 1, 1), ("fleet", APART, 0, 0), ("fleet", "  - [navy, fleet]", 0, 1)],
)
def test_any_mention_of_the_right_entity_counts(actor: str, chains: str, judge: int, either: int) -> None:
    pred = spans.argument_entity_cls(layer_of(CHAIN.replace("ACTOR", actor) + chains)[0])
    gold = spans.argument_entity_cls(GOLD)
    assert credit(pred, gold) == Score(1, 1, judge)
    assert credit(pred, gold, either=True) == credit(gold, pred, either=True) == Score(1, 1, either)


def test_several_mentions_of_one_entity_in_one_role_count_once() -> None:
    pred = spans.argument_entity_cls(layer_of(CHAIN.replace("ACTOR", "navy, Actor it") + "  - [navy, it]")[0])
    assert credit(pred, spans.argument_entity_cls(GOLD)) == Score(1, 1, 1)


def test_two_entities_do_not_both_get_credit_for_one() -> None:
    pred = spans.argument_entity_cls(layer_of(CHAIN.replace("ACTOR", "navy, Actor it") + APART)[0])
    assert credit(pred, spans.argument_entity_cls(GOLD)) == Score(2, 1, 1)


# Intervals


def test_draws_have_as_many_documents_as_there_are_and_are_the_same_every_time() -> None:
    drawn = weights(7, draws=50)
    assert drawn.shape == (50, 7)
    assert set(drawn.sum(axis=1)) == {7}
    assert (drawn == weights(7, draws=50)).all()


def test_interval_is_the_percentiles_of_the_figure_over_drawn_documents() -> None:
    counts, drawn = np.array([[1.0, 2.0], [3.0, 3.0], [0.0, 4.0]]), weights(3, draws=200)
    found = estimate(counts, lambda sums: ratio(sums[:, 0], sums[:, 1]), drawn)
    slow = [
        sum(w * c[0] for w, c in zip(row, counts, strict=True)) / sum(w * c[1] for w, c in zip(row, counts, strict=True)) for row in drawn
    ]
    assert found.value == 4 / 9
    assert [found.low, found.high] == pytest.approx(list(np.percentile(slow, [2.5, 97.5])))


def test_one_document_has_no_interval_and_nothing_has_no_figure() -> None:
    def share(sums: np.ndarray) -> np.ndarray:
        return ratio(sums[:, 0], sums[:, 1])

    assert estimate(np.array([[1.0, 2.0]]), share, weights(1)) == Estimate(0.5)
    assert estimate(np.array([[0.0, 0.0], [0.0, 0.0]]), share, weights(2)) == Estimate(None)


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_f1_of_columns_is_that_of_scores(pred: int, gold: int, match: int) -> None:
    score = Score(max(pred, match), max(gold, match), match)
    found = f1(np.array([[match, score.pred_num, match, score.gold_num]], np.float64))[0]
    assert found == pytest.approx(score.f1) if score.pred_num or score.gold_num else np.isnan(found)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=12))
def test_alpha_from_counts_is_that_of_the_package(units: list[tuple[str, str]]) -> None:
    given_ = [sum(unit.count(value) for unit in units) for value in "abc"]
    found = nominal_alpha(np.array([[sum(one != other for one, other in units), *given_]], np.float64))[0]
    if sum(map(bool, given_)) < 2:
        assert np.isnan(found)
    else:
        table = [[unit.count(value) for value in "abc"] for unit in units]
        assert found == pytest.approx(krippendorff.alpha(value_counts=table, level_of_measurement="nominal"))
