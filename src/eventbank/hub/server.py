"""The server: what it answers (`application`), and how it runs (`serve`)."""

from __future__ import annotations

import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eventbank.errors import Code, EventBankError, Place
from eventbank.hub import pages
from eventbank.hub.access import EVERYONE, Access, guarded
from eventbank.hub.connections import MOST, patient_protocol
from eventbank.hub.ranges import Seals
from eventbank.hub.routes import routes
from eventbank.hub.shelf import NOT_WHOLE, Shelf, place_of, shelf_of, traces_of

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

NO_SERVER = Code("E905", "starlette, uvicorn or jinja2 is not installed", "Install the extra: pip install 'eventbank[serve]'.")
NO_PORT = Code("E906", "the server cannot listen there", "Take another --port (0 finds a free one), or stop what listens there.")
OTHER_HOST = "Take another --host: 127.0.0.1 for this machine alone, or a name or address that this machine has."

LOG = logging.getLogger("uvicorn.error")
LAST_SECONDS = 5
"""How long answers that were begun may go on when the server is stopped."""
LOOK_SECONDS = 2
"""How often the server looks whether there are other releases now."""


def application(shelf: Shelf, access: Access = EVERYONE, seals: Seals | None = None) -> Starlette:
    """The application that serves a shelf: the routes of the Hub, and the pages.

    Who has no token sees the stand-off editions if `access` says so, and else nothing. `seals` are the files that are known to be right.

    Raises:
        EventBankError: E905 without the extra `serve`.
    """
    try:
        from starlette.applications import Starlette
        from starlette.routing import Mount
    except ImportError:
        raise EventBankError(NO_SERVER.at()) from None

    seals = seals or Seals()
    full = _readable(shelf, seals, private=access.token is not None)
    bare = _readable(shelf.open(), seals, private=False, login=True) if access.open_standoff else None
    return Starlette(routes=[Mount("/", app=guarded(full, bare, access))])


def serve(
    paths: Sequence[Path] = (),
    host: str = "127.0.0.1",
    port: int = 8000,
    access: Access = EVERYONE,
    *,
    log: bool = False,
    started: Callable[[str, Shelf], None] = lambda *_: None,
) -> None:
    """Serves the releases in folders until the process gets SIGINT or SIGTERM; what was begun may then go on for a moment.

    A release that appears, goes, or is replaced while the server runs is noticed within seconds; answers that were begun end with the bytes
    that they began with.

    Args:
        paths: as for `shelf_of`.
        host: address to listen at.
        port: 0 takes a free one.
        access: who may read.
        log: write a line for each request to standard error.
        started: is called with the address of the server and what there is when it listens.

    Raises:
        EventBankError: E905 without the extra `serve`, E906 if the server cannot listen there, and what `shelf_of` raises.
    """
    here = Path.cwd()
    traces, shelf = traces_of(paths, here), shelf_of(paths, here=here)
    seals, trouble = Seals(), ""
    app = Exchangeable(application(shelf, access, seals))
    import uvicorn

    async def look() -> None:
        nonlocal shelf, traces, trouble
        from anyio.to_thread import run_sync

        try:
            found = await run_sync(traces_of, paths, here)
            if found != traces:
                shelf = await run_sync(lambda: shelf_of(paths, here=here))
                app.now = application(shelf, access, seals)
                traces, trouble = found, ""
                _look_through(shelf, seals)
        except (EventBankError, OSError) as error:
            if str(error) != trouble:
                trouble = str(error)
                LOG.warning("what was there before is still served: %s", trouble)

    config = uvicorn.Config(
        app,
        http=patient_protocol(),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=log,
        limit_concurrency=MOST + 1,
        timeout_graceful_shutdown=LAST_SECONDS,
        callback_notify=look,
        timeout_notify=LOOK_SECONDS,
        proxy_headers=False,
        server_header=False,
    )
    server = uvicorn.Server(config)
    with closing(_listening(host, port)) as listening, _stopping(server), _logging(log):
        _look_through(shelf, seals)
        started(_url(host, listening.getsockname()[1]), shelf)
        server.run(sockets=[listening])


@dataclass
class Exchangeable:
    """An application that hands on to the one of now."""

    now: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        await self.now(scope, receive, send)


def _readable(shelf: Shelf, seals: Seals, *, private: bool, login: bool = False) -> Starlette:
    """What there is to read of a shelf. Where there is nothing, a page says so; below `/api/`, where no browser asks, a word."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse

    def missing(request: Request, _: Exception) -> Response:
        return PlainTextResponse("Not Found", 404) if request.url.path.startswith("/api/") else pages.nothing(login=login)

    return Starlette(routes=_all(shelf, seals, private, login), exception_handlers={404: missing})


def _all(shelf: Shelf, seals: Seals, private: bool, login: bool) -> list[BaseRoute]:
    """Every route over a shelf; pages are packed for clients that take it so."""
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.routing import Route

    found = pages.routes(shelf, login=login)
    for route in found:
        if isinstance(route, Route):
            route.app = GZipMiddleware(route.app, compresslevel=6)
    return [*routes(shelf, seals, private=private), *found]


def _look_through(shelf: Shelf, seals: Seals) -> None:
    """Begins to hash every file of a shelf, so that no client waits for it later, and writes what is wrong to the log."""

    def look() -> None:
        for edition in shelf.editions:
            for file in edition.files.values():
                there = place_of(edition, file.path)
                if there is None or not seals.hold(there, file):
                    LOG.warning("%s", NOT_WHOLE.at(Place(file=str(edition.root / file.path)), "it has other bytes"))

    threading.Thread(target=look, daemon=True).start()


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        EventBankError: E906 if there can be none.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        found = socket.socket(family, kind, protocol)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(2048)
        except BaseException:
            found.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or str(error)
        remedy = (
            OTHER_HOST if isinstance(error, (socket.gaierror, UnicodeError)) or getattr(error, "errno", 0) == errno.EADDRNOTAVAIL else ""
        )
        raise EventBankError(NO_PORT.at(Place(file=f"{host}:{port}"), said, remedy=remedy)) from None
    return found


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _stopping(server: uvicorn.Server) -> Iterator[None]:
    """Lets a signal stop the server even before it runs, and end the process in peace: uvicorn raises it again when it is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        server.should_exit = True

    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def _logging(log: bool) -> Iterator[None]:
    """Lets uvicorn write to standard error, requests only if `log`. No header is ever in a line.

    uvicorn's own configuration would close every handler of the process, whoever made it.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    loggers = [LOG, logging.getLogger("uvicorn.access")]
    before = [(one.level, one.propagate) for one in loggers]
    for one, level in zip(loggers, (logging.WARNING, logging.INFO if log else logging.WARNING), strict=True):
        one.addHandler(handler)
        one.setLevel(level)
        one.propagate = False
    try:
        yield
    finally:
        for one, (level, propagate) in zip(loggers, before, strict=True):
            one.removeHandler(handler)
            one.setLevel(level)
            one.propagate = propagate
