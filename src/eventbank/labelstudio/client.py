"""The connection to a Label Studio server: retries, and every failure as a coded problem. The key stands in no message.

Only calls that may be repeated are repeated. A call that changes something raises `InterruptedCallError` instead, and whoever made it
looks at what the server has before it goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from eventbank.backoff import LONGEST_WAIT, asked_for, pause
from eventbank.errors import Code, EventBankError, Place, Problem

AGAIN = "Run the same command again: what the server has already is not sent twice."
NO_SERVER = Code(
    "E360",
    "no usable address or key of a Label Studio server is given",
    "Set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY, or give --url and --key-file.",
)
NO_SDK = Code("E361", "label-studio-sdk is not installed", "Install the extra: pip install 'eventbank[label-studio]'")
UNREACHABLE = Code("E362", "the server cannot be reached", f"Look at the address, and whether the server runs. {AGAIN}")
BAD_KEY = Code(
    "E363", "the server refuses the key", "Copy a key from Account & Settings; an old one must be allowed by the organisation's settings."
)
FORBIDDEN = Code("E364", "the owner of the key may not do this", "Ask for the right in the organisation, or use another key.")
TOO_BUSY = Code("E365", "the server asks to wait", f"Wait a while. {AGAIN}")
SERVER_ERROR = Code("E366", "the server failed", f"Look into the log of the server. {AGAIN}")
CUT = Code("E367", "the connection was cut", AGAIN)
NOT_LABEL_STUDIO = Code(
    "E368", "the answer is none that Label Studio gives", "Give the address that the browser shows, without the path after the host."
)
REFUSED = Code("E369", "the server refuses what was sent", "Mend what the server names, or report this with its answer.")
NO_PROJECT = Code("E370", "the project cannot be found", "Look up its number in the address of its page, and give that as --project.")
INCOMPLETE = Code("E378", "the export did not arrive whole", "Pull again; the earlier file has not been touched.")

ATTEMPTS = 4
FIRST_WAIT = 1.0
"""Seconds before the second attempt, doubled for each further one."""

CONNECT_WAIT = 10.0
EXPORT_WAIT = 1800.0
SHOWN = 300
"""Characters of a server's answer that a message repeats."""

