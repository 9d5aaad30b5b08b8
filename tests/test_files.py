"""Writing: whatever ends the writer, and whenever, a reader finds the old state or the new one."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventbank import files
from eventbank.errors import EventBankError
from eventbank.files import recover, staged, write_atomic, writing

NAMES = ("a.txt", "b/c.txt", "b/d.txt")


def fill(folder: Path, content: str) -> None:
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def contents(folder: Path) -> set[str]:
    """What stands in the files of a folder: one element if it is whole, with "-" for each file that is not there."""
    return {(folder / name).read_text() if (folder / name).is_file() else "-" for name in NAMES}


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".") and path.name != ".eventbank.lock")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    fill(tmp_path / "dataset", "old")
    return tmp_path / "dataset"


@pytest.fixture(params=["exchange", "two renames"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to replace a folder: that of Linux and macOS, and that of systems which cannot exchange names."""
    if request.param == "two renames":
        monkeypatch.setattr(files, "_exchange", lambda *_: False)
    return str(request.param)


# One file


def test_file_and_its_folders_are_made_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.csv"
    for data in (b"", b"\x00\xff\r\n", b"x" * 3_000_000):
        write_atomic(path, data)
        assert path.read_bytes() == data
    assert [one.name for one in path.parent.iterdir()] == ["file.csv"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_file_that_cannot_be_replaced_leaves_no_rest(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(EventBankError, match="E010"):
        write_atomic(tmp_path / "taken", b"x")
    assert [one.name for one in tmp_path.iterdir()] == ["taken"]


# A folder


def test_folder_is_made(tmp_path: Path, system: str) -> None:
    with staged(tmp_path / "dataset") as stage:
        fill(stage, "new")
        assert not (tmp_path / "dataset").exists()
    assert (contents(tmp_path / "dataset"), left_behind(tmp_path)) == ({"new"}, [])


def test_folder_is_replaced_whole(target: Path, system: str) -> None:
    (target / "gone.txt").touch()
    with staged(target) as stage:
        fill(stage, "new")
        assert contents(target) == {"old"}
    assert (contents(target), left_behind(target.parent)) == ({"new"}, [])
    assert not (target / "gone.txt").exists()
    assert target.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_exception_leaves_the_old_folder(target: Path, system: str, error: type[BaseException]) -> None:
    with pytest.raises(error), staged(target) as stage:
        fill(stage, "new")
        raise error
    assert (contents(target), left_behind(target.parent)) == ({"old"}, [])


def test_exception_before_there_was_a_folder_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged(tmp_path / "dataset"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_second_rename_that_fails_puts_the_old_folder_back(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_exchange", lambda *_: False)
    with pytest.raises(OSError, match="No such file"), staged(target) as stage:
        stage.rename(target.parent / "taken away")
    assert (contents(target), left_behind(target.parent)) == ({"old"}, [])


def test_names_that_are_patterns_are_taken_as_they_are(tmp_path: Path) -> None:
    fill(tmp_path / ".data1-x", "of another")
    fill(tmp_path / ".data[1]-x", "stale")
    recover(tmp_path / "data[1]")
    assert left_behind(tmp_path) == [".data1-x"]


def test_recover_puts_the_old_folder_back_and_sweeps(target: Path) -> None:
    target.rename(target.parent / ".dataset-old")
    fill(target.parent / ".dataset-stale", "half")
    recover(target)
    assert (contents(target), left_behind(target.parent)) == ({"old"}, [])


def test_recover_keeps_a_folder_that_is_there(target: Path) -> None:
    fill(target.parent / ".dataset-old", "older")
    recover(target)
    recover(target)
    assert (contents(target), left_behind(target.parent)) == ({"old"}, [])


# A killed writer

WRITER = f"""
import os, signal, sys
from pathlib import Path
from eventbank import files

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

moment, root = sys.argv[1], Path(sys.argv[2])
exchange, rename = files._exchange, Path.rename
if moment == "before the exchange":
    files._exchange = die
if moment == "after the exchange":
    files._exchange = lambda one, other: exchange(one, other) and die()
if moment in ("between the renames", "after the renames"):
    files._exchange = lambda *_: False
    Path.rename = lambda self, to: (rename(self, to), (to.name == "dataset") == (moment == "after the renames") and die())
number = 0
print("begun", flush=True)
while moment == "any" or not number:
    number += 1
    with files.writing(root), files.staged(root / "dataset") as stage:
        (stage / "b").mkdir()
        for name in {NAMES!r}:
            (stage / name).write_text(f"new {{number}}")
        if moment == "inside":
            die()
"""


def writer(moment: str, root: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", WRITER, moment, str(root)], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        ("inside", {"old"}),
        ("before the exchange", {"old"}),
        ("after the exchange", {"new 1"}),
        ("between the renames", {"-"}),
        ("after the renames", {"new 1"}),
    ],
)
def test_writer_killed_at_a_moment_leaves_a_whole_folder_and_the_next_one_tidies_up(target: Path, moment: str, found: set[str]) -> None:
    with writer(moment, target.parent) as process:
        assert process.wait() == -signal.SIGKILL
    assert contents(target) == found
    assert left_behind(target.parent)
    recover(target)
    assert contents(target) == ({"old"} if found == {"-"} else found)
    with writing(target.parent), staged(target) as stage:
        fill(stage, "next")
    assert (contents(target), left_behind(target.parent)) == ({"next"}, [])


def test_writer_killed_at_any_moment_leaves_a_whole_folder(target: Path) -> None:
    chance = random.Random(7)
    for _ in range(12):
        with writer("any", target.parent) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
        assert len(contents(target)) == 1
        assert "-" not in contents(target)


def test_reader_never_finds_a_folder_missing_while_it_is_replaced(target: Path) -> None:
    with writer("any", target.parent) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end = time.monotonic() + 0.5
        missing = sum(not target.exists() for _ in iter(lambda: time.monotonic() > end, True))
        process.kill()
    assert missing == 0


# Two writers

HOLDER = """
import sys, time
from pathlib import Path
from eventbank.files import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the corpus in `tmp_path`."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_writer_is_refused_and_a_killed_one_holds_nothing(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    with pytest.raises(EventBankError) as caught, writing(tmp_path):
        pass
    assert [problem.code for problem in caught.value.problems] == ["E005"]
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with writing(tmp_path):
        pass


def test_corpus_is_free_again_after_an_exception(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), writing(tmp_path):
        raise RuntimeError
    with writing(tmp_path):
        pass


def test_writers_of_two_corpora_do_not_meet(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    (tmp_path / "other").mkdir()
    with writing(tmp_path / "other"):
        assert holder.poll() is None


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_atomic(tmp_path / "link", b"new")
    assert ((tmp_path / "link").is_symlink(), (tmp_path / "target").read_bytes()) == (True, b"new")
