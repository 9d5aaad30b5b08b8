"""Making the pages of a release: the corpus, the list of its documents, and each document in its views.

Everything is made on the server from templates that escape what they are given. No page has a script, nothing is fetched from elsewhere,
and the policy that goes with every page forbids both. Links are relative and have the names of files, so that the same page works on a
server and in a folder (`site`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from eventbank.errors import Code, EventBankError
from eventbank.hub import book as books
from eventbank.hub import comparison, figures, listing, spans, strips, views
from eventbank.hub.book import Book
from eventbank.release.content import AGREEMENT, BASELINES, LEAKS
from eventbank.release.reports import SCORES, agreement_tables, baseline_table, leak_table
from eventbank.tables import DOCUMENTS, EVENTS, SPLITS

if TYPE_CHECKING:
    from jinja2 import Environment

NO_JINJA = Code("E911", "jinja2 is not installed", "Install the extra: pip install 'eventbank[serve]'.")

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
"""What a page may do: look as our stylesheet says, and send its form to us."""

ASSETS = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
NUMBERED = 250
"""How many events and entities of a page are shown when they are pointed at; the stylesheet has rules for that many."""


@dataclass(frozen=True)
class Where:
    """How a page leads to others: `up` to the folder of its edition, `release` to the files of the release, `home` to the list of corpora.

    `served` pages can ask questions. `endpoint` is the address of the server, for the code that loads the corpus. `versions` are the
    editions of the corpus by name, each with its address, none for the one that is shown. `login` says that the reader has no token, and
    that there is more for those who have it.
    """

    up: str = ""
    release: str = "release/"
    home: str = ""
    served: bool = False
    endpoint: str = ""
    revision: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    login: bool = False


def corpus_page(book: Book, where: Where) -> str:
    """What the release holds, in numbers and figures, and how it is loaded."""
    counts, settings = book.index.counts, book.settings
    splits = [split for split in SPLITS if counts["documents"].get(split)]
    drawn, months = figures.timeline(counts["by"].get("month", {}), splits)
    totals = [(title, [counts["totals"].get(name, {}).get(split, 0) for split in splits]) for name, title in _TOTALS]
    reports = book.reports
    return render(
        "corpus.html",
        where,
        book,
        title=settings.title,
        splits=splits,
        totals=[("documents", [counts["documents"][split] for split in splits]), *totals],
        tables=[table for table in (_by_name(book, splits, *kind) for kind in _KINDS) if table["rows"]],
        timeline=drawn,
        months=months,
        agreement=_made(agreement_tables, reports.get(AGREEMENT)),
        intervals=_made(_intervals, reports.get(AGREEMENT)),
        leaks=_made(partial(_shared, splits), reports.get(LEAKS)),
        baselines=_made(baseline_table, reports.get(BASELINES)),
        rows={name: rows for name, rows in book.facts["rows"].items() if any(rows.values())},
        first=_first(book),
    )


def documents_page(book: Book, where: Where, wanted: listing.Filter, page: int = 1, wrong: tuple[str, ...] | list[str] = ()) -> str:
    """A page of the list of documents."""
    found = listing.find(book.index, wanted, page)
    return render(
        "documents.html",
        where,
        book,
        title=f"Documents of {book.settings.title}",
        found=found,
        wanted=wanted,
        wrong=wrong,
        choices=listing.choices(book.index) if where.served else {},
        most=listing.CHOICES,
        whole=sum(book.index.counts["documents"].values()),
        link=partial(_list_link, where, wanted),
        is_withheld=views.is_withheld,
    )


def article_page(book: Book, where: Where, doc_id: str) -> str | None:
    """A document with its labels; None if there is none of that id."""
    entry = books.entry(book, doc_id)
    if entry is None:
        return None
    before, after = listing.neighbours(book.index, entry.n)
    shown = views.labelled(entry.text, entry.layer) if entry.layer else views.labelled(entry.text, views.nothing(doc_id))
    return render(
        "article.html",
        where,
        book,
        view="article",
        entry=entry,
        title=views.title_of(entry),
        shown=shown,
        facts=views.facts_of(entry),
        before=before and ("", before),
        after=after and ("", after),
        **_beside(book, entry),
    )


def raw_page(book: Book, where: Where, doc_id: str) -> str | None:
    """The raw page of a document, zone by zone, beside the text taken from it; None if the document or its page is not there."""
    entry = books.entry(book, doc_id)
    page = books.page_of(book, entry) if entry else None
    if entry is None or page is None:
        return None
    before, after = (_beside_page(book, one) for one in listing.neighbours(book.index, entry.n))
    return render(
        "rawpage.html",
        where,
        book,
        view="page",
        entry=entry,
        title=views.title_of(entry),
        strips=strips.strips(page, entry),
        before=before,
        after=after,
        **_beside(book, entry),
    )


def annotators_page(book: Book, where: Where, doc_id: str) -> str | None:
    """What each annotator marked in a document, side by side; None if the document is not there or nobody's own labels of it are."""
    entry = books.entry(book, doc_id)
    layers = books.passes(book, entry) if entry else []
    if entry is None or not layers:
        return None
    alone = views.labelled_apart(entry.text or "", layers[0], (), "p-") if len(layers) == 1 else None
    return render(
        "annotators.html",
        where,
        book,
        view="annotators",
        entry=entry,
        title=views.title_of(entry),
        pairs=comparison.compared(book, entry, layers),
        alone=alone,
        layers=layers,
        **_beside(book, entry),
    )


