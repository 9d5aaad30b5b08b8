"""What a server meets that hangs on a network: paths that lead out, requests that stop half-way, readers that stop reading."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from editions import running, with_large_file

from eventbank.document import sha256
from eventbank.hub import routes
from eventbank.hub.connections import patient_protocol
from eventbank.hub.server import application
from eventbank.hub.shelf import shelf_of
from eventbank.release import manifest

pytestmark = pytest.mark.server
REPO = "eventbank/peninsula"
ESCAPES = (
    "../secret", "../../../../../../etc/passwd", "%2e%2e/secret", "%2e%2e%2fsecret", "%252e%252e%252fsecret", "..%5csecret",
    "..;/secret", "/etc/passwd", "%2fetc%2fpasswd", "%2Fetc%2Fpasswd%00", "README.md%00", "%00", "....//secret", "%c0%ae%c0%ae/secret",
    "link", "out/secret", "events/../../secret", "./README.md", "events/%2e%2e/README.md", "file:///etc/passwd", "~root", "C:%5csecret",
)  # fmt: skip
ROUTES = (
    "/datasets/{}", f"/datasets/{REPO}/resolve/main/{{}}", f"/datasets/{REPO}/resolve/{{}}/README.md",
    "/datasets/{}/resolve/main/README.md", f"/datasets/{REPO}/tree/{{}}", "/api/datasets/{}", f"/api/datasets/{REPO}/revision/{{}}",
    f"/api/datasets/{REPO}/tree/main/{{}}", f"/api/datasets/{REPO}/tree/{{}}", "/api/datasets/{}/refs", "/api/datasets/{}/tree/main", "/{}",
    "/corpora/{}", "/corpora/{}/main/", f"/corpora/{REPO}/{{}}/documents.html", f"/corpora/{REPO}/main/{{}}",
    f"/corpora/{REPO}/main/articles/{{}}.html", f"/corpora/{REPO}/main/pages/{{}}.html", f"/corpora/{REPO}/main/annotators/{{}}.html",
)  # fmt: skip
"""Every route that is read with GET; the one that is read with POST has its paths in the body."""


@pytest.fixture(scope="module")
def url(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a release with a secret beside its folder, and links to it that the release does not name."""
    root = shutil.copytree(release, tmp_path_factory.mktemp("served") / "1.0.0")
    (root.parent / "secret").write_text("the secret")
    (root / "link").symlink_to(root.parent / "secret")
    (root / "out").symlink_to(root.parent)
    with running(root) as server:
        yield server.url


def ask(url: str, path: str, method: str = "GET", body: bytes = b"") -> tuple[int, bytes]:
    """Status and body for a path as it is written, and nothing put right before it is sent."""
    there = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    there.putrequest(method, path, skip_host=False)
    there.putheader("Content-Length", str(len(body)))
    there.endheaders(body)
    found = there.getresponse()
    data = found.read()
    there.close()
    return found.status, data


@pytest.mark.parametrize("route", ROUTES)
def test_no_path_leads_out(route: str, url: str) -> None:
    for escape in ESCAPES:
        status, body = ask(url, route.format(escape))
        assert status == 404, escape
        assert b"secret" not in body
        assert b"root:" not in body


def test_names_and_titles_cannot_write_headers_or_break_a_list(release: Path, tmp_path: Path) -> None:
    root = shutil.copytree(release, tmp_path / "1.0.0")
    name = 'a"; X-Evil: 1é.txt'
    (root / name).write_text("text")
    facts = manifest.read(root)
    settings = {**facts["settings"], "corpus": {**facts["settings"]["corpus"], "title": "\x00\r\nX: 1"}}
    files = [*facts["files"], {"path": name, "size": 4, "sha256": sha256(b"text")}]
    (root / manifest.NAME).write_bytes(manifest.sealed({**facts, "settings": settings, "files": files}))
    with patient(root) as (host, port):
        there = http.client.HTTPConnection(host, port)
        there.request("GET", f"/datasets/{REPO}/resolve/main/{quote(name)}")
        found = there.getresponse()
        assert (found.status, found.read()) == (200, b"text")
        assert found.headers["content-disposition"] == 'inline; filename="a___X-Evil__1_.txt"'
        there.request("GET", f"/api/datasets/{REPO}")
        assert json.loads(there.getresponse().read())["description"] == "\x00\r\nX: 1"
        there.close()


def test_no_path_in_a_body_leads_out(url: str) -> None:
    for escape in ESCAPES:
        for body in (f"paths={escape}", f'{{"paths": ["{escape}"]}}'):
            assert ask(url, f"/api/datasets/{REPO}/paths-info/main", "POST", body.encode()) == (200, b"[]")


