"""What must not stand in a released export: persons, and half characters.

Whoever labels is known in this repository by a number and an address under `annotators.invalid`. Problems found here never repeat
what they found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from eventbank.errors import Code, Place, Problem
from eventbank.labelstudio.nodes import DOMAIN

SURROGATE = Code(
    "E324", "the export holds a lone surrogate", "Mend the character in Label Studio; half a character breaks every later export."
)
ADDRESS = Code(
    "E330", "the export holds the e-mail address of a person", "Pull the labels with eventbank label pull, which puts pseudonyms in."
)
NAME = Code("E331", "the export holds the name of a person", "Pull the labels with eventbank label pull, which puts pseudonyms in.")

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"']+@([\w-]+(?:\.[\w-]+)+|localhost)")
_PSEUDONYM = re.compile(rf"[a-z]+-\d+(?:@{re.escape(DOMAIN)})?|[\s,\d]")
_HALF = re.compile("[\ud800-\udfff]")
_PSEUDONYMOUS = re.compile(rf"[a-z]+-\d+@{re.escape(DOMAIN)}", re.IGNORECASE)
_NAMES = frozenset({"first_name", "last_name", "username", "created_username", "display_name", "phone", "avatar"})


def persons(tasks: Iterable[dict[str, Any]], source: str = "") -> list[Problem]:
    """Addresses and names of persons anywhere in an export but in the documents' own text, which is checked with the document.

    Returns:
        E330 for each e-mail address but pseudonymous ones (`annotator-1@annotators.invalid`), E331 for each name that is neither empty
        nor a pseudonym (`annotator-1`). The place says where in the export; the message does not repeat the address or the name.
    """
    problems = []
    for at, task in enumerate(tasks):
        data = task.get("data")
        place = _place(task, source)
        kept = {key: value for key, value in data.items() if key != "text"} if isinstance(data, dict) else data
        for path, key, string in _strings({**task, "data": kept}):
            if any(not _PSEUDONYMOUS.fullmatch(match[0]) for match in _ADDRESS.finditer(string)):
                problems.append(ADDRESS.at(place, f"at task {at}{path}"))
            elif key in _NAMES and _PSEUDONYM.sub("", string):
                problems.append(NAME.at(place, f"at task {at}{path}"))
    return problems


def surrogates(tasks: Iterable[dict[str, Any]], source: str = "") -> list[Problem]:
    """E324 for each string of an export, keys too, that holds half a character. Such a string survives import and export by file."""
    return [
        SURROGATE.at(_place(task, source), f"at task {at}{path.encode('ascii', 'backslashreplace').decode()}")
        for at, task in enumerate(tasks)
        for path, _, string in _strings(task)
        if _HALF.search(string)
    ]


def _place(task: dict[str, Any], source: str) -> Place:
    data = task.get("data")
    doc_id = data.get("doc_id") if isinstance(data, dict) else None
    return Place(file=source, doc_id=doc_id if isinstance(doc_id, str) and not _HALF.search(doc_id) else "")


def _strings(node: Any) -> Iterator[tuple[str, str, str]]:
    """Every string below a node with its path and the key it stands under; keys are strings too."""
    stack: list[tuple[str, str, Any]] = [("", "", node)]
    while stack:
        path, key, item = stack.pop()
        if isinstance(item, str):
            yield path, key, item
        elif isinstance(item, dict):
            for name, value in reversed(item.items()):
                stack.append((f"{path}.{_ADDRESS.sub('…', name)}", name, value))
                stack.append((f"{path} (a key)", "", name))
        elif isinstance(item, list):
            stack.extend((f"{path}[{at}]", key, value) for at, value in reversed(list(enumerate(item))))
