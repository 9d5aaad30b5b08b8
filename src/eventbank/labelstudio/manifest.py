"""What a server drops when it imports a task: kept in the task's own `meta`, which it does not drop.

`meta.eventbank` is a list of records, one for each node that was pushed and had something to lose: its kind, who made it, its id where
it came from, and the fields. So the next export carries them, in one file with the labels, from server to server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eventbank.labelstudio.nodes import LISTS, Task, annotator_of

KEY = "eventbank"
DROPPED = {
    "task": ("id", "inner_id", "created_at", "updated_at"),
    "annotation": (
        "created_at",
        "updated_at",
        "draft_created_at",
        "prediction",
        "result_count",
        "unique_id",
        "import_id",
        "last_action",
        "bulk_created",
        "updated_by",
        "parent_prediction",
        "parent_annotation",
        "last_created_by",
    ),
    "prediction": ("cluster", "neighbors", "mislabeling", "created_at", "updated_at", "model", "model_run"),
}
"""The fields of each kind of node that an import of Label Studio 1.23 gives anew or leaves empty. Drafts are dropped whole."""

Record = dict[str, Any]


def records(task: Task, lists: Iterable[str]) -> list[Record]:
    """What a server would drop of a task and of its entries in `lists`, as records for the `meta` of the pushed task.

    An annotation that came from another server before keeps the record of its first life, too.
    """
    earlier = {_key(record): record for record in recorded(task) if record.get("id") is not None}
    found = [_record("task", "", task)] if "id" in task else []
    for key in lists:
        for entry in (one for one in task.get(key) or () if isinstance(one, dict)):
            by = entry.get("model_version") if key == "predictions" else annotator_of(entry)
            record = _record(LISTS[key], by, entry)
            before = earlier.get(_key({"node": LISTS[key], "by": by, "id": entry.get("import_id")}))
            if record["fields"] or before:
                found.append(record | ({"before": before} if before else {}))
    drafts = [{"node": "draft", "by": annotator_of(draft), "id": draft.get("id"), "fields": draft} for draft in task.get("drafts") or ()]
    return [*found, *drafts]


def recorded(task: Task) -> Sequence[Record]:
    """The records that a task carries."""
    meta = task.get("meta")
    found = meta.get(KEY) if isinstance(meta, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def original(annotation: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """An annotation with the fields of its first life: when it was made, its unique id, who changed it. As it is if it has only one."""
    sought = _key({"node": "annotation", "by": annotator_of(annotation), "id": annotation.get("import_id")})
    record = next((one for one in recorded(task) if one.get("id") is not None and _key(one) == sought), None)
    while record and isinstance(record.get("before"), dict):
        record = record["before"]
    return {**annotation, **(record["fields"] | {"id": record["id"]} if record else {})}


def _record(node: str, by: str | None, entry: Mapping[str, Any]) -> Record:
    return {"node": node, "by": by, "id": entry.get("id"), "fields": {key: entry[key] for key in DROPPED[node] if key in entry}}


def _key(record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(record.get(name)) for name in ("node", "by", "id"))
