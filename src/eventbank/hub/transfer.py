"""Files over HTTP: what was cut off goes on where it was, what fails for the moment is asked for again, what is too much is refused.

`httpx2` is the library that huggingface_hub stands on. The tools of huggingface_hub itself are not used: they take the size of a file
from the server and not from a manifest, put a cache of their own into the folder, and compare no content.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar
from urllib.parse import urljoin

from eventbank.backoff import LONGEST_WAIT, asked_for, pause
from eventbank.errors import Code, EventBankError, Place
from eventbank.hub.address import Address, origin

if TYPE_CHECKING:
    import httpx2

AGAIN = "Run the same command again: what has arrived is kept."
CLOSED = Code(
    "E921",
    "the server does not let you read this",
    "Give a token with --token-file, or in HF_TOKEN if HF_ENDPOINT is this server; and look whether there is such a repository.",
)
MISSING = Code(
    "E922", "the server has no such release", "Look at the address and the version; the repository must hold a release of EventBank."
)
HIDDEN = f"{MISSING.remedy} If the server hides it from those who have no token, give one with --token-file."
OTHER_BYTES = Code("E924", "a file of the server is not the one in the manifest", "Nothing was put in place. Tell whoever runs the server.")
FAILING = Code("E925", "the server cannot be reached, or fails", f"Look whether it runs and the address is right. {AGAIN}")
NO_ROOM = Code("E926", "there is no room for the release", f"Make room, or name a folder on another disk. {AGAIN}")
STRANGE = Code("E929", "the server gives an answer that cannot be used", "Look at the address; a proxy on the way may be the cause.")

NO_HTTPS = "The server does not speak https there: look at the port, or try the address with http:// in place of https://."
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
"""What OpenSSL says of an answer that is not TLS, by its version."""

ATTEMPTS = 5
FIRST_WAIT = 0.5
"""Attempts without a byte of progress, and seconds before the second of them."""

CONNECT_WAIT = 10.0
HOPS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_T = TypeVar("_T")


@dataclass(frozen=True)
class Source:
    """A server that is asked for files. `token` goes to the origin of `address` alone; whoever sets `stop` ends all that is under way."""

    address: Address
    client: httpx2.Client = field(repr=False)
    token: str = field(default="", repr=False)
    stop: threading.Event = field(default_factory=threading.Event)
    met: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Item:
    """A file as the manifest has it: where it lies in the release, its size in bytes, its SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass
class _Part:
    """A file that is being written: open at its end, `at` bytes long, with their digest so far, and the validator of the server's copy."""

    file: BinaryIO
    at: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    etag: str = ""


class StoppedError(Exception):
    """The download was told to stop."""


class _PassingError(Exception):
    """A trouble that may be gone a little later, and the seconds that the server asked to wait."""

    def __init__(self, found: str, wait: float | None = None, *, met: bool = True) -> None:
        super().__init__(found)
        self.wait, self.met = wait, met


@contextmanager
def connected(address: Address, token: str = "", timeout: float = 60.0) -> Iterator[Source]:
    """A source at an address. `timeout` is the time in seconds that the server may be silent."""
    import httpx2

    with httpx2.Client(timeout=httpx2.Timeout(timeout, connect=CONNECT_WAIT)) as client:
        yield Source(address, client, token)


def read(source: Source, url: str, most: int) -> tuple[bytes, Mapping[str, str]]:
    """A small file whole, and the headers of the server's own answer (not of one that it redirects to).

    Raises:
        EventBankError: E921, E922, E925, E929 as for `fetch`; E929 if it is larger than `most` bytes.
    """

    def once() -> tuple[bytes, Mapping[str, str]]:
        with _answer(source, url, {}) as (response, first):
            data = bytearray()
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > most:
                    raise EventBankError(STRANGE.at(_place(source, url), f"it is larger than {most:,} bytes"))
            return bytes(data), first

    return _persist(source, url, once, lambda: 0)


