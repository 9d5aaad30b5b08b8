"""Whether two versions of an export hold the same labels, although Label Studio wrote one of them again.

Opening a task in the page and pressing Update rewrites it without any change by the annotator: relations move to the end and lose their
ids, keys that the page does not know and `hidden`, `locked`, `readonly` are dropped, `meta` and `parentID` of a region are copied to its
results per region, a missing `value.text` is filled in, offsets that were strings become numbers, and spans of a HyperText get other paths.
None of that counts here; everything else does.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

_KEPT = frozenset({"id", "from_name", "to_name", "type", "origin", "value", "score", "meta", "parentID"})
"""The keys of a result that survive a save in the page and mean something."""

_PATHS = frozenset({"start", "end", "startOffset", "endOffset"})
"""The keys of a HyperText span that a save may change; `globalOffsets` says where it is."""

_WHOLE_NUMBER = re.compile(r"-?\d{1,18}")

Result = Mapping[str, Any]


def same_labels(one: Any, other: Any) -> bool:
    """Whether two exports, tasks or annotations hold the same labels.

    Args:
        one: a list of tasks, a task, or an annotation; tasks and annotations are compared in their order.
        other: the same kind of thing. Of a task, its data and annotations count, not drafts and predictions; of an annotation, its results
            in any order and whether it was cancelled. Dates, counters, ids of the server and who saved last do not count.
    """
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_labels, one, other))
    if not isinstance(one, dict) or not isinstance(other, dict):
        return _canonical(one) == _canonical(other)
    if "data" in one or "data" in other:
        lists = one.get("annotations") or [], other.get("annotations") or []
        return _canonical(one.get("data")) == _canonical(other.get("data")) and same_labels(*lists)
    return (one.get("was_cancelled") is True) == (other.get("was_cancelled") is True) and _same_results(
        one.get("result"), other.get("result")
    )


def _same_results(one: object, other: object) -> bool:
    """Whether two lists of results say the same, in whatever order."""
    if not _are_results(one) or not _are_results(other):
        return _canonical(one) == _canonical(other)
    mine, theirs = _by_sense(one), _by_sense(other)
    return mine.keys() == theirs.keys() and all(_fit(mine[sense], theirs[sense]) for sense in mine)


def _fit(one: Counter[str | None], other: Counter[str | None]) -> bool:
    """Whether the surfaces of results that are alike otherwise fit each other; a missing one (None) fits any."""
    mine, theirs = one - other, other - one
    return one.total() == other.total() and (mine.keys() <= {None} or theirs.keys() <= {None})


def _by_sense(results: Sequence[Result]) -> dict[str, Counter[str | None]]:
    """The results as canonical JSON without what a save may change, each with the surfaces that were given for it."""
    inherited = {_canonical(result.get("id")): result for result in reversed(results) if _is_region(result) and "id" in result}
    found: dict[str, Counter[str | None]] = defaultdict(Counter)
    for result in results:
        if result.get("type") == "relation":
            sense, surface = _relation(result), None
        else:
            sense, surface = _labelled(result, inherited.get(_canonical(result.get("id")), {}))
        found[_canonical(sense)][surface] += 1
    return found


def _relation(result: Result) -> Result:
    """A relation by its ends; without a direction it leads to the right, and no labels are an empty list."""
    ends = {key: result.get(key) for key in ("from_id", "to_id")}
    return {"type": "relation", **ends, "direction": result.get("direction") or "right", "labels": result.get("labels") or []}


def _labelled(result: Result, region: Result) -> tuple[Result, str | None]:
    """A result without what a save may change, and the text that it quotes."""
    copied = {key: region[key] for key in ("meta", "parentID") if key in region}
    kept = copied | {key: item for key, item in result.items() if key in _KEPT}
    value = kept.get("value")
    if not isinstance(value, dict):
        return kept, None
    dropped = _PATHS if isinstance(value.get("globalOffsets"), dict) else frozenset()
    value = {key: _number(item) if key in _PATHS else item for key, item in value.items() if key not in dropped}
    surface = value.pop("text") if isinstance(value.get("text"), str) and ("start" in value or dropped) else None
    return kept | {"value": value}, surface


def _number(offset: object) -> object:
    return int(offset) if isinstance(offset, str) and _WHOLE_NUMBER.fullmatch(offset) else offset


def _is_region(result: Result) -> bool:
    return isinstance(result.get("type"), str) and result["type"].endswith("labels")


def _are_results(value: object) -> TypeGuard[list[Result]]:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _canonical(value: object) -> str:
    """JSON with sorted keys, which tells 1 from 1.0 and true."""
    return json.dumps(value, sort_keys=True)
