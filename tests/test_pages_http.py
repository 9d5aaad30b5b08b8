"""The pages over HTTP: what is there, what is not, what is not yet, and what cannot be shown."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hostile_release import write_release

from eventbank.hub import book as books
from eventbank.hub import pages
from eventbank.hub.book import entry, open_book, page_of
from eventbank.hub.render import POLICY
from eventbank.hub.server import application
from eventbank.hub.shelf import Shelf, edition_of, shelf

HERE = "/corpora/made/made/main"
TEXT = "The navy fired two missiles & <b>more</b> on Monday."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made") / "release"
    write_release(root, {"one": TEXT, "a..b": TEXT}, "Title", annotators=("annotator-1", "annotator-2"))
    return root


def client(of: Shelf, cache: Path) -> Any:
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    return TestClient(Starlette(routes=pages.routes(of, cache)), follow_redirects=False)


@pytest.fixture(scope="module")
def reader(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return client(shelf([edition_of(made)]), tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("path", ["/", f"{HERE}/", f"{HERE}/index.html", f"{HERE}/documents.html", f"{HERE}/articles/one.html"])
def test_every_page_comes_with_its_policy_and_without_a_script(reader: Any, path: str) -> None:
    found = reader.get(path)
    assert found.status_code == 200
    assert found.headers["content-security-policy"].startswith(POLICY)
    assert found.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in found.text
    assert "style=" not in found.text
    assert "http://" not in found.text.replace("http://testserver", "").replace("http://www.w3.org/2000/svg", "")


def test_addresses_of_the_hub_and_of_versions_lead_to_the_pages(reader: Any) -> None:
    assert reader.get("/datasets/made/made").headers["location"] == f"{HERE}/index.html"
    assert reader.get("/datasets/made/made/tree/v1.0.0").headers["location"] == "/corpora/made/made/v1.0.0/index.html"
    assert reader.get("/corpora/made/made/v1.0.0/articles/a..b.html").status_code == 200


@pytest.mark.parametrize("end", ["", "/"])
def test_an_address_whose_end_is_taken_off_leads_on(reader: Any, end: str) -> None:
    for path, there in (("/corpora", "/"), ("/datasets", "/"), ("/corpora/made/made", f"{HERE}/index.html")):
        found = reader.get(path + end)
        assert (found.status_code, found.headers["location"]) == (302, there)


def test_where_nothing_is_a_page_says_so_and_leads_back(made: Path) -> None:
    from starlette.testclient import TestClient

    own = TestClient(application(shelf([edition_of(made)])))
    for path in ("/nowhere", "/corpora/made", "/corpora/made/other/"):
        found = own.get(path)
        assert (found.status_code, found.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "Nothing here" in found.text
        assert 'href="/"' in found.text
        assert "/login" not in found.text
    assert own.get("/api/nowhere").text == "Not Found"


@pytest.mark.parametrize(
    "path",
    [
        f"{HERE}/articles/nobody.html",
        f"{HERE}/pages/one.html",
        f"{HERE}/articles/..%2f..%2fmanifest.json.html",
        f"{HERE}/articles/%252e%252e%252fmanifest.html",
        f"{HERE}/articles/%00.html",
        f"{HERE}/pages/%2fetc%2fpasswd.html",
        f"{HERE}/templates/base.html",
        f"{HERE}/%2e%2e/style.css",
        "/corpora/made/other/main/index.html",
        "/corpora/made/made/v9.0.0/index.html",
        "/corpora/made/made/..%2fmain/index.html",
        "/datasets/made/other",
    ],
)
def test_what_is_not_there_is_404_and_no_file_is_reached(reader: Any, path: str) -> None:
    found = reader.get(path)
    assert found.status_code == 404
    assert "root:" not in found.text


def test_the_stylesheet_is_sent_once(reader: Any) -> None:
    first = reader.get(f"{HERE}/style.css")
    assert first.headers["content-type"].startswith("text/css")
    again = reader.get(f"{HERE}/style.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_while_the_index_is_made_the_reader_is_told(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go, real = threading.Event(), books.open_book

    def slow(*given: Any, **named: Any) -> Any:
        go.wait(20)
        return real(*given, **named)

    monkeypatch.setattr(books, "open_book", slow)
    monkeypatch.setattr(pages, "PATIENCE", 0.05)
    reader = client(shelf([edition_of(made)]), tmp_path)
    first = reader.get(f"{HERE}/index.html")
    assert (first.status_code, first.headers["retry-after"]) == (503, "10")
    assert "is being made" in first.text
    go.set()
    end = time.monotonic() + 20
    while reader.get(f"{HERE}/index.html").status_code == 503 and time.monotonic() < end:
        time.sleep(0.05)
    assert reader.get(f"{HERE}/index.html").status_code == 200


def test_a_release_that_cannot_be_read_is_a_page_with_its_problem(made: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(made, tmp_path / "broken"))
    file = broken / "events" / "train-00000-of-00001.parquet"
    file.write_bytes(b"x" * file.stat().st_size)
    found = client(shelf([edition_of(broken)]), tmp_path / "cache").get(f"{HERE}/index.html")
    assert found.status_code == 500
    assert "E710" in found.text


def test_an_article_that_is_a_link_out_of_its_folder_is_not_shown(made: Path, tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "one.txt").write_bytes(TEXT.encode())
    (tmp_path / "elsewhere.txt").write_bytes(TEXT.encode())
    (articles / "a..b.txt").symlink_to(tmp_path / "elsewhere.txt")
    book = open_book(made, tmp_path / "cache", articles)
    assert [page_of(book, found) for doc_id in ("one", "a..b") if (found := entry(book, doc_id))] == [TEXT, None]