_EXPORT = {
    "serialization_options": {
        "drafts": {"only_id": False},
        "predictions": {"only_id": False},
        "annotations__completed_by": {"only_id": False},
        "include_annotation_history": True,
    },
    "annotation_filter_options": {"usual": True, "ground_truth": True, "skipped": True},
    "task_filter_options": {},
}
"""A snapshot of everything: annotators, drafts and predictions in full, cancelled annotations too."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Server:
    """Where a server is, the key for it (a personal access token or a legacy token), and the seconds it may take to answer."""

    url: str
    key: str = field(repr=False)
    timeout: float = 120.0

    @property
    def host(self) -> str:
        """The host with its port, which is what messages show."""
        return urlsplit(self.url).netloc.rpartition("@")[2]


@dataclass(frozen=True)
class Connection:
    """A server and the client of its SDK."""

    server: Server
    client: Any = field(repr=False)


class InterruptedCallError(EventBankError):
    """A call that may or may not have had its effect. `wait` is the time in seconds that the server asked for, if it did."""

    wait: float | None = None


def find_server(url: str = "", key_file: Path | None = None, timeout: float = Server.timeout) -> Server:
    """The server of the options, else of LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY.

    Raises:
        EventBankError: E360 if the address or the key is missing or has not the form of one.
    """
    url = (url or os.environ.get("LABEL_STUDIO_URL", "")).strip().rstrip("/")
    try:
        key = key_file.read_text("utf-8").strip() if key_file else os.environ.get("LABEL_STUDIO_API_KEY", "").strip()
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0 and "@" not in parts.netloc
    except UnicodeDecodeError:
        raise EventBankError(NO_SERVER.at(None, "the key file is no text")) from None
    except ValueError:
        whole = False
    if not url or not key:
        raise EventBankError(NO_SERVER.at(None, "the key is missing" if url else "the address is missing"))
    if not whole:
        raise EventBankError(NO_SERVER.at(None, "the address is not of the form http://host:port"))
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise EventBankError(NO_SERVER.at(None, "the key is not one word of letters, digits and signs"))
    return Server(url, key, timeout)


def connect(server: Server) -> Connection:
    """A connection that the server has accepted.

    Raises:
        EventBankError: E361 without the SDK, E362 to E368 if the server cannot be reached, is none, or refuses the key.
    """
    try:
        import httpx
        from label_studio_sdk import LabelStudio
        from label_studio_sdk.core.api_error import ApiError
    except ImportError:
        raise EventBankError(NO_SDK.at()) from None

    def refuse(response: httpx.Response) -> None:
        """The SDK takes every answer to a refresh of the key for JSON; one that is an error is raised here."""
        if response.url.path.endswith("/api/token/refresh/") and response.status_code >= 300:
            raise ApiError(
                status_code=response.status_code, headers=dict(response.headers), body=response.read().decode("utf-8", "replace")
            )

    http = httpx.Client(timeout=httpx.Timeout(server.timeout, connect=CONNECT_WAIT), event_hooks={"response": [refuse]})

    sdk: Any = LabelStudio

    def client() -> Any:
        return sdk(base_url=f"{server.url}/", api_key=server.key, httpx_client=http, timeout=None, max_retries=0)

    connection = Connection(server, call(server, client))
    who = call(server, connection.client.users.whoami)
    if not isinstance(getattr(who, "id", None), int):
        raise EventBankError(NOT_LABEL_STUDIO.at(Place(file=server.host)))
    return connection


def call(server: Server, do: Callable[[], _T], *, repeat: bool = True, attempts: int = 0) -> _T:
    """The result of a call; it is repeated after a passing trouble, with growing waits or after the time the server asks for.

    Args:
        do: what to call; it runs again from the beginning when it is repeated.
        repeat: whether it may run twice. If not, a passing trouble is raised as `InterruptedCallError`.
        attempts: how often at most; `ATTEMPTS` if 0.

    Raises:
        InterruptedCallError: a passing trouble, if `repeat` is False.
        EventBankError: E360 to E370, by what went wrong.
    """
    for attempt in range(1, (attempts or ATTEMPTS) + 1):
        try:
            return do()
        except Exception as error:  # every kind is looked at, and those that are not the server's are raised again
            found = _trouble(server, error)
            if found is None:
                raise
            problem, passing, wait = found
        if not passing or (wait or 0) > LONGEST_WAIT:
            break
        if not repeat:
            interrupted = InterruptedCallError(problem)
            interrupted.wait = wait
            raise interrupted
        if attempt < (attempts or ATTEMPTS):
            rest(attempt, wait)
    raise EventBankError(problem)


def rest(attempt: int, wait: float | None = None) -> None:
    """Sleeps before the next attempt: as long as the server asked for, else twice as long as the time before, give or take a quarter."""
    time.sleep(pause(attempt, wait, FIRST_WAIT))


def find_project(connection: Connection, name: str) -> Any | None:
    """The project with this number or title; None if no project has the title.

    Raises:
        EventBankError: E370 if there is no project with the number, or several have the title.
    """
    server, projects = connection.server, connection.client.projects
    place = Place(file=server.host)
    if name.isdecimal():
        return call(server, lambda: projects.get(id=int(name)))
    found = [one for one in call(server, lambda: list(projects.list(title=name))) if one.title == name]
    if len(found) > 1:
        numbers = ", ".join(str(one.id) for one in found)
        raise EventBankError(NO_PROJECT.at(place, f"projects {numbers} have the title {name!r}"))
    return call(server, lambda: projects.get(id=found[0].id)) if found else None


def snapshot(connection: Connection, project: int) -> bytes:
    """All tasks of a project with everything on them, as the server exports them; checked against the server's own checksum.

    The export that the server keeps is deleted there afterwards.

    Raises:
        EventBankError: E378 if the export failed or arrived changed, and whatever `call` raises.
    """
    server, exports = connection.server, connection.client.projects.exports
    title = f"eventbank {uuid.uuid4().hex}"
    place = Place(file=server.host)
    try:
        made = call(server, lambda: exports.create(id=project, title=title, **_EXPORT))
        deadline = time.monotonic() + EXPORT_WAIT
        while made.status not in ("completed", "failed") and time.monotonic() < deadline:
            time.sleep(0.5)
            made = call(server, partial(exports.get, id=project, export_pk=made.id))
        if made.status != "completed":
            raise EventBankError(INCOMPLETE.at(place, f"the server says: {made.status}"))
        data = call(server, lambda: b"".join(exports.download(id=project, export_pk=made.id)))
        if made.md5 and hashlib.md5(data, usedforsecurity=False).hexdigest() != made.md5:
            raise EventBankError(INCOMPLETE.at(place, f"{len(data)} bytes do not have the checksum that the server gives"))
        return data
    finally:
        with suppress(EventBankError):
            for one in call(server, lambda: exports.list(id=project), attempts=1):
                if one.title == title:
                    call(server, partial(exports.delete, id=project, export_pk=one.id), attempts=1)


def _trouble(server: Server, error: Exception) -> tuple[Problem, bool, float | None] | None:
    """The problem that an exception is, whether it may pass by itself, and after how many seconds; None if it is not the server's."""
    import httpx
    from label_studio_sdk.core.api_error import ApiError
    from label_studio_sdk.core.parse_error import ParsingError
    from pydantic import ValidationError

    place = Place(file=server.host)
    if isinstance(error, ApiError):
        return _answered(server, error.status_code or 0, error.headers or {}, error.body)
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        found = f"no answer within {server.timeout:g} seconds"
        return CUT.at(place, found, remedy=f"Give it more time with --timeout. {AGAIN}"), False, None
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
        return UNREACHABLE.at(place, _shown(server, str(error) or "no connection in time")), True, None
    if isinstance(error, httpx.RequestError):
        return CUT.at(place, type(error).__name__), True, None
    if isinstance(error, (ParsingError, ValidationError, json.JSONDecodeError, httpx.InvalidURL)):
        return NOT_LABEL_STUDIO.at(place), False, None
    return None


