"""A Label Studio export as JSON and as rows of the table `annotations`, without loss between the two.

Every node of the export (file, task, annotation, draft, prediction, result) is a row. A field stands in a typed column if its JSON
value has exactly the column's type, so 1, 1.0 and true never change places; what fits no column stands in `rest` as JSON. `keys` and
`value_keys` keep which fields there were and their order, so that a missing list, an empty one and null stay apart.

A file is a list of records, or one object, which is then its only record; the row of the file says which. A record is a task, a bare
annotation (it has results and no data), or neither: that is a row of its own kind, `record`, with its JSON.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from eventbank.errors import Code, EventBankError, Place
from eventbank.labelstudio import jsonfile
from eventbank.labelstudio.units import offset_unit, telling_texts, text_of

NOT_EXPORT = Code(
    "E304", "this is not a Label Studio export", 'Export as "JSON": a list of tasks, each with data and a list of annotations.'
)
ROWS_MISSING = Code("E305", "rows of an export are missing", "Read the whole table; an export can be made again only from all its rows.")

Task = dict[str, Any]
Row = dict[str, Any]

LISTS = {"annotations": "annotation", "drafts": "draft", "predictions": "prediction"}
"""The lists of a task and the node that each holds."""

_LISTS_OF = {node: key for key, node in LISTS.items()}
"""The list of a task by the layer of what it holds; every other layer is one of annotations."""

GOLD_FILE = "gold.json"
DOMAIN = "annotators.invalid"
"""Where the pseudonymous addresses of annotators are: a name that no real host can have."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_OBJECT = '{"shape":"object"}'
"""What the row of a file says in `rest` where the file is one object and no list."""

_NO_TEXTS: Mapping[str, str] = {}
_dump = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def parse(data: bytes, source: str = "") -> list[Task]:
    """The tasks of an export, as `json.loads` sees them; `source` names the file in problems.

    The bytes are UTF-8 without a byte order mark. NaN, Infinity, integers of any size and lone surrogates in escaped form are kept.

    Raises:
        EventBankError: E301 not JSON or not UTF-8 (a byte order mark too), E302 cut off, E303 a key twice, E304 anything but a list
            of tasks with their data.
    """
    many, records = jsonfile.read(io.BytesIO(data), source, max(len(data), 1))
    tasks = [record.value for record in records]
    if not many:
        raise EventBankError(NOT_EXPORT.at(Place(file=source), f"it holds {kind_of(tasks[0])}, not a list of tasks"))
    for at, task in enumerate(tasks):
        if not isinstance(task, dict):
            raise EventBankError(NOT_EXPORT.at(Place(file=source), f"task {at} is {kind_of(task)}"))
        if not is_task(task):
            raise EventBankError(NOT_EXPORT.at(Place(file=source), f"task {at} has no data"))
    return tasks


def dump(tasks: Sequence[Task]) -> bytes:
    """An export as the bytes of a file, which `parse` reads again: UTF-8, or ASCII where half a character needs an escape."""
    try:
        return f"{json.dumps(tasks, indent=1, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(tasks, indent=1)}\n".encode("ascii")


def is_task(record: object) -> bool:
    """Whether a record of an export is a task: an object with its data."""
    return isinstance(record, dict) and isinstance(record.get("data"), dict)


def is_annotation(record: object) -> bool:
    """Whether a record is an annotation without its task: it has a list of results, and no data."""
    return isinstance(record, dict) and "data" not in record and _is_nodes(record.get("result"))


def to_rows(tasks: Iterable[Any], source: str) -> Iterator[Row]:
    """The rows of an export that is a list, the file's own first, then depth first. Columns that a row does not use are absent.

    Args:
        tasks: as `parse` gives them; each is read only when its turn comes. A record that is no task becomes a row, too.
        source: the file's name, which tells gold labels (`gold.json`) from passes.
    """
    yield file_row(source, is_list=True)
    for at, task in enumerate(tasks):
        yield from record_rows(task, source, at)


def file_row(source: str, *, is_list: bool) -> Row:
    """The row of a file, which says whether it is a list or one object."""
    row: Row = {"node": "file", "layer": None, "source": source, "task": None, "entry": None, "result": None, "keys": ()}
    return row if is_list else row | {"rest": _OBJECT}


