"""TextEE's six scores over windows of tokens, from columns of numbers, so that a million events take seconds.

Each metric of `TextEE/scorer.py` (Huang et al. 2024; end-to-end task) turns a file into a set of tuples and counts the tuples that both
files have. The same numbers come out of columns: rows are packed into integers, and numpy finds the distinct ones and the common ones.
`scoring.spans` has the same metrics over the layers of documents; both are tested against one transcription of the definitions.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]
Key = tuple[str, Hashable]
Columns = Mapping[str, Ints]

TRIGGER = ("window", "start", "end", "type")
ARGUMENT = (*TRIGGER, "filler_start", "filler_end", "role")

METRICS: Mapping[str, tuple[str, ...]] = {
    "trigger_id": ("window", "start", "end"),
    "trigger_cls": ("window", "start", "end", "type"),
    "argument_id": ("window", "type", "filler_start", "filler_end"),
    "argument_cls": ("window", "type", "filler_start", "filler_end", "role"),
    "argument_attached_id": ("window", "start", "end", "type", "filler_start", "filler_end"),
    "argument_attached_cls": ("window", "start", "end", "type", "filler_start", "filler_end", "role"),
}
"""What must be equal in each of TextEE's metrics. AI and AC know nothing of the trigger's place. A window is a `doc_id` and a `wnd_id`."""

_ROOM = 1 << 62


@dataclass
class Windows:
    """The events of one side: windows by key, and rows of numbers for triggers and arguments.

    `triggers` and `arguments` hold the columns of `TRIGGER` and `ARGUMENT`, row after row: `window` counts through `keys`, types and roles
    through `names`, offsets are tokens, half open. A window that comes twice is one window; `times` says how often it came. `tokens` has a
    hash of the tokens of every window, None where a record does not tell them.
    """

    keys: dict[Key, int] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)
    tokens: list[int | None] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    triggers: array[int] = field(default_factory=lambda: array("q"))
    arguments: array[int] = field(default_factory=lambda: array("q"))

    def window(self, key: Key, tokens: int | None = None) -> int:
        """The number of a window, a new one if it has not come before."""
        at = self.keys.setdefault(key, len(self.times))
        if at == len(self.times):
            self.times.append(0)
            self.tokens.append(tokens)
        self.times[at] += 1
        return at

    def name(self, name: str) -> int:
        """The number of a type or role, a new one if it has not come before."""
        return self.names.setdefault(name, len(self.names))


@dataclass(frozen=True)
class Counts:
    """The distinct items of two sides by metric, in three columns: predicted, gold, in both.

    `groups` has a row for every group of windows, `labels` one for every event type (metrics of triggers) or role (metrics of arguments)
    that either side has, in the metrics that compare it.
    """

    groups: Mapping[str, Ints]
    labels: Mapping[str, Mapping[str, Ints]]


def count(pred: Windows, gold: Windows, groups: Sequence[int], size: int) -> Counts:
    """The counts of every metric.

    Args:
        groups: the group of every window of `gold` in the order of its keys, counted from 0: its document or story.
        size: how many groups there are.

    Raises:
        KeyError: for a window of `pred` that `gold` does not have.
    """
    names = dict(gold.names)
    renamed = np.array([names.setdefault(name, len(names)) for name in pred.names], np.int64)
    moved = np.array([gold.keys[key] for key in pred.keys], np.int64)
    sides = [_columns(pred.triggers, TRIGGER, moved, renamed), _columns(gold.triggers, TRIGGER)]
    filled = [_columns(pred.arguments, ARGUMENT, moved, renamed), _columns(gold.arguments, ARGUMENT)]
    group_of = np.asarray(groups, np.int64)
    listed = list(names)
    totals, labels = {}, {}
    for metric, wanted in METRICS.items():
        ours, theirs = ([side[name] for name in wanted] for side in (filled if metric.startswith("argument") else sides))
        items = _distinct(ours, theirs, wanted.index("window"), wanted.index(wanted[-1]))
        totals[metric] = _counted(items, 0, group_of, size)
        if wanted[-1] in ("type", "role"):
            rows = _counted(items, 1, np.arange(len(listed)), len(listed))
            labels[metric] = {listed[at]: row for at, row in enumerate(rows) if row.any()}
    return Counts(totals, labels)


def _columns(rows: array[int], names: Sequence[str], windows: Ints | None = None, labels: Ints | None = None) -> dict[str, Ints]:
    """The columns of one side, with its windows and labels numbered as the other side numbers them."""
    table = np.frombuffer(rows, np.int64).reshape(-1, len(names)) if rows else np.zeros((0, len(names)), np.int64)
    found = {name: table[:, at] for at, name in enumerate(names)}
    if windows is not None and labels is not None:
        found["window"] = windows[found["window"]]
        found |= {name: labels[found[name]] for name in ("type", "role") if name in found}
    return found


_Items = tuple[tuple[Ints, Ints], tuple[Ints, Ints], tuple[Ints, Ints]]


def _distinct(ours: Sequence[Ints], theirs: Sequence[Ints], window: int, label: int) -> _Items:
    """Window and label of every distinct row of the one side, of the other, and of both."""
    cut = len(ours[0])
    whole = [np.concatenate(pair) for pair in zip(ours, theirs, strict=True)]
    code = _packed(whole)
    mine, first = np.unique(code[:cut], return_index=True)
    yours, other = np.unique(code[cut:], return_index=True)
    common = first[np.isin(mine, yours, assume_unique=True)]
    return tuple((whole[window][at], whole[label][at]) for at in (first, other + cut, common))  # type: ignore[return-value]


def _packed(columns: Sequence[Ints]) -> Ints:
    """One integer a row, equal where all columns are; the rows so far are numbered anew where the product of ranges leaves no room."""
    code: Ints = np.zeros(len(columns[0]), np.int64)
    room = 1
    for column in columns:
        size = int(column.max(initial=0)) + 1
        if room * size >= _ROOM:
            found, code = np.unique(code, return_inverse=True)
            room = len(found)
        if room * size >= _ROOM:
            found, column = np.unique(column, return_inverse=True)
            size = len(found)
        code, room = code * size + column, room * size
    return code


def _counted(items: _Items, which: int, class_of: Ints, size: int) -> Ints:
    """How many items of the one side, of the other and of both every class has."""
    return np.stack([np.bincount(class_of[found[which]], minlength=size) for found in items], axis=1).astype(np.int64)
