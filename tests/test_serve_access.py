"""Who may read: nothing without the token, stand-off releases without it if that is wanted, and no word of either in an error or a log."""

from __future__ import annotations

import base64
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest
from editions import running

from eventbank.corpus import open_corpus
from eventbank.release.standoff import standoff

pytestmark = pytest.mark.server
REPO, OPEN = "eventbank/peninsula", "eventbank/peninsula-standoff"
TOKEN = "correct-horse-battery-staple-0123456789"
PATHS = (
    "/", "/datasets/{}", "/datasets/{}/resolve/main/README.md", "/datasets/{}/resolve/v1.0.0/events/test-00000-of-00001.parquet",
    "/datasets/{}/resolve/main/no.txt", "/api/datasets", "/api/datasets/{}", "/api/datasets/{}/revision/main",
    "/api/datasets/{}/revision/v9.9.9", "/api/datasets/{}/tree/main", "/api/datasets/{}/refs", "/nowhere",
    "/corpora/{}/main/", "/corpora/{}/main/documents.html",
)  # fmt: skip


@dataclass(frozen=True)
class Guarded:
    url: str
    log: Path


@pytest.fixture(scope="module")
def folders(release: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A full release and the stand-off one that was made of it."""
    out = tmp_path_factory.mktemp("out") / "standoff"
    standoff(open_corpus(release), out)
    return [release, out]


def guarded(folders: list[Path], root: Path, *words: str) -> Iterator[Guarded]:
    (root / "token").write_text(TOKEN + "\n")
    with (root / "log").open("w") as log, running(*folders, "--token-file", root / "token", "--log", *words, stderr=log.fileno()) as server:
        yield Guarded(server.url, root / "log")


@pytest.fixture(scope="module")
def closed(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    yield from guarded(folders, tmp_path_factory.mktemp("closed"))


@pytest.fixture(scope="module")
def ajar(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    yield from guarded(folders, tmp_path_factory.mktemp("ajar"), "--open-standoff")


def ask(url: str, path: str, authorization: str = "", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    there = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    there.request(method, path, headers={"Authorization": authorization} if authorization else {})
    found = there.getresponse()
    body = found.read()
    there.close()
    headers = {name.lower(): value for name, value in found.getheaders() if name.lower() != "date"}
    return found.status, headers, body


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anyone:{password}".encode()).decode()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_without_the_token_every_path_has_one_answer_whether_there_is_something_or_not(method: str, closed: Guarded) -> None:
    answers = {json.dumps(ask(closed.url, path.format(repo), method=method)[:2]) for path in PATHS for repo in (REPO, OPEN, "no/thing")}
    assert len(answers) == 1
    status, headers, body = ask(closed.url, f"/datasets/{REPO}/resolve/main/README.md", method=method)
    assert (status, headers["x-error-code"], headers["www-authenticate"].split()[0]) == (401, "RepoNotFound", "Basic")
    assert b"peninsula" not in body.lower()


@pytest.mark.parametrize(
    "wrong",
    [
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        TOKEN,
        basic(TOKEN[1:]),
        "Basic ???",
        "Basic " + "A" * 5,
        f"bearer  {TOKEN.upper()}",
    ],
)
def test_a_wrong_token_is_told_so_on_every_path(wrong: str, closed: Guarded, ajar: Guarded) -> None:
    for server in (closed, ajar):
        found = {json.dumps(ask(server.url, path.format(repo), wrong)[:2]) for path in PATHS for repo in (REPO, OPEN, "no/thing")}
        assert len(found) == 1
        assert json.loads(found.pop())[0] == 401


@pytest.mark.parametrize("right", [f"Bearer {TOKEN}", f"bearer {TOKEN}", basic(TOKEN)])
def test_with_the_token_all_is_there(right: str, closed: Guarded, ajar: Guarded) -> None:
    for server in (closed, ajar):
        assert ask(server.url, f"/datasets/{REPO}/resolve/main/README.md", right)[0] == 200
        assert ask(server.url, f"/datasets/{OPEN}/resolve/main/README.md", right)[0] == 200
        assert ask(server.url, "/login", right)[0] == 303
        assert ask(server.url, "/login")[0] == 401


def test_standoff_releases_may_be_open_while_texts_need_the_token(ajar: Guarded, folders: list[Path]) -> None:
    assert [one["id"] for one in json.loads(ask(ajar.url, "/api/datasets")[2])] == [OPEN]
    status, _, body = ask(ajar.url, f"/datasets/{OPEN}/resolve/v1.0.0/documents/test-00000-of-00001.parquet")
    assert (status, body) == (200, (folders[1] / "documents" / "test-00000-of-00001.parquet").read_bytes())
    private, none = ([ask(ajar.url, path.format(repo)) for path in PATHS if "{}" in path] for repo in (REPO, "no/thing"))
    assert private == none
    assert {status for status, _, _ in private} <= {401, 404}


def test_a_reader_without_the_token_can_log_in_from_every_page(ajar: Guarded) -> None:
    for path, status in (("/", 200), ("/nowhere", 404), (f"/corpora/{REPO}/", 404), (f"/corpora/{OPEN}/main/documents.html", 200)):
        found, _, body = ask(ajar.url, path)
        assert (found, b'href="/login"' in body) == (status, True)
        assert b'href="/login"' not in ask(ajar.url, path, f"Bearer {TOKEN}")[2]


def test_clients_of_the_hub_send_it_and_say_that_there_is_nothing_without_it(
    closed: Guarded, ajar: Guarded, folders: list[Path], tmp_path: Path
) -> None:
    code = """
import sys
from datasets import load_dataset
for repo in sys.argv[1:]:
    try: print(*[row["doc_id"] for row in load_dataset(repo, split="test", streaming=True)])
    except Exception as error: print(type(error).__name__)
"""

    def run(server: Guarded, token: str, *repos: str) -> list[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        own = {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / f"home{token[:1]}"), "HF_TOKEN": token, "HF_HUB_DISABLE_TELEMETRY": "1"}
        found = subprocess.run([sys.executable, "-c", code, *repos], env=kept | own, capture_output=True, text=True, timeout=600)
        return found.stdout.split() or [found.stderr]

    (doc_id,) = pq.read_table(folders[0] / "events" / "test-00000-of-00001.parquet")["doc_id"].to_pylist()
    assert run(closed, TOKEN, REPO, OPEN) == [doc_id, doc_id]
    assert run(ajar, "", REPO, OPEN) == ["DatasetNotFoundError", doc_id]


def test_no_token_is_ever_in_a_log(closed: Guarded) -> None:
    ask(closed.url, "/api/datasets", f"Bearer {TOKEN}")
    ask(closed.url, "/api/datasets", basic(TOKEN))
    ask(closed.url, "/api/datasets", f"Bearer {TOKEN}-wrong")
    written = closed.log.read_text()
    assert "GET /api/datasets" in written
    assert TOKEN not in written
    assert base64.b64encode(TOKEN.encode()).decode()[:20] not in written