def record_rows(record: Any, source: str, at: int, objects: Mapping[str, str] | None = None) -> Iterator[Row]:
    """The rows of one record, which stands at position `at` of its file.

    Args:
        objects: the key of the task's data by the name of each `Text` of the labelling config; without it every object shows `text`.
    """
    where: Row = {"source": source, "task": at, "entry": None, "result": None, "layer": None}
    if is_task(record):
        yield from _task_rows(record, where, objects)
    elif is_annotation(record):
        yield from _entry_rows(record, "annotation", where, _NO_TEXTS)
    else:
        yield where | {"node": "record", "keys": (), "rest": _dump(record)}


def _task_rows(task: Task, where: Row, objects: Mapping[str, str] | None) -> Iterator[Row]:
    data = task["data"]
    doc_id, texts = data.get("doc_id"), telling_texts(data, objects)
    where = where | {"doc_id": doc_id if type(doc_id) is str and _is_text(doc_id) else None}
    lists = {key: node for key, node in LISTS.items() if _is_nodes(task.get(key))}
    yield _row(task, where | {"node": "task"}, lists)
    for key, node in lists.items():
        for number, entry in enumerate(task[key]):
            yield from _entry_rows(entry, node, where | {"entry": number}, texts)


def _entry_rows(entry: Mapping[str, Any], node: str, where: Row, texts: Mapping[str, str]) -> Iterator[Row]:
    """The rows of an annotation, draft or prediction with its results."""
    own = where | {"layer": layer_of(node, where["source"]), "annotator": annotator_of(entry)}
    results = entry["result"] if _is_nodes(entry.get("result")) else None
    yield _row(entry, own | {"node": node}, {} if results is None else {"result": "result"})
    if not results:
        return
    unit = offset_unit(results, texts) if texts else None
    own["node"] = "result"
    for position, result in enumerate(results):
        row = own.copy()
        row["result"] = position
        _fill(row, result, {}, "value")
        if unit and text_of(result, texts):
            row["offset_unit"] = unit
        yield row


