"""TextEE records: one JSON object a window, from JSONL or from rows of `sentences`, checked as far as scoring relies on them.

The span of an argument is that of its entity, as TextEE takes it when it loads a file; only an argument whose `entity_id` leads nowhere
stands where it says itself. Offsets are tokens of the window, half open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from eventbank.errors import Code, EventBankError, Place, Problem
from eventbank.offsets import Span
from eventbank.scoring.windows import Key, Windows

BAD_RECORD = Code(
    "E700", "a line is no TextEE record that can be scored", "Write one JSON object a line, with the fields that docs/scoring.md lists."
)

MOST = 20
"""How many bad records are reported before reading is given up."""

ENDLESS = 1 << 31
"""How many tokens a window has that does not tell them."""

APART = "\0"
"""What stands between the tokens of a window when they are hashed."""

Entity = tuple[str, str, Span]
"""An entity mention of a window: its id, type and tokens. A bare tuple, as there are millions."""

Filler = tuple[str, Span]
"""An argument of an event of a window: its role and tokens."""


class Happening(NamedTuple):
    """An event of a window."""

    type: str
    trigger: Span
    fillers: list[Filler]


class Record(NamedTuple):
    """A window with its labels. `tokens` is empty where the record does not tell them."""

    doc_id: str
    wnd_id: str | int
    tokens: tuple[str, ...]
    entities: list[Entity]
    events: list[Happening]

    @property
    def key(self) -> Key:
        """What names the window."""
        return (self.doc_id, self.wnd_id)


def read_jsonl(path: Path) -> Iterator[Record]:
    """The records of a JSONL file in order; blank lines are passed over.

    Raises:
        EventBankError: E700 with every bad line, up to `MOST`, when the file has been read.
    """
    problems: list[Problem] = []
    with path.open("rb") as file:
        yield from records(file, path, problems)
    if problems:
        raise EventBankError(problems)


def records(lines: Iterable[bytes], path: Path, problems: list[Problem], first: int = 1) -> Iterator[Record]:
    """The records of some lines of a file, the first of which has the number `first`.

    A bad line is one more of `problems`; when there are `MOST`, nothing more comes.
    """
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            yield record_of(json.loads(line))
        except (ValueError, RecursionError) as error:
            problems.append(BAD_RECORD.at(Place(file=str(path), line=number), str(error)))
            if len(problems) >= MOST:
                return


_TEXT = {str}


def record_of(found: Any) -> Record:
    """The record in a JSON object or a row of `sentences`.

    Raises:
        ValueError: if it has another shape, or a span is not within its tokens; the message says where.
    """
    if not isinstance(found, Mapping):
        raise ValueError("expected a JSON object")
    doc_id, wnd_id, tokens = found.get("doc_id"), found.get("wnd_id"), found.get("tokens")
    if type(doc_id) is not str or not isinstance(wnd_id, (str, int)):
        raise ValueError("doc_id and wnd_id must name the window")
    if tokens is not None and not (type(tokens) is list and set(map(type, tokens)) <= _TEXT):
        raise ValueError("tokens must be a list of text")
    size = len(tokens) if tokens is not None else ENDLESS
    try:
        entities = [_entity(one, size) for one in found.get("entity_mentions") or ()]
        places = {id_: span for id_, _, span in entities}
        events = [_event(one, places, size) for one in found["event_mentions"]]
    except KeyError as error:
        raise ValueError(f"{error.args[0]} is missing") from None
    except (TypeError, AttributeError):
        raise ValueError("entity_mentions or event_mentions have another shape") from None
    return Record(doc_id, wnd_id, tuple(tokens or ()), entities, events)


def _entity(one: Any, size: int) -> Entity:
    start, end, id_ = one["start"], one["end"], one["id"]
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= size:
        raise _no_tokens(start, end, size, "an entity mention")
    if type(id_) is not str:
        raise ValueError("id must be text")
    return id_, str(one.get("entity_type") or ""), (start, end)


def _event(one: Any, places: Mapping[str, Span], size: int) -> Happening:
    fillers = []
    for argument in one["arguments"]:
        role, place = argument["role"], places.get(argument.get("entity_id"))
        if type(role) is not str:
            raise ValueError("role must be text")
        fillers.append((role, _span(argument, size, "an argument") if place is None else place))
    type_ = one["event_type"]
    if type(type_) is not str:
        raise ValueError("event_type must be text")
    return Happening(type_, _span(one["trigger"], size, "a trigger"), fillers)


def _span(one: Any, size: int, what: str) -> Span:
    start, end = one["start"], one["end"]
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= size:
        raise _no_tokens(start, end, size, what)
    return start, end


def _no_tokens(start: object, end: object, size: int, what: str) -> ValueError:
    within = f" of {size}" if size < ENDLESS else ""
    return ValueError(f"{what} stands at [{start}, {end}), which are no tokens{within}")


def windows_of(records: Iterable[Record]) -> Windows:
    """The records as columns."""
    windows = Windows()
    add(windows, records)
    return windows


def add(windows: Windows, records: Iterable[Record]) -> None:
    """Adds records to columns."""
    name, triggers, arguments = windows.name, windows.triggers, windows.arguments
    for record in records:
        at = windows.window(record.key, hash(APART.join(record.tokens)) if record.tokens else None)
        for type_, (start, end), fillers in record.events:
            label = name(type_)
            triggers.extend((at, start, end, label))
            for role, (first, last) in fillers:
                arguments.extend((at, start, end, label, first, last, name(role)))
