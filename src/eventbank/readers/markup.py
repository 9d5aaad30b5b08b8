"""What the head of an HTML page states of it: JSON-LD (schema.org), OpenGraph, other `meta` elements, and the page's own headings.

Nothing is guessed: each value comes with the element that states it, and a date counts only if it is whole.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventbank.articles.metadata import is_agency, read_date

ARTICLES = re.compile(r"(?:[A-Za-z]*Article|[A-Za-z]*BlogPosting|Report|Review[A-Za-z]*)$")
"""The types of schema.org that are articles."""

METAS: Mapping[str, tuple[str, ...]] = {
    "title": ("og:title", "parsely-title", "dc.title", "dcterms.title", "twitter:title"),
    "published": (
        "article:published_time", "og:published_time", "parsely-pub-date", "datepublished", "publishdate", "publication_date", "pubdate",
        "pub_date", "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date", "dc:date", "date", "article.published",
        "sailthru.date", "cxenseparse:recs:publishtime",
    ),
    "author": ("author", "parsely-author", "dc.creator", "dcterms.creator", "sailthru.author", "article:author", "byl"),
    "publisher": ("og:site_name", "dc.publisher", "dcterms.publisher", "application-name"),
    "language": ("og:locale", "content-language", "dc.language"),
    "url": ("og:url",),
}  # fmt: skip
"""The names and properties of `meta` elements that state a fact, the most trusted first."""

SCRIPT = 500_000
"""Characters of a JSON-LD script that are read; a longer one describes no article."""


@dataclass(frozen=True)
class Head:
    """What a page states in its markup, in the order of the page.

    `metas` are (name or property in lower case, content), `times` (element and attribute, value) of what is marked as time of publication.
    """

    metas: Sequence[tuple[str, str]] = ()
    scripts: Sequence[str] = ()
    canonical: str | None = None
    language: str | None = None
    title: str | None = None
    headings: Sequence[str] = ()
    times: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Fact:
    """A value and the element that states it."""

    value: str
    source: str


def facts(head: Head) -> dict[str, Fact]:
    """The facts that a page states: title, published (ISO 8601 date), author, publisher, agency, language, url."""
    found: dict[str, Fact] = {}
    for key, fact in _stated(head):
        value = " ".join(fact.value.split())
        if key == "published":
            day = date_of(value)
            value = day.isoformat() if day else ""
        if key == "author":
            if is_agency(value):
                key = "agency"
            elif value.startswith(("http:", "https:", "@", "/")) or value.isdigit():
                continue
        if key == "url" and not value.startswith(("http://", "https://")):
            continue
        if value and len(value) <= 2000 and key not in found:
            found[key] = Fact(value, fact.source)
    return found


def date_of(text: str) -> dt.date | None:
    """The day in a date as machines or people write it, None unless day, month and year are beyond doubt.

    A time of day with its zone is not converted: the day is the one that the page writes.
    """
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)(?!\d)|(\d{4})(\d\d)(\d\d)(?!\d)", text.strip())
    if found:
        year, month, day = (int(part) for part in found.groups() if part)
        try:
            return dt.date(year, month, day)
        except ValueError:
            return None
    return read_date(text[:200])


def _stated(head: Head) -> Iterator[tuple[str, Fact]]:
    for node in _nodes(head.scripts):
        yield from _article(node)
    metas: dict[str, str] = {}
    for name, content in head.metas:
        if content.strip():
            metas.setdefault(name, content)
    for key, names in METAS.items():
        yield from ((key, Fact(metas[name], f"meta {name}")) for name in names if name in metas)
    if head.canonical:
        yield "url", Fact(head.canonical, "link canonical")
    if head.language:
        yield "language", Fact(head.language, "html lang")
    yield from (("published", Fact(value, source)) for source, value in head.times[:1])
    if len(head.headings) == 1:
        yield "title", Fact(head.headings[0], "h1")
    if head.title:
        yield "title", Fact(head.title, "title")


def _nodes(scripts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Every article in JSON-LD, with its arrays and graphs opened."""
    for script in scripts:
        if len(script) > SCRIPT:
            continue
        try:
            waiting = [json.loads(script, strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, list):
                waiting = node + waiting
            elif isinstance(node, dict):
                kinds = node.get("@type")
                if any(isinstance(kind, str) and ARTICLES.search(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])):
                    yield node
                waiting += [node[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if isinstance(node.get(key), dict | list)]


def _article(node: Mapping[str, Any]) -> Iterator[tuple[str, Fact]]:
    for key, names in (
        ("title", ("headline", "name")),
        ("published", ("datePublished",)),
        ("author", ("author", "creator")),
        ("agency", ("sourceOrganization",)),
        ("publisher", ("publisher",)),
        ("language", ("inLanguage",)),
        ("url", ("url", "mainEntityOfPage")),
    ):
        for name in names:
            value = _named(node.get(name), "@id" if key == "url" else "name")
            if value:
                yield key, Fact(value, f"json-ld {name}")


def _named(value: object, key: str) -> str:
    """A string, the name of a thing, or the names of several."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        inner = value.get(key) or value.get("url" if key == "@id" else "alternateName")
        return inner if isinstance(inner, str) else ""
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(name for one in value[:20] if (name := _named(one, key))))
    return ""