def from_rows(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The exports again, by the names of their files: equal value for value, type for type and in order.

    Rows may come in any order; null and an absent column are the same.

    Raises:
        EventBankError: E305 if a row is missing.
    """
    files: dict[str, Any] = {}
    for source, own in groupby(sorted(rows, key=_depth_first), key=lambda row: row["source"]):
        first = next(own)
        if first["node"] != "file":
            raise _missing(first)
        records = [to_record(list(group), at) for at, (_, group) in enumerate(groupby(own, key=lambda row: row["task"]))]
        files[source] = records
        if not is_list(first):
            if len(records) != 1:
                raise _missing(first)
            files[source] = records[0]
    return files


def is_list(row: Mapping[str, Any]) -> bool:
    """Whether the file of this row is a list of records, and not one object."""
    return row.get("rest") != _OBJECT


def to_record(rows: Iterable[Mapping[str, Any]], at: int) -> Any:
    """One record of an export again, from its rows in any order.

    Args:
        at: the position that the record must have in its file.

    Raises:
        EventBankError: E305 if a row is missing, or does not belong here.
    """
    head, *others = sorted(rows, key=_depth_first)
    if head["task"] != at or head.get("entry") is not None or head.get("result") is not None:
        raise _missing(head)
    record = json.loads(head["rest"]) if head["node"] == "record" else _node(head)
    for row in others:
        entry, position = row.get("entry"), row.get("result")
        try:
            above: Any = record if entry is None else record[_list_of(row)]
            if position is not None:
                above = (above if entry is None else above[entry])["result"]
            if len(above) != (entry if position is None else position):
                raise _missing(row)
            above.append(_node(row))
        except (LookupError, TypeError):
            raise _missing(row) from None
    return record


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


def _missing(row: Mapping[str, Any]) -> EventBankError:
    at = Place(file=row["source"], doc_id=row.get("doc_id") or "")
    return EventBankError(ROWS_MISSING.at(at, f"before the {row['node']} of task {row['task']}"))


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a bare value"


def _is_text(value: str) -> bool:
    return value.isascii() or not _SURROGATE.search(value)


def _is_texts(value: list[object]) -> bool:
    return all(type(item) is str and _is_text(item) for item in value)


def _is_int32(value: int) -> bool:
    return -(2**31) <= value < 2**31


def _is_int64(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _is_any(_: object) -> bool:
    return True


def _is_nodes(value: object) -> bool:
    return type(value) is list and all(type(item) is dict for item in value)


Typed = Mapping[type, tuple[str, Callable[[Any], bool]]]

_OWN: dict[str, Typed] = {
    "id": {int: ("id", _is_int64), str: ("region", _is_text)},
    "import_id": {int: ("import_id", _is_int64)},
    "labels": {list: ("labels", _is_texts)},
    **{key: {bool: (key, _is_any)} for key in ("was_cancelled", "ground_truth")},
    **{key: {float: (key, math.isfinite)} for key in ("lead_time", "score")},
    **{
        key: {str: (key, _is_text)}
        for key in ("from_name", "to_name", "type", "origin", "from_id", "to_id", "direction", "model_version", "unique_id")
    },
    **{key: {str: (key, _is_text)} for key in ("created_at", "updated_at")},
}
"""The column for each field of a node, by the exact type of its value, with the test that the value must pass."""

_VALUE: dict[str, Typed] = {
    "start": {int: ("start", _is_int32)},
    "end": {int: ("end", _is_int32)},
    "text": {str: ("text", _is_text), list: ("answers", _is_texts)},
    "labels": {list: ("labels", _is_texts)},
    "choices": {list: ("choices", _is_texts)},
}
"""The same for the fields of a result's `value`."""

_OWN_BESIDE_VALUE = {key: types for key, types in _OWN.items() if key not in _VALUE}
_NOTHING: Typed = {}
_NOWHERE: tuple[str, Callable[[Any], bool]] = ("", lambda _: False)
_SCALARS = (str, int, float, bool)


def _row(node: Mapping[str, Any], where: Row, lists: Mapping[str, str]) -> Row:
    """The row of a node that has no value; the `lists` become rows of their own."""
    row = where.copy()
    _fill(row, node, lists)
    return row


def _fill(row: Row, node: Mapping[str, Any], lists: Mapping[str, str], nested: str | None = None) -> None:
    """Puts a node into its row; the `lists` become rows of their own, the object under `nested` is spread over the value columns."""
    row["keys"] = _escaped(tuple(node))
    value = node.get(nested) if nested else None
    if nested is None or type(value) is not dict:
        rest = _store(row, node, _OWN)
    else:
        rest = _store(row, node, _OWN_BESIDE_VALUE)
        row["value_keys"] = _escaped(tuple(value))
        rest[nested] = _store(row, value, _VALUE)
        if not rest[nested]:
            del rest[nested]
    for key in lists:
        del rest[key]
    if rest:
        row["rest"] = _dump(rest)


def _store(row: Row, fields: Mapping[str, Any], columns: Mapping[str, Typed]) -> dict[str, Any]:
    """Puts fields into the columns of their types; those that no column can hold are given back."""
    rest = {}
    for key, item in fields.items():
        column, fits = columns.get(key, _NOTHING).get(type(item), _NOWHERE)
        if fits(item):
            row[column] = item
        else:
            rest[key] = item
    return rest


@lru_cache(maxsize=4096)
def _escaped(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(json.dumps(key)[1:-1] for key in keys)


@lru_cache(maxsize=4096)
def _unescaped(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(json.loads(f'"{key}"') if "\\" in key else key for key in keys)


def _node(row: Mapping[str, Any]) -> dict[str, Any]:
    rest: dict[str, Any] = json.loads(row["rest"]) if row.get("rest") else {}
    value_keys = row.get("value_keys")
    node: dict[str, Any] = {}
    for key in _unescaped(tuple(row["keys"])):
        if key == "value" and value_keys is not None:
            inner = rest.get(key, {})
            node[key] = {name: inner[name] if name in inner else _held(row, _VALUE, name) for name in _unescaped(tuple(value_keys))}
        elif key in rest:
            node[key] = rest[key]
        elif key in _OWN:
            node[key] = _held(row, _OWN, key)
        else:
            node[key] = []
    return node


def _held(row: Mapping[str, Any], columns: Mapping[str, Typed], key: str) -> Any:
    for column, _ in columns[key].values():
        held = row.get(column)
        if held is not None:
            return held if type(held) in _SCALARS else list(held)
    raise LookupError(key)


def _list_of(row: Mapping[str, Any]) -> str:
    return _LISTS_OF.get(row["layer"], "annotations")


def _depth_first(row: Mapping[str, Any]) -> tuple[str, int, str, int, int]:
    task, entry, result = row.get("task"), row.get("entry"), row.get("result")
    return (
        row["source"],
        -1 if task is None else task,
        "" if entry is None else _list_of(row),
        -1 if entry is None else entry,
        -1 if result is None else result,
    )
