"""Small real HTTP servers on loopback: one that answers from a script, and one that stands before a real server and makes trouble."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PIECE = 1 << 14


@dataclass(frozen=True)
class Answer:
    """A status, a body and headers; `cut` ends the connection after half of the body, `keep` after so many of its bytes.

    With a `pace` the body goes out in pieces of 16 KiB, that many seconds apart.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    keep: int | None = None
    pace: float = 0


@dataclass
class Seen:
    """Where the server is, and each request that it got: method, path, headers, body."""

    url: str
    requests: list[tuple[str, str, Mapping[str, str], bytes]]

    @property
    def lines(self) -> list[str]:
        return [f"{method} {path.partition('?')[0]}" for method, path, _, _ in self.requests]


Reply = Callable[[str, str, Mapping[str, str], bytes], Answer]


@contextmanager
def serving(reply: Reply) -> Iterator[Seen]:
    """A server whose answers `reply` gives, from method, path, headers and body."""
    seen = Seen("", [])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.requests.append((self.command, self.path, dict(self.headers), body))
            answer = reply(self.command, self.path, dict(self.headers), body)
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            if "Transfer-Encoding" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body) + answer.cut))
            self.end_headers()
            if self.command == "HEAD":
                return
            kept = len(answer.body) // 2 if answer.cut else answer.keep
            for at in range(0, len(answer.body[:kept]), PIECE):
                self.wfile.write(answer.body[at : at + PIECE][: None if kept is None else kept - at])
                time.sleep(answer.pace)
            if answer.cut or answer.keep is not None:
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that was killed is what the tests are about."""

    server = Quiet(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()


def scripted(answers: Sequence[Answer]) -> Reply:
    """The answers one after the other, the last one for ever."""
    left = list(answers)

    def reply(*_: object) -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return reply


def forward(url: str, change: Callable[[str, str, Callable[[], Answer]], Answer]) -> Reply:
    """Hands requests on to the server at `url`; `change` sees method and path, and decides whether and how the real answer comes."""
    host = urlsplit(url).netloc

    def reply(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        def ask() -> Answer:
            there = http.client.HTTPConnection(host, timeout=120)
            kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "accept-encoding", "connection")}
            there.request(method, path, body or None, kept)
            found = there.getresponse()
            data = found.read()
            there.close()
            return Answer(found.status, data, {"Content-Type": found.getheader("Content-Type") or "text/plain"})

        return change(method, path.partition("?")[0], ask)

    return reply


@dataclass
class Line:
    """A line to a server, byte for byte. It breaks for good when `left` bytes have come down all its connections; None is no limit."""

    url: str
    left: int | None = None


@contextmanager
def line_to(url: str) -> Iterator[Line]:
    """A line to the server at `url`."""
    parts = urlsplit(url)
    listening = socket.create_server(("127.0.0.1", 0))
    line = Line(f"http://127.0.0.1:{listening.getsockname()[1]}")

    def carry(one: socket.socket, other: socket.socket, down: bool) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 14):
                if down and line.left is not None:
                    data = data[: line.left]
                    line.left -= len(data)
                other.sendall(data)
                if down and line.left == 0:
                    break
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def answer() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                server = socket.create_connection((parts.hostname, parts.port))
                for ends in ((client, server, False), (server, client, True)):
                    threading.Thread(target=carry, args=ends, daemon=True).start()

    threading.Thread(target=answer, daemon=True).start()
    try:
        yield line
    finally:
        listening.close()
