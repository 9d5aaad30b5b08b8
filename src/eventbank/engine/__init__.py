"""Engines: where the work on shards is done. One process, several on this machine, or a Dask cluster; the work and its bytes are the same.

An engine runs one function over many tasks. Function, tasks and results are picklable; a task says everything that its result and its
files depend on. A task may run twice, as workers die and are replaced, so its files appear in one step (`files.replacing`) and are the
same each time.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from eventbank.engine.protocol import Engine

NAMES = ("local", "dask")


def open_engine(name: str = "local", workers: int = 1, scheduler: str | None = None) -> AbstractContextManager[Engine]:
    """The engine of this name, ready for runs until its block ends.

    Args:
        name: one of `NAMES`.
        workers: processes on this machine; a scheduler that runs already has its own.
        scheduler: the address of a Dask scheduler (tcp://host:8786); without one, `dask` starts its own on loopback.
    """
    if name == "dask":
        from eventbank.engine.cluster import cluster

        return cluster(workers, scheduler)
    from eventbank.engine.local import local

    return local(workers)
