"""A Label Studio export as JSON and as rows of the table `annotations`, without loss between the two.

Every node of the export (file, task, annotation, draft, prediction, result) is a row. A field stands in a typed column if its JSON
value has exactly the column's type, so 1, 1.0 and true never change places; what fits no column stands in `rest` as JSON. `keys` and
`value_keys` keep which fields there were and their order, so that a missing list, an empty one and null stay apart.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from eventbank.errors import Code, EventBankError, Place

NOT_JSON = Code("E301", "the export is not JSON", "Export it again from Label Studio as JSON.")
CUT_OFF = Code("E302", "the export is cut off", "Export or copy it again; this file ends too early.")
DUPLICATE_KEY = Code(
    "E303", "an object of the export has a key twice", "Keep one of the two; a program that reads JSON would drop the other."
)
NOT_EXPORT = Code(
    "E304", "this is not a Label Studio export", 'Export as "JSON": a list of tasks, each with data and a list of annotations.'
)
ROWS_MISSING = Code("E305", "rows of an export are missing", "Read the whole table; an export can be made again only from all its rows.")

Task = dict[str, Any]
Row = dict[str, Any]

LISTS = {"annotations": "annotation", "drafts": "draft", "predictions": "prediction"}
"""The lists of a task and the node that each holds."""

GOLD_FILE = "gold.json"
DOMAIN = "annotators.invalid"
"""Where the pseudonymous addresses of annotators are: a name that no real host can have."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_LITERALS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_dump = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def parse(data: bytes, source: str = "") -> list[Task]:
    """The tasks of an export, as `json.loads` sees them; `source` names the file in problems.

    The bytes are UTF-8 without a byte order mark. NaN, Infinity, integers of any size and lone surrogates in escaped form are kept.

    Raises:
        EventBankError: E301 not JSON or not UTF-8 (a byte order mark too), E302 cut off, E303 a key twice, E304 anything but a list
            of tasks with their data.
    """
    tasks = _load(data, source)
    if not isinstance(tasks, list):
        raise EventBankError(NOT_EXPORT.at(Place(file=source), f"it holds {_kind(tasks)}, not a list of tasks"))
    for at, task in enumerate(tasks):
        if not isinstance(task, dict):
            raise EventBankError(NOT_EXPORT.at(Place(file=source), f"task {at} is {_kind(task)}"))
        if not isinstance(task.get("data"), dict):
            raise EventBankError(NOT_EXPORT.at(Place(file=source), f"task {at} has no data"))
    return tasks


def dump(tasks: Sequence[Task]) -> bytes:
    """An export as the bytes of a file, which `parse` reads again: UTF-8, or ASCII where half a character needs an escape."""
    try:
        return f"{json.dumps(tasks, indent=1, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(tasks, indent=1)}\n".encode("ascii")


def to_rows(tasks: Iterable[Task], source: str) -> Iterator[Row]:
    """The rows of an export, the file's own first, then depth first. Columns that a row does not use are absent.

    Args:
        tasks: as `parse` gives them; each is read only when its turn comes.
        source: the file's name, which tells gold labels (`gold.json`) from passes.
    """
    yield {"node": "file", "layer": None, "source": source, "task": None, "entry": None, "result": None, "keys": []}
    for at, task in enumerate(tasks):
        yield from task_rows(task, source, at)


def task_rows(task: Task, source: str, at: int) -> Iterator[Row]:
    """The rows of one task, which stands at position `at` of its file."""
    data = task.get("data")
    doc_id = data.get("doc_id") if isinstance(data, dict) else None
    where: Row = {"source": source, "task": at, "entry": None, "result": None, "layer": None}
    where["doc_id"] = doc_id if _is_text(doc_id) else None
    lists = {key: node for key, node in LISTS.items() if _is_nodes(task.get(key))}
    yield _row(task, where | {"node": "task"}, lists)
    for key, node in lists.items():
        for number, entry in enumerate(task[key]):
            own = where | {"entry": number, "layer": layer_of(node, source), "annotator": annotator_of(entry)}
            nodes = {"result": "result"} if _is_nodes(entry.get("result")) else {}
            yield _row(entry, own | {"node": node}, nodes)
            for position, result in enumerate(entry["result"] if nodes else ()):
                yield _row(result, own | {"node": "result", "result": position}, {}, "value")


