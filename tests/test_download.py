"""Downloads over real HTTP: the right bytes after any cut or kill, nothing in place that is not whole, tokens where they belong."""

from __future__ import annotations

import json
import multiprocessing
import os
import pty
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from editions import another, running
from hypothesis import given
from hypothesis import strategies as st
from proxy import Answer, Seen, line_to, serving
from shelf import REPO, Shelf, held, with_manifest

from eventbank.cli import main
from eventbank.document import sha256
from eventbank.errors import EventBankError
from eventbank.files import writing
from eventbank.hub import transfer
from eventbank.hub.address import Address, parse
from eventbank.hub.download import LARGEST_MANIFEST, Downloaded, _wrong, download

TOKEN = "hf_secretsecretsecret"
DICE = random.Random(6)
FILES = {
    "README.md": b"# Harbour",
    "empty.json": b"",
    "events/train-00000-of-00001.parquet": DICE.randbytes(300_000),
    "events/test-00000-of-00001.parquet": DICE.randbytes(150_001),
    "a b%41/\u00e9#.json": b"{}",
}
RELEASE = with_manifest(FILES)
SIZE = sum(map(len, FILES.values()))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "FIRST_WAIT", 0.005)
    for name in ("HF_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def there() -> Iterator[tuple[Shelf, Seen]]:
    shelf = Shelf({"main": dict(RELEASE), "v1.0.0": dict(RELEASE)})
    with serving(shelf.reply) as seen:
        yield shelf, seen


def get(seen: Seen, to: Path, version: str = "", **how: Any) -> Downloaded:
    return download(f"{seen.url}/datasets/{REPO}", to, version, **how)


def refusal(seen: Seen, to: Path, version: str = "", **how: Any) -> EventBankError:
    with pytest.raises(EventBankError) as found:
        get(seen, to, version, **how)
    return found.value


def codes(error: EventBankError) -> set[str]:
    return {problem.code for problem in error.problems}


def parts(folder: Path) -> list[Path]:
    """The partial folders beside a target."""
    return sorted(folder.glob(".*.part-*"))


# The address


@pytest.mark.parametrize(
    ("text", "endpoint", "repo", "revision"),
    [
        ("http://127.0.0.1:8000/datasets/eventbank/peninsula", "http://127.0.0.1:8000", "eventbank/peninsula", ""),
        ("http://127.0.0.1:8000/datasets/eventbank/peninsula/", "http://127.0.0.1:8000", "eventbank/peninsula", ""),
        ("http://127.0.0.1:8000/eventbank/peninsula", "http://127.0.0.1:8000", "eventbank/peninsula", ""),
        ("https://lab.example/hub/datasets/a/b.c/tree/v1.0.0/events?x=1#y", "https://lab.example/hub", "a/b.c", "v1.0.0"),
        ("https://lab.example/datasets/a/b/resolve/refs%2Fpr%2F1/README.md", "https://lab.example", "a/b", "refs/pr/1"),
        ("https://lab.example/datasets/a/b/viewer/events/train", "https://lab.example", "a/b", ""),
        ("http://127.0.0.1:8000/corpora/a/b/main/articles/x.html#e3", "http://127.0.0.1:8000", "a/b", "main"),
        ("http://127.0.0.1:8000/corpora/a/b/v1.0.0/", "http://127.0.0.1:8000", "a/b", "v1.0.0"),
        ("http://127.0.0.1:8000/corpora/datasets/b/1.0.0/", "http://127.0.0.1:8000", "datasets/b", "v1.0.0"),
        ("owner/name", "https://huggingface.co", "owner/name", ""),
        ("owner/name@v1.0.0", "https://huggingface.co", "owner/name", "v1.0.0"),
        ("hf://datasets/owner/name@main/README.md", "https://huggingface.co", "owner/name", "main"),
    ],
)
def test_an_address_is_understood_as_users_type_it_and_browsers_show_it(text: str, endpoint: str, repo: str, revision: str) -> None:
    assert parse(text) == Address(endpoint, repo, revision)


def test_a_short_address_is_on_the_server_of_huggingface_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:8000/")
    assert parse("owner/name", "1.2.3") == Address("http://127.0.0.1:8000", "owner/name", "v1.2.3")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("", ""), ("peninsula", ""), ("ftp://host/datasets/a/b", ""), ("http://host/a", ""), ("http://host/datasets/a", ""),
        ("http:///datasets/a/b", ""), ("localhost:8000/datasets/a/b", ""), ("http://host:port/datasets/a/b", ""),
        ("http://[::1/datasets/a/b", ""), ("http://host/datasets/a/..%2Fb", ""), ("http://host/datasets/a/%00", ""),
        (f"http://me:{TOKEN}@host/datasets/a/b", ""), ("http://host/datasets/a/b/tree/v1.0.0", "1.0.1"),
        ("http://host/datasets/a/b", "../main"), ("http://host/datasets/a/b", "a b"), ("http://host/datasets/a/b/tree/%0d%0aX", ""),
    ],
)  # fmt: skip
def test_an_address_that_names_no_release_is_refused_and_no_secret_repeated(text: str, version: str) -> None:
    with pytest.raises(EventBankError, match="E920") as found:
        parse(text, version)
    assert TOKEN not in str(found.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http:/127.0.0.1:8000/datasets/a/b", "http:/127.0.0.1:8000/datasets/a/b"),
        (f"http:/me:{TOKEN}@host/datasets/a/b", "http:/host/datasets/a/b"),
        (f"me:{TOKEN}@host/datasets/a/b", "me:host/datasets/a/b"),
        (f"http://host/a?token={TOKEN}", "http://host/a"),
    ],
)
def test_a_refused_address_is_shown_as_it_was_typed_but_for_secrets(text: str, shown: str) -> None:
    with pytest.raises(EventBankError, match="E920") as found:
        parse(text)
    assert found.value.problems[0].place.file == shown