def fetch(source: Source, url: str, item: Item, target: Path, tell: Callable[[int], None]) -> int:
    """Brings a file to `target`, from where an earlier run left it; the number of bytes that came over the wire.

    The file is never longer than the manifest says, and is gone if it is not the one of the manifest. What an earlier run left is hashed
    again; should the whole then be another, the file is fetched anew once.

    Args:
        tell: called with the number of bytes that are there in addition (negative when they are thrown away).

    Raises:
        EventBankError: E921 not allowed, E922 not there, E924 other bytes, E925 after all attempts, E926 no room, E929 a strange answer.
        StoppedError: if `source.stop` is set.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    came = 0
    with os.fdopen(os.open(target, flags, 0o644), "rb+") as file, _room(item.path):
        part = _Part(file)
        _rehash(source, part, item, tell)
        old = part.at > 0
        while True:
            came += _complete(source, url, item, part, tell)
            if part.digest.hexdigest() == item.sha256:
                return came
            _restart(part, tell)
            if not old:
                break
            old = False
    target.unlink()
    raise EventBankError(OTHER_BYTES.at(Place(file=item.path), "its SHA-256 is another"))


def _complete(source: Source, url: str, item: Item, part: _Part, tell: Callable[[int], None]) -> int:
    """Fetches what is missing of a part; the bytes that came."""
    came = longest = 0

    def once() -> None:
        nonlocal came, longest
        headers = {"Range": f"bytes={part.at}-"} if part.at else {}
        if part.at and part.etag:
            headers["If-Range"] = part.etag
        with _answer(source, url, headers) as (response, first):
            _begin(item, part, response, first, tell)
            for chunk in response.iter_raw():
                if source.stop.is_set():
                    raise StoppedError
                if part.at + len(chunk) > item.size:
                    raise _other(item, part, "the server sends more")
                part.file.write(chunk)
                part.file.flush()  # a process that is killed leaves all that it counted
                part.digest.update(chunk)
                part.at += len(chunk)
                came += len(chunk)
                longest = max(longest, part.at)
                tell(len(chunk))
        if part.at < item.size:
            raise _PassingError(f"{part.at:,} of {item.size:,} bytes of {item.path} came")

    if part.at < item.size:
        _persist(source, url, once, lambda: longest)
    return came


def _begin(item: Item, part: _Part, response: httpx2.Response, first: Mapping[str, str], tell: Callable[[int], None]) -> None:
    """Looks at the head of an answer: does it go on where the part ends, and can it be the file of the manifest?"""
    there = _digest_in(first)
    if there and there != item.sha256:
        raise _other(item, part, "the server names another SHA-256")
    length = response.headers.get("content-length", "")
    if response.status_code == 206:
        span = response.headers.get("content-range", "").partition("/")
        if not part.at or not span[0].startswith(f"bytes {part.at}-"):
            raise EventBankError(STRANGE.at(Place(file=item.path), "it is another part than the one asked for"))
        if span[2].isdecimal() and int(span[2]) != item.size:
            raise _other(item, part, f"it has {int(span[2]):,} bytes, not {item.size:,}")
    else:  # all of it: the server knows no ranges, or the file there is another than before
        _restart(part, tell)
        if length.isdecimal() and int(length) != item.size:
            raise _other(item, part, f"it has {int(length):,} bytes, not {item.size:,}")
    etag = response.headers.get("etag", "")
    part.etag = etag if etag.startswith('"') else ""


def _digest_in(headers: Mapping[str, str]) -> str:
    """The SHA-256 that a Hub gives as the validator of a large file; empty if there is none. Other servers make theirs of other things."""
    if "x-repo-commit" not in headers:
        return ""
    etag = headers.get("x-linked-etag") or ("" if headers.get("location") else headers.get("etag", ""))
    digest = etag.strip('"')
    return digest if len(digest) == 64 and not set(digest) - set("0123456789abcdef") else ""


def _rehash(source: Source, part: _Part, item: Item, tell: Callable[[int], None]) -> None:
    """Takes up what an earlier run wrote. A file that is longer than it should be begins anew."""
    if os.fstat(part.file.fileno()).st_size > item.size:
        _restart(part, tell)
    while chunk := part.file.read(1 << 20):
        if source.stop.is_set():
            raise StoppedError
        part.digest.update(chunk)
        part.at += len(chunk)
        tell(len(chunk))


def _restart(part: _Part, tell: Callable[[int], None]) -> None:
    part.file.seek(0)
    part.file.truncate()
    tell(-part.at)
    part.at, part.digest, part.etag = 0, hashlib.sha256(), ""


def _other(item: Item, part: _Part, found: str) -> EventBankError:
    """The problem of a file that is another than the manifest says; nothing of it is kept."""
    part.file.seek(0)
    part.file.truncate()
    return EventBankError(OTHER_BYTES.at(Place(file=item.path), found))


@contextmanager
def _room(path: str) -> Iterator[None]:
    """What the system says of a full disk, as E926."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise EventBankError(NO_ROOM.at(Place(file=path), error.strerror or "")) from None