def from_rows(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Task]]:
    """The exports again, by the names of their files: equal value for value, type for type and in order.

    Rows may come in any order; null and an absent column are the same.

    Raises:
        EventBankError: E305 if a row is missing.
    """
    files: dict[str, list[Task]] = {}
    for row in sorted(rows, key=_depth_first):
        source, node = row["source"], row["node"]
        if node == "file":
            files[source] = []
            continue
        try:
            above: Any = files[source]
            if node != "task":
                above = above[row["task"]][_list_of(row)]
            if node == "result":
                above = above[row["entry"]]["result"]
            position = row["task" if node == "task" else "result" if node == "result" else "entry"]
            if len(above) != position:
                raise IndexError(position)
        except LookupError:
            at = Place(file=source, doc_id=row.get("doc_id") or "")
            raise EventBankError(ROWS_MISSING.at(at, f"before the {node} of task {row['task']}")) from None
        above.append(_node(row))
    return files


def layer_of(node: str, source: str) -> str:
    """The layer of an entry: `gold` or `pass` for an annotation, by the name of its file; else the node itself."""
    if node != "annotation":
        return node
    return "gold" if re.split(r"[/\\]", source)[-1] == GOLD_FILE else "pass"


def annotator_of(entry: Mapping[str, Any]) -> str | None:
    """Who made an annotation or draft: the local part of a pseudonymous address, else `annotator-<number>`; None when it does not say."""
    who = entry.get("completed_by", entry.get("user"))
    address, number = (who.get("email"), who.get("id")) if isinstance(who, dict) else (who, who)
    if isinstance(address, str) and address.lower().endswith(f"@{DOMAIN}"):
        local = address[: -len(DOMAIN) - 1]
        return local if local and not _SURROGATE.search(local) else None
    return f"annotator-{number}" if type(number) is int else None


def _load(data: bytes, source: str) -> Any:
    if data.startswith(b"\xef\xbb\xbf"):
        found = "it begins with a byte order mark"
        raise EventBankError(NOT_JSON.at(Place(file=source, line=1), found, remedy="Save it as UTF-8 without a byte order mark."))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = Place(file=source, line=data.count(b"\n", 0, error.start) + 1)
        raise EventBankError(NOT_JSON.at(place, f"byte {error.start} is not UTF-8")) from None

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [key for key, _ in pairs]
            twice = next(key for key in names if names.count(key) > 1)
            raise EventBankError(DUPLICATE_KEY.at(Place(file=source), ascii(twice)))
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        code = CUT_OFF if _is_cut(text, error) else NOT_JSON
        raise EventBankError(code.at(Place(file=source, line=error.lineno), f"column {error.colno}: {error.msg}")) from None
    except RecursionError:
        raise EventBankError(NOT_JSON.at(Place(file=source), "it is nested too deep")) from None
    except ValueError as error:
        raise EventBankError(NOT_JSON.at(Place(file=source), str(error).partition(";")[0])) from None


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """Whether more text could mend the error: it stands at the end, or in a string or literal that reaches the end."""
    left = text[error.pos :].strip()
    return (
        not left
        or error.msg.startswith("Unterminated string")
        or any(literal.startswith(left) for literal in _LITERALS)
        or ("escape" in error.msg and len(left) < len("\\ud800"))
    )


def _kind(value: object) -> str:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a bare value"


def _is_text(value: object) -> bool:
    return type(value) is str and not _SURROGATE.search(value)


def _is_texts(value: object) -> bool:
    return type(value) is list and all(_is_text(item) for item in value)


def _is_int32(value: object) -> bool:
    return type(value) is int and -(2**31) <= value < 2**31


def _is_int64(value: object) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63


def _is_finite(value: object) -> bool:
    return type(value) is float and math.isfinite(value)


