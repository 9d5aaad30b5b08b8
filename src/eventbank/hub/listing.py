"""The list of documents: what a reader asked for, and the documents of a side index that answer it, page by page.

Every table of the index is in the order of the documents, so that a page of fifty is found by walking the smallest of the sets that are
asked for and looking each up in the others, until fifty are there. The number of answers is exact up to `COUNTED`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from eventbank.hub.sideindex import SideIndex
from eventbank.tables import SPLITS

SIZE = 50
"""Documents on a page."""

COUNTED = 10_000
"""How many answers are counted before the list says "more than"."""

SORTED = 50_000
"""How many documents are sorted by date at once; more are walked in the order of their dates."""

LONGEST = 400
"""Characters of a question that are read."""

CHOICES = 200
"""How many publishers can be chosen from a list; of more, the commonest are suggested to those who type."""

ORDERS = ("", "newest", "oldest")

_WORD = re.compile(r'"([^"]*)"?|([^\s"]+)')
_LETTER = re.compile(r"[^\W_]")


@dataclass(frozen=True)
class Filter:
    """What is asked for; an empty field asks nothing. Dates are ISO 8601, both inclusive; words must all occur, quoted ones together."""

    words: str = ""
    type: str = ""
    role: str = ""
    split: str = ""
    publisher: str = ""
    since: str = ""
    until: str = ""
    order: str = ""

    @property
    def query(self) -> str:
        """The filter as the query of an address."""
        return urlencode({field.name: value for field in fields(self) if (value := getattr(self, field.name))})

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self) if field.name != "order")


@dataclass(frozen=True)
class Item:
    """A document as a list shows it. `types` are its commonest event types with their numbers, `more` says that there are others."""

    n: int
    doc_id: str
    title: str | None
    dated: str | None
    publisher: str | None
    split: str
    withheld: bool
    events: int | None
    types: tuple[tuple[str, int], ...]

    @property
    def more(self) -> bool:
        """Whether it has events of other types than those."""
        return self.events is not None and sum(number for _, number in self.types) < self.events


@dataclass(frozen=True)
class Found:
    """A page of answers. `count` is how many there are in all, `exactly` that many or else more."""

    items: tuple[Item, ...]
    page: int
    count: int
    exactly: bool
    further: bool

    @property
    def pages(self) -> int | None:
        """How many pages there are, if that is known."""
        return max(1, -(-self.count // SIZE)) if self.exactly else None


def asked(query: Mapping[str, str]) -> tuple[Filter, int, list[str]]:
    """The filter and page that the query of an address asks for, and what in it could not be used, in words."""
    wrong: list[str] = []
    values = {field.name: query.get(field.name, "").strip()[:LONGEST].replace("\0", " ") for field in fields(Filter)}
    for name in ("since", "until"):
        if values[name] and not _is_date(values[name]):
            wrong.append(f"“{values[name]}” is no date such as 2024-01-31, and was left out.")
            values[name] = ""
    if values["order"] not in ORDERS:
        values["order"] = ""
    if values["words"] and match_of(values["words"]) is None:
        wrong.append("The words to look for have no letter or digit, and were left out.")
        values["words"] = ""
    number = query.get("page", "1")
    page = int(number) if number.isdecimal() and number.isascii() and len(number) < 10 else 1
    return Filter(**values), max(page, 1), wrong


def match_of(words: str) -> str | None:
    """A question in the language of FTS5: every word or quoted phrase, none of them an operator; None if there is no word in it."""
    found = [quoted or word for quoted, word in _WORD.findall(words)]
    kept = [one for one in found if _LETTER.search(one)]
    return " ".join(_phrase(one) for one in kept) or None


def find(index: SideIndex, wanted: Filter, page: int = 1) -> Found:
    """A page of the documents that a filter asks for."""
    with closing(index.connect()) as connection:
        plan = _plan(connection, index, wanted)
        if plan is None:
            return Found((), page, 0, True, False)
        known = (plan.count or 0, True)
        if plan.count is None:
            counted = connection.execute(f"SELECT count(*) FROM (SELECT 1 {plan.source} LIMIT {COUNTED + 1})", plan.values).fetchone()[0]
            known = (min(counted, COUNTED), counted <= COUNTED)
        query = f"SELECT d.n {plan.source} {plan.order} LIMIT ? OFFSET ?"
        ns = [n for (n,) in connection.execute(query, (*plan.values, SIZE + 1, (page - 1) * SIZE))]
        items = tuple(_item(connection, n) for n in ns[:SIZE])
    return Found(items, page, *known, len(ns) > SIZE)


def neighbours(index: SideIndex, n: int) -> tuple[str | None, str | None]:
    """The documents before and after one, in the order of the list."""
    found = dict(index.rows("SELECT n, doc_id FROM documents WHERE n IN (?, ?)", (n - 1, n + 1)))
    return found.get(n - 1), found.get(n + 1)


def choices(index: SideIndex) -> dict[str, list[tuple[str, int]]]:
    """What can be chosen: event types, roles, splits and publishers, with the number of documents that have each."""
    with closing(index.connect()) as connection:
        named = connection.execute("SELECT kind, name, documents FROM names ORDER BY kind, name").fetchall()
        publishers = connection.execute(
            "SELECT name, documents FROM publishers ORDER BY documents DESC, name LIMIT ?", (CHOICES + 1,)
        ).fetchall()
    kinds = {kind: [(name, number) for one, name, number in named if one == kind] for kind in ("event", "role")}
    splits = [(split, index.counts["documents"][split]) for split in SPLITS if index.counts["documents"].get(split)]
    return {"type": kinds["event"], "role": kinds["role"], "split": splits, "publisher": publishers}


@dataclass(frozen=True)
class _Set:
    """Documents that have something in common: a table with their numbers in the column `key`, the condition, and how many they are."""

    table: str
    key: str
    condition: str
    value: Any
    size: int


@dataclass(frozen=True)
class _Plan:
    """`FROM … WHERE …`, its values, the order of its rows, and their number where it need not be counted."""

    source: str
    values: tuple[Any, ...]
    order: str
    count: int | None


def _plan(connection: sqlite3.Connection, index: SideIndex, wanted: Filter) -> _Plan | None:
    """How a filter is answered: which table is walked, and in which the rest is looked up. None if it names what no document has."""
    sets = _sets(connection, wanted)
    bounds = _bounds(index, wanted)
    if sets is None or bounds is None:
        return None
    everything = sum(index.counts["documents"].values())
    of_dates = wanted.order and (not sets or sets[0].size > SORTED)
    match = match_of(wanted.words)
    if match:
        walked = [_Set("words", "words.rowid", "words MATCH ?", match, everything), *sets]
    elif sets and not of_dates:
        walked = sets
    else:
        hint = "INDEXED BY by_date" if of_dates or _few_days(connection, wanted) else "NOT INDEXED"
        walked = [_Set(f"documents d {hint}", "d.n", "", None, everything), *sets]
    first = walked[0].key
    tables = [one.table for one in walked] + ([] if first == "d.n" else ["documents d"])
    same = [f"{one.key} = {first}" for one in walked[1:]] + ([] if first == "d.n" else [f"d.n = {first}"])
    stated = [one for one in walked if one.condition]
    where = [*(one.condition for one in stated), *same, *(condition for condition, _ in bounds)]
    values = (*(one.value for one in stated), *(value for _, value in bounds))
    source = f"FROM {' CROSS JOIN '.join(tables)}" + (f" WHERE {' AND '.join(where)}" if where else "")
    order = f"ORDER BY d.dated {'DESC' if wanted.order == 'newest' else 'ASC'}, d.n" if wanted.order else f"ORDER BY {first}"
    split = index.counts["documents"].get(wanted.split) if wanted.split else everything
    dated = wanted.since or wanted.until
    count = None if dated or match or len(sets) + bool(wanted.split) > 1 else sets[0].size if sets else split
    return _Plan(source, values, order, count)


def _sets(connection: sqlite3.Connection, wanted: Filter) -> list[_Set] | None:
    """The sets that a filter names, the smallest first; None if one of them is empty."""
    found = []
    for at, (kind, name) in enumerate((("event", wanted.type), ("role", wanted.role))):
        if name:
            row = connection.execute("SELECT name_id, documents FROM names WHERE kind = ? AND name = ?", (kind, name)).fetchone()
            found.append(row and _Set(f"has h{at}", f"h{at}.n", f"h{at}.name_id = ?", *row))
    if wanted.publisher:
        row = connection.execute("SELECT publisher, documents FROM publishers WHERE name = ?", (wanted.publisher,)).fetchone()
        found.append(row and _Set("documents p INDEXED BY by_publisher", "p.n", "p.publisher = ?", *row))
    return None if None in found else sorted(found, key=lambda one: one.size)


def _bounds(index: SideIndex, wanted: Filter) -> list[tuple[str, Any]] | None:
    """Conditions on the documents: the split, which is a range of numbers, and the dates; None for a split without documents."""
    bounds: list[tuple[str, Any]] = []
    if wanted.split:
        counts = index.counts["documents"]
        if not counts.get(wanted.split):
            return None
        before = sum(counts.get(split, 0) for split in SPLITS[: SPLITS.index(wanted.split)])
        bounds += [("d.n > ?", before), ("d.n <= ?", before + counts[wanted.split])]
    bounds += [(f"d.dated {sign} ?", day) for day, sign in ((wanted.since, ">="), (wanted.until, "<=")) if day]
    return bounds


def _few_days(connection: sqlite3.Connection, wanted: Filter) -> bool:
    """Whether the dates asked for leave so few documents that it is worth walking them by date."""
    if not (wanted.since or wanted.until):
        return False
    query = f"SELECT count(*) FROM (SELECT 1 FROM documents WHERE dated >= ? AND dated <= ? LIMIT {SORTED})"
    return bool(connection.execute(query, (wanted.since or "0", wanted.until or "9")).fetchone()[0] < SORTED)


def _item(connection: sqlite3.Connection, n: int) -> Item:
    query = """SELECT d.n, d.doc_id, d.title, d.dated, p.name, d.split, d.withheld, l.events, l.types FROM documents d
        LEFT JOIN publishers p ON p.publisher = d.publisher LEFT JOIN labels l ON l.n = d.n WHERE d.n = ?"""
    n, doc_id, title, dated, publisher, split, withheld, events, types = connection.execute(query, (n,)).fetchone()
    found = tuple((name, number) for name, number in json.loads(types or "[]"))
    return Item(n, doc_id, title, dated, publisher, SPLITS[split], bool(withheld), events, found)


def _is_date(value: str) -> bool:
    try:
        return len(value) == 10 and bool(dt.date.fromisoformat(value))
    except ValueError:
        return False


def _phrase(words: str) -> str:
    """A phrase of FTS5; an asterisk at its end finds words that begin so."""
    begins = words.endswith("*")
    return '"{}"{}'.format(words.rstrip("*").replace('"', '""'), " *" if begins else "")
