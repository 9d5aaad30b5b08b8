"""Metadata: what a page states of itself, each value with the line that states it; nothing is guessed.

A date counts only if day, month and year are beyond doubt: the month is a word, or the year stands first as in ISO 8601.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eventbank.document import Zone

AGENCIES = frozenset({
    "afp", "agence france-presse", "anadolu", "anadolu agency", "ani", "ap", "associated press", "the associated press", "bloomberg",
    "dpa", "efe", "ians", "interfax", "itar-tass", "jiji", "jiji press", "kcna", "korean central news agency", "kyodo", "kyodo news",
    "newsis", "pti", "press trust of india", "reuters", "ria novosti", "sputnik", "tass", "upi", "voa", "voa news", "voice of america",
    "xinhua", "yonhap", "yonhap news",
})  # fmt: skip
"""News agencies in lower case; so is whatever ends in "news agency". One that is named as the writer of a story is no author."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\b\.?"
)
DATE = re.compile(
    rf"(?<![\w/.])(?:({_MONTH}) ?(\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})(?!\d)"
    rf"|(\d{{1,2}})(?:st|nd|rd|th)?(?: |-)(?:of )?({_MONTH}),?(?: |-)(\d{{4}})(?!\d)"
    r"|(\d{4})([-./])(\d\d)\8(\d\d)(?![\d/]|[-.]\d))",
    re.IGNORECASE,
)
"""A whole date that can be read in one way only: "Feb 10, 2022", "10 February 2022" or "2022-02-10"."""

_LABEL_END = r"\b(?: on| at)?[ :]{0,4}(?:[a-z]{3,9}(?<!may)\.?,? )?$"
PUBLISHED = re.compile(rf"(?:published|posted|publication date|issued|publish date){_LABEL_END}", re.IGNORECASE)
UPDATED = re.compile(rf"(?:updated|modified|last update){_LABEL_END}", re.IGNORECASE)
"""What stands before a date and says of what it is the date."""

BY = re.compile(r"(?:by|written by|reported by|story by|posted by|article by|author) ?:? +(\S[^\n]{1,80})", re.IGNORECASE)
NAME_END = re.compile(r" ?[|•·(]| - | on (?=[A-Z\d])| (?:Published|Updated|Posted)\b|, (?=\d)|,? (?=[A-Z][a-z]{2,8}\.? \d)")
SOURCE = re.compile(r"(?:story )?(?:sources?|via) ?: *(\S[^\n]{1,60})", re.IGNORECASE)
AGENCY_START = re.compile(r"\(([A-Z][\w. -]{1,30})\) ?(?:[—–]|--?)\s")
AGENCY_END = re.compile(r"\(([A-Z][\w. -]{1,30})\)\.?$")
DATELINE = re.compile(
    r"([A-Z][A-Z.'’-]+(?:[ \xa0,]{1,2}[A-Z][\w.'’-]{0,24}){0,5}?)"
    rf"(?:, (?i:{_MONTH}) \d{{1,2}}(?:,? \d{{4}})?)?"
    r"(?: ?\(([A-Z][\w. /-]{1,30})\))?"
    r" ?(?:[—–]|--?)\s+(?=[^a-z\s])"
)
"""The place in capitals at the head of a report, the day and the agency if they are there, and the dash before the first sentence."""

HOLDER = re.compile(
    r"(?:©|\(c\)|\bcopyright\b)(?: ?(?:©|\(c\)))?[ :]{0,3}\(?(?:\d{4}(?: ?[-–—,] ?\d{4})?)?\)?[ ,.:]{0,3}(?:by )?([^.|©\n]{2,80})",
    re.IGNORECASE,
)
RESERVED = re.compile(r"[ ,;–-]*all rights reserved.*", re.IGNORECASE)
URL = re.compile(r"(?:(?:url|link|permalink|canonical|original(?: article)?|source) ?: *)?(https?://[^\s<>\"]{4,2000})$", re.IGNORECASE)

HEAD = 200
"""Code points at the head and the tail of a paragraph within which a dateline or an agency's name is looked for."""


