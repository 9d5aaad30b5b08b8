"""Metadata: what a page states, and that nothing is guessed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from eventbank.articles.metadata import Metadata, Stated, metadata, read_date
from eventbank.articles.zones import zones

ARTICLES = Path(__file__).parents[1] / "articles"
BODY = "The ministers of the two countries agreed on Monday to meet again in the coming weeks."


def of_article(number: str) -> Metadata:
    raw = next(ARTICLES.glob(f"{number}_*.txt")).read_bytes().decode("utf-8")
    return metadata(raw, zones(raw))


def of(before: str = "", body: str = BODY, after: str = "") -> Metadata:
    raw = f"Ministers of two countries agree to meet\n\n{before}\n\n{body}\n\n{body.replace('Monday', 'Tuesday')}\n\n{after}"
    return metadata(raw, zones(raw))


def value(stated: Stated | None) -> object:
    return stated and stated.value


@pytest.mark.parametrize(
    ("number", "line", "start"),
    [
        ("000", 1, "North Korea continues"),
        ("001", 4, "US, South Korea to"),
        ("002", 1, "S. Korea, US"),
        ("003", 61, "Defense chiefs"),
        ("004", 3, "Washington, Seoul"),
    ],
)
def test_the_title_is_the_first_headline(number: str, line: int, start: str) -> None:
    title = of_article(number).title
    assert title and title.line == line and str(title.value).startswith(start)


def test_published_and_updated_may_stand_on_one_line() -> None:
    found = of_article("003")
    assert found.published == found.updated == Stated(dt.date(2022, 2, 10), 64, "published")


def test_an_agency_in_the_byline_is_no_author() -> None:
    found = of_article("003")
    assert found.author is None
    assert found.agency == Stated("Yonhap", 63, "byline")


def test_the_author_is_named_in_the_byline() -> None:
    assert of_article("004").author == Stated("Teilor Stone", 63, "byline")


def test_the_holder_of_the_copyright_may_be_the_agency() -> None:
    found = of_article("004")
    assert value(found.holder) == value(found.agency) == "Agence France-Presse"
    assert "© (2024) Agence France-Presse" in str(value(found.statement))


def test_a_copyright_line_names_holder_and_statement() -> None:
    found = of_article("003")
    assert found.holder == Stated("Herald Corporation", 147, "copyright")
    assert value(found.statement) == "Copyright Herald Corporation. All Rights Reserved."


def test_a_source_line_and_a_dateline_are_read() -> None:
    found = of_article("001")
    assert found.agency == Stated("VOA News", 26, "credit")
    assert found.dateline == Stated("SEOUL SOUTH KOREA", 6, "body")


@pytest.mark.parametrize("number", ["000", "002"])
def test_a_page_that_states_nothing_gives_nothing_but_its_title(number: str) -> None:
    found = of_article(number)
    assert found == Metadata(title=found.title)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Feb 10, 2022 - 09:38", dt.date(2022, 2, 10)),
        ("10 February 2022", dt.date(2022, 2, 10)),
        ("Sept. 3rd, 2020", dt.date(2020, 9, 3)),
        ("2022-02-10T09:38:00Z", dt.date(2022, 2, 10)),
        ("2022.02.10", dt.date(2022, 2, 10)),
        ("03/04/2022", None),
        ("February 2022", None),
        ("31 February 2022", None),
        ("12022-02-101", None),
    ],
)
def test_only_a_date_that_can_be_read_in_one_way_is_read(text: str, date: dt.date | None) -> None:
    assert read_date(text) == date


def test_a_bare_date_between_headline_and_body_is_the_day_of_publication() -> None:
    assert value(of(before="November 19, 2019").published) == dt.date(2019, 11, 19)


def test_a_bare_date_elsewhere_is_not() -> None:
    assert of(after="November 19, 2019").published is None


@pytest.mark.parametrize(
    ("head", "place", "agency"),
    [
        ("SEOUL, South Korea (AP) — ", "SEOUL, South Korea", "AP"),
        ("WASHINGTON, Jan 3 (Reuters) - ", "WASHINGTON", "Reuters"),
        ("SEOUL, Feb. 10 (Yonhap) -- ", "SEOUL", "Yonhap"),
        ("TOKYO — ", "TOKYO", None),
        ("(Reuters) - ", None, "Reuters"),
        ("International Military - ", None, None),
    ],
)
def test_a_dateline_names_place_and_agency(head: str, place: str | None, agency: str | None) -> None:
    found = of(body=head + BODY)
    assert (value(found.dateline), value(found.agency)) == (place, agency)


def test_an_agency_at_the_end_of_the_body_is_read() -> None:
    assert value(of(body=f"{BODY} (Yonhap)").agency) == "Yonhap"


def test_who_is_no_agency_is_not_taken_for_one() -> None:
    assert of(body=f"{BODY} (Smith)").agency is None


@pytest.mark.parametrize(
    ("line", "author", "agency"),
    [
        ("By Kim Soo-yeon", "Kim Soo-yeon", None),
        ("By Jane Doe, Associated Press", "Jane Doe", "Associated Press"),
        ("By Jane Doe | The Example Times", "Jane Doe", None),
        ("By Reuters", None, "Reuters"),
    ],
)
def test_a_byline_gives_author_and_agency(line: str, author: str | None, agency: str | None) -> None:
    found = of(before=line)
    assert (value(found.author), value(found.agency)) == (author, agency)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(end: str) -> None:
    raw = f"Ministers of two countries agree to meet{end}{end}By Jane Doe{end}{end}{BODY}"
    assert metadata(raw, zones(raw)).author == Stated("Jane Doe", 3, "byline")


def test_the_address_is_read_where_the_page_labels_it() -> None:
    assert value(of(after="URL: https://news.example/1").url) == "https://news.example/1"