def _answered(server: Server, status: int, headers: dict[str, str], body: object) -> tuple[Problem, bool, float | None]:
    """What an answer means that is not the one hoped for."""
    lower = {name.lower(): value for name, value in headers.items()}
    wait = asked_for(lower.get("retry-after"))
    own = isinstance(body, dict) and "detail" in body
    codes = {401: BAD_KEY, 403: FORBIDDEN, 408: CUT, 429: TOO_BUSY, 503: TOO_BUSY, 404: NO_PROJECT if own else NOT_LABEL_STUDIO}
    code = codes.get(status, SERVER_ERROR if status >= 500 else REFUSED if status >= 400 else NOT_LABEL_STUDIO)
    said = f"it leads to {lower.get('location')}" if 300 <= status < 400 else _said(body)
    asked = f"; asked to wait {wait:.0f} seconds" if wait is not None else ""
    found = f"status {status}{asked}{': ' if said else ''}{said}"
    return code.at(Place(file=server.host), _shown(server, found)), status in (408, 429, 502, 503, 504), wait


def _said(body: object) -> str:
    """The words of an error for people: Label Studio's own fields, or nothing of a page that is not JSON."""
    if not isinstance(body, dict):
        return ""
    said = [body[key] for key in ("detail", "validation_errors") if body.get(key)] or [body]
    return "; ".join(part if isinstance(part, str) else json.dumps(part, ensure_ascii=True) for part in said)


def _shown(server: Server, text: str) -> str:
    """A text from outside as a message may show it: short, on one line, without the key."""
    line = " ".join(text.replace(server.key, "…").split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
