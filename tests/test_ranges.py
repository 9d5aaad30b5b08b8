"""Files over HTTP, in part and whole: what RFC 9110 says of ranges, tags and conditions, and that no other byte is ever sent."""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from editions import running
from hypothesis import given
from hypothesis import strategies as st

from eventbank.document import sha256
from eventbank.hub.ranges import Unsatisfiable, media_type, part_of
from eventbank.release import manifest

REPO = "eventbank/peninsula"
PARQUET, CARD = "events/test-00000-of-00001.parquet", "README.md"
SIZES = st.integers(0, 2000)
ENDS = st.integers(0, 3000)


@given(SIZES, ENDS, ENDS)
def test_a_range_names_the_bytes_from_first_to_last(size: int, first: int, last: int) -> None:
    data = bytes(range(256)) * 8
    if last < first:
        assert part_of(f"bytes={first}-{last}", size) is None
    elif first >= size:
        with pytest.raises(Unsatisfiable):
            part_of(f"bytes={first}-{last}", size)
    else:
        start, end = part_of(f"bytes={first}-{last}", size) or (0, 0)
        assert data[:size][start:end] == data[:size][first : last + 1]


@given(SIZES, ENDS)
def test_a_range_may_go_on_to_the_end_or_count_from_it(size: int, at: int) -> None:
    for header, start in ((f"bytes={at}-", at), (f"bytes=-{at}", max(0, size - at))):
        if start >= size:
            with pytest.raises(Unsatisfiable):
                part_of(header, size)
        else:
            assert part_of(header, size) == (start, size)


@given(st.text())
def test_any_other_header_is_ignored(text: str) -> None:
    try:
        found = part_of(text, 100)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found[0] < found[1] <= 100


@pytest.mark.parametrize(
    "header", ["", "bytes=-", "bytes=1", "bytes=a-b", "lines=0-1", "bytes=0-1,3-4", "bytes=٣-٤", "bytes=" + "9" * 99 + "-"]
)
def test_what_is_no_single_range_of_bytes_gives_the_whole(header: str) -> None:
    assert part_of(header, 100) is None


def test_no_file_is_told_to_be_something_that_a_browser_runs() -> None:
    kinds = {
        name: media_type(name) for name in ("a.parquet", "a.md", "a.html", "a.js", "a.xml", "a.json", "a.yaml", "a.svg", "a.xhtml", "a")
    }
    assert kinds["a.parquet"] == kinds["a"] == kinds["a.xml"] == kinds["a.xhtml"] == "application/octet-stream"
    assert kinds["a.md"] == kinds["a.html"] == kinds["a.yaml"] == "text/plain; charset=utf-8"
    assert "javascript" not in kinds["a.js"]


