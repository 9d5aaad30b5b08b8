"""What every engine does, and what ends a run on any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from eventbank.errors import Code

Task = TypeVar("Task")
Result = TypeVar("Result")

RETRIES = 3
"""How often a worker may die at the same work before the run ends."""

WORKER_DIED = Code(
    "E820",
    "workers died again and again at the same work",
    "Most often memory ran out: take fewer workers, or more memory. What is done is kept; the same command goes on from there.",
)


class Engine(Protocol):
    """What runs tasks."""

    def run(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """The results in the order of the tasks, each as soon as it and all before it are there.

        Raises:
            EventBankError: E820 to E824 if the engine cannot go on; besides, whatever `work` raises.
        """
        ...
