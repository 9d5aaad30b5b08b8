"""Story clusters: what joins, what does not, and that nothing depends on order or parts."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.corpus import Thresholds
from eventbank.document import Document
from eventbank.nearduplicates import pairs
from eventbank.stories import BANDS, COMMON, ROWS, STAR, banded, components, ends, sampled, shared, sketch, stories

THRESHOLDS = Thresholds()
DRAW = random.Random(5)
WORDS = [f"w{at}" for at in range(5000)]


def article(words: int = 300) -> list[str]:
    return DRAW.choices(WORDS, k=words)


def document(doc_id: str, words: list[str] | str, url: str | None = None) -> Document:
    return Document(doc_id, words if isinstance(words, str) else " ".join(words), "en", (), (), f"{doc_id}.txt", "", url=url)


def clusters(*documents: Document) -> list[str]:
    return ["".join(sorted(cluster)) for cluster in stories(documents, THRESHOLDS)]


def edited(words: list[str], share: float) -> list[str]:
    copy = list(words)
    for at in DRAW.sample(range(len(copy)), int(share * len(copy))):
        copy[at] = "another"
    return copy


def test_edited_cut_and_framed_copies_join_and_others_do_not() -> None:
    one, other = article(), article()
    copies = [edited(one, 0.1), one[:120], article(40) + one + article(40), one]
    assert clusters(
        document("z", other), document("c", one), *(document(name, copy) for name, copy in zip("abde", copies, strict=True))
    ) == [
        "abcde",
        "z",
    ]


def test_short_text_inside_a_long_one_is_found() -> None:
    long = article(3000)
    assert clusters(document("a", long), document("b", long[1500:1600])) == ["ab"]


def test_a_few_words_inside_a_long_text_do_not_make_a_story() -> None:
    long = article(300)
    assert clusters(document("a", long), document("b", long[:8])) == ["a", "b"]


def test_template_of_less_than_half_does_not_join() -> None:
    template = article(100)
    assert clusters(*(document(name, article(200) + template) for name in "abc")) == ["a", "b", "c"]


def test_one_url_joins_and_no_url_does_not() -> None:
    assert clusters(document("a", article(), "x:y"), document("b", article(), "x:y"), document("c", article(), ""), document("d", "")) == [
        "ab",
        "c",
        "d",
    ]


@pytest.mark.parametrize(("documents", "expected"), [(COMMON, 1), (COMMON + 1, COMMON + 1)])
def test_long_paragraph_joins_unless_more_than_twenty_documents_have_it(documents: int, expected: int) -> None:
    paragraph = " ".join(article(50))
    texts = [" ".join(article(200)) + "\n\n" + paragraph for _ in range(documents)]
    assert len(stories([document(f"d{at:02}", text) for at, text in enumerate(texts)], THRESHOLDS)) == expected


def test_texts_without_words_are_stories_of_their_own() -> None:
    assert clusters(document("a", ""), document("b", "..."), document("c", "")) == ["a", "b", "c"]


def test_the_shortest_texts_join_when_they_are_the_same() -> None:
    assert clusters(document("a", "More follows."), document("b", "MORE FOLLOWS"), document("c", "more")) == ["ab", "c"]


def test_links_told_from_outside_join() -> None:
    assert stories([document("a", "x"), document("b", "y")], THRESHOLDS, [("a", "b")]) == [frozenset("ab")]


@given(st.randoms())
def test_order_of_documents_does_not_matter(random_: random.Random) -> None:
    one = article(80)
    documents = [document(str(at), edited(one, 0.02 * at) + article(30)) for at in range(6)] + [document("z", article(80))]
    assert stories(random_.sample(documents, len(documents)), THRESHOLDS) == stories(documents, THRESHOLDS)


def test_sketch_of_parts_is_the_sketch_of_the_whole() -> None:
    texts = [" ".join(article(DRAW.randint(0, 90))) for _ in range(40)]
    whole, parts = sketch(texts, THRESHOLDS), [sketch(texts[:13], THRESHOLDS), sketch(texts[13:], THRESHOLDS)]
    assert np.array_equal(whole.bands, np.concatenate([part.bands for part in parts]))
    assert np.array_equal(whole.sets.values, np.concatenate([part.sets.values for part in parts]))
    assert np.array_equal(whole.samples.values, np.concatenate([part.samples.values for part in parts]))
    assert np.array_equal(whole.paragraphs, np.concatenate([part.paragraphs for part in parts]))
    assert np.array_equal(whole.owners, np.concatenate([parts[0].owners, parts[1].owners + 13]))


def test_every_band_of_the_same_words_is_the_same_and_hardly_any_of_others() -> None:
    one, other = " ".join(article(50)), " ".join(article(50))
    bands = sketch([one, one, other], THRESHOLDS).bands
    assert bands.shape == (3, BANDS)
    assert np.array_equal(bands[0], bands[1])
    assert not (bands[0] == bands[2]).any()


@given(st.lists(st.integers(0, 400), max_size=6))
def test_bands_are_the_same_where_the_least_shingles_of_their_bins_are_and_an_empty_bin_takes_the_next_one(sizes: list[int]) -> None:
    found = sketch([" ".join(WORDS[:size]) for size in sizes], THRESHOLDS)
    bins = BANDS * ROWS
    expected = []
    for at in np.flatnonzero(found.sets.sizes):
        least = {shingle * bins >> 32: shingle for shingle in reversed(found.sets[at].tolist())}
        filled = [least[min(least, key=lambda bin_: (bin_ - place) % bins)] for place in range(bins)]
        expected += [(band, *filled[band * ROWS : (band + 1) * ROWS]) for band in range(BANDS)]
    keys = found.bands[found.sets.sizes > 0].ravel().tolist()
    assert len(set(zip(keys, expected, strict=True))) == len(set(keys)) == len(set(expected))


KEYS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=30)


@given(KEYS)
def test_pairs_of_one_key_are_those_of_brute_force(entries: list[tuple[int, int]]) -> None:
    keys, documents = (
        (np.array(side, dtype) for side, dtype in zip(zip(*entries, strict=True), (np.uint64, int), strict=True))
        if entries
        else (
            np.zeros(0, np.uint64),
            np.zeros(0, int),
        )
    )
    keys <<= np.uint64(40)
    held = [{document for key, document in entries if key == one} for one in range(4)]
    expected = [pair for group in held for pair in combinations(sorted(group), 2)]
    found, count = sampled(keys, documents)
    assert list(zip(*(side.tolist() for side in ends(found)), strict=True)) == sorted(set(expected))
    assert count.tolist() == [expected.count(pair) for pair in sorted(set(expected))]
    assert np.array_equal(banded(keys, documents), found)
    for most in (None, 3):
        links = components(7, shared(keys, documents, most))
        joined = components(
            7, np.array([a << 32 | b for group in held if len(group) <= (most or 9) for a, b in combinations(sorted(group), 2)], np.uint64)
        )
        assert np.array_equal(links, joined)


def test_a_key_of_many_documents_gives_a_star_and_one_of_very_many_says_nothing_in_samples() -> None:
    for count, found in ((STAR, STAR - 1), (STAR + 1, 0)):
        assert len(sampled(np.full(count, 5 << 40, np.uint64), np.arange(count))[0]) == found
        assert len(banded(np.full(count, 5 << 40, np.uint64), np.arange(count))) == count - 1


@given(st.integers(1, 12), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20))
def test_components_are_closed_and_named_by_their_first(count: int, links: list[tuple[int, int]]) -> None:
    links = [(a % count, b % count) for a, b in links]
    expected = list(range(count))
    for _ in range(count):
        for a, b in links:
            expected[a] = expected[b] = min(expected[a], expected[b])
    assert components(count, np.array([a << 32 | b for a, b in links], np.uint64)).tolist() == expected


def test_whatever_is_a_near_duplicate_by_the_promise_is_one_story_in_a_build() -> None:
    one = article(200)
    documents = [document(name, edited(one, 0.03 * at)[: 200 - 10 * at]) for at, name in enumerate("abcdefgh")]
    found = pairs(documents, THRESHOLDS)
    grouped = {doc_id: at for at, group in enumerate(stories(documents, THRESHOLDS, [(p.one, p.other) for p in found])) for doc_id in group}
    assert found
    assert all(grouped[pair.one] == grouped[pair.other] for pair in found)
