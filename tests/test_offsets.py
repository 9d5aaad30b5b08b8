"""Positions: every scale agrees with Python's own codecs, and tokens cover the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.offsets import char_span, token_span, tokenize, utf8_ruler, utf16_ruler

WELL_FORMED = st.text(st.characters(exclude_categories=["Cs"]))
KNOTTY = st.text(st.sampled_from("aZ1٣.,:'’-_ \n\r\t\u0301\u0660\u200b😀东한é²\ud800"), max_size=40)


def surfaces(text: str) -> list[str]:
    return [text[start:end] for start, end in tokenize(text)]


# Scales


@given(WELL_FORMED)
def test_rulers_agree_with_the_codecs(text: str) -> None:
    for at in range(len(text) + 1):
        assert utf16_ruler(text).from_code_points(at) == len(text[:at].encode("utf-16-le")) // 2
        assert utf8_ruler(text).from_code_points(at) == len(text[:at].encode("utf-8"))


@given(KNOTTY)
def test_every_position_comes_back_from_the_other_scale(text: str) -> None:
    for ruler in (utf16_ruler(text), utf8_ruler(text)):
        assert [ruler.to_code_points(ruler.from_code_points(at)) for at in range(len(text) + 1)] == list(range(len(text) + 1))


def test_position_inside_a_character_or_outside_the_text_is_refused() -> None:
    ruler = utf16_ruler("a😀")
    for at in (2, 4, -1):
        with pytest.raises(ValueError, match=str(at)):
            ruler.to_code_points(at)
    for at in (-1, 3):
        with pytest.raises(IndexError):
            ruler.from_code_points(at)


def test_lone_surrogate_counts_as_one_unit_and_three_bytes() -> None:
    assert utf16_ruler("\ud800a").marks == (0, 1, 2)
    assert utf8_ruler("\ud800a").marks == (0, 3, 4)


# Tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("Kim's two-stage rocket", ["Kim", "'s", "two", "-", "stage", "rocket"]),
        ("5,500 won at 7:10, 2.5km", ["5,500", "won", "at", "7:10", ",", "2", ".", "5km"]),
        ("1.2.3km", ["1.2", ".", "3km"]),
        ("U.S. forces, 9 a.m.", ["U.S.", "forces", ",", "9", "a.m."]),
        ("cafe\u0301s", ["cafe\u0301s"]),
        ("\u0301a", ["\u0301", "a"]),
        ("한국의 미사일", ["한국의", "미사일"]),
        ("😀👍", ["😀", "👍"]),
        ("it’s 'so'", ["it", "’s", "'", "so", "'"]),
        ("a_b", ["a", "_", "b"]),
    ],
)
def test_tokens_of(text: str, tokens: list[str]) -> None:
    assert surfaces(text) == tokens


@given(KNOTTY | st.text())
def test_every_visible_code_point_is_in_exactly_one_token_and_no_white_space_in_any(text: str) -> None:
    covered = [at for start, end in tokenize(text) for at in range(start, end)]
    assert covered == [at for at, char in enumerate(text) if not char.isspace()]


@given(KNOTTY, st.data())
def test_tokens_of_a_span_cover_it_and_no_token_more(text: str, data: st.DataObject) -> None:
    tokens = tokenize(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    touched = [at for at, token in enumerate(tokens) if token[0] < end and token[1] > start and start < end]
    assert token_span(tokens, start, end) == ((touched[0], touched[-1] + 1) if touched else None)


@given(KNOTTY.filter(lambda text: text.strip()), st.data())
def test_span_made_of_tokens_comes_back_to_them(text: str, data: st.DataObject) -> None:
    tokens = tokenize(text)
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first + 1, len(tokens)))
    assert token_span(tokens, *char_span(tokens, first, last)) == (first, last)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (1, 0), (-1, 1), (0, 2)])
def test_tokens_that_are_not_there_have_no_span(first: int, last: int) -> None:
    with pytest.raises(IndexError):
        char_span([(0, 1)], first, last)


@pytest.mark.parametrize("unit", ["a", "1", "1.", "1,", "a.", "a'", "a\u0301", "\u0301", "'", "_", " ", "1.1a", "😀"])
def test_a_long_run_of_one_kind_of_character_is_tokenized(unit: str) -> None:
    text = unit * (200_000 // len(unit)) + "1a"
    assert "".join(text[start:end] for start, end in tokenize(text)) == "".join(text.split())
