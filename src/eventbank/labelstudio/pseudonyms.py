"""Numbers instead of persons: who an annotator is stays in a list outside the corpus.

The list is a JSON object from e-mail address to number. An annotator keeps the number over all pulls; one without a number gets the
next that neither the list, nor the export, nor the corpus uses. Whoever has a pseudonymous address on the server, too, keeps that.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eventbank.corpus import Corpus
from eventbank.errors import Code, EventBankError, Place
from eventbank.labelstudio.nodes import DOMAIN, LISTS, Task

BAD_LIST = Code("E377", "the list of annotators cannot be used", "Restore the file, or name another one outside the corpus with --people.")
NEW_NUMBER = Code(
    "W371",
    "an annotator got a new number, and annotations/ has numbers that the list of annotators does not explain",
    "If labels were pulled on another machine before, copy its list to this one, give it as --people, and pull again.",
)

PREFIX = "annotator-"
WHO = ("completed_by", "user", "updated_by", "last_created_by", "created_by", "comment_authors")
"""The fields of tasks, annotations, drafts and predictions that name somebody: by number, address, object, or a list of these."""

_PSEUDONYM = re.compile(rf"([a-z]+-\d+)@{re.escape(DOMAIN)}", re.IGNORECASE)

People = dict[str, int]
"""E-mail addresses in lower case, and the number of each."""

Address = Callable[[int], str]
"""The address of the user whom a server knows by a number."""


def default_list(corpus: Corpus) -> Path:
    """Where the list of a corpus is kept: in the user's state folder (XDG_STATE_HOME, else ~/.local/state)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "eventbank" / corpus.repo.replace("/", "--") / "annotators.json"


@contextmanager
def people(path: Path, root: Path) -> Iterator[People]:
    """The list at `path`, for one process at a time; it is written back when the block has added to it.

    Raises:
        EventBankError: E377 if it lies inside the corpus at `root`, or is no such list.
    """
    from filelock import FileLock

    place = Path(path).expanduser().absolute()
    if place.resolve().is_relative_to(root.resolve()):
        raise EventBankError(BAD_LIST.at(Place(file=str(path)), "it would lie inside the corpus and be published with it"))
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(f"{place}.lock", mode=0o600):
        known = read_list(place)
        found = dict(known)
        yield found
        if found != known:
            _write_private(place, f"{json.dumps(found, indent=1, ensure_ascii=True)}\n".encode("ascii"))


def read_list(path: Path) -> People:
    """The list in a file; empty if there is no file.

    Raises:
        EventBankError: E377 for anything but different numbers from 1 up by address.
    """
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        raise EventBankError(BAD_LIST.at(Place(file=str(path)), "it is not JSON")) from None
    numbers = list(found.values()) if isinstance(found, dict) else [0]
    if any(type(number) is not int or number < 1 for number in numbers) or len(set(numbers)) < len(numbers):
        raise EventBankError(BAD_LIST.at(Place(file=str(path)), "it is not an object of addresses with a number each"))
    return {address.lower(): number for address, number in found.items()}


def name_of(address: str, known: Mapping[str, int]) -> str | None:
    """The name of an annotator by their address: the local part of a pseudonymous one, else that of their number, if they have one."""
    own = _PSEUDONYM.fullmatch(address)
    if own:
        return own[1].lower()
    number = known.get(address.lower())
    return f"{PREFIX}{number}" if number else None


def add_numbers(found: Iterable[str], known: People, taken: Iterable[int]) -> list[str]:
    """Gives a number to each address in `found` that has none, in their order; numbers in `taken` are left out. Returns the new ones."""
    new = list(dict.fromkeys(address.lower() for address in found if name_of(address, known) is None))
    used = {*taken, *known.values()}
    for address in new:
        known[address] = max(used, default=0) + 1
        used.add(known[address])
    return new


def used_numbers(data: Iterable[bytes]) -> set[int]:
    """The numbers of annotators that stand anywhere in the bytes of exports."""
    return {int(number) for one in data for number in re.findall(rb"annotator-(\d{1,9})", one)}


def addresses(tasks: Iterable[Task], address: Address) -> list[str]:
    """The address of everybody whom an export names, each once, those who labelled first."""
    found: dict[str, None] = {}
    for key in WHO:
        for node in _nodes(tasks):
            found.update(dict.fromkeys(_addresses(node.get(key), address)))
    return list(found)


def pseudonymous(tasks: Iterable[Task], known: Mapping[str, int], address: Address) -> list[Task]:
    """The tasks with a number and an address under `annotators.invalid` for everybody, and without names. `known` has them all."""

    def replaced(value: Any) -> Any:
        if isinstance(value, list):
            return [replaced(one) for one in value]
        who = next(_addresses(value, address), None)
        if who is None:
            return None if isinstance(value, (str, int, dict)) else value
        name = name_of(who, known) or ""
        number = re.search(r"\d+$", name)
        id_ = int(number[0]) if number else 0
        if isinstance(value, str):
            return f"{name}@{DOMAIN}"
        if not isinstance(value, dict):
            return id_
        own = {"id": id_, "user_id": id_, "email": f"{name}@{DOMAIN}", "first_name": "", "last_name": ""}
        return {key: own.get(key) for key in value}

    def node(one: dict[str, Any]) -> dict[str, Any]:
        clean = {key: replaced(value) if key in WHO else value for key, value in one.items() if key != "created_ago"}
        if "created_username" in clean:
            user = clean.get("user")
            clean["created_username"] = user.partition("@")[0] if isinstance(user, str) else ""
        return clean

    def entries(value: Any) -> Any:
        return [node(one) if isinstance(one, dict) else one for one in value] if isinstance(value, list) else value

    return [{key: entries(value) if key in LISTS else value for key, value in node(task).items()} for task in tasks]


def _nodes(tasks: Iterable[Task]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        yield task
        for key in LISTS:
            entries = task.get(key)
            yield from (one for one in (entries if isinstance(entries, list) else ()) if isinstance(one, dict))


def _addresses(value: Any, address: Address) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _addresses(one, address)
    elif isinstance(value, str) and value:
        yield value
    elif isinstance(value, dict):
        yield from _addresses(value.get("email") or value.get("id") or value.get("user_id"), address)
    elif type(value) is int:
        yield address(value)


def _write_private(path: Path, data: bytes) -> None:
    """Replaces the file in one step; nobody but its owner can read it at any moment."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
