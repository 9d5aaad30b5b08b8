"""Processes on this machine; with one worker, this very process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait

from eventbank.engine.protocol import RETRIES, WORKER_DIED, Result, Task
from eventbank.errors import EventBankError, Place


class Processes:
    """A pool of processes, made anew when one of them dies."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def run(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """See `Engine`."""
        if self.workers == 1:
            yield from map(work, tasks)
            return
        done = deaths = 0
        while done < len(tasks):
            futures: list[Future[Result]] = []
            try:
                pool = self._opened()
                futures += (pool.submit(work, task) for task in tasks[done:])
                for future in futures:
                    result = future.result()
                    done, deaths = done + 1, 0
                    yield result
            except BrokenProcessPool:
                deaths += 1
                self.close()
                if deaths > RETRIES:
                    raise EventBankError(WORKER_DIED.at(Place(), f"task {done + 1} of {len(tasks)}")) from None
            finally:
                for future in futures:
                    future.cancel()

    def close(self) -> None:
        """Ends the processes; what they are at is waited for, the rest is forgotten."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _opened(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.workers, get_context("spawn"), _end_with_parent)
        return self._pool


@contextmanager
def local(workers: int) -> Iterator[Processes]:
    """As many processes as `workers` says; none is started before there is work."""
    found = Processes(workers)
    try:
        yield found
    finally:
        found.close()


def _end_with_parent() -> None:
    """Ends this process when the one that started it is gone, however that ended: a pool's worker would wait for work for ever."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