def message_page(title: str, said: str, where: Where | None = None, again: str = "") -> str:
    """A page that only says something."""
    return render("message.html", where or Where(), None, title=title, said=said, again=again)


@cache
def asset(name: str) -> tuple[bytes, str]:
    """What all pages share, by name (one of `ASSETS`): its bytes and its media type."""
    data = stylesheet().encode("utf-8") if name == "style.css" else _file(name).encode("utf-8")
    return data, ASSETS[name]


def _file(name: str) -> str:
    return files("eventbank.hub").joinpath("templates", name).read_text(encoding="utf-8")


def stylesheet() -> str:
    """The stylesheet: what is written for people to read, and the rules for every number, which are made.

    An event is shown while it is pointed at; without a pointer, while it has the focus; else while it is the target of the address.
    """
    numbers = range(1, NUMBERED + 1)

    def all_of(*selectors: str) -> str:
        return ",\n".join(one.replace("@", str(at)) for one in selectors for at in numbers)

    card, free = ".columns:has(> .cards > #e@{})", ".columns:not(:has(> .cards > .card:is(:hover,:focus-within)))"
    pointed = (
        ".text:has(.t@:hover)",
        ".text:not(:has(.trigger:hover)):has(.t@:focus-visible)",
        f"{card.format(':is(:hover,:focus-within)')} .text",
        f"{free}:has(> .cards > #e@:target) .text:not(:has(.trigger:is(:hover,:focus-visible)))",
    )
    chained = (".text:has(.c@:is(:hover,:target))", ".reader:has(> .chains > ul > .k@:is(:hover,:focus-within)) .text")
    differing = ".annotators:has(.d@:hover,.q@:is(:hover,:focus-within,:target)) :is(.d@,.q@)"
    rules = (
        f"{all_of(*(f'{one} .c@' for one in chained), differing)}{{background:var(--chain-ground)}}",
        f"{all_of(*(f'{one} .x@' for one in pointed))}{{background:var(--filler-ground);box-shadow:0 0 0 2px var(--filler)}}",
        "\n".join(f":is({','.join(pointed)}) .x@::before{{content:attr(data-r@)}}".replace("@", str(at)) for at in numbers),
        f"{all_of(*(f'{one} .t@' for one in pointed))}{{background:var(--trigger-lit);box-shadow:0 0 0 2px var(--trigger)}}",
        f"{all_of(*(f'{one} ~ .cards > #e@' for one in pointed[:2]))}{{order:-1;border-color:var(--trigger)}}",
        f"@media (max-width:70rem){{{all_of(f'{pointed[1]} ~ .cards > #e@')}{{position:fixed;max-height:45vh;overflow-y:auto}}}}",
    )
    return "\n".join([_file("style.css"), *rules, ""])


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates.

    Raises:
        EventBankError: E911 without jinja2.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise EventBankError(NO_JINJA.at()) from None

    found = Environment(
        loader=PackageLoader("eventbank.hub"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    found.filters |= {"shown": spans.shown, "plain": spans.plain, "size": _size, "number": _number, "url": _segment, "path": quote}
    found.filters["zip_with"] = _zipped
    found.globals |= {"bar": figures.bar, "policy": POLICY}
    return found


def render(template: str, where: Where, book: Book | None, **context: Any) -> str:
    """A page from a template.

    Raises:
        EventBankError: E911 without jinja2.
    """
    return environment().get_template(template).render(where=where, book=book, **context)


def _beside(book: Book, entry: books.Entry) -> dict[str, Any]:
    """Which other views of a document there are."""
    there = bool(book.ontology) and entry.text is not None
    return {"has_page": books.page_of(book, entry) is not None, "names": books.annotators(book, entry) if there else []}


def _beside_page(book: Book, doc_id: str | None) -> tuple[str, str] | None:
    """The folder, seen from that of the raw pages, where a document is shown: its raw page, or its article where that is not at hand."""
    entry = books.entry(book, doc_id) if doc_id else None
    return (("" if books.page_of(book, entry) is not None else "../articles/"), doc_id) if entry and doc_id else None


def _first(book: Book) -> tuple[str, str]:
    """The table that is loaded by way of example, and its first file: of events if there are any, of train if there is one."""
    paths = [one["path"] for one in book.facts["files"] if one["path"].endswith(".parquet")]
    for table in (EVENTS.name, DOCUMENTS.name):
        for split in SPLITS:
            if found := next((str(path) for path in sorted(paths) if path.startswith(f"{table}/{split}-")), ""):
                return table, found
    return "", ""


_TOTALS = (
    ("labelled", "of them labelled"),
    ("letters", "characters of text"),
    ("events", "events"),
    ("arguments", "arguments"),
    ("entities", "entities"),
    ("mentions", "entity mentions"),
    ("values", "times and quantities"),
)
_KINDS = (
    ("event", "Event types", "event_types"),
    ("role", "Roles", "roles"),
    ("entity", "Entity types (mentions)", "entity_types"),
    ("value", "Value types", "value_types"),
    ("realis", "Realis", ""),
)


def _by_name(book: Book, splits: list[str], kind: str, title: str, names: str) -> dict[str, Any]:
    """The numbers of a kind of label by split, in the order of the label scheme, those that occur."""
    by = book.index.counts["by"].get(kind, {})
    known = list(book.facts["names"].get(names, ()))
    seen = sorted({name for split in splits for name in by.get(split, {})})
    ordered = [name for name in known if name in seen] + [name for name in seen if name not in known]
    rows = [(name, [by.get(split, {}).get(name, 0) for split in splits]) for name in ordered]
    longest = max((sum(numbers) for _, numbers in rows), default=0)
    return {"kind": kind, "title": title, "rows": rows, "longest": longest}


def _shared(splits: Sequence[str], report: Any) -> Any:
    """The table of what two splits share: those that have documents, and the columns in which something stands."""
    head, found = leak_table(report)
    pairs = zip(report["between"]["split"], found, strict=True)
    rows = [row for pair, row in pairs if pair["one"] in splits and pair["other"] in splits]
    kept = [at for at in range(len(head)) if any(row[at] != "" for row in rows)]
    return (tuple(head[at] for at in kept), [["none" if row[at] == "" else row[at] for at in kept] for row in rows]) if rows else None


def _intervals(report: Any) -> list[Any]:
    """The exact scores of the first table on agreement, drawn."""
    scores = report["overall"]["scores"]
    return [figures.interval(one["low"], one["value"], one["high"]) for one in (scores[name]["exact"]["f1"] for name, _ in SCORES)]


def _made(make: Callable[[Any], Any], report: Any) -> Any:
    """A table of a report; None without the report, and where it has another form than ours."""
    try:
        return make(report) if report else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _list_link(where: Where, wanted: listing.Filter, page: int) -> str:
    """The address of a page of the list: a question to a server, or a file."""
    if not where.served:
        return f"{where.up}documents{f'-{page}' if page > 1 else ''}.html"
    query = "&".join(part for part in (wanted.query, f"page={page}" if page > 1 else "") if part)
    return f"{where.up}documents.html{'?' if query else ''}{query}"


def _zipped(names: Sequence[str], numbers: Sequence[int]) -> list[tuple[str, int]]:
    return list(zip(names, numbers, strict=True))


def _segment(name: str) -> str:
    """A name as one part of an address."""
    return quote(name, safe="")


def _size(number: int) -> str:
    """Bytes for people."""
    value = float(number)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")
