"""Splits: dates decide, stories stay together, and what is frozen stays."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.corpus import SplitSettings, Thresholds
from eventbank.document import Document
from eventbank.errors import EventBankError
from eventbank.nearduplicates import Pair
from eventbank.splits import FIELDS, SECONDARY, Placement, assign, held, leaks, read_frozen, to_csv
from eventbank.tables import HELD, SPLITS

CUTS = SplitSettings(dt.date(2024, 1, 1), dt.date(2024, 7, 1))
THRESHOLDS = Thresholds()
HEADER = ",".join(FIELDS) + "\n"


def document(doc_id: str, dated: str = "2023-05-01") -> Document:
    return Document(doc_id, "text", "en", (), (), f"{doc_id}.txt", "", dated=dt.date.fromisoformat(dated))


def placed(dates: Mapping[str, str], *stories: str, frozen: Mapping[str, Placement] | None = None, cuts: SplitSettings = CUTS):
    """The placements of documents with one-letter ids; those in no story are one of their own."""
    alone = set(dates) - set("".join(stories))
    clusters = [frozenset(story) for story in (*stories, *alone)]
    return assign([document(*item) for item in dates.items()], clusters, frozen or {}, cuts)


def primary(placements: Mapping[str, Placement]) -> dict[str, str]:
    return {doc_id: placement.splits[0] for doc_id, placement in placements.items()}


def row(doc_id: str, split: str = "train", story: str = "", secondary: str = "train") -> Placement:
    return Placement(doc_id, story or doc_id, (split, *[secondary] * SECONDARY))


# The primary split


@pytest.mark.parametrize(
    ("dated", "split"),
    [
        ("0001-01-01", "train"),
        ("2023-12-31", "train"),
        ("2024-01-01", "validation"),
        ("2024-06-30", "validation"),
        ("2024-07-01", "test"),
        ("9999-12-31", "test"),
    ],
)
def test_date_decides_and_the_day_of_a_cut_belongs_to_the_later_split(dated: str, split: str) -> None:
    assert primary(placed({"a": dated})) == {"a": split}


@pytest.mark.parametrize(
    ("dated", "split"),
    [
        ("2023-12-28", "train"),
        ("2023-12-29", HELD),
        ("2023-12-31", HELD),
        ("2024-01-01", "validation"),
        ("2024-06-27", "validation"),
        ("2024-06-28", HELD),
        ("2024-07-01", "test"),
    ],
)
def test_story_in_the_days_before_a_cut_is_held(dated: str, split: str) -> None:
    assert primary(placed({"a": dated}, cuts=SplitSettings(CUTS.validation_from, CUTS.test_from, 3))) == {"a": split}


def test_embargo_of_any_length_is_counted() -> None:
    assert primary(placed({"a": "0001-01-01"}, cuts=SplitSettings(CUTS.validation_from, CUTS.test_from, 10**12))) == {"a": HELD}


def test_first_document_of_a_story_places_it_whole() -> None:
    placements = placed({"a": "2024-08-01", "b": "2023-01-01", "c": "2024-08-01"}, "ab")
    assert primary(placements) == {"a": "train", "b": "train", "c": "test"}
    assert {doc_id: placement.story_id for doc_id, placement in placements.items()} == {"a": "a", "b": "a", "c": "c"}


def test_new_document_follows_its_story_whatever_its_date() -> None:
    placements = placed({"a": "2024-08-01", "b": "2024-08-01"}, "ab", frozen={"b": row("b", "train")})
    assert placements["a"] == Placement("a", "b", row("b").splits)


def test_document_that_joins_two_splits_is_held_and_reported() -> None:
    frozen = {"a": row("a", "train"), "b": row("b", "test", secondary="test")}
    placements = placed({"a": "2023-01-01", "b": "2024-08-01", "c": "2023-01-01"}, "abc", frozen=frozen)
    assert placements["c"] == Placement("c", "a", (HELD,) * (1 + SECONDARY))
    assert [(problem.code, problem.place.doc_id) for problem in held(placements, frozen)] == [("W501", "c")]
    assert not list(leaks(placements, [Pair("a", "c", 1.0), Pair("b", "c", 1.0)], THRESHOLDS))


def test_document_joined_to_a_held_one_and_a_split_takes_the_split() -> None:
    placements = placed({"a": "2023-01-01", "b": "2023-01-01", "c": "2024-08-01"}, "abc", frozen={"a": row("a", HELD), "b": row("b")})
    assert placements["c"].splits == row("b").splits


def test_document_joined_to_held_ones_only_is_held() -> None:
    assert primary(placed({"a": "2023-01-01", "b": "2023-01-01"}, "ab", frozen={"a": row("a", HELD)}))["b"] == HELD


def test_frozen_row_of_a_document_that_is_gone_stays() -> None:
    gone = row("z", "test")
    assert placed({"a": "2023-01-01"}, frozen={"z": gone})["z"] == gone
    assert placed({}, frozen={"z": gone}) == {"z": gone}


def test_no_documents_need_no_cut_dates() -> None:
    assert assign([], [], {}, SplitSettings()) == {}
    assert assign([document("a")], [frozenset("a")], {"a": row("a")}, SplitSettings()) == {"a": row("a")}


@given(st.lists(st.dates(dt.date(2020, 1, 1), dt.date(2020, 2, 1)), min_size=1, max_size=30))
def test_missing_cut_dates_are_refused_with_a_proposal_that_leaves_no_split_empty(dates: list[dt.date]) -> None:
    documents = [document(f"d{at}", date.isoformat()) for at, date in enumerate(dates)]
    with pytest.raises(EventBankError) as caught:
        assign(documents, [frozenset({one.doc_id}) for one in documents], {}, SplitSettings())
    (problem,) = caught.value.problems
    assert problem.code == "E501"
    _, _, proposal = problem.remedy.partition("documents, ")
    assert bool(proposal) == (len(set(dates)) >= 3)
    if proposal:
        first, last = (dt.date.fromisoformat(proposal.split()[at]) for at in (0, 2))
        assert set(
            primary(assign(documents, [frozenset({one.doc_id}) for one in documents], {}, SplitSettings(first, last))).values()
        ) == set(SPLITS)


# The secondary splits


@given(st.integers(3, 40), st.integers(0, 99))
def test_no_secondary_split_is_empty_from_three_stories_on(stories: int, salt: int) -> None:
    ids = [f"{salt}-{at}" for at in range(stories)]
    placements = assign([document(id_) for id_ in ids], [frozenset({id_}) for id_ in ids], {}, CUTS)
    for at in range(1, 1 + SECONDARY):
        assert {placement.splits[at] for placement in placements.values()} == set(SPLITS)


def test_secondary_shares_are_80_10_10_and_the_splits_differ() -> None:
    ids = [f"d{at:04}" for at in range(1000)]
    placements = assign([document(id_) for id_ in ids], [frozenset(ids[at : at + 2]) for at in range(0, 1000, 2)], {}, CUTS)
    columns = [tuple(placements[id_].splits[at] for id_ in ids) for at in range(1, 1 + SECONDARY)]
    for column in columns:
        count = Counter(column)
        assert abs(count["train"] - 800) <= 4
        assert abs(count["test"] - 100) <= 4
    assert len(set(columns)) == SECONDARY


# Rules over all corpora


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[Document], list[frozenset[str]]]:
    """Documents with dates around the cuts, and a partition of them into stories."""
    ids = draw(st.lists(st.sampled_from("abcdefghijkl"), unique=True, max_size=12))
    dates = st.sampled_from(["2023-06-01", "2023-12-31", "2024-01-01", "2024-06-30", "2024-07-01"])
    groups: dict[int, set[str]] = {}
    for id_ in ids:
        groups.setdefault(draw(st.integers(0, 5)), set()).add(id_)
    return [document(id_, draw(dates)) for id_ in ids], [frozenset(group) for group in groups.values()]


@given(corpora())
def test_story_is_kept_together_in_every_split(corpus: tuple[list[Document], list[frozenset[str]]]) -> None:
    placements = assign(*corpus, {}, CUTS)
    assert placements.keys() == {one.doc_id for one in corpus[0]}
    for cluster in corpus[1]:
        assert {placements[id_].splits for id_ in cluster} == {placements[min(cluster)].splits}
        assert {placements[id_].story_id for id_ in cluster} == {min(cluster)}


@given(corpora(), corpora())
def test_frozen_row_never_changes_and_nothing_new_leaks(
    old: tuple[list[Document], list[frozenset[str]]], new: tuple[list[Document], list[frozenset[str]]]
) -> None:
    frozen = assign(*old, {}, CUTS)
    placements = assign(*new, frozen, CUTS)
    assert {doc_id: placements[doc_id] for doc_id in frozen} == frozen
    for cluster in new[1]:
        fresh = cluster - frozen.keys()
        for at in range(1 + SECONDARY):
            taken = {frozen[id_].splits[at] for id_ in cluster & frozen.keys()} - {HELD}
            assert all(
                placements[id_].splits[at] in (taken if len(taken) == 1 else {HELD, *(SPLITS if not taken else ())}) for id_ in fresh
            )
    assert not list(leaks(placements, [], THRESHOLDS))


@given(corpora(), st.randoms())
def test_order_of_the_input_does_not_matter(corpus: tuple[list[Document], list[frozenset[str]]], random) -> None:
    shuffled = [random.sample(part, len(part)) for part in corpus]
    assert to_csv(assign(*shuffled, {}, CUTS)) == to_csv(assign(*corpus, {}, CUTS))


# The frozen file


@given(corpora())
def test_rows_come_back_from_csv(tmp_path_factory: pytest.TempPathFactory, corpus: tuple[list[Document], list[frozenset[str]]]) -> None:
    placements = assign(*corpus, {}, CUTS)
    path = tmp_path_factory.getbasetemp() / "splits.csv"
    path.write_bytes(to_csv(placements))
    assert read_frozen(path) == placements
    path.write_bytes(to_csv(placements).replace(b"\n", b"\r\n"))
    assert read_frozen(path) == placements


def test_csv_is_sorted_by_document_and_has_unix_line_ends() -> None:
    assert to_csv({"b": row("b"), "a": row("a")}) == (HEADER + "a,a" + ",train" * 6 + "\nb,b" + ",train" * 6 + "\n").encode()
    assert to_csv({}) == HEADER.encode()


def test_no_file_is_no_rows(tmp_path: Path) -> None:
    assert read_frozen(tmp_path / "splits.csv") == {}


GOOD = "a,a,train,train,train,train,train,train\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"", 1),
        (b"\n", 1),
        (HEADER.replace("split_5", "split_6").encode(), 1),
        (b'"doc_id\n",' + HEADER.partition(",")[2].encode() + GOOD.encode(), 1),
        (("\ufeff" + HEADER).encode(), 1),
        ((HEADER + GOOD + GOOD).encode(), 3),
        ((HEADER + GOOD + "b,b,train\n").encode(), 3),
        ((HEADER + GOOD + "b,b,train,train,train,train,train,trian\n").encode(), 3),
        ((HEADER + GOOD + "b,,train,train,train,train,train,train\n").encode(), 3),
        ((HEADER + GOOD + "\n").encode(), 3),
        ((HEADER + GOOD).encode() + b"\xff,b", 3),
        ((HEADER + GOOD + '"b').encode(), 3),
        ((HEADER + GOOD + "b" * 200_000).encode(), 3),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value),
)
def test_file_that_was_spoiled_is_refused_at_its_line(tmp_path: Path, text: bytes, line: int) -> None:
    (tmp_path / "splits.csv").write_bytes(text)
    with pytest.raises(EventBankError) as caught:
        read_frozen(tmp_path / "splits.csv")
    assert [(problem.code, problem.place.line) for problem in caught.value.problems] == [("E502", line)]


# Leaks


def test_story_in_two_splits_is_a_leak_in_whichever_split_it_is() -> None:
    placements = {"a": row("a", "train", "s"), "b": row("b", "test", "s"), "c": row("c", HELD, "s")}
    assert [(problem.code, problem.place.doc_id) for problem in leaks(placements, [], THRESHOLDS)] == [("E503", "b")]
    placements = {"a": row("a", story="s"), "b": row("b", story="s", secondary="test")}
    assert ["split_" in problem.message for problem in leaks(placements, [], THRESHOLDS)] == [True] * SECONDARY


@pytest.mark.parametrize(
    "pair", [Pair("a", "b", jaccard=0.5), Pair("a", "b", containment=0.5), Pair("a", "b", same_url=True), Pair("a", "b", paragraphs=1)]
)
def test_pair_in_two_splits_is_a_leak(pair: Pair) -> None:
    found = list(leaks({"a": row("a", "train"), "b": row("b", "test")}, [pair], THRESHOLDS))
    assert [(problem.code, problem.place.doc_id) for problem in found] == [("E504", "a")]


def test_pair_below_the_threshold_or_held_is_no_leak() -> None:
    placements = {"a": row("a", "train"), "b": row("b", "test"), "c": row("c", HELD)}
    assert not list(leaks(placements, [Pair("a", "b", 0.49, 0.49), Pair("a", "c", 1.0, 1.0)], THRESHOLDS))
