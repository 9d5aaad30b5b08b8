"""Who may read: the token of a server, the names by which it may be called, and what is seen without the token.

The token is the one that huggingface_hub sends (`Authorization: Bearer`, from `HF_TOKEN`); browsers and curl send it as the password of
basic authentication. Whoever does not send it gets the same answer for what is there and for what is not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from eventbank.errors import Code, EventBankError, Place

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

BAD_TOKEN = Code(
    "E903",
    "the token file cannot be used",
    "Write one line of at least 16 letters, digits or -._~+/= into it, for instance from: openssl rand -hex 24",
)
UNGUARDED = Code(
    "E904",
    "others could read this without a token",
    "Give --token-file, or take --host 127.0.0.1; if everyone who can reach the address may read, add --without-token.",
)
NOTHING_CLOSED = Code("E907", "--open-standoff is for a server with a token", "Give --token-file, too, or leave --open-standoff out.")

_LEAST, _MOST = 16, 4096
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
WRONG = "Invalid credentials in Authorization header"
"""What huggingface_hub takes for a token that is not known; without these words it says that the repository does not exist."""


@dataclass(frozen=True)
class Access:
    """Who may read.

    `token` is the SHA-256 of the token, None if there is none. `open_standoff` shows stand-off editions to everybody. `local` says that
    the server is for this machine: it then answers only when it is called by a name of this machine, so that no page that a browser has
    open can reach it by a name of its own.
    """

    token: bytes | None = field(default=None, repr=False)
    open_standoff: bool = False
    local: bool = False

    def knows(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a request has the token. The time that this takes says nothing about the token."""
        return self.token is None or hmac.compare_digest(_digest(_sent(headers)), self.token)

    def is_called(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether the name by which the server was called is one that it answers to."""
        return not self.local or is_loopback(_host(headers.get(b"host", b"").decode("latin-1")))


EVERYONE = Access()
"""Whoever reaches the server, by whatever name."""


def access(token_file: Path | None, host: str, *, open_standoff: bool = False, without_token: bool = False) -> Access:
    """Who may read a server that listens at `host`.

    Raises:
        EventBankError: E903 for a token file that cannot be used, E904 for an address that others can reach without a token, unless
            `without_token`, E907 for `open_standoff` without a token: then nothing is closed that could be opened.
    """
    if open_standoff and token_file is None:
        raise EventBankError(NOTHING_CLOSED.at())
    local = reaches_only_this_machine(host)
    if token_file is None:
        if not local and not without_token:
            raise EventBankError(UNGUARDED.at(Place(file=host)))
        return Access(local=local and not without_token)
    return Access(_digest(_read(token_file)), open_standoff)


def guarded(full: ASGIApp, open_: ASGIApp | None, who: Access) -> ASGIApp:
    """An application before two others: `full` for those who have the token, `open_` for everybody else, or none."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.responses import PlainTextResponse, RedirectResponse

        if scope["type"] != "http":
            await full(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        known = who.knows(headers)
        app: ASGIApp
        if not who.is_called(headers):
            app = PlainTextResponse("The server is for this machine; call it by the address that it printed.\n", 403)
        elif scope["path"] == "/login":
            app = RedirectResponse("/", 303) if known else refusal(b"authorization" in headers)
        elif known:
            app = full
        elif open_ is None or b"authorization" in headers:
            app = refusal(b"authorization" in headers)
        else:
            app = open_
        await app(scope, receive, send)

    return guard


def refusal(sent: bool) -> ASGIApp:
    """The answer to whoever may not read, whatever was asked for; `sent` says whether some token came along."""
    from starlette.responses import PlainTextResponse

    asks = {"WWW-Authenticate": 'Basic realm="EventBank: the token is the password", charset="UTF-8"', "Cache-Control": "no-store"}
    if sent:
        return PlainTextResponse(WRONG + "\n", 401, {"X-Error-Message": WRONG, **asks})
    said = "A token is needed"
    return PlainTextResponse(said + "\n", 401, {"X-Error-Code": "RepoNotFound", "X-Error-Message": said, **asks})


def is_loopback(name: str) -> bool:
    """Whether a name or an address in a URL is this machine by its form alone."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def reaches_only_this_machine(host: str) -> bool:
    """Whether a server that listens at a host can be reached from this machine alone; a name is looked up."""
    try:
        found = socket.getaddrinfo(host or None, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        return is_loopback(host)
    return all(is_loopback(str(address[0]).partition("%")[0]) for *_, address in found)


def _read(path: Path) -> bytes:
    """The token in a file.

    Raises:
        EventBankError: E903, without a word of what is in it.
    """
    try:
        found = path.read_bytes().strip()
    except OSError as error:
        raise EventBankError(BAD_TOKEN.at(Place(file=str(path)), error.strerror or "")) from None
    if wrong := _wrong(found):
        raise EventBankError(BAD_TOKEN.at(Place(file=str(path)), wrong))
    return found


def _wrong(token: bytes) -> str:
    """Why something is no token, without a word of it; empty if it is one."""
    if not token:
        return "it is empty"
    if not token.isascii():
        return "it has characters that are not ASCII"
    if len(token.splitlines()) > 1:
        return "it has several lines"
    if not _TOKEN.fullmatch(token.decode("ascii")):
        return "it has a space or another character that is not allowed"
    if not _LEAST <= len(token) <= _MOST:
        return f"it has fewer than {_LEAST} characters" if len(token) < _LEAST else f"it has more than {_MOST:,} characters"
    return ""


def _sent(headers: Mapping[bytes, bytes]) -> bytes:
    """The token in the headers of a request, empty if there is none."""
    kind, _, value = headers.get(b"authorization", b"").partition(b" ")
    if kind.lower() == b"bearer":
        return value.strip()
    if kind.lower() == b"basic":
        try:
            return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    return b""


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def _host(header: str) -> str:
    """The name in a Host header, without the port."""
    return header.partition("]")[0].removeprefix("[") if header.startswith("[") else header.partition(":")[0].lower()
