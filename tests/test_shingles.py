"""Words and shingles: where words are cut, what counts as the same, and every count against plain Python."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank import shingles as module
from eventbank.shingles import Ragged, chunks, overlaps, paragraphs, sets, shingles, spelled, words

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=6)
ASCII = st.lists(st.text("ab _.\n", max_size=30), max_size=8)


def counts(*texts: str) -> list[int]:
    return words(list(texts)).sizes.tolist()


def same(one: str, other: str) -> bool:
    found = words([one, other])
    return np.array_equal(found[0], found[1])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("...", 0),
        ("U.S. 2.5!", 4),
        ("Café-goers", 2),
        ("한국은 간다", 2),
        ("snake_case", 1),
        ("don’t", 2),
        ("one—two…three four\u2009five", 5),
        ("“quoted”", 1),
        ("a\x00b", 2),
        ("𝕏𝕐 😀 𐐀", 2),
        ("北京 is 1", 4),
        ("東京タワー2号", 7),
        ("e" * 1000, 1),
    ],
)
def test_words_are_runs_of_letters_and_digits_and_ideographs_are_words_alone(text: str, count: int) -> None:
    assert counts(text) == [count]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The North", "the  NORTH!"),
        ("don’t", "don't"),
        ("É", "é"),
        ("É", "e\u0301"),
        ("ΑΒΓ", "αβγ"),
        ("Ⅻ Ａ１", "Ⅻ a1"),
        ("ﬁ", "ﬁ"),
        ("ẞ", "ß"),
        ("K", "k"),
        ("각", "\u1100\u1161\u11a8"),
        ("𐐀", "𐐨"),
    ],
)
def test_case_width_composition_and_punctuation_do_not_matter(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("a b", "ab"), ("a", "a_"), ("e", "é"), ("ab" * 40, "ab" * 41), ("北京", "京北"), ("a b", "b a")]
)
def test_other_words_have_other_hashes(one: str, other: str) -> None:
    assert not same(one, other)


def test_words_of_any_length_are_told_apart_in_their_first_64_bytes() -> None:
    texts = ["x" * at + "y" + "x" * (69 - at) for at in range(64)]
    assert len({int(words([text]).values[0]) for text in texts}) == 64


@given(ASCII)
def test_word_counts_are_those_of_a_regular_expression(texts: list[str]) -> None:
    assert counts(*texts) == [len(re.findall(r"\w+", text)) for text in texts]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text("aA é\u0301Éß北1，’ﬁ각", max_size=12), max_size=5))
def test_words_are_the_same_where_they_are_spelled_the_same(texts: list[str]) -> None:
    found, plain = words(texts), [spelled(text) for text in texts]
    assert found.sizes.tolist() == [len(one) for one in plain]
    words_of = dict(zip(found.values.tolist(), (word for one in plain for word in one), strict=True))
    assert [words_of[value] for value in found.values.tolist()] == [word for one in plain for word in one]
    assert len(set(words_of.values())) == len(words_of)


@given(TEXTS)
def test_words_do_not_depend_on_what_lies_beside_them(texts: list[str]) -> None:
    together = words(texts)
    for at, text in enumerate(texts):
        assert np.array_equal(together[at], words([text])[0])


@given(TEXTS, st.integers(1, 30))
def test_words_do_not_depend_on_the_chunks(texts: list[str], size: int) -> None:
    whole = words(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", size)
        parts = words(texts)
    assert np.array_equal(whole.values, parts.values)
    assert np.array_equal(whole.offsets, parts.offsets)


def test_arrow_is_taken_as_it_lies_sliced_or_with_nulls() -> None:
    array = pa.array(["left out", "é two", None, "", "three"])[1:]
    assert words(array).sizes.tolist() == [2, 0, 0, 1]
    assert np.array_equal(words(array)[0], words(["É two"])[0])
    assert words(pa.array([], pa.string())).sizes.tolist() == []


@given(ASCII, st.integers(1, 5))
def test_shingles_are_the_distinct_word_grams(texts: list[str], size: int) -> None:
    def plain(text: str) -> set[tuple[str, ...]]:
        found = re.findall(r"\w+", text)
        return {tuple(found[at : at + size]) for at in range(max(len(found) - size + 1, min(1, len(found))))}

    expected = [plain(text) for text in texts]
    for dtype in (np.uint64, np.uint32):
        found = sets(shingles(words(texts), size), dtype)
        assert found.sizes.tolist() == [len(one) for one in expected]
        assert all((np.diff(found[at].astype(np.int64 if dtype is np.uint32 else object)) > 0).all() for at in range(len(found)))
    pairs = [(one, other) for one in range(len(texts)) for other in range(len(texts))]
    one, other = np.array([pair[0] for pair in pairs], int), np.array([pair[1] for pair in pairs], int)
    assert overlaps(found, one, other).tolist() == [len(expected[a] & expected[b]) for a, b in pairs]


def test_overlaps_are_counted_for_empty_sets_and_for_a_set_with_itself() -> None:
    found = Ragged.of(np.array([1, 2, 3, 2, 3, 4, 9], np.uint32), np.array([3, 3, 0, 1]))
    assert overlaps(found, np.array([0, 0, 1, 2]), np.array([1, 3, 1, 0])).tolist() == [2, 0, 3, 0]


@given(st.lists(st.lists(st.lists(st.sampled_from("ab"), min_size=0, max_size=4).map(" ".join), max_size=5), max_size=5))
def test_long_paragraphs_are_those_between_blank_lines(texts: list[list[str]]) -> None:
    found, owners = [], []
    for words_, begins in chunks(["\n\n".join(parts) for parts in texts]):
        keys, owner = paragraphs(words_, begins, 3)
        found += keys.tolist()
        owners += owner.tolist()
    expected = [(at, part) for at, parts in enumerate(texts) for part in parts if len(part.split()) >= 3]
    assert owners == [at for at, _ in expected]
    assert len(set(found)) == len({part for _, part in expected})
    assert len({(key, part) for key, (_, part) in zip(found, expected, strict=True)}) == len(set(found))


def test_long_paragraphs_do_not_depend_on_what_lies_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["a b c d\n\ne f g h", "x\n\ne f g h\n\nz"]
    whole = [paragraphs(*part, 3)[0].tolist() for part in chunks(texts)]
    assert [sorted(set(keys)) for keys in whole] == [sorted(whole[0][:2])]
    monkeypatch.setattr(module, "CHUNK", 2)
    assert [paragraphs(*part, 3)[0].tolist() for part in chunks(texts)] == [whole[0][:2], whole[0][2:]]
