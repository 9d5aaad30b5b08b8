"""Ingest: everything is taken or told, the bytes are the same whatever does the work, and a run that was cut off goes on."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from test_engine import codes, running

from eventbank.cli import main
from eventbank.errors import EventBankError
from eventbank.ingest import run, sketches, validation
from eventbank.ingest.run import MANIFEST, WORK, ingest
from eventbank.ingest.validation import CONVERTED, checked
from eventbank.readers.batch import POOL, convert_batch
from eventbank.readers.record import Record, Rejection, Settings
from eventbank.schemas import pandera_schema
from eventbank.tables import Column

DRAW = random.Random(3)
SENTENCES = [" ".join(DRAW.choices([f"w{at}" for at in range(900)], k=15)).capitalize() + "." for _ in range(400)]


def page(sentences: int = 12) -> str:
    """A page whose lines are all body."""
    return "\n\n".join(" ".join(DRAW.sample(SENTENCES, 3)) for _ in range(sentences // 3))


def lines(path: Path, *records: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records), "utf-8")
    return path


def rows(out: Path, kind: str = "documents") -> list[dict[str, Any]]:
    return [row for path in sorted(out.glob(f"{kind}-*.parquet")) for row in pq.read_table(path).to_pylist()]


def digests(out: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir() if path.name != ".eventbank.lock"}


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pages and of lines, with copies of copies in other files."""
    folder = tmp_path_factory.mktemp("feed") / "in"
    texts = [page() for _ in range(40)]
    for at in range(8):
        own = [{"id": f"r{at}-{n}", "text": texts[at * 5 + n]} for n in range(5)]
        copies = [{"id": f"c{at}", "text": texts[(at * 7) % 40]}, {"id": f"d{at}", "text": texts[(at * 11) % 40] + "\n\n" + page(3)}]
        lines(folder / f"part{at}.jsonl", *own, *copies, {"id": "no text"}, "{")
    for at in range(6):
        (folder / f"page{at}.txt").write_text(texts[at * 6], "utf-8")
    (folder / "empty.txt").touch()
    return folder


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards and steps so small that the feed has several of each."""
    monkeypatch.setattr(run, "SHARD_BYTES", 8000)
    monkeypatch.setattr(run, "KEYS", 900)
    monkeypatch.setattr(run, "NUMBERS", 13)
    monkeypatch.setattr(sketches, "SAMPLED", 3)


@pytest.fixture
def expected(feed: Path, tmp_path: Path, small_shards: None) -> dict[str, str]:
    """The SHA-256 of every file that one process makes of the feed."""
    ingest([str(feed)], tmp_path / "expected")
    return digests(tmp_path / "expected")


def test_everything_is_taken_or_told_with_a_code(feed: Path, tmp_path: Path) -> None:
    found = ingest([str(feed)], tmp_path / "out")
    assert (found.read, found.taken, found.rejected) == (8 * 9 + 7, 8 * 7 + 6, 8 * 2 + 1)
    documents, rejected = rows(tmp_path / "out"), rows(tmp_path / "out", "rejected")
    assert len(documents) == found.taken
    assert sorted({row["code"] for row in rejected}) == ["E807", "E808"]
    assert sum(row["doc_id"] == "no-text-" + row["doc_id"][-8:] for row in rejected if row["doc_id"]) == 8
    assert pq.read_schema(tmp_path / "out" / "documents-00000.parquet").equals(POOL.schema)
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text("utf-8"))
    assert manifest["read"] == manifest["taken"] + manifest["rejected"] == found.read
    assert {one["path"]: one["sha256"] for one in manifest["files"]} == {
        k: v for k, v in digests(tmp_path / "out").items() if k != MANIFEST
    }
    assert str(tmp_path) not in (tmp_path / "out" / MANIFEST).read_text("utf-8")


def test_stories_are_the_same_in_one_shard_and_in_many(feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest([str(feed)], tmp_path / "one")
    for name, value in {"SHARD_BYTES": 1, "KEYS": 100, "SEARCHES": 7, "NUMBERS": 5}.items():
        monkeypatch.setattr(run, name, value)
    steps: dict[str, int] = {}
    ingest([str(feed)], tmp_path / "many", progress=lambda step, _, total: steps.update({step: total}))
    assert steps["search"] == 7 and steps["measure"] > 7
    one, many = ({row["doc_id"]: row["story_id"] for row in rows(tmp_path / name)} for name in ("one", "many"))
    assert one == many
    assert len(list((tmp_path / "many").glob("documents-*"))) > 10
    groups: dict[str, set[str]] = {}
    for doc_id, story in one.items():
        groups.setdefault(story, set()).add(doc_id)
    assert all(story == min(group) for story, group in groups.items())
    assert {"c1", "d3", "r1-2"} <= next(group for group in groups.values() if "c1" in group) | {"d3"}
    assert sum(len(group) > 1 for group in groups.values()) >= 8


def test_second_document_of_an_id_is_told(tmp_path: Path) -> None:
    texts = [page(), page()]
    for name, text in zip("ab", texts, strict=True):
        lines(tmp_path / "in" / f"{name}.jsonl", {"id": "same", "text": text}, {"id": name, "text": page()})
    found = ingest([str(tmp_path / "in")], tmp_path / "out")
    assert (found.taken, [row["code"] for row in rows(tmp_path / "out", "rejected")]) == (3, ["E828"])
    assert {row["doc_id"]: row["text"] for row in rows(tmp_path / "out")}["same"] == texts[0]


def test_page_that_breaks_the_schema_is_told_and_the_others_stay_as_they_are() -> None:
    records = [Record(f"d{at}", f"{at}.txt", page().encode()) for at in range(5)]
    made = convert_batch([*records, Rejection(None, "z.txt", "E807", "no text")], Settings(language="en"))
    names = made.documents.schema.names
    digests = made.documents.column("raw_sha256").to_pylist()
    wrong = made.documents.set_column(names.index("raw_sha256"), "raw_sha256", pa.array([*digests[:3], "none", digests[4]]))
    spoilt, whole = checked([replace(made, documents=wrong), made])
    assert whole.documents.equals(made.documents.select(CONVERTED.schema.names)) and whole.rejected.equals(made.rejected)
    assert spoilt.documents.equals(whole.documents.take(pa.array([0, 1, 2, 4])))
    assert [(row["source"], row["doc_id"], row["code"]) for row in spoilt.rejected.to_pylist()] == [
        ("z.txt", None, "E807"),
        ("3.txt", "d3", "E829"),
    ]
    assert "raw_sha256" in spoilt.rejected["reason"][1].as_py()


def test_documents_are_checked_together_and_come_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    schema = validation._schema()
    monkeypatch.setattr(type(schema), "validate", lambda _, rows, **__: asked.append(len(rows)))
    monkeypatch.setattr(validation, "TOGETHER", 7)
    records = [Record(f"d{at}", f"{at}.txt", page().encode()) for at in range(24)]
    parts = [convert_batch(records[at : at + 3], Settings(language="en")) for at in range(0, 24, 3)]
    assert [part.documents["doc_id"].to_pylist() for part in checked(parts)] == [part.documents["doc_id"].to_pylist() for part in parts]
    assert asked == [9, 9, 6]


def test_ingest_sets_a_page_aside_that_breaks_the_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines(tmp_path / "in" / "a.jsonl", *({"id": f"d{at}", "text": page()} for at in range(3)))
    known = Column("language", pa.string(), "A language that no text has.", matches="^xx$")
    columns = tuple(known if one.name == "language" else one for one in CONVERTED.columns)
    monkeypatch.setattr(validation, "_schema", lambda: pandera_schema(replace(CONVERTED, columns=columns)))
    found = ingest([str(tmp_path / "in")], tmp_path / "out")
    assert (found.taken, found.rejected) == (0, 3)
    assert [(row["doc_id"], row["code"]) for row in rows(tmp_path / "out", "rejected")] == [(f"d{at}", "E829") for at in range(3)]


def test_shard_of_which_nothing_is_taken_has_no_documents(tmp_path: Path) -> None:
    lines(tmp_path / "in" / "a.jsonl", "[]", "{}")
    found = ingest([str(tmp_path / "in")], tmp_path / "out")
    assert (found.read, found.taken, found.stories) == (2, 0, 0)
    assert [path.name for path in (tmp_path / "out").glob("*.parquet")] == ["rejected-00000.parquet"]


def test_order_of_the_arguments_does_not_matter_and_each_file_counts_once(feed: Path, tmp_path: Path) -> None:
    ingest([str(feed)], tmp_path / "one")
    ingest([str(feed / "page*.txt"), str(feed / "empty.txt"), str(feed / "part*.jsonl"), str(feed)], tmp_path / "other")
    assert digests(tmp_path / "one") == digests(tmp_path / "other")


@pytest.mark.slow
def test_two_processes_make_the_same_bytes(feed: Path, tmp_path: Path, expected: dict[str, str]) -> None:
    ingest([str(feed)], tmp_path / "out", workers=2)
    assert digests(tmp_path / "out") == expected


class CutError(Exception):
    """What ends a run in a test."""


@pytest.mark.parametrize("step", ["convert", "search", "measure", "write"])
def test_run_that_was_cut_off_goes_on_and_makes_the_same_bytes(step: str, feed: Path, tmp_path: Path, expected: dict[str, str]) -> None:
    def cut(at: str, done: int, total: int) -> None:
        if (at, done) == (step, 2):
            raise CutError

    with pytest.raises(CutError):
        ingest([str(feed)], tmp_path / "out", progress=cut)
    assert not (tmp_path / "out" / MANIFEST).exists()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / WORK).glob("sketch-*")}
    kept: dict[Path, int] = {}

    def keep(at: str, done: int, total: int) -> None:
        if at == "write":
            kept.update({path: path.stat().st_mtime_ns for path in before})

    ingest([str(feed)], tmp_path / "out", progress=keep)
    assert digests(tmp_path / "out") == expected
    assert kept == before != {}


@pytest.mark.slow
def test_killed_command_goes_on_and_makes_the_same_bytes(feed: Path, tmp_path: Path) -> None:
    big = [{"id": f"x{at}", "text": page()} for at in range(800)]
    lines(tmp_path / "in" / "big.jsonl", *big)
    command = [sys.executable, "-m", "eventbank", "ingest", str(tmp_path / "in"), str(feed), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(command)
    while not (tmp_path / "out" / WORK / "plan").exists():
        time.sleep(0.05)
    time.sleep(0.5)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "out" / MANIFEST).exists()
    ingest([str(tmp_path / "in"), str(feed)], tmp_path / "out")
    ingest([str(tmp_path / "in"), str(feed)], tmp_path / "whole")
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")


def test_complete_ingest_is_not_repeated(feed: Path, tmp_path: Path) -> None:
    first = ingest([str(feed)], tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir() if path.suffix}
    assert ingest([str(feed)], tmp_path / "out") == first
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda root: os.utime(root / "in" / "a.jsonl", (time.time() + 60, time.time() + 60)),
        lambda root: lines(root / "in" / "b.jsonl", {"id": "b", "text": page()}),
        lambda root: (root / "out" / "documents-00000.parquet").unlink(),
        lambda root: (root / "out" / MANIFEST).write_text("{}"),
        lambda root: (root / "out" / MANIFEST).write_text("{"),
        lambda root: (root / "out" / MANIFEST).unlink(),
    ],
)
def test_folder_of_something_else_is_refused(spoil: Callable[[Path], object], tmp_path: Path) -> None:
    lines(tmp_path / "in" / "a.jsonl", {"id": "a", "text": page()})
    ingest([str(tmp_path / "in")], tmp_path / "out")
    spoil(tmp_path)
    with pytest.raises(EventBankError) as caught:
        ingest([str(tmp_path / "in")], tmp_path / "out")
    assert codes(caught) == ["E825"]


def test_nothing_to_ingest_is_told(tmp_path: Path) -> None:
    (tmp_path / ".hidden.txt").write_text("x")
    for path in ("nowhere", str(tmp_path), str(tmp_path / "*.warc")):
        with pytest.raises(EventBankError) as caught:
            ingest([path], tmp_path / "out")
        assert codes(caught) == ["E826"]
    assert not (tmp_path / "out").exists()


def test_files_that_a_worker_wrote_elsewhere_are_missed(feed: Path, tmp_path: Path) -> None:
    def lose(step: str, done: int, total: int) -> None:
        if step == "convert" and done == total:
            next((tmp_path / "out" / WORK).glob("sketch-*")).unlink()

    with pytest.raises(EventBankError) as caught:
        ingest([str(feed)], tmp_path / "out", progress=lose)
    assert codes(caught) == ["E827"]


def test_command_prints_counts_and_ends_with_1_for_rejections(feed: Path, tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["ingest", str(feed), "--out", str(tmp_path / "out"), "--json"])
    assert (found.exit_code, json.loads(found.stdout)["rejected"]) == (1, 17)
    assert "rejected-*.parquet" in found.stderr
    lines(tmp_path / "in" / "a.jsonl", {"id": "a", "text": page()})
    found = CliRunner().invoke(main, ["ingest", str(tmp_path / "in"), "--out", str(tmp_path / "other")])
    assert (found.exit_code, found.stdout) == (0, "read 1  taken 1  rejected 0  same_text 0  stories 1\n")
    assert CliRunner().invoke(main, ["ingest", str(feed), "--out", str(tmp_path / "o"), "--scheduler", "tcp://x:1"]).exit_code == 2


# Dask


@pytest.mark.server
def test_dask_with_a_worker_killed_makes_the_same_bytes(feed: Path, tmp_path: Path, expected: dict[str, str]) -> None:
    import psutil

    killed = []

    def kill(step: str, done: int, total: int) -> None:
        if step == "convert" and done == 1:
            workers = [one for one in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(one.cmdline())]
            killed.append(max(workers, key=lambda one: one.cpu_times().user))
            killed[0].kill()

    ingest([str(feed)], tmp_path / "out", engine="dask", workers=2, progress=kill)
    assert len(killed) == 1
    assert digests(tmp_path / "out") == expected


@pytest.mark.server
def test_scheduler_that_is_lost_is_told_and_a_later_run_goes_on(feed: Path, tmp_path: Path, expected: dict[str, str]) -> None:
    with running("scheduler", "--port", "0") as (scheduler, address), running("worker", address, "--nworkers", "1", "--nthreads", "1"):

        def kill(step: str, done: int, total: int) -> None:
            if (step, done) == ("convert", 2):
                scheduler.kill()

        with pytest.raises(EventBankError) as caught:
            ingest([str(feed)], tmp_path / "out", engine="dask", scheduler=address, progress=kill)
    assert codes(caught) == ["E823"]
    assert len(list((tmp_path / "out" / WORK).glob("shard-*.json"))) >= 2
    ingest([str(feed)], tmp_path / "out")
    assert digests(tmp_path / "out") == expected


def test_sketch_files_are_mapped_and_come_back_as_they_were(tmp_path: Path) -> None:
    import numpy as np

    columns = {"a": np.arange(5, dtype=np.uint64), "b": np.zeros(0, np.uint32)}
    sketches.save(tmp_path / "x.arrow", columns)
    before = pa.total_allocated_bytes()
    found = sketches.load(tmp_path / "x.arrow")
    assert {name: one.tolist() for name, one in found.items()} == {"a": [0, 1, 2, 3, 4], "b": []}
    assert pa.total_allocated_bytes() == before


def test_every_kind_of_file_is_ingested_and_what_no_reader_takes_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    lines(folder / "a.jsonl", {"id": "a", "text": page()})
    pq.write_table(pa.table({"id": ["b"], "text": [page()]}), folder / "b.parquet")
    paragraphs = "".join(f"<p>{part}</p>" for part in page().split("\n\n"))
    (folder / "c.html").write_text(f"<html><body><article>{paragraphs}</article></body></html>", "utf-8")
    (folder / "d.pdf").write_bytes(b"%PDF")
    found = CliRunner().invoke(main, ["ingest", str(folder), "--out", str(tmp_path / "out"), "--fast", "--language", "ko", "--json"])
    assert (found.exit_code, json.loads(found.stdout)["read"]) == (1, 4)
    assert sorted(row["doc_id"] for row in rows(tmp_path / "out")) == ["a", "b", "c"]
    assert {row["language"] for row in rows(tmp_path / "out")} == {"ko"}
    assert [(row["source"], row["code"]) for row in rows(tmp_path / "out", "rejected")] == [("d.pdf", "E800")]


def test_result_may_lie_in_the_folder_of_the_inputs(tmp_path: Path) -> None:
    lines(tmp_path / "in" / "a.jsonl", {"id": "a", "text": page()}, {"id": "b"})
    out = tmp_path / "in" / "pool"

    def cut(step: str, done: int, total: int) -> None:
        if step == "write":
            raise CutError

    with pytest.raises(CutError):
        ingest([str(tmp_path / "in")], out, progress=cut)
    assert list(out.glob("*.parquet"))
    first = ingest([str(tmp_path / "in")], out)
    assert (first.read, ingest([str(tmp_path / "in")], out)) == (2, first)
    assert ingest([str(tmp_path / "in" / "**")], out) == first


def test_folder_of_the_inputs_is_no_place_for_the_result(tmp_path: Path) -> None:
    lines(tmp_path / "in" / "a.jsonl", {"id": "a", "text": page()})
    for paths in ([tmp_path / "in"], [tmp_path / "in" / "*.jsonl"], [tmp_path, tmp_path / "in" / "a.jsonl"]):
        with pytest.raises(EventBankError) as caught:
            ingest([str(path) for path in paths], tmp_path / "in")
        assert codes(caught) == ["E825"]


def test_cut_off_run_of_other_settings_is_named_as_such(tmp_path: Path) -> None:
    lines(tmp_path / "in" / "a.jsonl", {"id": "a", "text": page()})

    def cut(*_: object) -> None:
        raise CutError

    with pytest.raises(CutError):
        ingest([str(tmp_path / "in")], tmp_path / "out", progress=cut)
    with pytest.raises(EventBankError, match="cut off"):
        ingest([str(tmp_path / "in")], tmp_path / "out", settings=Settings(language="en"))


def test_nothing_is_left_of_a_process_that_was_killed_while_it_wrote(tmp_path: Path) -> None:
    lines(tmp_path / "in" / "a.jsonl", {"id": "a", "text": page()})
    (tmp_path / "out" / WORK).mkdir(parents=True)
    for name in (".documents-00000.parquet-x1.tmp", ".rejected-00000.parquet-x2.tmp", f".{MANIFEST}-x3.tmp", f"{WORK}/.plan-x4.tmp"):
        (tmp_path / "out" / name).touch()
    ingest([str(tmp_path / "in")], tmp_path / "out")
    assert sorted(digests(tmp_path / "out")) == ["documents-00000.parquet", MANIFEST]


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "room"), [("1", 40_000), ("1", 1_200_000), ("2", 1_200_000)])
def test_full_disk_is_told_with_the_file_and_a_later_run_goes_on(workers: str, room: int, tmp_path: Path) -> None:
    noise = [{"id": f"n{at}", "text": page(3), "noise": random.Random(at).randbytes(1500).hex()} for at in range(1200)]
    lines(tmp_path / "in" / "a.jsonl", *noise)
    script = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        "from eventbank.cli import main\n"
        "if __name__ == '__main__': main()\n"
    )
    (tmp_path / "limited.py").write_text(script)
    command = [sys.executable, str(tmp_path / "limited.py"), "ingest", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    ended = subprocess.run([*command, "--workers", workers], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr[:4], ".parquet: the operating system refused" in ended.stderr) == (1, "E009", True), ended.stderr
    ingest([str(tmp_path / "in")], tmp_path / "out")
    ingest([str(tmp_path / "in")], tmp_path / "whole")
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.parametrize("options", [(), ("--workers", "2"), ("--engine", "dask", "--workers", "2")])
def test_interrupted_command_says_how_to_go_on_and_nothing_else(options: tuple[str, ...], tmp_path: Path) -> None:
    lines(tmp_path / "in" / "big.jsonl", *({"id": f"x{at}", "text": page()} for at in range(3000)))
    command = [sys.executable, "-m", "eventbank", "ingest", str(tmp_path / "in"), "--out", str(tmp_path / "out"), *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not list((tmp_path / "out" / WORK).glob(".documents-*")):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and said.startswith("Stopped.") and said.count("\n") == 1
    ingest([str(tmp_path / "in")], tmp_path / "out")  # Dask ends its workers as they write; what they leave goes with the folder of work
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"documents-00000.parquet", MANIFEST, ".eventbank.lock"}


def test_language_that_is_no_tag_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["ingest", str(tmp_path), "--out", str(tmp_path / "out"), "--language", "no tag"])
    assert found.exit_code == 2 and "BCP 47" in found.stderr
