"""Scores of documents in code points: exact, by head, overlap and entity, attributes and chains, in counts that add up over documents."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from eventbank.layer import Layer
from eventbank.ontology import ATTRIBUTES
from eventbank.scoring import spans
from eventbank.scoring.coreference import Ratios
from eventbank.scoring.heads import by_heads
from eventbank.scoring.spans import IOU, Item, Score, at
from eventbank.scoring.tally import KINDS, chain_sums

EXACT, HEAD, OVERLAP, ENTITY = "exact", "head", "overlap", "entity"

VARIANTS: Mapping[str, tuple[str, ...]] = {
    EXACT: tuple(spans.METRICS),
    HEAD: tuple(name for name in spans.METRICS if not name.startswith(("trigger", "value"))),
    OVERLAP: tuple(spans.METRICS),
    ENTITY: tuple(spans.ENTITY_METRICS),
}
"""The metrics of each variant. The head of a trigger is the trigger, and a value has none, so that they have no variant by head."""

LABELS: Mapping[str, str] = {
    "entity_cls": "entity type",
    "value_cls": "value type",
    "trigger_cls": "event type",
    "argument_cls": "role",
    "argument_attached_cls": "role",
    "argument_entity_cls": "role",
}
"""The metrics that are broken down, and by what: the last part of their label."""

SCOPE = "all"
"""Chains are scored over all mentions that each side has; none is added and none is left out."""

Attributed = tuple[Score, int, int]
"""The score of triggers with type and value, how many triggers with their type both sides have, and how many of these with one value."""


@dataclass(frozen=True)
class Sums:
    """The counts of predicted labels against gold ones on one document.

    `scores` is by variant and metric, `labels` by variant, metric and type or role, `attributes` by attribute, `chains` by kind (entities,
    events) and coreference metric.
    """

    scores: Mapping[tuple[str, str], Score]
    labels: Mapping[tuple[str, str, str], Score]
    attributes: Mapping[str, Attributed]
    chains: Mapping[tuple[str, str], Ratios]


def compare(pred: Layer, gold: Layer, *, whole: bool = True, heads: bool = True) -> Sums:
    """The counts of one document.

    Args:
        whole: whether `pred` has attributes and chains; without them they are not scored.
        heads: whether the text is English, for which there is a rule for heads.
    """
    scores: dict[tuple[str, str], Score] = {}
    labels: dict[tuple[str, str, str], Score] = {}

    def add(variant: str, name: str, found: Mapping[tuple[str, ...], Score]) -> None:
        scores[variant, name] = sum(found.values(), Score())
        for label, score in found.items() if name in LABELS else ():
            key = (variant, name, label[-1])
            labels[key] = labels.get(key, Score()) + score

    small = (by_heads(pred), by_heads(gold)) if heads else (pred, gold)
    for name, items in spans.METRICS.items():
        ours, theirs = items(pred), items(gold)
        add(EXACT, name, spans.by_label(ours, theirs))
        add(OVERLAP, name, spans.by_label(ours, theirs, IOU))
        if heads and name in VARIANTS[HEAD]:
            add(HEAD, name, spans.by_label(items(small[0]), items(small[1])))
    for name, filled in spans.ENTITY_METRICS.items():
        add(ENTITY, name, spans.credit_by_label(filled(pred), filled(gold)))
    if not whole:
        return Sums(scores, labels, {}, {})
    attributes = {name: _attribute(pred, gold, name) for name in (*ATTRIBUTES, "realis")}
    chains = {(kind, name): ratios for kind in KINDS for name, ratios in chain_sums(gold, pred, kind, SCOPE)[1].items()}
    return Sums(scores, labels, attributes, chains)


def _attribute(pred: Layer, gold: Layer, name: str) -> Attributed:
    ours, theirs = _valued(pred, name), _valued(gold, name)
    values: tuple[dict[Item, set[str]], dict[Item, set[str]]] = ({}, {})
    for side, items in zip(values, (ours, theirs), strict=True):
        for item in items:
            side.setdefault(item._replace(label=item.label[:1]), set()).add(item.label[1])
    common = values[0].keys() & values[1].keys()
    return spans.exact(ours, theirs), len(common), sum(values[0][item] == values[1][item] for item in common)


def _valued(layer: Layer, name: str) -> AbstractSet[Item]:
    """Triggers by span, event type and the value of an attribute."""
    return {
        Item(layer.doc_id, (event.type, event.realis if name == "realis" else event.attributes.get(name, "")), (at(event),))
        for event in layer.events
    }