@given(st.text(max_size=60), st.text(max_size=8))
def test_any_text_is_an_address_or_a_problem(text: str, version: str) -> None:
    try:
        found = parse(text, version)
    except EventBankError as error:
        assert codes(error) == {"E920"}
    else:
        assert parse(f"{found.url}/tree/{found.revision}" if found.revision else found.url).repo == found.repo


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b'[{"id": "owner/harbour"}]', ""),
        (b"[]", "E920"),
        (b'[{"id": "owner/harbour"}, {"id": "owner/other"}]', "E920"),
        (b'[{"id": "../.."}]', "E920"),
        (b'[{"id": 1}]', "E920"),
        (b"{}", "E920"),
        (b"<html>", "E920"),
        (b"[" * 100_000, "E920"),
        (b" " * 2_000_000, "E929"),
    ],
    ids=["one", "none", "two", "path", "number", "object", "page", "nested", "large"],
)
def test_the_address_of_a_server_is_that_of_its_only_repository(tmp_path: Path, said: bytes, code: str) -> None:
    shelf = Shelf({"v1.0.0": RELEASE})
    with serving(lambda *asked: Answer(200, said) if asked[1].startswith("/api/datasets?") else shelf.reply(*asked)) as seen:
        if code:
            with pytest.raises(EventBankError, match=code):
                download(seen.url, tmp_path / "release")
        else:
            assert download(f"{seen.url}/", tmp_path / "release", "1.0.0").url == f"{seen.url}/datasets/{REPO}"


# The way that goes well