_SILENT = frozenset({"related", "comment", "advertisement", "bio"})
_SELDOM = frozenset({"navigation", "caption", "heading"})
"""Kinds of zone that state nothing of the article, and kinds that do so only in a line with a year or an address."""

_DATED = frozenset({"published", "byline", "navigation", "credit"})
"""Kinds of zone that may say when the article was published."""

_WORTH = re.compile(r"\d{4}|://")


class Stated(NamedTuple):
    """A value that the page states, the number of its line (from 1), and the kind of zone that the line is in."""

    value: str | dt.date
    line: int
    zone: str


@dataclass(frozen=True)
class Metadata:
    """What a page states of itself; None for what it does not state. `published` and `updated` hold dates, the others strings.

    `statement` is the line of the page that claims the copyright, `holder` the one it names.
    """

    title: Stated | None = None
    published: Stated | None = None
    updated: Stated | None = None
    author: Stated | None = None
    agency: Stated | None = None
    dateline: Stated | None = None
    holder: Stated | None = None
    statement: Stated | None = None
    url: Stated | None = None


class _Line(NamedTuple):
    """A line of a zone that holds metadata."""

    text: str
    number: int
    zone: str
    headed: bool
    """Whether it stands between the headline and the body, where an unlabelled date can only be the article's."""


def metadata(raw: str, zones: Sequence[Zone]) -> Metadata:
    """What the page states of itself, read from its zones.

    `raw` is the decoded page as given to `eventbank.articles.zones.zones`, `zones` what that returned or their correction.
    Line numbers count LF, CR LF and CR.
    """
    lines = list(_lines(raw, sorted(zones)))
    body = [line for line in lines if line.zone in ("body", "dateline")]
    rest = [line for line in lines if line.zone not in ("body", "dateline")]
    holder, statement = _rights(rest)
    published, updated = _dates(rest)
    return Metadata(
        title=next((_stated(line, line.text) for line in rest if line.zone == "headline"), None),
        published=published,
        updated=updated,
        author=_author(rest),
        agency=_agency(rest, body),
        dateline=_dateline(body),
        holder=holder,
        statement=statement,
        url=_url(rest),
    )


def read_date(text: str) -> dt.date | None:
    """The first date in a text that is whole and can be read in one way only, or None. Month names are English, in any locale."""
    found = DATE.search(text)
    return None if found is None else _date(found)


def _date(found: re.Match[str]) -> dt.date | None:
    if found[1]:
        year, month, day = found[3], _month(found[1]), found[2]
    elif found[5]:
        year, month, day = found[6], _month(found[5]), found[4]
    else:
        year, month, day = found[7], int(found[9]), found[10]
    try:
        return dt.date(int(year), month, int(day))
    except ValueError:
        return None


def _month(name: str) -> int:
    return MONTHS.index(name[:3].lower()) + 1


def _lines(raw: str, zones: Sequence[Zone]) -> Iterator[_Line]:
    """The lines that can state something, in order: none of other articles and of readers, and of the body the first and the last zone."""
    text = raw.replace("\r\n", " \n").replace("\r", "\n") if "\r" in raw else raw
    bodies = [at for at, zone in enumerate(zones) if zone.kind in ("body", "dateline")]
    ends = {*bodies[:1], *bodies[-1:]}
    number, counted = 1, 0
    headline = body = False
    for place, (start, end, kind) in enumerate(zones):
        headline, body = headline or kind == "headline", body or kind == "body"
        if kind in _SILENT or (kind in ("body", "dateline") and place not in ends):
            continue
        shown = text[start:end]
        if kind in _SELDOM and not _WORTH.search(shown):
            continue
        number, counted = number + text.count("\n", counted, start), start
        for at, line in enumerate(shown.split("\n")):
            if (line := line.strip()) and (kind not in _SELDOM or _WORTH.search(line)):
                yield _Line(line, number + at, kind, headline and not body)


def _stated(line: _Line, value: str | dt.date) -> Stated:
    return Stated(value, line.number, line.zone)


