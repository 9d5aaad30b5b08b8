"""Precision, recall and F1 over sets of labelled spans, on code points of documents.

The six metrics of triggers and arguments are those of TextEE (Huang et al. 2024, ``TextEE/scorer.py``), under its keys: every
metric turns the labels into a set of tuples and counts the tuples that both sides have. TextEE counts in tokens of a window; here the
tuples hold code points of a document. Values are fractions from 0 to 1, as those of alpha and of coreference are; TextEE prints them
times 100.

Each metric comes in two variants. *Exact*: the same tuple. *Overlap*: the same document and label, and every span with an
intersection over union of at least `IOU`, in a one-to-one matching (see `matching`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from eventbank.layer import Argument, Event, Layer, Mention
from eventbank.offsets import Span
from eventbank.scoring.assignment import best_matching

IOU = 0.5
"""From which intersection over union two spans overlap."""

Label = tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """How many items were predicted, how many are in the gold, how many are in both; scores of several documents may be added.

    A ratio over nothing is 0.0, as TextEE's `safe_div` has it: nothing predicted where nothing is in the gold gives an F1 of 0.0.
    """

    pred_num: int = 0
    gold_num: int = 0
    match_num: int = 0

    @property
    def precision(self) -> float:
        """The share of the predicted items that are in the gold."""
        return self.match_num / self.pred_num if self.pred_num else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold items that were predicted."""
        return self.match_num / self.gold_num if self.gold_num else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both; the same when predicted and gold change places."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def __add__(self, other: Score) -> Score:
        return Score(self.pred_num + other.pred_num, self.gold_num + other.gold_num, self.match_num + other.match_num)

    def to_dict(self) -> dict[str, float]:
        """Counts and ratios under TextEE's keys, ratios from 0 to 1."""
        counts = {"pred_num": self.pred_num, "gold_num": self.gold_num, "match_num": self.match_num}
        return counts | {"precision": self.precision, "recall": self.recall, "f1": self.f1}


class Item(NamedTuple):
    """What a metric compares: a label (types, roles) that must be equal, and spans that must be equal or overlap."""

    doc_id: str
    label: Label
    spans: tuple[Span, ...]


class Filled(NamedTuple):
    """A role filled by an entity: the fillers that were marked, and every mention of their entity in the same layer."""

    doc_id: str
    label: Label
    trigger: Span
    fillers: frozenset[Span]
    entity: frozenset[Span]


One = TypeVar("One", Item, Filled)


# What the metrics compare. Layers hold together: every argument has its filler.


def entity_id(layer: Layer) -> set[Item]:
    """Entity mentions by span."""
    return {Item(layer.doc_id, (), (at(mention),)) for mention in layer.mentions if mention.kind == "entity"}


def entity_cls(layer: Layer) -> set[Item]:
    """Entity mentions by span and type."""
    return {Item(layer.doc_id, (mention.type,), (at(mention),)) for mention in layer.mentions if mention.kind == "entity"}


def value_id(layer: Layer) -> set[Item]:
    """Values by span."""
    return {Item(layer.doc_id, (), (at(mention),)) for mention in layer.mentions if mention.kind == "value"}


def value_cls(layer: Layer) -> set[Item]:
    """Values by span and type."""
    return {Item(layer.doc_id, (mention.type,), (at(mention),)) for mention in layer.mentions if mention.kind == "value"}


def trigger_id(layer: Layer) -> set[Item]:
    """TI: triggers by span."""
    return {Item(layer.doc_id, (), (at(event),)) for event in layer.events}


def trigger_cls(layer: Layer) -> set[Item]:
    """TC: triggers by span and event type."""
    return {Item(layer.doc_id, (event.type,), (at(event),)) for event in layer.events}


def argument_id(layer: Layer) -> set[Item]:
    """AI: arguments by event type and the filler's span, wherever the trigger is."""
    return {Item(layer.doc_id, (event.type,), (at(filler),)) for event, _, filler in arguments(layer)}


def argument_cls(layer: Layer) -> set[Item]:
    """AC: arguments by event type, role and the filler's span, wherever the trigger is."""
    return {Item(layer.doc_id, (event.type, argument.role), (at(filler),)) for event, argument, filler in arguments(layer)}


