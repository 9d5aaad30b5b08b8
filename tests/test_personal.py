"""Personal data: e-mail addresses and telephone numbers are found, the numbers of the news are not."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.articles.personal import CONTACT, contacts

ARTICLES = Path(__file__).parents[1] / "articles"


def found(text: str) -> list[tuple[str, str]]:
    return [(contact.kind, text[contact.start : contact.end]) for contact in contacts(text)]


@pytest.mark.parametrize(
    "text",
    [
        "jane.doe@news.example.org",
        "jane+desk@example.co.uk",
        "jane [at] example [dot] com",
        "jane (at) example.co.kr",
        "jane at example dot com",
    ],
)
def test_an_email_address_is_found(text: str) -> None:
    assert found(f"Write to {text}, please.") == [("email", text)]


@pytest.mark.parametrize(
    "text",
    [
        "+82-2-727-0114",
        "+82 2 727 0114",
        "+821012345678",
        "+1 (202) 555-0143",
        "1-800-555-0143",
        "(202) 555-0143",
        "202-555-0143",
        "202.555.0143",
        "02-727-0114",
        "(02) 727-0114",
        "010-1234-5678",
        "03-1234-5678",
        "0120-123-456",
        "020 7946 0958",
        "+33 1 23 45 67 89",
        "00 44 20 7946 0958",
        "138-1234-5678",
    ],
)
def test_a_telephone_number_is_found(text: str) -> None:
    assert found(f"Ask {text} for more.") == [("telephone", text)]


def test_a_short_number_needs_the_word_for_it() -> None:
    assert found("Tel: 727-0114") == [("telephone", "727-0114")]
    assert found("He won 727-0114 of them") == []


@pytest.mark.parametrize(
    "text",
    [
        "at 2210 GMT on Wednesday",
        "around 7:10 a.m.",
        "at least 5,500 kilometers",
        "some 10,000 troops",
        "2015.04.28",
        "Nov. 7-8",
        "the 2022-23 season",
        "resolution 1718 (2006)",
        "resolutions 1718 (2006), 1874 (2009) and 2087 (2013)",
        "38.3 N, 127.1 E",
        "$1,234,567 or ₩1,234,567,890",
        "won 3-2, 21-14",
        "192.168.100.12",
        "ISBN 978-0-306-40615-7",
        "ISBN 0-306-40615-2",
        "2022-01-27 09:38:00",
        "2024-11-20T10:00:00+09:00",
        "the war of 1950-1953",
        "a call 2022-01-27",
        "10 000 000 people",
        "up +10,000,000 and +1.5 percent",
        "on 01-02-2020",
        "registration No : Seoul 아03711",
        "call 911",
        "the @example account",
        "work at the dot com",
        "KN-23 and Hwasong-17",
        "20241120 0938",
    ],
)
def test_the_numbers_of_the_news_are_no_contacts(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(("number", "kinds"), [("000", []), ("001", []), ("003", ["telephone"]), ("004", ["email", "telephone"])])
def test_the_articles_hold_the_contacts_that_they_hold(number: str, kinds: list[str]) -> None:
    text = next(ARTICLES.glob(f"{number}_*.txt")).read_bytes().decode("utf-8")
    assert [contact.kind for contact in contacts(text)] == kinds


def test_the_code_says_what_to_do() -> None:
    assert CONTACT.id == "E221"
    assert "sources.yaml" in CONTACT.remedy


@given(st.text(st.sampled_from("0129+-.() @ab\ntel: "), max_size=200))
def test_contacts_are_in_order_and_apart(text: str) -> None:
    spans = [(contact.start, contact.end) for contact in contacts(text)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


@pytest.mark.parametrize("part", ["a", "1 ", "+1", "a@", "a@b.", "1-", " at ", "(at)", "0.", "tel 1 ", "a [at] b"])
def test_a_text_of_a_hundred_thousand_equal_parts_is_searched(part: str) -> None:
    text = part * 100_000
    assert all(0 <= contact.start < contact.end <= len(text) for contact in contacts(text))
