"""Small real HTTP servers on loopback: one that answers from a script, and one that stands before a real server and makes trouble."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """A status, a body and headers; `cut` ends the connection after half of the body."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


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
            self.send_header("Content-Length", str(len(answer.body) + answer.cut))
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)
            if answer.cut:
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
