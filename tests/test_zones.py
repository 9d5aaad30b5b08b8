"""Zones: what the rules find on the five articles, and what holds for every text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.articles.zones import Correction, corrected, zones
from eventbank.document import KEPT_KINDS, ZONE_KINDS, Zone, assemble
from eventbank.errors import EventBankError

ARTICLES = Path(__file__).parents[1] / "articles"

LINES: dict[str, list[tuple[str, str]]] = {
    "000": [("1 5", "headline"), ("6", "caption"), ("8 11 14 17 20 23 26", "body"), ("28", "comment"), ("30", "navigation")],
    "001": [("1 2", "navigation"), ("4", "headline"), ("6 8 10 12 14 16 18 20 22 24", "body"), ("26", "credit")],
    "002": [
        ("1 3", "headline"),
        ("5", "caption"),
        ("7 9 11 13 15 17 21 23 25", "body"),
        ("19", "heading"),
        ("27 29 31 33 35 37 39 41 43 45 47 49 51 53 55 57 58", "related"),
    ],
    "003": [
        (" ".join(map(str, [*range(1, 60), *range(84, 146)])), "navigation"),
        ("61", "headline"),
        ("63", "byline"),
        ("64", "published"),
        ("65 66", "caption"),
        ("68 70 72 74 76 78 80 82", "body"),
        ("146 148 149 150 151 152 153", "imprint"),
        ("147", "copyright"),
    ],
    "004": [
        ("1", "navigation"),
        ("3 33", "headline"),
        ("5 7 9 11 13 15 17 19 21 23 27 29 37 39 41 43 47 49 51 53 55", "body"),
        ("25", "advertisement"),
        ("31 45", "heading"),
        ("35", "caption"),
        ("57", "credit"),
        ("59", "copyright"),
        ("61 63", "byline"),
        ("65", "bio"),
    ],
}

SENTENCE = "The ministers of the two countries agreed on Monday to meet again in the coming weeks."
OTHER = "A spokesperson for the ministry of defense declined to say when the talks would take place."
PAGE = f"Home\nWorld\nSport\n\nMinisters of two countries agree to meet\n\n{SENTENCE}\n\n{OTHER}\n\n© 2024 The Example Times\n"

texts = st.text(
    st.one_of(st.sampled_from("\r\n\n\n \t\xa0\x0c\u2028\x85aB.,:©*(/"), st.characters(exclude_categories=["Cs"])), max_size=400
)


def article(number: str) -> str:
    path = next(ARTICLES.glob(f"{number}_*.txt"))
    return path.read_bytes().decode("utf-8")


def kinds_by_line(raw: str) -> Iterator[tuple[int, str]]:
    for zone in zones(raw):
        for at, line in enumerate(raw[zone.raw_start : zone.raw_end].split("\n")):
            if line.strip():
                yield raw.count("\n", 0, zone.raw_start) + at + 1, zone.kind


def kinds(raw: str) -> list[str]:
    return [zone.kind for zone in zones(raw)]


def kind_of(line: str) -> str:
    """The kind of a line that stands among the paragraphs of an article."""
    raw = "\n\n".join([SENTENCE, OTHER, line, OTHER[::-1].capitalize() + ".", SENTENCE[::-1].capitalize() + "."])
    return next(zone.kind for zone in zones(raw) if raw[zone.raw_start : zone.raw_end].startswith(line[:10]))


@pytest.mark.parametrize("number", LINES)
def test_every_line_of_the_articles_has_its_kind(number: str) -> None:
    expected = {int(line): kind for lines, kind in LINES[number] for line in lines.split()}
    assert dict(kinds_by_line(article(number))) == expected


@pytest.mark.parametrize(
    ("number", "paragraphs", "first"),
    [
        ("000", 7, "International Military - On Thursday"),
        ("001", 10, "SEOUL SOUTH KOREA —"),
        ("002", 9, "Representatives of"),
        ("003", 8, "The defense chiefs"),
        ("004", 21, "The United States and"),
    ],
)
def test_every_paragraph_is_one_body_zone(number: str, paragraphs: int, first: str) -> None:
    raw = article(number)
    bodies = [raw[zone.raw_start : zone.raw_end] for zone in zones(raw) if zone.kind == "body"]
    assert len(bodies) == paragraphs
    assert bodies[0].startswith(first)


def test_an_agency_at_the_end_of_a_body_line_stays_in_the_body() -> None:
    assert kind_of(f"{SENTENCE} (Yonhap)") == "body"


def test_a_dateline_inside_a_body_line_stays_in_the_body() -> None:
    assert kinds(f"SEOUL, South Korea — {SENTENCE}\n\n{OTHER}") == ["body", "body"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("A new hope", "heading"),
        ("ADVERTISEMENT", "advertisement"),
        ("Photo: Jane Doe/Reuters", "caption"),
        ("READ MORE: Ministers meet in Tokyo", "related"),
        ("“No comment.”", "body"),
        ("The site was used for tests of engines last year, officials said.", "body"),
        ("Photos released by state media showed the launch of a missile at dawn.", "body"),
        ("Facebook said on Tuesday that it had removed the accounts of the group.", "body"),
    ],
)
def test_a_line_among_paragraphs_is_told_by_its_words(line: str, kind: str) -> None:
    assert kind_of(line) == kind


def paragraphs(count: int, words: str = "officials") -> list[str]:
    """So many paragraphs, no two alike."""
    return [f"The {words} of country number {at} agreed on Monday to meet again in the coming weeks." for at in range(count)]


def bodies(*parts: str) -> list[str]:
    """The body of the page of these lines."""
    raw = "\n".join(parts)
    return [raw[zone.raw_start : zone.raw_end] for zone in zones(raw) if zone.kind in KEPT_KINDS]


def test_a_button_under_every_card_parts_the_cards_and_not_the_article() -> None:
    article, cards = paragraphs(4), [part for card in paragraphs(5, "teasers") for part in (card, "Share on Facebook")]
    assert bodies(*article, "Share on Facebook", *cards) == article


def test_many_short_lines_in_a_row_end_the_article_and_a_few_do_not() -> None:
    article, rest = paragraphs(5), paragraphs(4, "readers")
    assert bodies(*article, *(f"Name {number}" for number in range(30)), *rest) == article
    assert bodies(*article, "Name A", "Name B", *rest) == [*article, "Name A", "Name B", *rest]


def test_comments_with_dates_are_not_the_article_even_if_they_are_longer() -> None:
    article = paragraphs(8)
    said = [part for text in paragraphs(20, "commenters") for part in (text, f"{text} Again.", "2 days ago at 07:52")]
    assert bodies(*article, "Comments", *said) == article


@pytest.mark.parametrize(
    ("heading", "dated"),
    [
        ("35 Comments »", "Jane Doe — 17.07, 2011 @ 13:04"),
        ("10 Kommentare", "19. Juni 2018 um 15:28 Uhr"),
        ("Comentarios", "3 de marzo de 2019"),
        ("12 réactions", "Soumis par Jeanne, le lundi 29 octobre 2012 à 15h46"),
        ("4 thoughts on “Ministers meet”", "Jane Doe Jun 21st at 12:40 pm"),
    ],
)
def test_comments_are_known_by_their_number_and_by_dates_in_other_languages(heading: str, dated: str) -> None:
    article = paragraphs(8)
    said = [part for text in paragraphs(30, "commenters") for part in (dated, text)]
    assert bodies(*article, heading, *said) == article


def test_a_number_of_comments_and_two_dates_above_the_article_do_not_end_it() -> None:
    notices, article = paragraphs(3, "owners"), paragraphs(6)
    assert bodies(*notices, "Home", "5 Comments", "Published: Feb 1, 2022", "Updated: Feb 2, 2022", *article) == article


@pytest.mark.parametrize("heading", ["Ähnliche Beiträge", "À lire aussi", "Noticias relacionadas", "Leia também", "Читайте также"])
def test_a_list_of_other_articles_has_a_heading_in_other_languages(heading: str) -> None:
    page = "\n".join([*paragraphs(4), heading, "Ministers of two other countries meet again", "A band on tour"])
    assert kinds(page) == [*["body"] * 4, "related"]


def test_a_numbered_sentence_is_a_paragraph_of_the_article() -> None:
    numbered = [f"{at}. {text}" for at, text in enumerate(paragraphs(6), 1)]
    assert bodies(*paragraphs(5, "teasers"), *(f"Name {number}" for number in range(30)), *numbered) == numbered


def test_sentences_that_speak_to_the_reader_of_the_page_are_not_the_article() -> None:
    notices = [f"Click the button number {at} to hear from us, and send your letter to the office." for at in range(9)]
    assert bodies(*notices, "Home", *paragraphs(4)) == paragraphs(4)


def test_a_paragraph_that_ends_with_a_french_quotation_is_no_teaser() -> None:
    said = "Le ministre a répondu aux questions des députés lundi : « Nous ne changerons pas de politique. »"
    assert bodies(*paragraphs(2), said, *paragraphs(2, "readers")) == [*paragraphs(2), said, *paragraphs(2, "readers")]


def test_dates_in_rows_and_numbered_rows_at_the_end_belong_to_the_article() -> None:
    dates = [f"June {day} – Tampa, Florida @ The Example Amphitheatre" for day in range(10, 20)]
    numbered = [f"{at}) The name of a thing" for at in range(1, 9)]
    assert bodies("Home", *paragraphs(4), *dates, "Home") == [*paragraphs(4), *dates]
    assert bodies("Home", *paragraphs(4), *numbered, "Home") == [*paragraphs(4), *numbered]


@pytest.mark.parametrize(
    "after",
    [
        "About Jane Doe",
        "Über Jane Doe",
        "Follow Jane Doe on Twitter and read what she writes about it there.",
        "More Great Example Stories",
    ],
)
def test_an_afterword_ends_the_article(after: str) -> None:
    article = paragraphs(4)
    assert bodies(*article, after, OTHER) == article


def test_an_afterword_that_would_take_most_of_the_article_is_none() -> None:
    assert bodies(SENTENCE, "About the ministers", *paragraphs(4)) == [SENTENCE, "About the ministers", *paragraphs(4)]


def test_a_number_alone_among_paragraphs_counts_pictures_and_numbers_in_rows_are_a_table() -> None:
    assert kind_of("6") == "navigation"
    assert bodies(*paragraphs(3), "17", "18", *paragraphs(2, "readers")) == [*paragraphs(3), "17", "18", *paragraphs(2, "readers")]


def test_a_clause_of_japanese_belongs_to_its_sentence() -> None:
    japanese = [
        "商標権の侵害と判断される場合があり、",
        "この事件のように改造を加えて販売したときは、",
        "侵害となります。これは重要なことです。",
    ]
    assert bodies("Home", *japanese, "Home") == japanese


@pytest.mark.parametrize("width", [50, 60, 72, 80, 100])
def test_a_hard_wrapped_paragraph_is_one_zone(width: int) -> None:
    paragraph = textwrap.fill(" ".join([SENTENCE, OTHER, SENTENCE]).replace(". ", ", and "), width)
    raw = f"{paragraph}\n\n{paragraph.replace('ministers', 'presidents')}\n"
    assert [raw[zone.raw_start : zone.raw_end].count("\n") for zone in zones(raw)] == [paragraph.count("\n")] * 2


def test_lines_that_end_sentences_are_paragraphs_of_their_own() -> None:
    assert kinds(f"{SENTENCE}\n{OTHER}") == ["body", "body"]


def test_a_menu_is_one_zone_until_a_blank_line() -> None:
    assert kinds(PAGE) == ["navigation", "headline", "body", "body", "copyright"]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_do_not_change_the_kinds(end: str) -> None:
    assert kinds(PAGE.replace("\n", end)) == kinds(PAGE)


@given(texts)
def test_zones_part_the_page(raw: str) -> None:
    found = zones(raw)
    inside = set()
    for zone in found:
        text = raw[zone.raw_start : zone.raw_end]
        assert text and text == text.strip() and zone.kind in ZONE_KINDS
        assert not inside & {zone.raw_start, zone.raw_end - 1}
        inside.update(range(zone.raw_start, zone.raw_end))
    assert list(found) == sorted(found)
    assert all(at in inside for at, char in enumerate(raw) if not char.isspace())


@given(texts)
def test_the_text_is_the_page_but_for_line_ends(raw: str) -> None:
    text, pieces = assemble(raw, zones(raw))
    for piece in pieces:
        assert text[piece.start : piece.start + piece.length] == raw[piece.raw_start : piece.raw_start + piece.length].replace("\r", "\n")


@given(texts)
def test_zones_are_the_same_each_time(raw: str) -> None:
    assert zones(raw) == zones(raw)


@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    [
        "menu\n",
        "word ",
        "© 2020 X\nTel: 1\n",
        "Most read\n",
        "(",
        f"{SENTENCE}\n",
        "By A B\nA B\n",
        "a\r",
        "Comments\n2 days ago\n",
        "Share\nabout us\n",
    ],
)
def test_a_page_of_a_hundred_thousand_equal_parts_is_cut(part: str) -> None:
    found = zones(part * 100_000)
    assert all(one.raw_end <= other.raw_start for one, other in pairwise(found))


def test_a_correction_of_lines_makes_each_kept_line_a_zone() -> None:
    found = corrected(PAGE, zones(PAGE), [Correction("heading", lines=(1, 3))])
    assert [PAGE[zone.raw_start : zone.raw_end] for zone in found if zone.kind == "heading"] == ["Home", "World", "Sport"]


def test_a_correction_of_lines_to_another_kind_makes_one_zone() -> None:
    found = corrected(PAGE, zones(PAGE), [Correction("related", lines=(7, 9))])
    assert [zone.kind for zone in found] == ["navigation", "headline", "related", "copyright"]


def test_a_correction_cuts_the_zones_that_it_overlaps() -> None:
    found = corrected("one two three", [Zone(0, 13, "body")], [Correction("caption", raw=(3, 8))])
    assert found == (Zone(0, 3, "body"), Zone(4, 7, "caption"), Zone(8, 13, "body"))


def test_no_correction_leaves_the_zones() -> None:
    assert corrected(PAGE, zones(PAGE), []) == zones(PAGE)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_by_lf_crlf_and_cr_alone(end: str) -> None:
    raw = f"one\x0c\u2028one{end}{end}three"
    assert corrected(raw, [], [Correction("body", lines=(3, 3))]) == (Zone(len(raw) - 5, len(raw), "body"),)


@pytest.mark.parametrize(
    ("correction", "code"),
    [
        (Correction("chorus", lines=(1, 1)), "E211"),
        (Correction("body", lines=(1, 99)), "E212"),
        (Correction("body", lines=(0, 1)), "E212"),
        (Correction("body", raw=(0, 9999)), "E212"),
        (Correction("body", raw=(5, 5)), "E212"),
        (Correction("body"), "E213"),
        (Correction("body", lines=(1, 1), raw=(0, 1)), "E213"),
        (Correction("body", lines=(4, 4)), "E214"),
    ],
)
def test_a_correction_that_cannot_be_applied_has_a_code(correction: Correction, code: str) -> None:
    with pytest.raises(EventBankError) as caught:
        corrected(PAGE, zones(PAGE), [correction])
    assert [problem.code for problem in caught.value.problems] == [code]


@given(texts, st.integers(0, 400), st.integers(1, 50), st.sampled_from(ZONE_KINDS))
def test_corrected_zones_still_part_the_page(raw: str, start: int, length: int, kind: str) -> None:
    if not raw[start : start + length].strip():
        return
    found = corrected(raw, zones(raw), [Correction(kind, raw=(start, min(len(raw), start + length)))])
    covered = [at for zone in found for at in range(zone.raw_start, zone.raw_end)]
    assert len(covered) == len(set(covered))
    assert {at for at, char in enumerate(raw) if not char.isspace()} <= set(covered)


def test_kept_kinds_are_zone_kinds() -> None:
    assert set(ZONE_KINDS) >= KEPT_KINDS