def argument_attached_id(layer: Layer) -> set[Item]:
    """AI+: arguments by event type, the trigger's span and the filler's span."""
    return {Item(layer.doc_id, (event.type,), (at(event), at(filler))) for event, _, filler in arguments(layer)}


def argument_attached_cls(layer: Layer) -> set[Item]:
    """AC+: arguments by event type, role, the trigger's span and the filler's span."""
    return {Item(layer.doc_id, (event.type, argument.role), (at(event), at(filler))) for event, argument, filler in arguments(layer)}


METRICS: dict[str, Callable[[Layer], set[Item]]] = {
    metric.__name__: metric
    for metric in (
        entity_id,
        entity_cls,
        value_id,
        value_cls,
        trigger_id,
        trigger_cls,
        argument_id,
        argument_cls,
        argument_attached_id,
        argument_attached_cls,
    )
}
"""Every metric over spans by its name."""


def argument_entity_id(layer: Layer) -> set[Filled]:
    """Arguments by event type, the trigger's span and the filler's entity; see `credit`."""
    return _filled(layer, lambda event, _: (event.type,))


def argument_entity_cls(layer: Layer) -> set[Filled]:
    """Arguments by event type, role, the trigger's span and the filler's entity; see `credit`."""
    return _filled(layer, lambda event, argument: (event.type, argument.role))


ENTITY_METRICS: dict[str, Callable[[Layer], set[Filled]]] = {
    metric.__name__: metric for metric in (argument_entity_id, argument_entity_cls)
}
"""Every metric over fillers by entity by its name."""


def arguments(layer: Layer) -> Iterator[tuple[Event, Argument, Mention | Event]]:
    """Every argument with its event and its filler; the span of a filler that is an event is its trigger."""
    spans: dict[str, Mention | Event] = {span.id: span for span in layer.mentions}
    spans.update((event.id, event) for event in layer.events)
    for event in layer.events:
        for argument in event.arguments:
            yield event, argument, spans[argument.ref]


def at(span: Mention | Event) -> Span:
    """Where a mention or a trigger stands."""
    return (span.start, span.end)


# How they are compared


def exact(pred: AbstractSet[Item], gold: AbstractSet[Item]) -> Score:
    """TextEE's score of two sets: an item matches the item that is equal to it."""
    return Score(len(pred), len(gold), len(pred & gold))


def overlap(pred: AbstractSet[Item], gold: AbstractSet[Item], iou: float = IOU) -> Score:
    """The score of two sets where an item may match one of the same document and label whose spans overlap; never below `exact`."""
    return sum(by_label(pred, gold, iou).values(), Score())


def by_label(pred: AbstractSet[Item], gold: AbstractSet[Item], iou: float = 1.0) -> dict[Label, Score]:
    """The score of every label that either side has, in the order of the labels; `iou` 1 is `exact`. Their sum is the score of the sets."""
    scores: dict[Label, Score] = {}
    for label, ours, theirs in _groups(pred, gold):
        matched = len(set(ours) & set(theirs))
        if iou < 1.0:
            matched = len(matching([item.spans for item in ours], [item.spans for item in theirs], iou))
        scores[label] = scores.get(label, Score()) + Score(len(ours), len(theirs), matched)
    return scores


def matching(
    pred: Sequence[tuple[Span, ...]],
    gold: Sequence[tuple[Span, ...]],
    iou: float = IOU,
    alike: Callable[[int, int], bool] = lambda _one, _other: False,
) -> list[tuple[int, int]]:
    """Which of `pred` matches which of `gold`, one to one, as pairs of their positions.

    A pair may match when each of its spans overlaps the other's by `iou` or more. The matching has as many pairs as any can have; among
    those the sum of overlaps (their mean where an item has several spans) is largest, and where that is equal, more pairs are `alike`.
    It is exact, not greedy: a greedy choice of the closest pair may leave two items without a partner who could both have one, so that
    the number of matches would depend on the procedure. That number is the same when both sides change places.

    Args:
        alike: whether the items at two positions have equal labels; consulted only between matchings of equal overlap.
    """
    closeness: dict[tuple[int, int], float] = {}
    order = sorted(range(len(gold)), key=lambda index: gold[index])
    starts = [gold[index][0][0] for index in order]
    longest = max((spans[0][1] - spans[0][0] for spans in gold), default=0)
    for row, spans in enumerate(pred):
        start, end = spans[0]
        for column in order[bisect_right(starts, start - longest) : bisect_left(starts, end)]:
            ratios = [overlap_of(one, other) for one, other in zip(spans, gold[column], strict=True)]
            if min(ratios) >= iou:
                closeness[row, column] = sum(ratios) / len(ratios)
    # Each pair weighs 1 and a part that all pairs together cannot bring to 1, so that one pair more outweighs any closeness.
    part = 1 / (2 * min(len(pred), len(gold)) or 1)
    return best_matching({pair: 1 + part * (close + 1e-6 * alike(*pair)) for pair, close in closeness.items()})