def _persist(source: Source, url: str, do: Callable[[], _T], progress: Callable[[], int]) -> _T:
    """The result of `do`, which is called again after a passing trouble; attempts that made progress do not count.

    A server that has never answered is not waited for.
    """
    attempt = 0
    while True:
        before = progress()
        try:
            return do()
        except _PassingError as error:
            attempt = 1 if progress() > before else attempt + 1
            if attempt >= ATTEMPTS or (error.wait or 0) > LONGEST_WAIT or not (error.met or source.met.is_set()):
                raise EventBankError(FAILING.at(_place(source, url), _clean(source, str(error)))) from None
            if source.stop.wait(pause(attempt, error.wait, FIRST_WAIT)):
                raise StoppedError from None


@contextmanager
def _answer(source: Source, url: str, headers: Mapping[str, str]) -> Iterator[tuple[httpx2.Response, Mapping[str, str]]]:
    """A good answer, its body yet unread, and the headers of the first answer on the way to it.

    Redirects are followed here so that the token goes nowhere else, and from https to http not at all.
    """
    import httpx2

    place = _place(source, url)
    first: Mapping[str, str] = {}
    try:
        for _ in range(HOPS + 1):
            sent = {**headers, "Accept-Encoding": "identity", "User-Agent": "eventbank"}
            if source.token and origin(url) == source.address.origin:
                sent["Authorization"] = f"Bearer {source.token}"
            with source.client.stream("GET", url, headers=sent, follow_redirects=False) as response:
                source.met.set()
                first = first or response.headers
                location = response.headers.get("location") if response.status_code in _REDIRECTS else None
                if location is None:
                    _look(source, place, response)
                    yield response, first
                    return
                url = _next(url, location, place)
        raise EventBankError(STRANGE.at(place, "it is redirected again and again"))
    except httpx2.ConnectError as error:
        if url.startswith("https:") and any(sign in str(error).upper().replace(" ", "_") for sign in _NO_TLS):
            raise EventBankError(FAILING.at(place, str(error), remedy=NO_HTTPS)) from None
        raise _PassingError(str(error) or type(error).__name__, met=False) from None
    except (httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.ProxyError) as error:
        raise _PassingError(str(error) or type(error).__name__, met=not isinstance(error, httpx2.ConnectTimeout)) from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise EventBankError(STRANGE.at(place, _clean(source, str(error)))) from None


def _next(url: str, location: str, place: Place) -> str:
    """Where a redirect leads.

    Raises:
        EventBankError: E929 if that is no address, or one without encryption after one with it.
    """
    try:
        found = urljoin(url, location)
        if origin(url)[0] == "https" and origin(found)[0] == "http":
            raise EventBankError(STRANGE.at(place, "it is redirected from https to http"))
    except ValueError:
        raise EventBankError(STRANGE.at(place, "it is redirected to something that is no address")) from None
    return found


def _look(source: Source, place: Place, response: httpx2.Response) -> None:
    """Lets only a good answer through: 200, or 206 to a request for a range, in no encoding."""
    status = response.status_code
    if status in (200, 206):
        if response.headers.get("content-encoding", "identity") != "identity":
            raise EventBankError(STRANGE.at(place, "it is compressed, though that was not asked for"))
        return
    name, words = response.headers.get("x-error-code", ""), response.headers.get("x-error-message", "")
    said = _clean(source, " ".join(f"{status} {name} {words}".split())[:200])
    if status in _PASSING:
        wait = asked_for(response.headers.get("retry-after"))
        raise _PassingError(said if wait is None else f"{said}, asks to wait {wait:.0f} seconds", wait)
    code = {401: CLOSED, 403: CLOSED, 404: MISSING, 410: MISSING, 416: OTHER_BYTES}.get(status, STRANGE)
    hidden = code is MISSING and name == "RepoNotFound" and not source.token
    raise EventBankError(code.at(place, said, remedy=HIDDEN if hidden else ""))


def _place(source: Source, url: str) -> Place:
    return Place(file=_clean(source, url.partition("?")[0]))


def _clean(source: Source, text: str) -> str:
    """A text without the token, should a server repeat it."""
    return text.replace(source.token, "…") if source.token else text
