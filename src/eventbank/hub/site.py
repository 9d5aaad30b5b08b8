"""The pages of a release as plain files: for any web server, or for a browser that opens the folder.

The folder also holds the release itself, under `release/`, so that its links lead to the files and the code that loads it works there. It
is made beside its place and put there in one step; it replaces what this command has made before, and nothing else.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from eventbank.errors import Code, EventBankError, Place, Problem
from eventbank.files import staged, writing
from eventbank.hub import listing, render
from eventbank.hub.book import Book, open_book
from eventbank.hub.render import Where
from eventbank.hub.shelf import cache_folder
from eventbank.hub.sideindex import groups
from eventbank.release import manifest
from eventbank.release.standoff import target
from eventbank.released import files
from eventbank.tables import SPLITS

FOREIGN = Code("E912", "the folder to be replaced holds something else than a site", "Name another folder, or move it away.")
NO_NAME = Code(
    "E913",
    "a document cannot have a page",
    "Give it an id of letters, digits, '.', '_' and '-', and no two ids that differ only in upper and lower case.",
)
RESTRICTED = Code(
    "W910",
    "the site shows texts that may not be passed on",
    "Put it where only those can read who may, or make it from a stand-off release: eventbank standoff --out DIR.",
)
MARK = "made-by-eventbank.txt"
"""The file by which a site is known; it holds the content digest of the release."""


_ID = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Site:
    """What was made: how many pages and documents, bytes in all, and the problems (W910)."""

    pages: int
    documents: int
    size: int
    problems: tuple[Problem, ...]


def site(
    release: Path, out: Path, articles: Path | None = None, cache: Path | None = None, told: Callable[[int], None] | None = None
) -> Site:
    """Writes the pages of a release as files.

    Args:
        release: the release folder.
        out: the folder of the site; it is replaced whole or not at all.
        articles: the raw pages; by default those of the corpus whose `dataset/` the release is.
        cache: where side indexes are kept.
        told: is told how many documents are written.

    Raises:
        EventBankError: E601 to E603 for a release that is not as its manifest says, E647 for an `out` that the release lies in, E710, E910,
            E911, E912, E913.
    """
    problems = list(manifest.verify(release))
    if problems:
        raise EventBankError(problems)
    book = open_book(release, cache or cache_folder(), articles)
    out = target(out, release)
    with writing(out.parent):
        _refuse_foreign(out)
        with staged(out) as stage:
            shutil.copytree(release, stage / "release")
            for name in render.ASSETS:
                (stage / name).write_bytes(render.asset(name)[0])
            _write(stage / "index.html", render.corpus_page(book, Where()))
            _lists(stage, book)
            restricted, number = 0, 0
            names: set[str] = set()
            for number, (doc_id, may) in enumerate(_documents(book), 1):
                if not _ID.fullmatch(doc_id) or doc_id.casefold() in names:
                    raise EventBankError(NO_NAME.at(Place(file=str(release), doc_id=doc_id)))
                names.add(doc_id.casefold())
                restricted += not may
                for kind, page in (("articles", render.article_page), ("pages", render.raw_page), ("annotators", render.annotators_page)):
                    text = page(book, Where("../", "../release/"), doc_id)
                    if text is not None:
                        _write(stage / kind / f"{doc_id}.html", text)
                if told:
                    told(number)
            _write(stage / MARK, f"{book.facts['name']} {book.facts['version']} sha256:{book.facts['digest']}\n")
            made = [path for path in stage.rglob("*") if path.is_file()]
            size, html = sum(path.stat().st_size for path in made), sum(path.suffix == ".html" for path in made)
    warned = [RESTRICTED.at(Place(file=str(out)), f"{restricted} of {number}")] if restricted else []
    return Site(html, number, size, tuple(warned))


def _lists(stage: Path, book: Book) -> None:
    """Every page of the list of documents."""
    page, further = 1, True
    while further:
        name = f"documents{f'-{page}' if page > 1 else ''}.html"
        _write(stage / name, render.documents_page(book, Where(), listing.Filter(), page))
        further = listing.find(book.index, listing.Filter(), page).further
        page += 1


def _documents(book: Book) -> Iterator[tuple[str, bool]]:
    """Every document in the order of the list, with whether the page may show what is in the release: it may if there is no text, too."""
    for split in SPLITS:
        for path in files(book.root, "documents", split):
            for _, batch in groups(path, ("doc_id", "text", "rights"), path.name):
                rows = batch.to_pylist()
                yield from ((row["doc_id"], row["text"] is None or (row.get("rights") or {}).get("redistribute") is True) for row in rows)


def _refuse_foreign(out: Path) -> None:
    """Refuses what no such command wrote; an empty folder, and none at all, are fine."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise EventBankError(FOREIGN.at(Place(file=str(out)), "it is a link or a file"))
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise EventBankError(FOREIGN.at(Place(file=str(out)), f"it has no {MARK}"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