def overlap_of(one: Span, other: Span) -> float:
    """Intersection over union of two spans, in code points: 1 for the same span, 0 for spans without a common character."""
    common = min(one[1], other[1]) - max(one[0], other[0])
    return common / (max(one[1], other[1]) - min(one[0], other[0])) if common > 0 else 0.0


def credit(pred: AbstractSet[Filled], gold: AbstractSet[Filled], iou: float = 1.0, *, either: bool = False) -> Score:
    """The score of arguments where any mention of the right entity counts, once.

    A predicted argument matches one of the same document, label and trigger if its filler is a mention of the gold filler's entity (the
    rule of Li, Ji and Han 2021 for WikiEvents). The matching is one to one and as large as possible. Several mentions of one entity in
    one role are one argument.

    Args:
        iou: from which intersection over union triggers and mentions are the same.
        either: a gold filler that is a mention of the predicted filler's entity will do, too. Then neither side is the judge of what
            an entity is, and F1 is the same when they change places.
    """
    return sum(credit_by_label(pred, gold, iou, either=either).values(), Score())


def credit_by_label(pred: AbstractSet[Filled], gold: AbstractSet[Filled], iou: float = 1.0, *, either: bool = False) -> dict[Label, Score]:
    """The score of every label that either side has, as `credit` counts it, in the order of the labels."""
    scores: dict[Label, Score] = {}
    for label, ours, theirs in _groups(pred, gold):
        pairs = {
            (row, column): 1.0 for row, one in enumerate(ours) for column, other in enumerate(theirs) if _same(one, other, iou, either)
        }
        scores[label] = scores.get(label, Score()) + Score(len(ours), len(theirs), len(best_matching(pairs)))
    return scores


def _same(pred: Filled, gold: Filled, iou: float, either: bool) -> bool:
    if overlap_of(pred.trigger, gold.trigger) < iou:
        return False
    sides = [(pred.fillers, gold.entity), (gold.fillers, pred.entity)][: 2 if either else 1]
    return any(overlap_of(filler, mention) >= iou for fillers, entity in sides for filler in fillers for mention in entity)


def _filled(layer: Layer, label: Callable[[Event, Argument], Label]) -> set[Filled]:
    place = {span.id: at(span) for span in layer.spans()}
    chain = {member: frozenset(place[id_] for id_ in group) for group in (*layer.entities, *layer.happenings) for member in group}
    fillers: dict[tuple[Label, Span, frozenset[Span]], set[Span]] = {}
    for event, argument, filler in arguments(layer):
        entity = chain.get(filler.id, frozenset({at(filler)}))
        fillers.setdefault((label(event, argument), at(event), entity), set()).add(at(filler))
    return {Filled(layer.doc_id, *key[:2], frozenset(found), key[2]) for key, found in fillers.items()}


def _groups(pred: Collection[One], gold: Collection[One]) -> Iterator[tuple[Label, list[One], list[One]]]:
    """The items of both sides by document and label, each group sorted; ordered by label, then document."""
    groups: dict[tuple[Label, str], tuple[list[One], list[One]]] = {}
    for side, items in enumerate((pred, gold)):
        for item in items:
            groups.setdefault((item.label, item.doc_id), ([], []))[side].append(item)
    for (label, _), (ours, theirs) in sorted(groups.items(), key=lambda group: group[0]):
        yield label, sorted(ours, key=_order), sorted(theirs, key=_order)


def _order(item: Item | Filled) -> tuple[object, ...]:
    return (item.spans,) if isinstance(item, Item) else (item.trigger, sorted(item.fillers), sorted(item.entity))
