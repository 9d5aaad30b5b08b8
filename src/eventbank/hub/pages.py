"""The pages of a shelf over HTTP: which address is which page, and the side index made behind the reader who waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from eventbank.document import sha256
from eventbank.errors import EventBankError
from eventbank.hub import book as books
from eventbank.hub import listing
from eventbank.hub.book import Book, asking
from eventbank.hub.render import (
    ASSETS,
    POLICY,
    Where,
    annotators_page,
    article_page,
    asset,
    corpus_page,
    documents_page,
    environment,
    message_page,
    raw_page,
    render,
)
from eventbank.hub.shelf import MAIN, Edition, Shelf, cache_folder

if TYPE_CHECKING:
    from anyio import CapacityLimiter
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",
}
"""What goes with every page."""

AT_ONCE = 2
"""How many pages are made at once."""

PATIENCE = 8.0
"""Seconds that a reader waits for the side index before a page says that it is being made."""


def routes(shelf: Shelf, cache: Path | None = None, *, login: bool = False) -> list[BaseRoute]:
    """The routes of the pages of a shelf.

    `/` lists the corpora; the pages of an edition lie below `/corpora/OWNER/NAME/REVISION/`. `/datasets/OWNER/NAME`, which is what the
    address of a corpus looks like on the Hub, leads there, and so does whatever is left of an address when its end is taken off.

    Args:
        shelf: what there is.
        cache: the folder of side indexes; by default the user's.
        login: say on every page that there is more for those who have the token.

    Raises:
        EventBankError: E911 without jinja2.
    """
    from starlette.routing import Route

    environment()
    desk = _Desk(shelf, cache or cache_folder(), login)
    edition = "/corpora/{owner}/{name}/{revision}"
    pages: dict[str, Callable[[_Asked], str | None]] = {
        "/": lambda asked: corpus_page(asked.book, asked.where()),
        "/index.html": lambda asked: corpus_page(asked.book, asked.where()),
        "/documents.html": lambda asked: _documents(asked),
        "/articles/{doc_id}.html": lambda asked: article_page(asked.book, asked.where("../"), asked.doc_id),
        "/pages/{doc_id}.html": lambda asked: raw_page(asked.book, asked.where("../"), asked.doc_id),
        "/annotators/{doc_id}.html": lambda asked: annotators_page(asked.book, asked.where("../"), asked.doc_id),
    }
    return [
        Route("/", partial(_home, desk), methods=["GET"]),
        *(Route(f"{folder}/{name}", partial(_asset, name), methods=["GET"]) for folder in (edition, "") for name in ASSETS),
        *(Route(f"{edition}{path}", partial(_answer, desk, page), methods=["GET"]) for path, page in pages.items()),
        *(Route(f"/{lead}{end}", _begun, methods=["GET"]) for lead in ("corpora", "datasets") for end in ("", "/")),
        Route(edition, partial(_moved, desk), methods=["GET"]),
        *(
            Route(f"/{lead}/{{owner}}/{{name}}{end}", partial(_moved, desk), methods=["GET"])
            for lead in ("corpora", "datasets")
            for end in ("", "/")
        ),
        Route("/datasets/{owner}/{name}/tree/{revision}", partial(_moved, desk), methods=["GET"]),
    ]


def _limiter() -> CapacityLimiter:
    from anyio import CapacityLimiter

    return CapacityLimiter(AT_ONCE)


@dataclass
class _Desk:
    """The books that are open, each by its edition; side indexes are made one at a time, behind the reader who waits."""

    shelf: Shelf
    cache: Path
    login: bool = False
    books: dict[str, Book] = field(default_factory=dict)
    makers: dict[str, threading.Thread] = field(default_factory=dict)
    failed: dict[str, EventBankError] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    limiter: CapacityLimiter = field(default_factory=_limiter)

    async def open(self, edition: Edition) -> Book | None:
        """The book of an edition; None while its side index is being made.

        Raises:
            EventBankError: as `open_book`.
        """
        from anyio import sleep

        key = edition.commit
        with self.lock:
            if key not in self.books and key not in self.makers:
                self.failed.pop(key, None)
                self.makers[key] = threading.Thread(target=self._make, args=(edition,), daemon=True)
                self.makers[key].start()
        end = time.monotonic() + PATIENCE
        while key in self.makers and time.monotonic() < end:
            await sleep(0.02)
        if key in self.failed:
            raise self.failed[key]
        return self.books.get(key)

    def _make(self, edition: Edition) -> None:
        key = edition.commit
        try:
            self.books[key] = books.open_book(edition.root, self.cache, told=partial(self.done.__setitem__, key))
        except EventBankError as error:
            self.failed[key] = error
        finally:
            with self.lock:
                self.makers.pop(key, None)


@dataclass(frozen=True)
class _Asked:
    """A request for a page of an edition."""

    request: Request
    shelf: Shelf
    edition: Edition
    book: Book
    login: bool

    @property
    def doc_id(self) -> str:
        """The document that is asked for."""
        return str(self.request.path_params["doc_id"])

    def where(self, up: str = "") -> Where:
        """How the page leads to others; `up` from its folder to that of the edition."""
        revision = self.request.path_params["revision"]
        others = self.shelf.versions(self.edition.repo)
        here = f"/corpora/{self.edition.repo}"
        versions = tuple((one.tag, "" if one.commit == self.edition.commit else f"{here}/{one.tag}/index.html") for one in others)
        release = f"/datasets/{self.edition.repo}/resolve/{quote(revision, safe='')}/"
        return Where(up, release, "/", True, str(self.request.base_url).rstrip("/"), revision, versions, self.login)


def _documents(asked: _Asked) -> str:
    wanted, page, wrong = listing.asked(asked.request.query_params)
    return documents_page(asked.book, asked.where(), wanted, page, wrong)


async def _answer(desk: _Desk, page: Callable[[_Asked], str | None], request: Request) -> Response:
    """A page of an edition. It is made in a thread, so that others need not wait, and in few at once, which bounds the memory."""
    from anyio.to_thread import run_sync

    edition, plain = _edition(desk.shelf, request), _plain(desk.login)
    if edition is None:
        return nothing("There is no such corpus or version.", desk.login)
    try:
        book = await desk.open(edition)
        if book is None:
            said = f"The side index of this release is being made: {desk.done.get(edition.commit, 0):,} documents so far."
            return _html(message_page("One moment", said, plain, str(request.url.path)), 503, {"Retry-After": "10"})
        asked = _Asked(request, desk.shelf, edition, book, desk.login)
        found = await run_sync(lambda: asking(book, lambda: page(asked)), limiter=desk.limiter)
    except EventBankError as error:
        problem = error.problems[0]
        said = f"{problem.code}: {problem.message}. {problem.remedy}"
        return _html(message_page("This cannot be shown", said, plain), 500)
    if found is None:
        return _html(message_page("Nothing here", "This release has no such page.", asked.where("../")), 404)
    return _html(found)


def _home(desk: _Desk, request: Request) -> Response:  # noqa: ARG001
    """The corpora of the shelf."""
    corpora = [(repo, desk.shelf.versions(repo)) for repo in desk.shelf.repos]
    return _html(render("shelf.html", Where(served=True, login=desk.login), None, title="Corpora", corpora=corpora, main=desk.shelf.main))


def nothing(said: str = "There is no such page.", login: bool = False) -> Response:
    """The answer to an address at which there is nothing."""
    return _html(message_page("Nothing here", said, _plain(login)), 404)


def _plain(login: bool) -> Where:
    """How a page that belongs to no edition leads to others."""
    return Where(home="/", up="/", login=login)


def _begun(request: Request) -> Response:  # noqa: ARG001
    from starlette.responses import RedirectResponse

    return RedirectResponse("/", 302)


def _moved(desk: _Desk, request: Request) -> Response:
    from starlette.responses import RedirectResponse

    edition = _edition(desk.shelf, request)
    if edition is None:
        return nothing("There is no such corpus or version.", desk.login)
    return RedirectResponse(f"/corpora/{edition.repo}/{quote(request.path_params.get('revision', MAIN), safe='')}/index.html", 302)


def _edition(shelf: Shelf, request: Request) -> Edition | None:
    given = request.path_params
    return shelf.find(f"{given['owner']}/{given['name']}", given.get("revision", MAIN))


def _asset(name: str, request: Request) -> Response:
    from starlette.responses import Response

    data, kind = asset(name)
    headers = HEADERS | {"ETag": f'"{sha256(data)}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)


def _html(page: str, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    from starlette.responses import HTMLResponse

    return HTMLResponse(page, status, HEADERS | dict(more or {}))
