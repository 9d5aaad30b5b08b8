"""The labels of one document in two releases: which are the same label, and what became of the others.

Labels are matched by their span and type, never by id. What points to a label (an argument, a chain) is compared through that match, so
that a mention which was moved is one change and does not move the arguments that it fills.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

from eventbank.layer import Argument, Event, Layer, Mention
from eventbank.offsets import Span

What = Literal["mention", "event", "argument", "chain"]
How = Literal["added", "removed", "retyped", "moved", "changed"]

Label = Mapping[str, Any]
T = TypeVar("T")
Key = Callable[[T], Hashable]
Carry = Callable[[int, int], Span | None]
"""Where a span of the old text stands in the new one; None where it stands no more."""

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Change:
    """A label that one of two releases has not, or has otherwise.

    `old` and `new` describe it in either release, None where it is not there. A mention is `kind`, `type`, span, `level`, `normalized`; an
    event `type`, span of the trigger, attributes, and the number of its arguments; an argument `role`, its `event` and its `filler`; a
    chain `kind`, `members`, and those members that left or joined it. Spans are `start`, `end` (code points of that release's text, half
    open) and `text`.
    """

    what: What
    how: How
    old: Label | None
    new: Label | None

    @property
    def label(self) -> Label:
        """The label as it is in the new release, or was in the old one."""
        found = self.new if self.new is not None else self.old
        assert found is not None
        return found

    def to_dict(self) -> dict[str, Any]:
        """The change for machines."""
        return asdict(self)


def carried(old: str | None, new: str | None) -> Carry:
    """How spans of one text are carried to another: by the longest common runs of words, and only where the whole span is in such a run.

    Where a text is the same or withheld (None), spans stay where they are.
    """
    if old is None or new is None or old == new:
        return lambda start, end: (start, end)
    before, after = ([*_TOKEN.finditer(text)] for text in (old, new))
    blocks = difflib.SequenceMatcher(None, [token.group() for token in before], [token.group() for token in after], autojunk=False)
    runs = [
        (before[one].start(), before[one + size - 1].end(), after[other].start() - before[one].start())
        for one, other, size in blocks.get_matching_blocks()
        if size
    ]

    def carry(start: int, end: int) -> Span | None:
        shift = next((shift for first, last, shift in runs if first <= start and end <= last), None)
        return None if shift is None else (start + shift, end + shift)

    return carry


def changes(old: Layer | None, new: Layer | None, carry: Carry) -> list[Change]:
    """Every label that differs between two layers of one document; no layer is a layer without labels.

    A label with the same span and another type was retyped, one of the same type with an overlapping span was moved. The arguments of
    an event that was added or removed go with it; so does the chain of a mention or event that is alone in it.
    """
    old, new = old or _empty(new), new or _empty(old)
    mentions = _spans(old.mentions, new.mentions, carry)
    events = _spans(old.events, new.events, carry)
    same = {one.id: other.id for one, other in (*mentions, *events) if one and other}
    described = (_described(old), _described(new))
    found = [*_span_changes("mention", mentions, described, carry), *_span_changes("event", events, described, carry)]
    for mine, yours in events:
        if mine and yours:
            found += _argument_changes(mine, yours, same, described, carry)
    for kind, before, after in (("entity", old.entities, new.entities), ("event", old.happenings, new.happenings)):
        found += _chain_changes(kind, before, after, same, described)
    return found


def _empty(like: Layer | None) -> Layer:
    return Layer(like.doc_id if like else "", "", like.text_sha256 if like else "")


S = TypeVar("S", Mention, Event)


def _spans(old: Sequence[S], new: Sequence[S], carry: Carry) -> list[tuple[S | None, S | None]]:
    """Mentions or events of two layers in pairs: by span and type, by span, by type and overlap."""
    place = {one.id: carry(one.start, one.end) for one in old}
    keys: list[tuple[Key[S], Key[S]]] = [
        (lambda one: (place[one.id], one.type) if place[one.id] else None, lambda other: ((other.start, other.end), other.type)),
        (lambda one: place[one.id], lambda other: (other.start, other.end)),
    ]

    def overlapping(one: S, other: S) -> float:
        return _overlap(place[one.id], (other.start, other.end)) if one.type == other.type else 0.0

    return _pairs(old, new, keys, overlapping)


def _pairs(
    old: Sequence[T], new: Sequence[T], keys: Iterable[tuple[Key[T], Key[T]]], rate: Callable[[T, T], float]
) -> list[tuple[T | None, T | None]]:
    """One-to-one pairs: of equal keys (None is no key), one kind of key after the other; of what is left, those rated highest above 0."""
    partner: dict[int, int] = {}
    mine, yours = dict.fromkeys(range(len(old))), dict.fromkeys(range(len(new)))
    for before, after in keys:
        waiting: dict[Hashable, list[int]] = {}
        for j in yours:
            waiting.setdefault(after(new[j]), []).append(j)
        for i in list(mine):
            key = before(old[i])
            if key is not None and waiting.get(key):
                partner[i] = waiting[key].pop(0)
                del mine[i], yours[partner[i]]
    rated = [(rate(old[i], new[j]), i, j) for i in mine for j in yours]
    for _, i, j in sorted((one for one in rated if one[0] > 0), key=lambda one: (-one[0], one[1], one[2])):
        if i in mine and j in yours:
            partner[i] = j
            del mine[i], yours[j]
    paired: list[tuple[T | None, T | None]] = [(old[i], new[partner[i]] if i in partner else None) for i in range(len(old))]
    return [*paired, *((None, new[j]) for j in yours)]


def _overlap(one: Span | None, other: Span) -> float:
    """Intersection over union of two spans."""
    if one is None:
        return 0.0
    common = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, common / (max(one[1], other[1]) - min(one[0], other[0])))


def _described(layer: Layer) -> dict[str, Label]:
    """What is said of each mention and event of a layer, by id."""
    mentions: dict[str, Label] = {
        mention.id: {"kind": mention.kind, "type": mention.type}
        | _place(mention)
        | {"level": mention.level, "normalized": mention.normalized}
        for mention in layer.mentions
    }
    events: dict[str, Label] = {
        event.id: {"type": event.type} | _place(event) | {**event.attributes, "realis": event.realis, "arguments": len(event.arguments)}
        for event in layer.events
    }
    return mentions | events


def _place(span: Mention | Event) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.text}


_PLACE = ("start", "end", "text")
Described = tuple[Mapping[str, Label], Mapping[str, Label]]


def _span_changes(what: What, pairs: Iterable[tuple[S | None, S | None]], described: Described, carry: Carry) -> Iterator[Change]:
    for mine, yours in pairs:
        old, new = described[0][mine.id] if mine else None, described[1][yours.id] if yours else None
        if old is None or new is None:
            yield Change(what, "added" if old is None else "removed", old, new)
        elif old["type"] != new["type"]:
            yield Change(what, "retyped", old, new)
        elif carry(old["start"], old["end"]) != (new["start"], new["end"]):
            yield Change(what, "moved", old, new)
        elif differing(old, new):
            yield Change(what, "changed", old, new)


def differing(old: Label, new: Label) -> list[str]:
    """The attributes of a mention or an event, in order, whose values differ; type and place are none."""
    return [key for key in {**old, **new} if key not in ("kind", "type", *_PLACE, "arguments") and old.get(key) != new.get(key)]


def _argument_changes(mine: Event, yours: Event, same: Mapping[str, str], described: Described, carry: Carry) -> Iterator[Change]:
    keys: list[tuple[Key[Argument], Key[Argument]]] = [
        (lambda one: (one.role, same[one.ref]) if one.ref in same else None, lambda other: (other.role, other.ref)),
        (lambda one: same.get(one.ref), lambda other: other.ref),
    ]

    def overlapping(one: Argument, other: Argument) -> float:
        before, after = described[0][one.ref], described[1][other.ref]
        return _overlap(carry(before["start"], before["end"]), (after["start"], after["end"])) if one.role == other.role else 0.0

    for one, other in _pairs(mine.arguments, yours.arguments, keys, overlapping):
        old, new = (
            {"role": argument.role, "event": _short(found[event.id]), "filler": _short(found[argument.ref])} if argument else None
            for argument, event, found in ((one, mine, described[0]), (other, yours, described[1]))
        )
        if one is None or other is None:
            yield Change("argument", "added" if one is None else "removed", old, new)
        elif one.role != other.role:
            yield Change("argument", "retyped", old, new)
        elif same.get(one.ref) != other.ref:
            yield Change("argument", "moved", old, new)


def _short(label: Label) -> Label:
    return {key: label[key] for key in ("type", *_PLACE)}


def _chain_changes(
    kind: str, old: Sequence[AbstractSet[str]], new: Sequence[AbstractSet[str]], same: Mapping[str, str], described: Described
) -> Iterator[Change]:
    """Chains in pairs by the members that both releases have; who joined and who left is told of these members only."""
    before = [frozenset(same[member] for member in chain if member in same) for chain in old]
    after = [frozenset(chain) & frozenset(same.values()) for chain in new]
    then = {now: id_ for id_, now in same.items()}
    keys: list[tuple[Key[int], Key[int]]] = [(lambda i: before[i] or None, lambda j: after[j])]
    for i, j in _pairs(range(len(old)), range(len(new)), keys, lambda i, j: float(len(before[i] & after[j]))):
        if i is not None and j is not None:
            left, joined = before[i] - after[j], after[j] - before[i]
            if left or joined:
                gone = _chain(kind, old[i], described[0], "left", {then[member] for member in left})
                yield Change("chain", "changed", gone, _chain(kind, new[j], described[1], "joined", joined))
        elif i is not None and len(old[i]) > 1:
            yield Change("chain", "removed", _chain(kind, old[i], described[0]), None)
        elif j is not None and len(new[j]) > 1:
            yield Change("chain", "added", None, _chain(kind, new[j], described[1]))


def _chain(
    kind: str, members: AbstractSet[str], described: Mapping[str, Label], apart: str = "", some: AbstractSet[str] = frozenset()
) -> Label:
    def listed(ids: AbstractSet[str]) -> list[Label]:
        return sorted((_short(described[member]) for member in ids), key=lambda label: (label["start"], label["end"], label["type"]))

    return {"kind": kind, "members": listed(members)} | ({apart: listed(some)} if apart else {})
