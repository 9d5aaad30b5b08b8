"""Engines: one work, the same results wherever it is done, and coded problems when that cannot go on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eventbank.engine import NAMES, open_engine
from eventbank.engine import cluster as dask
from eventbank.errors import SYSTEM, EventBankError


def squared(number: int) -> int:
    return number * number


def refused(number: int) -> int:
    raise EventBankError(SYSTEM.at(found=str(number)))


def dies_once(task: tuple[Path, int]) -> int:
    """Kills its own process the first time that the second task is at it."""
    mark, number = task
    if number == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def dies(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def process_id(_: int) -> int:
    time.sleep(0.2)
    return os.getpid()


def codes(caught: pytest.ExceptionInfo[EventBankError]) -> list[str]:
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("name", "workers"), [("local", 1), pytest.param("local", 2, marks=pytest.mark.slow), pytest.param("dask", 2, marks=pytest.mark.server)]
)
def test_results_come_in_the_order_of_the_tasks_and_errors_as_they_are(name: str, workers: int) -> None:
    assert name in NAMES
    with open_engine(name, workers) as engine:
        assert list(engine.run(squared, range(20))) == [number * number for number in range(20)]
        assert list(engine.run(squared, [])) == []
        with pytest.raises(EventBankError) as caught:
            list(engine.run(refused, [7]))
        assert codes(caught) == ["E009"]
        assert list(engine.run(squared, [3])) == [9]


@pytest.mark.slow
def test_work_of_two_workers_is_done_in_two_processes_and_of_one_here() -> None:
    with open_engine("local", 2) as engine:
        assert len(set(engine.run(process_id, range(6))) - {os.getpid()}) == 2
    with open_engine("local", 1) as engine:
        assert set(engine.run(process_id, range(2))) == {os.getpid()}


@pytest.mark.slow
def test_process_that_dies_is_replaced_and_its_work_done_again(tmp_path: Path) -> None:
    with open_engine("local", 2) as engine:
        assert list(engine.run(dies_once, [(tmp_path / "mark", number) for number in range(5)])) == list(range(5))


@pytest.mark.slow
def test_process_that_always_dies_ends_the_run_with_e820() -> None:
    with open_engine("local", 2) as engine, pytest.raises(EventBankError) as caught:
        list(engine.run(dies, [1]))
    assert codes(caught) == ["E820"]


@pytest.mark.server
def test_worker_of_a_cluster_that_always_dies_ends_the_run_with_e820() -> None:
    with open_engine("dask", 1) as engine, pytest.raises(EventBankError) as caught:
        list(engine.run(dies, [1]))
    assert codes(caught) == ["E820"]


@pytest.mark.slow
def test_workers_end_when_the_process_that_started_them_is_killed(tmp_path: Path) -> None:
    import psutil

    script = tmp_path / "driver.py"
    script.write_text(
        "import time\nfrom eventbank.engine import open_engine\n"
        "if __name__ == '__main__':\n    with open_engine('local', 2) as engine:\n"
        "        print(len(list(engine.run(abs, range(4)))), flush=True)\n        time.sleep(600)\n"
    )
    driver = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    assert driver.stdout.readline() == "4\n"
    workers = psutil.Process(driver.pid).children(recursive=True)
    assert len(workers) >= 2
    driver.kill()
    driver.wait()
    assert not psutil.wait_procs(workers, timeout=30)[1]


# Dask


@contextmanager
def running(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A program of Dask on loopback that is ready, with the address of the scheduler; it and its children are ended with the block."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(Path(__file__).parent)]))}
    command = [sys.executable, "-m", "dask", *words, "--host", "tcp://127.0.0.1", "--no-dashboard"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        ready = re.compile(r"(?:Scheduler at|Registered to):\s+(tcp://127\.0\.0\.1:\d+)")
        yield process, next(found[1] for line in lines if (found := ready.search(line)))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EventBankError) as caught, open_engine("dask"):
        pass
    assert codes(caught) == ["E821"]
    assert "eventbank[scale]" in caught.value.problems[0].remedy


@pytest.mark.server
def test_scheduler_that_is_not_there_or_has_no_workers_is_e822(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "GRACE", 2)
    for address in ("tcp://127.0.0.1:1", "nonsense://x", "no-port"):
        with pytest.raises(EventBankError) as caught, open_engine("dask", scheduler=address):
            pass
        assert codes(caught) == ["E822"]
    with (
        running("scheduler", "--port", "0") as (_, address),
        pytest.raises(EventBankError) as caught,
        open_engine("dask", scheduler=address),
    ):
        pass
    assert codes(caught) == ["E822"]


@pytest.mark.server
def test_worker_with_another_version_of_what_decides_bytes_is_e824(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "version", lambda _: "another")
    with pytest.raises(EventBankError) as caught, open_engine("dask", 1):
        pass
    assert codes(caught) == ["E824"]