def _is_bool(value: object) -> bool:
    return type(value) is bool


def _is_nodes(value: object) -> bool:
    return type(value) is list and all(type(item) is dict for item in value)


Typed = tuple[tuple[str, Callable[[object], bool]], ...]

_OWN: dict[str, Typed] = {
    "id": (("id", _is_int64), ("region", _is_text)),
    "import_id": (("import_id", _is_int64),),
    "labels": (("labels", _is_texts),),
    **{key: ((key, _is_bool),) for key in ("was_cancelled", "ground_truth")},
    **{key: ((key, _is_finite),) for key in ("lead_time", "score")},
    **{
        key: ((key, _is_text),)
        for key in ("from_name", "to_name", "type", "origin", "from_id", "to_id", "direction", "model_version", "unique_id")
    },
    **{key: ((key, _is_text),) for key in ("created_at", "updated_at")},
}
"""The columns for each field of a node, with the test that its value must pass."""

_VALUE: dict[str, Typed] = {
    "start": (("start", _is_int32),),
    "end": (("end", _is_int32),),
    "text": (("text", _is_text), ("answers", _is_texts)),
    "labels": (("labels", _is_texts),),
    "choices": (("choices", _is_texts),),
}
"""The same for the fields of a result's `value`."""


def _row(node: Mapping[str, Any], where: Row, lists: Mapping[str, str], nested: str | None = None) -> Row:
    """The row of a node; the `lists` become rows of their own, the object under `nested` is spread over the value columns."""
    row = where | {"keys": _escaped(tuple(node))}
    value = node.get(nested) if nested else None
    spread = type(value) is dict
    rest: dict[str, Any] = {}
    for key, item in node.items():
        if spread and key == nested:
            row["value_keys"] = _escaped(tuple(item))
            inner = {name: part for name, part in item.items() if not _place(row, _VALUE, name, part)}
            if inner:
                rest[key] = inner
        elif key in lists:
            continue
        elif (spread and key in _VALUE) or not _place(row, _OWN, key, item):
            rest[key] = item
    if rest:
        row["rest"] = _dump(rest)
    return row


def _place(row: Row, columns: Mapping[str, Typed], key: str, value: object) -> bool:
    """Puts a value into the column for its key, and says whether there is one of its type."""
    for column, fits in columns.get(key, ()):
        if fits(value):
            row[column] = value
            return True
    return False


@lru_cache(maxsize=4096)
def _escaped(keys: tuple[str, ...]) -> list[str]:
    return [json.dumps(key)[1:-1] for key in keys]


def _unescaped(keys: Sequence[str]) -> list[str]:
    return [json.loads(f'"{key}"') if "\\" in key else key for key in keys]


def _node(row: Mapping[str, Any]) -> dict[str, Any]:
    rest: dict[str, Any] = json.loads(row["rest"]) if row.get("rest") else {}
    value_keys = row.get("value_keys")
    node: dict[str, Any] = {}
    for key in _unescaped(row["keys"]):
        if key == "value" and value_keys is not None:
            inner = rest.get(key, {})
            node[key] = {name: inner[name] if name in inner else _held(row, _VALUE, name) for name in _unescaped(value_keys)}
        elif key in rest:
            node[key] = rest[key]
        elif key in _OWN:
            node[key] = _held(row, _OWN, key)
        else:
            node[key] = []
    return node


def _held(row: Mapping[str, Any], columns: Mapping[str, Typed], key: str) -> Any:
    held = next(row[column] for column, _ in columns[key] if row.get(column) is not None)
    return list(held) if isinstance(held, Sequence) and not isinstance(held, str) else held


def _list_of(row: Mapping[str, Any]) -> str:
    node = row["layer"] if row["layer"] in LISTS.values() else "annotation"
    return next(key for key, name in LISTS.items() if name == node)


def _depth_first(row: Mapping[str, Any]) -> tuple[str, int, str, int, int]:
    task, entry, result = (-1 if row.get(name) is None else row[name] for name in ("task", "entry", "result"))
    return row["source"], task, _list_of(row) if entry >= 0 else "", entry, result