def _dates(lines: Iterable[_Line]) -> tuple[Stated | None, Stated | None]:
    """The first date with the label of a publication, else the first bare one between headline and body; and the first one of a change."""
    published: Stated | None = None
    updated: Stated | None = None
    bare: Stated | None = None
    for line in lines:
        if line.zone not in _DATED or not _WORTH.search(line.text):
            continue
        for found in DATE.finditer(line.text[:400]):
            day, before = _date(found), line.text[max(0, found.start() - 40) : found.start()]
            if day is None:
                continue
            is_publication, is_change = PUBLISHED.search(before), UPDATED.search(before)
            if is_publication:
                published = published or _stated(line, day)
            if is_change:
                updated = updated or _stated(line, day)
            if not is_publication and not is_change and line.headed and line.zone in ("published", "byline"):
                bare = bare or _stated(line, day)
    return published or bare, updated


def is_agency(name: str) -> bool:
    """Whether a name is that of a news agency."""
    low = name.strip(" .,").lower()
    return low in AGENCIES or low.endswith("news agency")


def _bylines(lines: Iterable[_Line]) -> Iterator[tuple[_Line, str]]:
    """The names after "By", without the day, the site or the agency that may follow."""
    for line in lines:
        found = BY.match(line.text) if line.zone == "byline" else None
        if found:
            yield line, NAME_END.split(found[1], 1)[0].strip(" ,")


def _author(lines: Iterable[_Line]) -> Stated | None:
    for line, names in _bylines(lines):
        parts = names.split(", ")
        people = parts if len(parts) == 1 else [part for part in parts if not is_agency(part)]
        name = ", ".join(people)
        if name[:1].isupper() and not is_agency(name):
            return _stated(line, name)
    return None


def _agency(rest: Sequence[_Line], body: Sequence[_Line]) -> Stated | None:
    """The agency that the page names: in the byline or source line, at the head or the end of the body, or as holder of the copyright."""
    for line, name in _agency_names(rest, body):
        if is_agency(name):
            return _stated(line, name.strip(" .,"))
    return None


def _agency_names(rest: Sequence[_Line], body: Sequence[_Line]) -> Iterator[tuple[_Line, str]]:
    for line, names in _bylines(rest):
        yield from ((line, name) for name in names.split(", "))
    for line in rest:
        found = SOURCE.match(line.text) if line.zone == "credit" else None
        if found:
            yield line, found[1]
    if body:
        first, last = body[0], body[-1]
        start, end = _dateline_match(first), AGENCY_END.search(last.text[-HEAD:])
        bare = AGENCY_START.match(first.text[:HEAD])
        yield from ((first, found) for found in (start and start[2], bare and bare[1]) if found)
        yield from ((last, end[1]) for _ in (1,) if end)
    for line in rest:
        yield from ((line, name) for name in (_holder(line),) if name)


def _dateline_match(line: _Line) -> re.Match[str] | None:
    """The dateline at the head of a line; a zone that is nothing but a dateline needs no dash and no sentence."""
    text = line.text[:HEAD]
    return DATELINE.match(text.rstrip(" —–-") + " — X" if line.zone == "dateline" else text)


def _dateline(body: Sequence[_Line]) -> Stated | None:
    found = _dateline_match(body[0]) if body else None
    return _stated(body[0], found[1].rstrip(" ,")) if found else None


def _holder(line: _Line) -> str | None:
    if line.zone not in ("copyright", "imprint"):
        return None
    found = HOLDER.search(line.text[:400])
    name = RESERVED.sub("", found[1]).strip(" ,;:-–") if found else ""
    return name or None


def _rights(lines: Iterable[_Line]) -> tuple[Stated | None, Stated | None]:
    """The holder of the copyright and the line that says so; a line without a holder is only taken if there is no other."""
    statement: Stated | None = None
    for line in lines:
        if line.zone != "copyright":
            continue
        holder = _holder(line)
        if holder:
            return _stated(line, holder), _stated(line, line.text)
        statement = statement or _stated(line, line.text)
    return None, statement


def _url(lines: Iterable[_Line]) -> Stated | None:
    """An address that the page gives on a line of its own with a label, or as its first line."""
    for line in lines:
        found = URL.match(line.text) if "://" in line.text and len(line.text) < 2100 else None
        if found and (line.number == 1 or found.start(1) > 0):
            return _stated(line, found[1])
    return None
