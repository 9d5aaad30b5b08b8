"""What is missing on a server is sent, until nothing is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from eventbank.errors import EventBankError, Place
from eventbank.labelstudio import manifest, pseudonyms
from eventbank.labelstudio.client import ATTEMPTS, REFUSED, Connection, InterruptedCallError, Server, call, rest
from eventbank.labelstudio.nodes import Task
from eventbank.labelstudio.payload import UNNAMED, Entry, Key, Wanted, digest, key_of
from eventbank.labelstudio.results import string

Account = tuple[int, str]
"""The number and the address of a user."""

BATCH = 500
"""Tasks in one request; a server takes or refuses each request as a whole."""


def once(server: Server, make: Callable[[], Any], look: Callable[[], Any | None]) -> Any:
    """Makes something that must not be made twice: after a trouble it is looked for before the next attempt."""
    for attempt in range(1, ATTEMPTS):
        try:
            return call(server, make, repeat=False)
        except InterruptedCallError as trouble:
            rest(attempt, trouble.wait)
            found = look()
            if found is not None:
                return found
    return call(server, make, repeat=False)


def complete(
    connection: Connection,
    project: int,
    goal: Wanted,
    look: Callable[[], list[Task]],
    known: Mapping[str, int],
    members: Mapping[str, Account],
) -> tuple[Counter[str], list[Task]]:
    """Sends what is missing until nothing is; returns how many nodes of each kind were missing, and all tasks of the project.

    `look` gives the tasks of the project. What the server took is not sent again, even if it does not show yet. After a trouble nobody
    knows what it took, so it is asked.
    """
    sent: Counter[str] | None = None
    taken: set[str | int] = set()
    trouble: InterruptedCallError | None = None
    for attempt in range(1, ATTEMPTS + 2):
        tasks = look()
        there = {task["data"][goal.name]: task for task in tasks}
        new: list[str | int] = [name for name in goal.data if name not in there]
        missing = _missing(goal.entries, tasks, known)
        if sent is None:
            sent = Counter({"tasks": len(new)}) + Counter(goal.entries[at].kind for at in missing)
        if not new and not missing:
            return sent, tasks
        if attempt > ATTEMPTS:
            break
        todo = [one for one in [*new, *missing] if one not in taken]
        trouble = None
        try:
            _send(connection, project, goal, there, todo, members, taken)
        except InterruptedCallError as error:
            trouble = error
        if trouble or not todo:
            rest(attempt, trouble.wait if trouble else None)
    raise trouble or EventBankError(REFUSED.at(Place(file=connection.server.host), f"{len(new)} tasks were taken but do not show"))


def _send(
    connection: Connection,
    project: int,
    goal: Wanted,
    there: Mapping[str, Task],
    todo: Sequence[str | int],
    members: Mapping[str, Account],
    taken: set[str | int],
) -> None:
    """Sends new tasks, by `doc_id`, with all their entries, then the other entries, by position; `taken` grows with each answer."""
    server, client = connection.server, connection.client
    entries: dict[str, list[int]] = {}
    for at in (one for one in todo if isinstance(one, int)):
        entries.setdefault(goal.entries[at].doc_id, []).append(at)
    new = [one for one in todo if isinstance(one, str)]
    for first in range(0, len(new), BATCH):
        batch = new[first : first + BATCH]
        request = [
            _task(goal.data[id_], [goal.entries[at] for at in entries.get(id_, ())], goal.records.get(id_), members) for id_ in batch
        ]
        call(server, partial(client.projects.import_tasks, id=project, request=request), repeat=False)
        taken.update(batch, (at for id_ in batch for at in entries.get(id_, ())))
    for doc_id, positions in entries.items():
        if doc_id not in there:
            continue
        task = there[doc_id]
        if goal.records.get(doc_id):
            meta = task.get("meta") if isinstance(task.get("meta"), dict) else {}
            merged = [*manifest.recorded(task), *(one for one in goal.records[doc_id] if one not in manifest.recorded(task))]
            call(server, partial(client.tasks.update, id=str(task["id"]), meta={**(meta or {}), manifest.KEY: merged}))
        for at in positions:
            entry = goal.entries[at]
            if entry.kind == "predictions":
                add = partial(client.predictions.create, task=task["id"], **entry.node)
            else:
                own = {"import_id" if key == "id" else key: value for key, value in entry.node.items() if key != "score"}
                add = partial(client.annotations.create, id=task["id"], completed_by=members[entry.who][0], **own)
            call(server, add, repeat=False)
            taken.add(at)


def _task(
    data: Mapping[str, Any], entries: Iterable[Entry], records: Sequence[manifest.Record] | None, members: Mapping[str, Account]
) -> Task:
    """A task as the import takes it."""
    task: Task = {"data": data, "annotations": [], "predictions": []}
    for entry in entries:
        by = {"completed_by": {"email": members[entry.who][1]}} if entry.kind == "annotations" else {}
        task[entry.kind].append(entry.node | by)
    return task | ({"meta": {manifest.KEY: list(records)}} if records else {})


def _missing(entries: Sequence[Entry], tasks: Iterable[Task], known: Mapping[str, int]) -> list[int]:
    """The positions of the entries that the server does not have."""
    there = Counter(key for key, _ in present(tasks, known))
    missing = []
    for at, entry in enumerate(entries):
        if there[entry.key]:
            there[entry.key] -= 1
        else:
            missing.append(at)
    return missing


def present(tasks: Iterable[Task], known: Mapping[str, int]) -> Iterator[tuple[Key, str]]:
    """The key of each annotation and prediction on the server, and the digest of its results."""
    for task in tasks:
        for kind in ("annotations", "predictions"):
            for node in task.get(kind) or ():
                by = node.get("completed_by")
                address = string(by.get("email")) if isinstance(by, dict) else ""
                who = (pseudonyms.name_of(address, known) or "") if kind == "annotations" else str(node.get("model_version") or UNNAMED)
                yield key_of(kind, string(task["data"].get("doc_id")), who, node), digest(node.get("result"))
