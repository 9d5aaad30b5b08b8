"""Sentences: code point spans that part the text and keep to its paragraphs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.segmentation import sentence_of, sentences

TEXTS = st.text(st.sampled_from("aB.!? \n\r\t\x85\u2028。\"'()1😀\u0301é한"), max_size=60) | st.text(max_size=60)


def surfaces(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in sentences(text, language)]


def test_emoji_before_a_boundary_shifts_nothing() -> None:
    assert surfaces("😀😀 It flew. 🚀 It fell.") == ["😀😀 It flew.", "🚀 It fell."]


def test_combining_marks_before_a_boundary_shift_nothing() -> None:
    assert surfaces("Cafe\u0301 e\u0301. Next.") == ["Cafe\u0301 e\u0301.", "Next."]


def test_abbreviations_end_no_sentence() -> None:
    assert surfaces("Mr. Kim left at 9 a.m. on Monday. He returned.") == ["Mr. Kim left at 9 a.m. on Monday.", "He returned."]


@pytest.mark.parametrize("blank", ["\n\n", "\n\n\n", "\n \n", "\n\t\u3000\n"])
def test_heading_without_a_full_stop_ends_at_the_blank_line(blank: str) -> None:
    assert surfaces(f"A heading{blank}a paragraph.") == ["A heading", "a paragraph."]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\n \n"])
def test_text_without_words_has_no_sentence(text: str) -> None:
    assert sentences(text, "en") == []


@pytest.mark.parametrize("language", ["en", "ko", "en-US", "xx"])
def test_any_language_tag_gives_sentences(language: str) -> None:
    assert surfaces("One is here. Two is there.", language) == ["One is here.", "Two is there."]


@given(TEXTS)
def test_every_visible_code_point_is_in_exactly_one_sentence(text: str) -> None:
    found = sentences(text, "en")
    covered = [at for start, end in found for at in range(start, end) if not text[at].isspace()]
    assert covered == [at for at, char in enumerate(text) if not char.isspace()]


@given(TEXTS)
def test_sentences_have_no_outer_white_space_and_cross_no_blank_line(text: str) -> None:
    for surface in surfaces(text):
        assert surface
        assert surface == surface.strip()
        assert not re.search(r"\n\s*\n", surface)


@given(TEXTS.filter(lambda text: text.strip()), st.data())
def test_sentence_of_a_position_is_the_one_that_holds_it(text: str, data: st.DataObject) -> None:
    found = sentences(text, "en")
    index = data.draw(st.integers(0, len(found) - 1))
    assert sentence_of(found, data.draw(st.integers(found[index][0], found[index][1] - 1))) == index


@pytest.mark.parametrize("space", ["\u2028", "\u00a0", "\u3000", "\u2009"])
def test_a_wide_space_before_a_full_stop_is_a_space(space: str) -> None:
    text = f"Joseph ( B{space}. Brown) came."
    assert [text[start:end] for start, end in sentences(text, "en")] == [text]


def test_position_between_sentences_belongs_to_the_one_before_and_any_before_the_first_to_it() -> None:
    assert [sentence_of([(2, 4), (6, 8)], at) for at in (0, 2, 4, 5, 6, 99)] == [0, 0, 0, 0, 1, 1]
    assert sentence_of([], 3) == 0


@pytest.mark.parametrize("unit", ["a", "a. ", "\n\n", "\n ", "(", "U.S. ", "😀"])
def test_a_long_run_of_one_kind_of_character_is_split(unit: str) -> None:
    text = unit * (400_000 // len(unit))
    assert "".join("".join(text[start:end].split()) for start, end in sentences(text, "en")) == "".join(text.split())
