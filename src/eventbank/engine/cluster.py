"""A Dask cluster: one that runs already, on Slurm, Kubernetes or machines reached by SSH, or one started here on loopback.

What was found (distributed 2026.8): a task whose worker dies runs again elsewhere, finished results that only that worker held are
computed again, too, so every task may run twice. A scheduler that is lost is not found again; its client gives up after the time of
`GRACE` and cancels what is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from typing import Any

from eventbank.engine.protocol import RETRIES, WORKER_DIED, Result, Task
from eventbank.errors import Code, EventBankError, Place

NO_DASK = Code("E821", "Dask is not installed", "Install it, here and on every worker: pip install 'eventbank[scale]'")
NO_SCHEDULER = Code(
    "E822",
    "no scheduler with workers answers there",
    "Start dask scheduler and dask worker, and give the address that the scheduler prints.",
)
LOST = Code(
    "E823",
    "the scheduler was lost",
    "Start it and its workers again, then run the same command: what is done is kept and it goes on from there.",
)
UNLIKE = Code(
    "E824",
    "a worker has other versions of the packages that decide bytes",
    "Install the same versions there (constraints.txt holds them): the same bytes come from the same versions only.",
)

GRACE = 20
"""Seconds that a scheduler may be silent."""

UNMOVED = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
"""What a worker of this command runs first: a key pressed in the terminal reaches it, too, but it is the command that ends it."""

DECIDING = ("eventbank", "numpy", "pyarrow")
"""The packages that must be the same on every machine."""


class Cluster:
    """The workers of a Dask scheduler."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address

    def run(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """See `Engine`."""
        from distributed.scheduler import KilledWorker

        futures = self.client.map(work, tasks, pure=False)
        try:
            for at, future in enumerate(futures):
                try:
                    result = future.result()
                except KilledWorker:
                    raise EventBankError(WORKER_DIED.at(Place(), f"task {at + 1} of {len(tasks)}")) from None
                future.release()
                yield result
        except (CancelledError, OSError) as error:
            if self.client.status != "running":
                raise EventBankError(LOST.at(Place(), self.address)) from None
            raise error
        finally:
            if self.client.status == "running":
                self.client.cancel(futures)


@contextmanager
def cluster(workers: int, scheduler: str | None) -> Iterator[Cluster]:
    """The cluster at the address of a scheduler, or one of as many processes on this machine as `workers` says.

    Raises:
        EventBankError: E821 without Dask, E822 if nothing answers or nobody works there, E824 if a worker has other versions.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
        from distributed.comm.addressing import get_address_host_port
    except ImportError:
        raise EventBankError(NO_DASK.at()) from None
    settings = {
        "distributed.comm.timeouts.connect": f"{GRACE}s",
        "distributed.scheduler.allowed-failures": RETRIES,
        "distributed.worker.memory.terminate": False,
    }
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        if scheduler is None:
            own: Any = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=50,
                preload=[UNMOVED],
            )  # type: ignore[no-untyped-call]
            scheduler = stack.enter_context(own).scheduler_address
        try:
            get_address_host_port(scheduler, strict=True)  # a client without a port would not end for long
            client = stack.enter_context(Client(scheduler, timeout=GRACE, set_as_default=False))  # type: ignore[no-untyped-call]
            client.wait_for_workers(1, timeout=GRACE)
        except (OSError, ValueError, TimeoutError) as error:
            raise EventBankError(NO_SCHEDULER.at(Place(), f"{scheduler}: {type(error).__name__}")) from None
        own_versions = _versions()
        for address, found in sorted(client.run(_versions).items()):
            if found != own_versions:
                raise EventBankError(UNLIKE.at(Place(), f"{address}: {found}; here {own_versions}"))
        yield Cluster(client, scheduler)


def _versions() -> dict[str, str]:
    return {name: version(name) for name in DECIDING}