@pytest.fixture(scope="module")
def served(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(release, tmp_path_factory.mktemp("served") / "1.0.0")


@pytest.fixture(scope="module")
def url(served: Path) -> Iterator[str]:
    with running(served) as server:
        yield server.url


def ask(url: str, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case and body, with nothing added to the request and nothing unpacked."""
    there = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    there.request(method, path, headers=dict(headers or {}))
    found = there.getresponse()
    body = found.read()
    there.close()
    return found.status, {name.lower(): value for name, value in found.getheaders()}, body


def at(path: str, revision: str = "main") -> str:
    return f"/datasets/{REPO}/resolve/{revision}/{path}"


@pytest.mark.server
def test_a_file_comes_whole_with_its_hash_as_tag_and_its_commit(url: str, served: Path) -> None:
    status, headers, body = ask(url, at(PARQUET))
    listed = {entry["path"]: entry for entry in manifest.read(served)["files"]}[PARQUET]
    assert (status, len(body), sha256(body)) == (200, listed["size"], listed["sha256"])
    assert headers["etag"] == f'"{listed["sha256"]}"'
    assert headers["content-length"] == str(listed["size"])
    assert (headers["accept-ranges"], headers["x-content-type-options"]) == ("bytes", "nosniff")
    assert len(headers["x-repo-commit"]) == 40
    assert "immutable" not in headers["cache-control"]
    assert "immutable" in ask(url, at(PARQUET, headers["x-repo-commit"]))[1]["cache-control"]


@pytest.mark.server
@pytest.mark.parametrize(
    ("header", "part"),
    [("bytes=0-0", slice(0, 1)), ("bytes=100-299", slice(100, 300)), ("bytes=-8", slice(-8, None)), ("bytes=9-", slice(9, None))],
)
def test_a_part_comes_with_its_place(header: str, part: slice, url: str, served: Path) -> None:
    data = (served / PARQUET).read_bytes()
    status, headers, body = ask(url, at(PARQUET), {"Range": header})
    start, end, _ = part.indices(len(data))
    assert (status, body) == (206, data[part])
    assert headers["content-range"] == f"bytes {start}-{end - 1}/{len(data)}"


@pytest.mark.server
def test_a_part_that_is_not_there_is_416_and_several_parts_are_the_whole(url: str, served: Path) -> None:
    size = (served / PARQUET).stat().st_size
    status, headers, body = ask(url, at(PARQUET), {"Range": f"bytes={size}-"})
    assert (status, headers["content-range"], body) == (416, f"bytes */{size}", b"")
    assert ask(url, at(PARQUET), {"Range": "bytes=0-1,4-5"})[0] == 200


@pytest.mark.server
def test_a_head_tells_all_that_the_file_would_and_has_no_body(url: str) -> None:
    status, headers, body = ask(url, at(PARQUET), {"Range": "bytes=0-1"}, "HEAD")
    whole = ask(url, at(PARQUET))[1]
    del headers["date"], whole["date"]
    assert (status, headers, body) == (200, whole, b"")


@pytest.mark.server
def test_a_tag_that_still_holds_gives_304_and_only_that_file_goes_on_in_parts(url: str) -> None:
    tag = ask(url, at(CARD), method="HEAD")[1]["etag"]
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        status, headers, body = ask(url, at(CARD), {"If-None-Match": condition, "Range": "bytes=0-1"})
        assert (status, body, headers["etag"]) == (304, b"", tag)
    assert ask(url, at(CARD), {"If-None-Match": '"other"'})[0] == 200
    assert ask(url, at(CARD), {"If-Range": tag, "Range": "bytes=0-1"})[0] == 206
    assert ask(url, at(CARD), {"If-Range": '"other"', "Range": "bytes=0-1"})[0] == 200


@pytest.mark.server
def test_lists_are_packed_and_files_never_are(url: str) -> None:
    packed = {"Accept-Encoding": "gzip"}
    assert ask(url, f"/api/datasets/{REPO}/tree/main?recursive=true", packed)[1]["content-encoding"] == "gzip"
    for path in (PARQUET, CARD):
        for more in ({}, {"Range": "bytes=0-9999"}):
            assert "content-encoding" not in ask(url, at(path), packed | more)[1]


@pytest.mark.server
def test_only_reading_is_possible(url: str) -> None:
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        assert ask(url, at(CARD), method=method)[0] == 405


@pytest.mark.server
def test_a_file_that_was_changed_in_place_is_not_sent_and_the_server_says_which(release: Path, tmp_path: Path) -> None:
    root = shutil.copytree(release, tmp_path / "1.0.0")

    def spoil(path: str) -> bytes:
        data = bytearray((root / path).read_bytes())
        data[100] ^= 1
        (root / path).write_bytes(data)
        return bytes(data)

    spoil(CARD)
    with (tmp_path / "log").open("w") as log, running(root, stderr=log.fileno()) as server:
        assert ask(server.url, at(CARD))[0] == 503
        assert ask(server.url, at(PARQUET))[0] == 200
        spoiled = spoil(PARQUET)
        for headers in ({}, {"Range": "bytes=90-110"}):
            status, _, body = ask(server.url, at(PARQUET), headers)
            assert status == 503
            assert spoiled[90:110] not in body
    said = (tmp_path / "log").read_text()
    assert "E901" in said
    assert str(root / CARD) in said
