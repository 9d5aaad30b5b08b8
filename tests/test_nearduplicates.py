"""Near duplicates: the measures by hand, and every pair that brute force finds."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.corpus import Thresholds
from eventbank.document import Document
from eventbank.nearduplicates import SHINGLE, Pair, pairs
from eventbank.stories import COMMON

THRESHOLDS = Thresholds()
PARAGRAPH = " ".join(f"w{at}" for at in range(50))


def document(doc_id: str, text: str, url: str | None = None) -> Document:
    return Document(doc_id, text, "en", (), (), f"{doc_id}.txt", "", url=url)


def found(*texts: str) -> list[Pair]:
    return pairs([document(f"d{at}", text) for at, text in enumerate(texts)], THRESHOLDS)


def test_jaccard_and_containment_by_hand() -> None:
    # 4 shingles and 6 shingles, 2 of them in both: 2 / (4 + 6 - 2) and 2 / 4
    texts = "a b c d e f x y", "a b c d e f p q r s"
    assert found(*texts) == [Pair("d0", "d1", jaccard=0.25, containment=0.5)]
    assert pairs([document(text, text) for text in texts], Thresholds(near_duplicate=0.51)) == []


def test_jaccard_at_the_threshold_joins() -> None:
    # 3 shingles each, 2 in both: 2 / 4
    (pair,) = found("a b c d e f x", "a b c d e f y")
    assert (pair.jaccard, pair.joins(THRESHOLDS)) == (0.5, True)


def test_short_text_inside_a_long_one_is_contained() -> None:
    (pair,) = found("the north fired a missile", " ".join(f"x{at}" for at in range(500)) + " The north fired a missile!")
    assert (pair.containment, pair.jaccard < 0.01, pair.joins(THRESHOLDS)) == (1.0, True, True)


def test_case_and_punctuation_do_not_matter() -> None:
    (pair,) = found("The North fired a missile.", "the north, fired A missile")
    assert pair.jaccard == 1.0


def test_texts_with_nothing_in_common_are_no_pair() -> None:
    assert found("a b c d e", "f g h i j", "", "", "...") == []


def test_same_url_joins_and_an_unknown_one_does_not() -> None:
    one, other, third = document("a", "one", "http://x"), document("b", "two", "http://x"), document("c", "three")
    (pair,) = pairs([one, other, third, document("d", "four", "")], THRESHOLDS)
    assert (pair.one, pair.other, pair.same_url, pair.joins(THRESHOLDS)) == ("a", "b", True, True)


def test_same_long_paragraph_joins_and_a_shorter_one_does_not() -> None:
    own = [" ".join(f"{letter}{at}" for at in range(200)) for letter in "xy"]
    (pair,) = found(*(f"{text}\n\n{PARAGRAPH}" for text in own))
    assert (pair.paragraphs, pair.containment < 0.5, pair.joins(THRESHOLDS)) == (1, True, True)
    assert found(*(f"{text}\n\n{PARAGRAPH.replace('w49', '')}" for text in own)) == []


@pytest.mark.parametrize(("documents", "joined"), [(COMMON, True), (COMMON + 1, False)])
def test_paragraph_of_more_than_twenty_documents_is_boilerplate(documents: int, joined: bool) -> None:
    texts = [" ".join(f"{letter}x{at}" for at in range(100)) + f"\n\n{PARAGRAPH}" for letter in range(documents)]
    assert len(found(*texts)) == (documents * (documents - 1) // 2 if joined else 0)


TEXTS = st.lists(st.lists(st.sampled_from("abc"), max_size=12).map(" ".join), max_size=6)
URLS = st.lists(st.sampled_from([None, "http://x", "http://y"]), min_size=6, max_size=6)


def grams(text: str) -> frozenset[tuple[str, ...]]:
    """The 5-grams of a text whose words stand between single spaces; those of a shorter one are itself."""
    words = text.split()
    return frozenset(tuple(words[at : at + SHINGLE]) for at in range(max(len(words) - SHINGLE + 1, min(len(words), 1))))


@given(TEXTS, URLS, st.sampled_from([0.1, 0.3, 0.5, 2 / 3, 1.0]))
def test_pairs_are_those_of_brute_force(texts: list[str], urls: list[str | None], threshold: float) -> None:
    thresholds = Thresholds(near_duplicate=threshold, paragraph_words=7)
    documents = [document(f"d{at}", text, url) for at, (text, url) in enumerate(zip(texts, urls, strict=False))]
    expected = []
    for one, other in combinations(documents, 2):
        sets = grams(one.text), grams(other.text)
        both = len(sets[0] & sets[1])
        same_url = one.url is not None and one.url == other.url
        paragraph = int(one.text == other.text and len(one.text.split()) >= 7)
        jaccard, containment = (both / len(sets[0] | sets[1]), both / min(map(len, sets))) if both else (0.0, 0.0)
        pair = Pair(one.doc_id, other.doc_id, jaccard, containment, same_url, paragraph)
        expected += [pair] if pair.joins(thresholds) else []
    assert pairs(documents, thresholds) == expected


@given(TEXTS, st.randoms())
def test_order_of_documents_does_not_matter(texts: list[str], random) -> None:
    documents = [document(f"d{at}", text) for at, text in enumerate(texts)]
    assert pairs(random.sample(documents, len(documents)), THRESHOLDS) == pairs(documents, THRESHOLDS)