def test_a_release_comes_whole_and_a_second_run_fetches_the_manifest_alone(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    done = get(seen, tmp_path / "deep" / "release", "1.0.0")
    assert (done.version, done.files, done.size, done.fetched, done.changed) == ("1.0.0", len(FILES), SIZE, SIZE, True)
    assert held(tmp_path / "deep" / "release") == RELEASE
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["release"]
    assert (tmp_path / "deep" / "release").stat().st_mode & 0o777 == 0o755
    shelf.sent.clear()
    (tmp_path / "deep" / f".release.part-{sha256(RELEASE['manifest.json'])[:16]}").mkdir()  # as a kill after the last step leaves it
    again = get(seen, tmp_path / "deep" / "release", "1.0.0")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["release"]
    assert (again.changed, again.fetched, shelf.sent) == (False, 0, [("manifest.json", 0)])


def test_all_files_are_of_the_commit_that_the_manifest_is_of(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    shelf.commit = "0123abcd" * 5
    assert get(seen, tmp_path / "release").commit == shelf.commit
    assert [path.split("/")[5] for _, path, _, _ in seen.requests] == ["main", *[shelf.commit] * (len(FILES) - 1)]


def test_an_empty_folder_is_filled_and_files_come_at_the_same_time(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    waiting: list[str] = []

    def together(name: str, answer: Answer) -> Answer:
        waiting.append(name)
        until = time.monotonic() + 5
        while name.endswith("parquet") and sum(one.endswith("parquet") for one in waiting) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert time.monotonic() < until
        return answer

    shelf.trouble = together
    (tmp_path / "release").mkdir()
    assert get(seen, tmp_path / "release", workers=2).changed
    assert held(tmp_path / "release") == RELEASE


# Cut, killed, resumed


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no ranges"])
def test_a_download_cut_at_twenty_random_moments_ends_with_the_right_bytes(there: tuple[Shelf, Seen], tmp_path: Path, ranges: bool) -> None:
    shelf, seen = there
    cuts = 0

    def cut(name: str, answer: Answer) -> Answer:
        nonlocal cuts
        if not ranges and answer.status == 206:
            whole = RELEASE[name]
            answer = Answer(200, whole, {"ETag": answer.headers["ETag"]})
        if name.endswith("parquet") and cuts < 20:
            cuts += 1
            return replace(answer, keep=1 + DICE.randrange(len(answer.body) // 3 + 1) if ranges else len(answer.body) * cuts // 30)
        return answer

    shelf.trouble = cut
    done = get(seen, tmp_path / "release")
    assert (cuts, held(tmp_path / "release")) == (20, RELEASE)
    assert (done.fetched == SIZE) is ranges


def test_what_was_cut_off_for_good_is_resumed_by_the_next_run_and_nothing_is_fetched_twice(
    there: tuple[Shelf, Seen], tmp_path: Path
) -> None:
    shelf, seen = there
    for _ in range(20):
        left = DICE.randrange(1, SIZE)

        def line(name: str, answer: Answer) -> Answer:
            nonlocal left
            if name == "manifest.json":
                return answer
            keep = min(left, len(answer.body))
            left -= keep
            return answer if keep == len(answer.body) else replace(answer, keep=keep)

        shelf.trouble = line
        assert codes(refusal(seen, tmp_path / "release", workers=1)) == {"E925"}
        assert not (tmp_path / "release").exists()
        (part,) = parts(tmp_path)
        arrived = {path: len(data) for path, data in held(part / "files").items()}
        shelf.trouble = lambda _, answer: answer
        shelf.sent.clear()
        done = get(seen, tmp_path / "release")
        assert done.fetched == SIZE - sum(arrived.values())
        assert all(start == arrived.get(name, 0) for name, start in shelf.sent if name != "manifest.json")
        assert not {name for name, _ in shelf.sent} & {name for name, size in arrived.items() if size == len(FILES[name])}
        assert (held(tmp_path / "release"), parts(tmp_path)) == (RELEASE, [])
        shutil.rmtree(tmp_path / "release")


@pytest.mark.slow
def test_a_process_killed_at_twenty_random_moments_leaves_nothing_half_and_the_next_goes_on(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["eventbank.hub.download", "httpx2"])
    shelf = Shelf({"main": RELEASE}, lambda _, answer: replace(answer, pace=0.008))
    kills = resumed = 0
    with serving(shelf.reply) as seen:
        while kills < 20:
            before = {path: len(data) for part in parts(tmp_path) for path, data in held(part / "files").items()}
            shelf.sent.clear()
            process = processes.Process(target=download, args=(f"{seen.url}/datasets/{REPO}", tmp_path / "release"))
            process.start()
            until = time.monotonic() + 10
            while kills % 4 and len(shelf.sent) < 3 and process.is_alive() and time.monotonic() < until:  # but every fourth: any moment
                time.sleep(0.001)
            process.join(DICE.uniform(0, 0.15))
            process.kill()
            process.join()
            resumed += sum(start > 0 for _, start in shelf.sent)
            assert all(start == before.get(name, 0) for name, start in shelf.sent if name != "manifest.json")
            kills += process.exitcode == -signal.SIGKILL
            if (tmp_path / "release").exists():
                assert held(tmp_path / "release") == RELEASE
                shutil.rmtree(tmp_path / "release")
                for part in parts(tmp_path):
                    shutil.rmtree(part)
        shelf.trouble = lambda _, answer: answer
        assert get(seen, tmp_path / "release").changed
    assert (held(tmp_path / "release"), parts(tmp_path), resumed > 0) == (RELEASE, [], True)


def test_a_rotten_partial_file_is_fetched_anew(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    shelf.trouble = lambda name, answer: Answer(500) if name == "README.md" else answer
    refusal(seen, tmp_path / "release", workers=1)
    (part,) = parts(tmp_path)
    large, small = (part / "files" / name for name in list(FILES)[2:4])
    large.write_bytes(bytes(len(FILES[list(FILES)[2]])))  # what a power cut may leave
    small.write_bytes(small.read_bytes() + b"more")
    (part / "files" / "stray").mkdir()
    (part / "files" / "stray" / "file").write_bytes(b"x")
    shelf.trouble = lambda _, answer: answer
    get(seen, tmp_path / "release")
    assert held(tmp_path / "release") == RELEASE


def test_the_partial_folder_of_another_version_is_never_taken(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    other = with_manifest({**FILES, "README.md": b"# Harbor!"}, "1.1.0")
    shelf.releases["v1.1.0"] = other
    shelf.trouble = lambda name, answer: Answer(500) if name == "empty.json" or name == "README.md" else answer
    refusal(seen, tmp_path / "release", "1.0.0")
    refusal(seen, tmp_path / "release", "1.1.0")
    assert len(parts(tmp_path)) == 2
    shelf.trouble = lambda _, answer: answer
    get(seen, tmp_path / "release", "1.1.0")
    assert (held(tmp_path / "release"), len(parts(tmp_path))) == (other, 1)


def test_two_runs_do_not_write_the_same_partial_folder(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    shelf.trouble = lambda name, answer: Answer(500) if name == "README.md" else answer
    refusal(seen, tmp_path / "release")
    with writing(parts(tmp_path)[0]):
        assert codes(refusal(seen, tmp_path / "release")) == {"E005"}


# Servers that fail


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_trouble_is_waited_out_as_long_as_the_server_asks(there: tuple[Shelf, Seen], tmp_path: Path, status: int) -> None:
    shelf, seen = there
    failed: set[str] = set()

    def once(name: str, answer: Answer) -> Answer:
        if name in failed:
            return answer
        failed.add(name)
        return Answer(status, b"", {"Retry-After": "0.2"})

    shelf.trouble = once
    start = time.monotonic()
    assert get(seen, tmp_path / "release").changed
    assert (held(tmp_path / "release"), 0.4 <= time.monotonic() - start < 5) == (RELEASE, True)


@pytest.mark.parametrize(
    ("answer", "code", "requests"),
    [
        (Answer(500), "E925", 5),
        (Answer(503, b"", {"Retry-After": "3600"}), "E925", 1),
        (Answer(429, b"", {"Retry-After": "inf"}), "E925", 1),
        (Answer(401), "E921", 1),
        (Answer(403), "E921", 1),
        (Answer(404, b"", {"X-Error-Code": "RepoNotFound"}), "E922", 1),
        (Answer(400), "E929", 1),
        (Answer(200, b"<html>log in</html>"), "E922", 1),
        (Answer(200, b"{}"), "E922", 1),
        (Answer(200, b"[" * 100_000), "E922", 1),
        (Answer(200, b"x", {"Content-Encoding": "gzip"}), "E929", 1),
        (Answer(302, b"", {"Location": "/there"}), "E929", 6),
        (Answer(302, b"", {"Location": "file:///etc/passwd"}), "E929", 1),
        (Answer(302, b"", {"Location": "http://[::1"}), "E929", 1),
        (Answer(206, b"x"), "E922", 1),
    ],
)
def test_an_answer_that_is_no_manifest_is_a_problem(tmp_path: Path, answer: Answer, code: str, requests: int) -> None:
    with serving(lambda *_: answer) as seen:
        assert codes(refusal(seen, tmp_path / "release")) == {code}
        assert len(seen.requests) == requests
    assert list(tmp_path.iterdir()) == []


def test_a_repository_that_may_be_hidden_is_asked_for_with_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    with serving(lambda *_: Answer(404, b"", {"X-Error-Code": "RepoNotFound"})) as seen:
        without, given = (refusal(seen, tmp_path / "release", token_file=file) for file in (None, tmp_path / "token"))
    assert codes(without) == codes(given) == {"E922"}
    assert "--token-file" in str(without)
    assert "--token-file" not in str(given)


def test_a_server_that_speaks_no_https_is_asked_for_with_http(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    with pytest.raises(EventBankError, match="E925") as found:
        download(f"{there[1].url.replace('http:', 'https:')}/datasets/{REPO}", tmp_path / "release")
    assert "http:// in place of https://" in str(found.value)
    assert "again" not in str(found.value)


def test_a_server_that_is_not_there_is_not_waited_for(tmp_path: Path) -> None:
    with serving(lambda *_: Answer()) as seen:
        pass
    assert codes(refusal(seen, tmp_path / "release")) == {"E925"}


def test_a_silent_server_is_given_up_after_the_timeout(there: tuple[Shelf, Seen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, seen = there
    monkeypatch.setattr(transfer, "ATTEMPTS", 2)
    shelf.trouble = lambda name, answer: replace(answer, pace=1.0 if name.endswith("parquet") else 0)
    start = time.monotonic()
    assert codes(refusal(seen, tmp_path / "release", timeout=0.1)) == {"E925"}
    assert time.monotonic() - start < 5


def test_a_version_under_the_tag_of_another_is_refused(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    shelf.releases["v2.0.0"] = dict(RELEASE)
    assert codes(refusal(seen, tmp_path / "release", "2.0.0")) == {"E922"}


def test_a_file_of_the_manifest_that_is_not_there_is_a_problem(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    del shelf.releases["main"]["README.md"]
    assert codes(refusal(seen, tmp_path / "release")) == {"E922"}
    assert not (tmp_path / "release").exists()


# Other bytes than the manifest says


@pytest.mark.parametrize(
    "wrong",
    [b"# Harbor!", b"# Harbour and much more", b"#", b""],
    ids=["another", "longer", "shorter", "empty"],
)
@pytest.mark.parametrize("named", [True, False], ids=["its length named", "chunked"])
def test_other_bytes_are_refused_nothing_is_in_place_and_only_they_are_fetched_again(
    there: tuple[Shelf, Seen], tmp_path: Path, wrong: bytes, named: bool
) -> None:
    shelf, seen = there
    if named:
        shelf.releases["main"]["README.md"] = wrong
    else:
        chunks = b"".join(f"{1:x}\r\n".encode() + bytes([one]) + b"\r\n" for one in wrong) + b"0\r\n\r\n"
        shelf.trouble = lambda name, answer: Answer(200, chunks, {"Transfer-Encoding": "chunked"}) if name == "README.md" else answer
    found = refusal(seen, tmp_path / "release", workers=1)
    ends_early = not named and len(wrong) < len(FILES["README.md"])
    assert codes(found) == ({"E925"} if ends_early else {"E924"})
    assert "README.md" in str(found)
    assert not (tmp_path / "release").exists()
    (part,) = parts(tmp_path)
    assert all(data == FILES[path][: len(data)] for path, data in held(part / "files").items())
    shelf.releases["main"]["README.md"] = FILES["README.md"]
    shelf.trouble = lambda _, answer: answer
    shelf.sent.clear()
    get(seen, tmp_path / "release")
    assert {name for name, _ in shelf.sent} <= {"manifest.json", "README.md", list(FILES)[4], "empty.json"}
    assert held(tmp_path / "release") == RELEASE


def test_a_file_that_never_ends_never_grows_past_its_size(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    name, more = list(FILES)[3], bytes(60 << 20)
    endless = b"%x\r\n%s\r\n0\r\n\r\n" % (len(FILES[name]) + len(more), FILES[name] + more)
    shelf.trouble = lambda path, answer: Answer(200, endless, {"Transfer-Encoding": "chunked"}) if path == name else answer
    assert codes(refusal(seen, tmp_path / "release")) == {"E924"}
    assert sum(map(len, held(tmp_path).values())) <= SIZE


def test_a_file_that_changes_between_two_parts_is_noticed(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    name, asked = list(FILES)[2], 0

    def change(path: str, answer: Answer) -> Answer:
        nonlocal asked
        if path != name:
            return answer
        asked += 1
        if asked == 1:
            shelf.releases["main"][name] = FILES[name][:-1] + b"!"
            return replace(answer, keep=1000)
        return answer

    shelf.trouble = change
    assert codes(refusal(seen, tmp_path / "release")) == {"E924"}
    ranges = [headers.get("If-Range") or headers.get("if-range") for _, path, headers, _ in seen.requests if path.endswith(name)]
    assert ranges[0] is None
    assert ranges[1] is not None
    assert not (tmp_path / "release").exists()


def test_another_digest_in_the_head_of_a_hub_is_enough(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    name = list(FILES)[2]
    more = {"X-Repo-Commit": "0" * 40, "ETag": f'"{"0" * 64}"'}
    shelf.trouble = lambda path, answer: replace(answer, headers={**answer.headers, **more}) if path == name else answer
    assert codes(refusal(seen, tmp_path / "release")) == {"E924"}


def test_another_part_than_the_one_asked_for_is_refused(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    name = list(FILES)[2]

    def shift(path: str, answer: Answer) -> Answer:
        if path != name:
            return answer
        if answer.status == 200:
            return replace(answer, keep=1000)
        return replace(answer, headers={**answer.headers, "Content-Range": f"bytes 0-{len(FILES[name]) - 1}/{len(FILES[name])}"})

    shelf.trouble = shift
    assert codes(refusal(seen, tmp_path / "release")) == {"E929"}


# Manifests that mean harm

GOOD = {"path": "README.md", "size": 1, "sha256": "0" * 64}
TRAPS = [
    [{"path": path}]
    for path in (
        "../evil", "/etc/evil", "a/../../evil", "a//b", "./a", "a/", "", ".", "..", "a\\..\\evil", "C:evil", "a\0b", "a\nb", "\x1b[2J",
        "a\ud800", "x" * 201, "/".join(["abcdefghi"] * 101), "manifest.json", "Manifest.JSON", "readme.MD",
        "README.md/inside", "/" * 40_000,
    )
]  # fmt: skip
TRAPS += [[{"size": size}] for size in (-1, 1 << 50, 10**400)]
TRAPS += [[{"sha256": digest}] for digest in ("", "0" * 63, "../" * 21 + "x", "A" * 64)]
TRAPS += [[{"path": "caf\u00e9"}, {"path": "cafe\u0301"}], [{"path": "a"}, {"path": "a"}], [{"path": "a/b"}, {"path": "A"}]]
TRAPS += [[{"path": f"{at}"} for at in range(100_001)]]


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: repr(trap[-1])[:40].encode("unicode_escape").decode())
def test_a_hostile_manifest_is_refused_before_anything_is_written(tmp_path: Path, trap: list[dict[str, Any]]) -> None:
    entries = [GOOD, *({"path": f"file-{at}", "size": 1, "sha256": "0" * 64, **one} for at, one in enumerate(trap))]
    shelf = Shelf({"main": with_manifest({}, files=entries)})
    (tmp_path / "in").mkdir()
    with serving(shelf.reply) as seen:
        found = refusal(seen, tmp_path / "in" / "release")
    assert codes(found) <= {"E923", "E922"}
    assert len(str(found)) < 10_000
    assert held(tmp_path) == {}


@given(st.text(max_size=20) | st.lists(st.sampled_from(["..", ".", "", "a", "~", "C:", "\\", "\0", "/"]), max_size=6).map("/".join))
def test_a_path_that_is_taken_stays_inside(path: str) -> None:
    entry = {"path": path, "size": 1, "sha256": "0" * 64}
    if not list(_wrong(entry)):
        inside = Path("/base", path)
        assert Path(os.path.normpath(inside)) == inside
        assert inside.is_relative_to("/base")
        assert inside.name


def test_a_manifest_whose_seal_is_broken_is_refused(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    shelf.releases["main"]["manifest.json"] = RELEASE["manifest.json"].replace(b"harbour", b"harbor ")
    assert codes(refusal(seen, tmp_path / "release")) == {"E923"}


@pytest.mark.parametrize(
    ("bomb", "code"),
    [
        (b" " * (LARGEST_MANIFEST + 1), "E929"),
        (b"[" + b"{}," * 10_000_000 + b"{}]", "E923"),
        (b"[" + b"0.1," * 8_000_000 + b"0.1]", "E922"),
    ],
    ids=["large", "objects", "numbers"],
)
@pytest.mark.slow
def test_a_manifest_that_is_a_bomb_takes_bounded_memory(tmp_path: Path, bomb: bytes, code: str) -> None:
    with serving(lambda *_: Answer(200, bomb)) as seen:
        command = [
            sys.executable,
            "-m",
            "eventbank",
            "download",
            f"{seen.url}/datasets/{REPO}",
            "--to",
            str(tmp_path / "release"),
            "--json",
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        out, _ = process.communicate(timeout=120)
    assert [problem["code"] for problem in json.loads(out)["problems"]] == [code]
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 900_000  # KiB, the largest of all children


# The token


def test_the_token_goes_to_its_own_server_and_over_no_redirect(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    store = Shelf({"main": RELEASE})
    with serving(store.reply) as elsewhere:
        hub = Shelf({"main": RELEASE}, token=TOKEN)

        def send_on(name: str, answer: Answer) -> Answer:
            if name == "manifest.json":
                return answer
            return Answer(
                302,
                b"",
                {
                    "Location": f"{elsewhere.url}/datasets/{REPO}/resolve/main/{name}".replace("%", "%25")
                    .replace(" ", "%20")
                    .replace("#", "%23")
                },
            )

        hub.trouble = send_on
        with serving(hub.reply) as seen:
            assert codes(refusal(seen, tmp_path / "release")) == {"E921"}
            get(seen, tmp_path / "release", token_file=tmp_path / "token")
    assert held(tmp_path / "release") == RELEASE
    assert all("Authorization" in headers for _, _, headers, _ in seen.requests[1:])
    assert elsewhere.requests
    assert not any(TOKEN in str(headers) for _, _, headers, _ in elsewhere.requests)


def test_the_token_of_the_environment_is_for_the_server_of_the_environment(
    there: tuple[Shelf, Seen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, seen = there
    shelf.token = TOKEN
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert codes(refusal(seen, tmp_path / "release")) == {"E921"}
    assert not any(TOKEN in str(headers) for _, _, headers, _ in seen.requests)
    monkeypatch.setenv("HF_ENDPOINT", f"{seen.url}/")
    assert get(seen, tmp_path / "release").changed
    assert download(REPO, tmp_path / "short").changed


@pytest.mark.parametrize("content", [b"", b"two words", b"caf\xc3\xa9", b"\xff", b"a\nInjected: b"])
def test_what_is_no_token_is_refused_and_not_repeated(there: tuple[Shelf, Seen], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    found = refusal(there[1], tmp_path / "release", token_file=tmp_path / "token")
    assert (codes(found), there[1].requests) == ({"E928"}, [])
    assert not content or content.decode("latin-1") not in str(found)


def test_a_server_that_repeats_the_token_does_not_get_it_printed(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    shelf.token = "another"
    (tmp_path / "token").write_text(TOKEN)
    found = refusal(seen, tmp_path / "release", token_file=tmp_path / "token")
    assert "not with Bearer …" in str(found)
    assert TOKEN not in str(found)


def test_no_redirect_leads_from_https_to_http() -> None:
    from eventbank.errors import Place

    with pytest.raises(EventBankError, match="E929"):
        transfer._next("https://lab.example/a", "http://lab.example/a", Place())
    assert transfer._next("https://lab.example/a", "//cdn.example/b", Place()) == "https://cdn.example/b"


# The place where it goes


def a_file(target: Path) -> None:
    target.write_text("mine")


def a_folder(target: Path) -> None:
    target.mkdir()
    (target / "mine.txt").write_text("mine")


def a_dangling_link(target: Path) -> None:
    target.symlink_to("nowhere")


def no_release(target: Path) -> None:
    target.mkdir()
    (target / "manifest.json").write_text("{}")


def another_release(target: Path) -> None:
    for name, data in with_manifest({"README.md": b"older"}, "0.9.0").items():
        target.mkdir(exist_ok=True)
        (target / name).write_bytes(data)


def damaged(target: Path) -> None:
    for name, data in RELEASE.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(data)
    (target / "README.md").write_bytes(b"# Harbor")


PLACES = [a_file, a_folder, a_dangling_link, no_release, another_release, damaged]


@pytest.mark.parametrize("make", PLACES)
def test_what_lies_there_stays_and_only_a_release_is_replaced_when_told(
    there: tuple[Shelf, Seen], tmp_path: Path, make: Callable[[Path], None]
) -> None:
    target = tmp_path / "release"
    make(target)
    before = held(tmp_path)
    assert codes(refusal(there[1], target)) == {"E927"}
    assert held(tmp_path) == before
    if make in (another_release, damaged):
        assert get(there[1], target, replace=True).changed
        assert held(target) == RELEASE
        assert [path.name for path in tmp_path.iterdir() if path.name != ".eventbank.lock"] == ["release"]
    else:
        assert codes(refusal(there[1], target, replace=True)) <= {"E927", "E614"}
        assert held(tmp_path) == before


def test_a_release_with_a_file_of_ones_own_in_it_is_not_replaced(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    another_release(tmp_path / "release")
    (tmp_path / "release" / "notes.txt").write_text("mine")
    assert codes(refusal(there[1], tmp_path / "release", replace=True)) == {"E603"}


def test_the_folder_that_one_is_in_is_not_replaced(there: tuple[Shelf, Seen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert codes(refusal(there[1], Path())) == {"E927"}
    assert held(tmp_path) == {}


def test_what_comes_in_the_way_meanwhile_stays(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there

    def meddle(name: str, answer: Answer) -> Answer:
        if name == "README.md":
            a_folder(tmp_path / "release")
        return answer

    shelf.trouble = meddle
    assert codes(refusal(seen, tmp_path / "release")) == {"E927"}
    assert held(tmp_path / "release") == {"mine.txt": b"mine"}


def test_a_release_that_does_not_fit_is_refused_before_it_is_fetched(tmp_path: Path) -> None:
    entries = [GOOD, {"path": "large", "size": (1 << 50) - 1, "sha256": "0" * 64}]
    with serving(Shelf({"main": with_manifest({}, files=entries)}).reply) as seen:
        assert codes(refusal(seen, tmp_path / "release")) == {"E926"}
    assert (len(seen.requests), list(tmp_path.iterdir())) == (1, [])


@pytest.mark.slow
def test_a_disk_that_is_full_is_a_problem_and_what_has_arrived_is_kept(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "eventbank", "download", f"{there[1].url}/datasets/{REPO}", "--to", str(tmp_path / "release")]

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    found = subprocess.run(command, preexec_fn=limited, capture_output=True, text=True, timeout=60)
    assert (found.returncode, "E926" in found.stderr, "Traceback" in found.stderr) == (1, True, False)
    assert not (tmp_path / "release").exists()
    done = get(there[1], tmp_path / "release")
    assert (held(tmp_path / "release"), done.fetched <= SIZE - 190_000) == (RELEASE, True)


# The command


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["download", *words])


def test_the_command_says_what_it_did_and_that_there_is_nothing_to_do(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    url, to = f"{there[1].url}/datasets/{REPO}", str(tmp_path / "release")
    done = call(url, "--version", "1.0.0", "--to", to)
    assert (done.exit_code, done.stderr, f"{SIZE:,} of them fetched" in done.stdout) == (0, "", True)
    assert "nothing to do" in call(url, "--to", to).stdout
    facts = json.loads(call(f"{url}/tree/v1.0.0", "--to", to, "--json").stdout)
    assert (facts["version"], facts["changed"], facts["size"], facts["fetched"]) == ("1.0.0", False, SIZE, 0)
    assert json.loads(call(url, "--to", to, "--version", "9.9.9", "--json").stdout)["problems"][0]["code"] == "E922"


@pytest.mark.slow
def test_a_bar_is_drawn_on_a_terminal_and_nowhere_else(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "eventbank", "download", f"{there[1].url}/datasets/{REPO}", "--to", str(tmp_path / "release")]
    ours, theirs = pty.openpty()
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, timeout=60)
    os.close(theirs)
    drawn = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert (run.returncode, "100%" in drawn, b"%" in run.stdout) == (0, True, False)


@pytest.mark.slow
def test_an_interrupted_command_ends_at_once_and_can_be_resumed(there: tuple[Shelf, Seen], tmp_path: Path) -> None:
    shelf, seen = there
    shelf.trouble = lambda name, answer: replace(answer, pace=20.0 if name.endswith("parquet") else 0)
    command = [sys.executable, "-m", "eventbank", "download", f"{seen.url}/datasets/{REPO}", "--to", str(tmp_path / "release")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while len(shelf.sent) < 3 and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=5)
    assert (process.returncode, "Traceback" in said, (tmp_path / "release").exists()) == (130, False, False)
    shelf.trouble = lambda _, answer: answer
    assert get(seen, tmp_path / "release").fetched < SIZE


# The server of this project


@pytest.mark.server
def test_eventbank_serve_gives_each_version_whole_and_to_those_with_the_token(release: Path, tmp_path: Path) -> None:
    newer = another(release, tmp_path / "newer", "9.0.0")
    (tmp_path / "token").write_text(TOKEN)
    with running(release, newer, "--token-file", str(tmp_path / "token")) as server:
        url = f"{server.url}/datasets/{json.loads((release / 'manifest.json').read_text())['settings']['corpus']['repo']}"
        how: dict[str, Any] = {"token_file": tmp_path / "token"}
        with pytest.raises(EventBankError, match="E921"):
            download(url, tmp_path / "one")
        with pytest.raises(EventBankError, match=r"E922.*RevisionNotFound"):
            download(url, tmp_path / "one", "8.0.0", **how)
        with pytest.raises(EventBankError, match=r"E922.*RepoNotFound"):
            download(f"{server.url}/no/such", tmp_path / "one", **how)
        one = download(server.url, tmp_path / "one", json.loads((release / "manifest.json").read_text())["version"], **how)
        two = download(f"{url}/tree/v9.0.0", tmp_path / "two", **how)
    assert (held(tmp_path / "one"), held(tmp_path / "two")) == (held(release), held(newer))
    assert one.fetched == one.size
    assert one.commit != two.commit


@pytest.mark.server
def test_a_line_to_eventbank_serve_that_is_cut_at_random_ends_with_the_right_bytes(release: Path, tmp_path: Path) -> None:
    with running(release) as server, line_to(server.url) as line:
        for attempt in range(20):
            line.left = DICE.randrange(200_000)
            try:
                download(line.url, tmp_path / f"release-{attempt}")
            except EventBankError as error:
                assert codes(error) == {"E925"}
                line.left = None
                download(line.url, tmp_path / f"release-{attempt}")
            assert held(tmp_path / f"release-{attempt}") == held(release)


@pytest.mark.server
def test_the_examples_of_the_page_run(release: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "download.md").read_text("utf-8")
    shell, python = ("\n".join(re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)) for kind in ("sh", "py"))
    with running(release) as server:
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HF_ENDPOINT": server.url}
        for words, code in ((["bash", "-euc"], shell), ([sys.executable, "-c"], python)):
            said = code.replace("http://127.0.0.1:8000", server.url)
            run = subprocess.run([*words, said], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
            assert run.returncode == 0, run.stderr
            assert "digest" in run.stdout
    assert shell.count("eventbank download") > 3
    assert all(held(folder) == held(release) for folder in tmp_path.iterdir())