@pytest.mark.parametrize("body", [b"\xff", b"paths=" + b"a" * 1_100_000, b"&" * 200_000])
def test_a_body_that_cannot_be_used_is_refused_or_names_nothing(body: bytes, url: str) -> None:
    try:
        status, found = ask(url, f"/api/datasets/{REPO}/paths-info/main", "POST", body)
    except ConnectionError:
        return
    assert status == 400 or found == b"[]"


def test_what_is_no_http_is_refused(url: str) -> None:
    host, port = urlsplit(url).hostname, urlsplit(url).port
    for sent in (
        b"\x16\x03\x01\x02\x00\x01",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection((host, port), timeout=20) as there:
            there.sendall(sent)
            assert there.recv(1000).startswith((b"HTTP/1.1 400", b"HTTP/1.1 403"))


def test_a_server_for_this_machine_is_not_called_by_another_name(url: str) -> None:
    """A page in a browser may point a name of its own at loopback; the browser then sends that name."""
    for name, status in (
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost:1", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("", 403),
    ):
        there = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        there.putrequest("GET", f"/api/datasets/{REPO}", skip_host=True)
        there.putheader("Host", name)
        there.endheaders()
        assert there.getresponse().status == status, name
        there.close()


@contextmanager
def patient(release: Path, **limits: float) -> Iterator[tuple[str, int]]:
    """The application under a uvicorn of this process, with limits that a test can wait for."""
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = application(shelf_of([release]))
        config = uvicorn.Config(
            app, http=patient_protocol(**limits), ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield listening.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def ends_after(there: socket.socket) -> float:
    """Seconds until the other side closes the connection."""
    began = time.monotonic()
    there.settimeout(20)
    try:
        while there.recv(1 << 16):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - began


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET /api/datasets HTTP/1.1\r\nHost: x\r\n"])
def test_half_a_request_is_given_up(sent: bytes, release: Path) -> None:
    with patient(release, head=1) as address, socket.create_connection(address) as there:
        there.sendall(sent)
        assert 0.5 < ends_after(there) < 10


def test_half_a_request_after_a_whole_one_is_given_up(release: Path) -> None:
    with patient(release, head=1) as address, socket.create_connection(address) as there:
        there.sendall(b"GET /api/datasets HTTP/1.1\r\nHost: x\r\n\r\n")
        assert there.recv(1 << 16).startswith(b"HTTP/1.1 200")
        there.sendall(b"GET /api/da")
        assert 0.5 < ends_after(there) < 10


def test_a_request_that_comes_in_drops_is_given_up(release: Path) -> None:
    with patient(release, head=1) as address, socket.create_connection(address) as there:
        began = time.monotonic()
        with pytest.raises(ConnectionError):
            for byte in b"GET /api/datasets HTTP/1.1\r\nX: " + b"x" * 200:
                there.sendall(bytes([byte]))
                time.sleep(0.05)
        assert time.monotonic() - began < 5


def test_half_a_body_is_given_up(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PATIENCE", 1)
    with patient(release) as address, socket.create_connection(address) as there:
        there.sendall(f"POST /api/datasets/{REPO}/paths-info/main HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\npaths=".encode())
        assert 0.5 < ends_after(there) < 10


def test_a_reader_that_stops_is_given_up_and_one_that_goes_on_is_not(release: Path, tmp_path: Path) -> None:
    root, data = with_large_file(release, tmp_path / "1.0.0", 16 << 20)
    with patient(root, stall=1) as address:
        found = {}
        for name, pauses in (("stopped", [4.0]), ("slow", [0.5] * 5)):
            with socket.create_connection(address) as there:
                there.sendall(f"GET /datasets/{REPO}/resolve/main/large.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                body = b""
                for pause in pauses:
                    time.sleep(pause)
                    body += there.recv(1 << 18)
                try:
                    while part := there.recv(1 << 20):
                        body += part
                except ConnectionError:
                    pass
                found[name] = body.partition(b"\r\n\r\n")[2]
    assert len(found["stopped"]) < len(data)
    assert found["slow"] == data


def test_connections_that_wait_give_way_to_one_that_asks(release: Path) -> None:
    with patient(release, most=8) as address:
        waiting = [socket.create_connection(address) for _ in range(50)]
        with socket.create_connection(address) as there:
            there.sendall(b"GET /api/datasets HTTP/1.1\r\nHost: x\r\n\r\n")
            there.settimeout(5)
            assert there.recv(1 << 16).startswith(b"HTTP/1.1 200")
        for one in waiting:
            one.close()
