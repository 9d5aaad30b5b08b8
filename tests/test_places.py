"""Strings as places on a page: they come back, and without the page they say nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.release.places import Original, decode, encode, is_complete, is_places, quotes, words

PAGE = "Menu\r\nThe navy  fired two missiles.\r\nIt denied\r\nthe report.\r\n"
TEXT = "The navy  fired two missiles.\n\nIt denied\nthe report."
ORIGINAL = Original(PAGE, TEXT)
SOME = st.text('abcäé한💩 \n\r\\"[],0', max_size=60)


@given(SOME, SOME, st.lists(SOME | st.text(max_size=5), max_size=4), st.integers(0, 60))
def test_any_string_comes_back_from_its_places(page: str, text: str, parts: list[str], at: int) -> None:
    original, string = Original(page, text), "".join(parts)
    assert decode(encode(string, original, at), original) == string


@given(SOME, st.text('abcäé한💩 \n\r\\"[],0xyz', min_size=1, max_size=60))
def test_places_hold_no_letter_that_the_page_has(page: str, string: str) -> None:
    found = encode(string, Original(page, page))
    assert is_places(found)
    left = [part for part in json.loads(found[6:]) if isinstance(part, str)]
    assert not any(char in page for part in left for char in part if char.isalnum())


@pytest.mark.parametrize(
    ("string", "found"),
    [
        ("navy", "@text:[[4,4]]"),
        ("It denied\nthe report.", "@text:[[31,21]]"),
        ("The navy fired", "@text:[[0,9],[10,5]]"),
        ("It denied\\nthe report.", '@text:[[31,9],"\\\\",[12,1],[41,11]]'),
        ("Menu", "@page:[[0,4]]"),
        ("", ""),
    ],
)
def test_places_lead_to_the_text_and_else_to_the_page(string: str, found: str) -> None:
    encoded = encode(string, ORIGINAL)
    assert decode(encoded, ORIGINAL) == string
    if "\\" not in string:
        assert encoded == found


def test_a_string_that_stands_in_the_text_twice_is_the_one_from_its_offset_on() -> None:
    original = Original("a b a", "a b a")
    assert encode("a", original) == "@text:[[0,1]]"
    assert encode("a", original, 1) == "@text:[[4,1]]"
    assert encode("b", original, 4) == "@text:[[2,1]]"


def test_a_string_that_looks_like_places_is_given_as_places_itself() -> None:
    for string in ("@text:[[0,1]]", "@page:", "@text:nonsense"):
        assert quotes(string, frozenset())
        assert decode(encode(string, ORIGINAL), ORIGINAL) == string


@pytest.mark.parametrize(
    "string",
    [
        "@text:",
        "@text:{}",
        "@text:[5]",
        "@text:[[0]]",
        "@text:[[0,1,2]]",
        "@text:[[-1,2]]",
        "@text:[[0,9999]]",
        "@page:[[true,1]]",
        "@page:[[0,1.0]]",
        "@page:" + "[" * 100_000,
    ],
    ids=lambda string: string[:20],
)
def test_places_that_lead_nowhere_are_refused(string: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        decode(string, ORIGINAL)


def test_places_are_complete_if_every_letter_stands_on_the_page() -> None:
    assert is_complete(encode("The «navy»", ORIGINAL))
    assert not is_complete(encode("The navy of Ærø", ORIGINAL))
    assert not is_complete("navy")


@pytest.mark.parametrize("string", ["the NAVY", "missiles?", "(fired)", "ｎａｖｙ", "na\u00advy", "de\u200bnied", "fired/2024"])
def test_case_width_invisible_characters_and_punctuation_hide_no_quotation(string: str) -> None:
    assert quotes(string, frozenset(words(PAGE)))


@pytest.mark.parametrize("string", ["2024-01-27", "P2D", "ok", "a b c", "", "—", "missilery"])
def test_numbers_and_other_words_quote_nothing(string: str) -> None:
    assert not quotes(string, frozenset(words(PAGE)))


def test_in_scripts_without_spaces_two_characters_in_a_row_are_a_quotation() -> None:
    known = frozenset(words("朝鲜发射导弹后各方反应"))
    assert quotes("对导弹的看法", known)
    assert not quotes("没有问题", known)
