"""Coreference metrics on the worked examples of their papers, on small ones by hand, and against slow transcriptions."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.layer import closed
from eventbank.scoring.coreference import METRICS, Ratios, b_cubed, ceaf_e, conll, lea, muc

Chains = list[frozenset[str]]


def chains(*groups: str) -> Chains:
    """Chains of mentions of one letter: `chains("ab", "c")`."""
    return [frozenset(group) for group in groups]


@st.composite
def partitions(draw: st.DrawFn) -> Chains:
    """Chains over some of seven mentions."""
    members = sorted(draw(st.sets(st.sampled_from("abcdefg"))))
    links = draw(st.lists(st.tuples(st.sampled_from(members), st.sampled_from(members)), max_size=5)) if members else []
    return list(closed(members, links))


def close(found: Ratios, recall: float, precision: float) -> bool:
    return (found.recall, found.precision) == (pytest.approx(recall), pytest.approx(precision))


# Vilain et al. 1995, section 2: the links of the key that the response lacks


@pytest.mark.parametrize(
    ("gold", "pred", "recall", "precision"),
    [
        (["abcd"], ["ab", "cd"], 2 / 3, 1),
        (["ab", "cd"], ["abcd"], 1, 2 / 3),
        (["abcd"], ["ab"], 1 / 3, 1),
        (["abc", "defg"], ["ab", "cd", "fgh"], 2 / 5, 2 / 4),
    ],
)
def test_muc_counts_links(gold: list[str], pred: list[str], recall: float, precision: float) -> None:
    assert close(muc(chains(*pred), chains(*gold)), recall, precision)


# Bagga and Baldwin 1998, figures 1 to 3: two responses that MUC cannot tell apart

TRUTH = chains("12345", "67", "89ABC")
ONE, TWO = chains("12345", "6789ABC"), chains("1234589ABC", "67")


@pytest.mark.parametrize(("response", "percent"), [(ONE, 76), (TWO, 58)])
def test_b_cubed_tells_responses_apart_that_are_equal_to_muc(response: Chains, percent: int) -> None:
    assert close(muc(response, TRUTH), 1, 9 / 10)
    assert (b_cubed(response, TRUTH).recall, round(100 * b_cubed(response, TRUTH).precision)) == (1, percent)


# Luo 2005, table 1: the same truth, two more responses


@pytest.mark.parametrize(
    ("response", "muc_f1", "b_cubed_f1", "ceaf_f1"),
    [
        (ONE, 0.947, 0.865, 0.733),
        (TWO, 0.947, 0.737, 0.667),
        (chains("123456789ABC"), 0.900, 0.545, 0.294),
        (chains(*"123456789ABC"), 0.000, 0.400, 0.178),
    ],
)
def test_ceaf_by_entities(response: Chains, muc_f1: float, b_cubed_f1: float, ceaf_f1: float) -> None:
    found = [metric(response, TRUTH).f1 for metric in (muc, b_cubed, ceaf_e)]
    assert found == pytest.approx([muc_f1, b_cubed_f1, ceaf_f1], abs=0.0006)


# Pradhan et al. 2014, figure 1, and Moosavi and Strube 2016, section 5: the response has mentions that the key does not

KEY, RESPONSE = chains("abc", "defg"), chains("ab", "cd", "fghi")


def test_predicted_mentions_that_are_not_in_the_key() -> None:
    assert close(muc(RESPONSE, KEY), 2 / 5, 2 / 5)
    assert close(b_cubed(RESPONSE, KEY), 35 / 12 / 7, 4 / 8)
    assert close(ceaf_e(RESPONSE, KEY), 1.3 / 2, 1.3 / 3)


def test_lea_weighs_resolution_by_size() -> None:
    assert close(lea(RESPONSE, KEY), (3 * 1 / 3 + 4 * 1 / 6) / 7, (2 * 1 + 2 * 0 + 4 * 1 / 6) / 8)
    assert [round(figure, 2) for figure in (lea(RESPONSE, KEY).recall, lea(RESPONSE, KEY).precision, lea(RESPONSE, KEY).f1)] == [
        0.24,
        0.33,
        0.28,
    ]


def test_conll_is_the_mean_of_three() -> None:
    found = conll(muc=muc(RESPONSE, KEY), b_cubed=b_cubed(RESPONSE, KEY), ceaf_e=ceaf_e(RESPONSE, KEY))
    assert found == pytest.approx((0.4 + 2 * (5 / 12) * 0.5 / (5 / 12 + 0.5) + 0.52) / 3)


# Singletons


def test_singletons_have_no_link_for_muc_and_one_to_themselves_for_lea() -> None:
    assert muc(chains("a", "b"), chains("a", "b")) == Ratios()
    assert close(lea(chains("a", "b"), chains("a", "b")), 1, 1)
    assert close(lea(chains("ab"), chains("a", "b")), 0, 0)
    assert close(lea(chains("a", "c"), chains("a", "b")), 1 / 2, 1 / 2)


def test_singletons_count_in_b_cubed_and_ceaf() -> None:
    assert close(b_cubed(chains("a"), chains("a", "b")), 1 / 2, 1)
    assert close(ceaf_e(chains("a"), chains("a", "b")), 1 / 2, 1)


def test_nothing_against_nothing_is_zero() -> None:
    assert {metric([], []).f1 for metric in METRICS.values()} == {0.0}


@pytest.mark.parametrize("bad", [chains("ab", "bc"), chains("")])
def test_mention_in_two_chains_and_empty_chain_are_refused(bad: Chains) -> None:
    for metric in METRICS.values():
        with pytest.raises(ValueError, match="chain"):
            metric(bad, chains("ab"))


def test_documents_are_added_before_dividing() -> None:
    both = muc(chains("ab"), chains("abc")) + muc(chains("cd"), chains("cd"))
    assert close(both, 2 / 3, 1)


# Properties


@given(partitions(), partitions())
def test_f1_is_symmetric_and_within_bounds(one: Chains, other: Chains) -> None:
    for metric in METRICS.values():
        here, there = metric(one, other), metric(other, one)
        assert (here.precision, here.recall, here.f1) == pytest.approx((there.recall, there.precision, there.f1))
        assert 0 <= here.f1 <= 1 + 1e-9


@given(partitions())
def test_chains_agree_with_themselves(one: Chains) -> None:
    for name, metric in METRICS.items():
        nothing = not any(len(chain) > 1 for chain in one) if name == "muc" else not one
        assert metric(one, one).f1 == pytest.approx(0 if nothing else 1)


@given(partitions(), partitions(), st.permutations("abcdefg"), st.randoms())
def test_names_of_mentions_and_order_of_chains_do_not_matter(one: Chains, other: Chains, names: list[str], random: object) -> None:
    to = dict(zip("abcdefg", names, strict=True))
    renamed = [[frozenset(to[mention] for mention in chain) for chain in side] for side in (one, other)]
    for side in renamed:
        random.shuffle(side)  # type: ignore[attr-defined]
    for metric in METRICS.values():
        here, there = metric(one, other), metric(*renamed)
        assert (here.precision, here.recall) == pytest.approx((there.precision, there.recall))


def links(chain: frozenset[str]) -> set[tuple[str, str]]:
    """The links of a chain, as Moosavi and Strube have them."""
    return set(combinations(sorted(chain), 2)) if len(chain) > 1 else {(mention, mention) for mention in chain}


def slow_lea(gold: Chains, pred: Chains) -> Fraction:
    """Recall of LEA: for each chain its size times the share of its links that are links of the other side."""
    theirs = set().union(*(links(chain) for chain in pred))
    total = sum((Fraction(len(chain) * len(links(chain) & theirs), len(links(chain))) for chain in gold), Fraction(0))
    return total / sum(map(len, gold)) if gold else Fraction(0)


def slow_b_cubed(gold: Chains, pred: Chains) -> Fraction:
    """Recall of B³, mention by mention."""
    shares = [
        Fraction(len(chain & next((other for other in pred if mention in other), frozenset())), len(chain))
        for chain in gold
        for mention in chain
    ]
    return sum(shares, Fraction(0)) / len(shares) if shares else Fraction(0)


def slow_muc(gold: Chains, pred: Chains) -> Fraction:
    """Recall of MUC: |S| - |p(S)| over |S| - 1, p(S) being the parts into which the response cuts S."""
    kept = sum(len(chain) - len({next((other for other in pred if one in other), frozenset(one)) for one in chain}) for chain in gold)
    whole = sum(len(chain) - 1 for chain in gold)
    return Fraction(kept, whole) if whole else Fraction(0)


def slow_ceaf(gold: Chains, pred: Chains) -> Fraction:
    """Recall of CEAF by entities: the best of all one-to-one maps."""
    few, many = sorted((gold, pred), key=len)
    totals = [
        sum((Fraction(2 * len(one & other), len(one) + len(other)) for one, other in zip(few, order, strict=False)), Fraction(0))
        for order in permutations(many)
    ]
    return max(totals) / len(gold) if gold else Fraction(0)


@given(partitions(), partitions())
def test_metrics_are_what_slow_transcriptions_give(pred: Chains, gold: Chains) -> None:
    for metric, slow in ((muc, slow_muc), (b_cubed, slow_b_cubed), (ceaf_e, slow_ceaf), (lea, slow_lea)):
        assert close(metric(pred, gold), float(slow(gold, pred)), float(slow(pred, gold)))
