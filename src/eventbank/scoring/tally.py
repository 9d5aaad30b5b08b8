"""What one layer of a document says against another, in counts that add up over documents and pairs of annotators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from eventbank.layer import Event, Layer, Mention
from eventbank.offsets import Span
from eventbank.ontology import Ontology
from eventbank.scoring import coreference, spans
from eventbank.scoring.coreference import Ratios
from eventbank.scoring.spans import IOU, Score, at

VARIANTS = {"exact": 1.0, "overlap": IOU}
"""The variants of each score, with the intersection over union from which spans are the same."""

TYPED = {"event_types": "trigger_cls", "roles": "argument_attached_cls", "entity_types": "entity_cls", "value_types": "value_cls"}
"""Which metric is broken down by what."""

SCOPES = ("shared", "all")
KINDS = ("entities", "events")

Units = list[tuple[str, str]]


@dataclass(frozen=True)
class Tally:
    """The counts of B against A on one document.

    `scores` is by metric and variant, `labels` by metric, variant and type or role. `units` are the values that A and B gave to each thing
    that both marked, by variable. `chains` is by kind and scope: the numbers of mentions of A and of B, and the sums of each metric.
    `alone` counts the triggers of A and of B that the other did not mark.
    """

    scores: Mapping[tuple[str, str], Score]
    labels: Mapping[tuple[str, str, str], Score]
    units: Mapping[str, Units]
    chains: Mapping[tuple[str, str], tuple[tuple[int, int], Mapping[str, Ratios]]]
    alone: tuple[int, int]


def tally(a: Layer, b: Layer, ontology: Ontology) -> Tally:
    """The counts of layer `b` against layer `a`, both of one text and holding together."""
    scores: dict[tuple[str, str], Score] = {}
    labels: dict[tuple[str, str, str], Score] = {}
    for variant, iou in VARIANTS.items():
        for name, items in spans.METRICS.items():
            found = spans.by_label(items(b), items(a), iou)
            scores[name, variant] = sum(found.values(), Score())
            for label, score in found.items() if name in TYPED.values() else ():
                key = (name, variant, label[-1])
                labels[key] = labels.get(key, Score()) + score
        for name, filled in spans.ENTITY_METRICS.items():
            scores[name, variant] = spans.credit(filled(b), filled(a), iou, either=True)
    triggers = [(a.events[i], b.events[j]) for i, j in _matched(_placed(a.events), _placed(b.events))]
    chains = {(kind, scope): chain_sums(a, b, kind, scope) for kind in KINDS for scope in SCOPES}
    units = _event_units(a, b, triggers, ontology) | _mention_units(a, b)
    return Tally(scores, labels, units, chains, (len(a.events) - len(triggers), len(b.events) - len(triggers)))


def _placed(found: Iterable[Mention | Event]) -> list[tuple[Span, str]]:
    return [(at(span), span.type) for span in found]


def _matched(a: Sequence[tuple[Span, str]], b: Sequence[tuple[Span, str]]) -> list[tuple[int, int]]:
    """The positions of what both marked at the same or an overlapping place; equal labels decide only where places tie."""
    return spans.matching([(one,) for one, _ in a], [(one,) for one, _ in b], alike=lambda i, j: a[i][1] == b[j][1])


def _event_units(a: Layer, b: Layer, triggers: Sequence[tuple[Event, Event]], ontology: Ontology) -> dict[str, Units]:
    units: dict[str, Units] = {"event_type": [(one.type, other.type) for one, other in triggers], "role": []}
    fillers = [{span.id: at(span) for span in layer.spans()} for layer in (a, b)]
    for pair in triggers:
        mine, yours = (
            [(place[argument.ref], argument.role) for argument in event.arguments] for event, place in zip(pair, fillers, strict=True)
        )
        units["role"] += [(mine[i][1], yours[j][1]) for i, j in _matched(mine, yours)]
    for attribute in ontology.attributes:
        name, default = attribute.name, attribute.default
        units[name] = [(one.attributes.get(name, default), other.attributes.get(name, default)) for one, other in triggers]
    return units | {"realis": [(one.realis, other.realis) for one, other in triggers]}


def _mention_units(a: Layer, b: Layer) -> dict[str, Units]:
    units: dict[str, Units] = {}
    for kind in ("entity", "value"):
        mine, yours = ([mention for mention in layer.mentions if mention.kind == kind] for layer in (a, b))
        both = [(mine[i], yours[j]) for i, j in _matched(_placed(mine), _placed(yours))]
        units[f"{kind}_type"] = [(one.type, other.type) for one, other in both]
        if kind == "entity":
            units["level"] = [(one.level or "none", other.level or "none") for one, other in both]
    return units


def _named(layer: Layer, chains: Iterable[AbstractSet[str]]) -> list[frozenset[tuple[int, int, int]]]:
    """Chains of mentions that are the same in both layers: by span, and by order where several mentions have one span."""
    count: Counter[tuple[type, Span]] = Counter()
    names: dict[str, tuple[int, int, int]] = {}
    for span in layer.spans():
        key = (type(span), at(span))
        names[span.id] = (*at(span), count[key])
        count[key] += 1
    return [frozenset(names[member] for member in chain) for chain in chains]


def chain_sums(gold: Layer, pred: Layer, kind: str, scope: str) -> tuple[tuple[int, int], dict[str, Ratios]]:
    """The numbers of mentions of the gold and the predicted chains of a kind, and the sums of every coreference metric.

    Mentions are the same when their spans are. The scope `shared` leaves out those that only one side has.
    """
    a, b = (_named(layer, layer.entities if kind == "entities" else layer.happenings) for layer in (gold, pred))
    if scope == "shared":
        common = frozenset().union(*a) & frozenset().union(*b)
        a, b = ([chain & common for chain in chains if chain & common] for chains in (a, b))
    mentions = (sum(map(len, a)), sum(map(len, b)))
    return mentions, {name: metric(b, a) for name, metric in coreference.METRICS.items()}
