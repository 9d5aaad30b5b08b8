"""Many clients at once, some of which stop in the middle; and releases that change while they are read.

EVENTBANK_LOAD_SECONDS says how long the load lasts.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest
from editions import Running, another, running, with_large_file

from eventbank.hub.shelf import edition_of

pytestmark = pytest.mark.server
REPO = "eventbank/peninsula"
SECONDS = float(os.environ.get("EVENTBANK_LOAD_SECONDS", "4"))
CLIENTS = 64
PARQUET = "sentences/train-00000-of-00001.parquet"


@pytest.fixture(scope="module")
def folder(release: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    return with_large_file(release, tmp_path_factory.mktemp("served") / "1.0.0", 8 << 20)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "log"


@pytest.fixture(scope="module")
def server(folder: tuple[Path, bytes], log: Path) -> Iterator[Running]:
    with log.open("w") as written, running(folder[0], stderr=written.fileno()) as found:
        commits(found.url)
        held_at_first.append(held(found.process.pid))
        yield found


held_at_first: list[int] = []


def whole(url: str, path: str) -> bytes:
    """The answer to a request that succeeds."""
    there = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    there.request("GET", path)
    found = there.getresponse()
    body = found.read()
    there.close()
    assert found.status == 200, path
    return body


def connect(url: str) -> socket.socket:
    where = urlsplit(url)
    return socket.create_connection((where.hostname, where.port), timeout=60)


def memory(process: int) -> float:
    """The most memory that a process ever had, in MB; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000


def test_64_clients_get_every_byte_right_while_others_stop_in_the_middle(
    server: Running, folder: tuple[Path, bytes], record_property: Callable[[str, object], None]
) -> None:
    root, large = folder
    parquet = (root / PARQUET).read_bytes()
    at = f"/datasets/{REPO}/resolve/main/"
    listed = f"/api/datasets/{REPO}/tree/main?recursive=true"
    errors: list[str] = []
    times: dict[str, list[float]] = {"list": [], "page": [], "parquet": [], "part": [], "whole": []}
    got = 0
    lock = threading.Lock()
    doc_id = pq.read_table(root / PARQUET)["doc_id"][0].as_py()
    pages = [f"/corpora/{REPO}/v1.0.0/{page}" for page in ("", "documents.html", "documents.html?q=the", f"articles/{doc_id}.html")]
    right_of = {path: whole(server.url, path) for path in (listed, *pages)}
    assert len(json.loads(right_of[listed])) > len(edition_of(root).files)
    assert all(doc_id.encode() in right_of[page] for page in pages[1:])

    def client(number: int, end: float) -> None:
        nonlocal got
        draw = random.Random(number)
        there = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        try:
            while time.monotonic() < end:
                kind = draw.choices(list(times), [4, 4, 4, 4, 1])[0]
                page = draw.choice(pages)
                start = draw.randrange(len(large))
                stop = draw.randrange(start, min(len(large), start + (1 << 20)))
                path, headers, right = {
                    "list": (listed, {}, right_of[listed]),
                    "page": (page, {}, right_of[page]),
                    "parquet": (at + PARQUET, {}, parquet),
                    "part": (at + "large.bin", {"Range": f"bytes={start}-{stop}"}, large[start : stop + 1]),
                    "whole": (at + "large.bin", {}, large),
                }[kind]
                began = time.monotonic()
                there.request("GET", path, headers=headers)
                answer = there.getresponse()
                body = answer.read()
                with lock:
                    times[kind].append(time.monotonic() - began)
                    got += len(body)
                    if body != right or answer.status not in (200, 206):
                        errors.append(f"{kind}: {answer.status}, {len(body)} bytes instead of {len(right)}")
        except Exception as error:
            errors.append(repr(error))
        finally:
            there.close()

    half = [connect(server.url) for _ in range(32)]
    for number, one in enumerate(half):
        request = f"GET {at}large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        one.sendall(request if number % 2 else request[: len(request) // 2])
    end = time.monotonic() + SECONDS
    threads = [threading.Thread(target=client, args=(number, end)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in half:
        one.close()
    assert errors == []
    assert all(times.values())
    for kind, found in times.items():
        found.sort()
        record_property(kind, f"{len(found)} requests, median {found[len(found) // 2]:.3f} s, 99 % {found[len(found) * 99 // 100]:.3f} s")
    record_property("bytes", f"{got / 1e6:.0f} MB in {SECONDS:.0f} s")
    most = memory(server.process.pid)
    record_property("memory", f"{most:.0f} MB at most")
    assert most < 500


def held(process: int) -> int:
    """The number of files and connections that a process has open; 0 where the system does not tell."""
    there = Path(f"/proc/{process}/fd")
    return len(list(there.iterdir())) if there.is_dir() else 0


def test_clients_that_stop_in_the_middle_leave_a_server_as_quick_as_it_was_and_no_file_open(server: Running, log: Path) -> None:
    stopped = [connect(server.url) for _ in range(200)]
    for number, one in enumerate(stopped):
        one.sendall((f"GET /datasets/{REPO}/resolve/main/large.bin HTTP/1.1\r\nHost: localhost\r\n" + "\r\n" * (number % 2)).encode())
    took = []
    for _ in range(20):
        began = time.monotonic()
        with connect(server.url) as there:
            there.sendall(f"GET /api/datasets/{REPO} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert there.recv(1 << 16).startswith(b"HTTP/1.1 200")
        took.append(time.monotonic() - began)
    assert sorted(took)[10] < 2
    for one in stopped:
        one.close()
    end = time.monotonic() + 10
    while held(server.process.pid) > held_at_first[0]:
        assert time.monotonic() < end, (held(server.process.pid), held_at_first)
        time.sleep(0.1)
    assert "Traceback" not in log.read_text()


def commits(url: str) -> dict[str, str]:
    """The commit of every version, and of main."""
    found = json.loads(whole(url, f"/api/datasets/{REPO}/refs"))
    return {one["name"]: one["targetCommit"] for one in [*found["branches"], *found["tags"]]}


def until(right: dict[str, str], url: str) -> None:
    """Waits until the server has these commits."""
    end = time.monotonic() + 20
    while commits(url) != right:
        assert time.monotonic() < end, commits(url)
        time.sleep(0.1)


def test_a_release_that_appears_or_is_replaced_is_served_and_what_was_begun_ends_as_it_began(release: Path, tmp_path: Path) -> None:
    shelves = tmp_path / "shelves"
    old, large = with_large_file(release, shelves / "1.0.0", 16 << 20)
    first = edition_of(old).commit
    with running(shelves) as server:
        until({"main": first, "v1.0.0": first}, server.url)
        with connect(server.url) as there:
            there.sendall(f"GET /datasets/{REPO}/resolve/main/large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            body = there.recv(1 << 16)
            new = edition_of(another(release, tmp_path / "new", "1.1.0").rename(shelves / "new"))
            until({"main": new.commit, "v1.1.0": new.commit, "v1.0.0": first}, server.url)
            shutil.rmtree(old)
            until({"main": new.commit, "v1.1.0": new.commit}, server.url)
            while part := there.recv(1 << 20):
                body += part
        assert body.partition(b"\r\n\r\n")[2] == large
        (shelves / "new" / "manifest.json").write_text("{}")
        time.sleep(3)
        assert commits(server.url) == {"main": new.commit, "v1.1.0": new.commit}
