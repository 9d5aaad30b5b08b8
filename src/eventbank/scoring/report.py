"""Scores of a system against the gold, with intervals, and of two systems against each other: the figures, and how they were made.

Every figure is a function of counts that add up over stories, so intervals and tests work on sums. All values of a report are percent, as
TextEE prints them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import fmean
from typing import Any

import numpy as np

from eventbank.scoring import documents, windows
from eventbank.scoring.bootstrap import DRAWS, LEVEL, SEED, Array, Estimate, f1, interval, resampled
from eventbank.scoring.coreference import METRICS, Ratios
from eventbank.scoring.documents import Sums
from eventbank.scoring.sides import Side, together
from eventbank.scoring.significance import TRIALS, Difference, differences
from eventbank.scoring.spans import IOU, Score
from eventbank.scoring.tally import KINDS

TEXTEE, ATTRIBUTES, COREFERENCE, CONLL = "textee", "attributes", "coreference", "conll"
AVERAGED = ("muc", "b_cubed", "ceaf_e")
PERCENT = 100.0

Name = tuple[str, str]
Labelled = tuple[str, str, str]


@dataclass(frozen=True)
class Counted:
    """What is counted before anything is divided.

    `sums` has a row a cluster for every figure, in the four columns of `bootstrap.f1`; figures are named by part and metric. `labels` are
    by part, metric and type or role, `agreed` by attribute: triggers that both sides have, and how many of them with the same value.
    """

    clusters: tuple[str, ...]
    sums: Mapping[Name, Array]
    labels: Mapping[Labelled, Score]
    agreed: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Figure:
    """Precision, recall and F1 in percent, F1 with its interval; counts where the figure is one of sets, else None."""

    precision: float
    recall: float
    f1: Estimate
    counts: tuple[int, int, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        """TextEE's keys, and the ends of the interval of F1."""
        names = ("pred_num", "gold_num", "match_num")
        counts = dict(zip(names, self.counts, strict=True)) if self.counts is not None else {}
        ends = {"f1_low": self.f1.low, "f1_high": self.f1.high}
        return counts | {"precision": self.precision, "recall": self.recall, "f1": self.f1.value or 0.0} | ends


@dataclass(frozen=True)
class Report:
    """All scores of one system: by part (`textee`, `exact`, `head`, `overlap`, `entity`, `attributes`, kinds of chains) and metric.

    `conll` has the average F1 for each kind of chain, `labels` the counts of every type and role, `macro` the mean of their F1, over the
    types or roles that either side has, `agreed` the share of the triggers of both sides that have the same value.
    """

    figures: Mapping[Name, Figure]
    conll: Mapping[str, Estimate]
    labels: Mapping[Labelled, Score]
    macro: Mapping[Name, float]
    agreed: Mapping[str, float | None]
    signature: str

    def to_dict(self) -> dict[str, Any]:
        """The report for JSON, values in percent; `textee` has the very keys and numbers of TextEE's scorer, and intervals beside them."""
        parts: dict[str, Any] = {"signature": self.signature}
        for (part, name), figure in self.figures.items():
            parts.setdefault(part, {})[name] = figure.to_dict()
        for name, share in self.agreed.items():
            parts[ATTRIBUTES][name]["accuracy"] = share
        for kind, estimate in self.conll.items():
            parts[kind][CONLL] = {"f1": estimate.value, "f1_low": estimate.low, "f1_high": estimate.high}
        parts["macro"] = _nested(self.macro)
        parts["labels"] = _nested({name: percent(score) for name, score in self.labels.items()})
        return parts


@dataclass(frozen=True)
class Paired:
    """Two systems on the same gold, figure by figure, in percent."""

    differences: Mapping[Name, Difference]
    signature: str

    def to_dict(self) -> dict[str, Any]:
        """The differences for JSON."""
        found = {name: {"one": d.one, "other": d.other, "difference": d.difference, "p": d.p} for name, d in self.differences.items()}
        return {"signature": self.signature, **_nested(found)}


def score(gold: Side, pred: Side) -> Report:
    """The scores of a system.

    Raises:
        EventBankError: E701 to E703 if the two do not belong together.
    """
    return _report(count(gold, pred), gold, pred)


def compare(gold: Side, one: Side, other: Side) -> Paired:
    """The differences in F1 of two systems, with p-values by approximate randomisation over stories.

    Raises:
        EventBankError: E701 to E703 if one of them does not belong to the gold.
    """
    ours, theirs = count(gold, one), count(gold, other)
    names = [name for name in ours.sums if name in theirs.sums]
    figures, listed = _figures(names)
    found = differences(_side_by_side(ours, names), _side_by_side(theirs, names), figures)
    scaled = {
        name: Difference(d.one * PERCENT, d.other * PERCENT, d.difference * PERCENT, d.p) for name, d in zip(listed, found, strict=True)
    }
    exact = 2 ** min(len(ours.clusters), 64) <= TRIALS
    test = f"approximate-randomisation,two-sided,{'every' if exact else TRIALS}-exchange{'' if exact else f's,seed-{SEED}'}"
    return Paired(scaled, _signature(gold, (one, other), len(ours.clusters), sorted({part for part, _ in names}), f"test:{test}"))


def count(gold: Side, pred: Side) -> Counted:
    """The counts of a system on the clusters of the gold.

    Raises:
        EventBankError: E701 to E703 if the two do not belong together.
    """
    has_windows, layers = together(pred, gold)
    doc_ids = dict.fromkeys(gold.layers or ())
    if has_windows and gold.windows is not None:
        doc_ids |= dict.fromkeys(doc_id for doc_id, _ in gold.windows.keys)
    cluster_of = {doc_id: gold.stories.get(doc_id, doc_id) for doc_id in doc_ids}
    place = {story: at for at, story in enumerate(dict.fromkeys(cluster_of.values()))}
    at = {doc_id: place[story] for doc_id, story in cluster_of.items()}
    sums: dict[Name, Array] = {}
    labels: dict[Labelled, Score] = {}
    agreed: dict[str, tuple[int, int]] = {}
    if has_windows and pred.windows is not None and gold.windows is not None:
        found = windows.count(pred.windows, gold.windows, [at[doc_id] for doc_id, _ in gold.windows.keys], len(place))
        sums |= {(TEXTEE, name): rows[:, [2, 0, 2, 1]].astype(np.float64) for name, rows in found.groups.items()}
        for name, parts in found.labels.items():
            labels |= {(TEXTEE, name, label): Score(*map(int, row)) for label, row in parts.items()}
    if layers is not None and gold.layers is not None:
        _add_documents(gold, pred, layers, at, len(place), sums, labels, agreed)
    return Counted(tuple(place), sums, labels, agreed)


def _add_documents(
    gold: Side,
    pred: Side,
    layers: Mapping[str, Any],
    at: Mapping[str, int],
    clusters: int,
    sums: dict[Name, Array],
    labels: dict[Labelled, Score],
    agreed: dict[str, tuple[int, int]],
) -> None:
    rows: dict[Name, Array] = defaultdict(lambda: np.zeros((clusters, 4)))
    heads = all(gold.languages.get(doc_id, "en").partition("-")[0] == "en" for doc_id in gold.layers or ())
    for doc_id, theirs in (gold.layers or {}).items():
        one: Sums = documents.compare(layers[doc_id], theirs, whole=gold.whole and pred.whole, heads=heads)
        for key, found in one.scores.items():
            rows[key][at[doc_id]] += _columns(found)
        for label, found in one.labels.items():
            labels[label] = labels.get(label, Score()) + found
        for name, (found, both, same) in one.attributes.items():
            rows[ATTRIBUTES, name][at[doc_id]] += _columns(found)
            before = agreed.get(name, (0, 0))
            agreed[name] = (before[0] + both, before[1] + same)
        for (kind, metric), ratios in one.chains.items():
            rows[kind, metric][at[doc_id]] += (ratios.precision_num, ratios.precision_den, ratios.recall_num, ratios.recall_den)
    sums |= rows


def _columns(found: Score) -> tuple[int, int, int, int]:
    return (found.match_num, found.pred_num, found.match_num, found.gold_num)


def _side_by_side(counted: Counted, names: Sequence[Name]) -> Array:
    return np.concatenate([counted.sums[name] for name in names], axis=1)


def _figures(names: Sequence[Name]) -> tuple[Callable[[Array], Array], list[Name]]:
    """What makes the F1 of every figure from counts side by side, then the CoNLL average of every kind of chain; and their names."""
    kinds = [kind for kind in KINDS if all((kind, name) in names for name in AVERAGED)]

    def figures(sums: Array) -> Array:
        single = [f1(sums[:, 4 * at : 4 * at + 4]) for at in range(len(names))]
        average = [sum(single[names.index((kind, name))] for name in AVERAGED) / len(AVERAGED) for kind in kinds]
        return np.stack([*single, *average], axis=1)

    return figures, [*names, *((kind, CONLL) for kind in kinds)]


def _report(counted: Counted, gold: Side, pred: Side) -> Report:
    names = list(counted.sums)
    figures, listed = _figures(names)
    counts = _side_by_side(counted, names)
    total = counts.sum(axis=0, keepdims=True)
    drawn = figures(resampled(counts)) if len(counts) > 1 else np.zeros((0, len(listed)))
    estimates = {name: _scaled(interval(float(figures(total)[0, at]), drawn[:, at])) for at, name in enumerate(listed)}
    found = {name: _figure(total[0, 4 * at : 4 * at + 4], estimates[name], name) for at, name in enumerate(names)}
    groups: dict[Name, list[float]] = defaultdict(list)
    for (part, metric, _), one in counted.labels.items():
        groups[part, metric].append(one.f1 * PERCENT)
    return Report(
        found,
        {kind: estimates[kind, CONLL] for kind in KINDS if (kind, CONLL) in estimates},
        dict(sorted(counted.labels.items(), key=lambda item: (names.index(item[0][:2]), item[0][2]))),
        {name: fmean(groups[name]) for name in names if name in groups},
        {name: same * PERCENT / both if both else None for name, (both, same) in counted.agreed.items()},
        _signature(
            gold, (pred,), len(counted.clusters), sorted({part for part, _ in names}), f"interval:{LEVEL:.0%},{DRAWS}-draws,seed-{SEED}"
        ),
    )


def _scaled(one: Estimate) -> Estimate:
    return Estimate(*(None if value is None else value * PERCENT for value in (one.value, one.low, one.high)))


def _figure(sums: Array, estimate: Estimate, name: Name) -> Figure:
    chains = name[0] in KINDS and name[1] in METRICS
    if not chains:
        made = Score(int(sums[1]), int(sums[3]), int(sums[0]))
        whole = Estimate(made.f1 * PERCENT, estimate.low, estimate.high)
        return Figure(made.precision * PERCENT, made.recall * PERCENT, whole, (made.pred_num, made.gold_num, made.match_num))
    ratios = Ratios(*map(float, sums))
    return Figure(ratios.precision * PERCENT, ratios.recall * PERCENT, Estimate(ratios.f1 * PERCENT, estimate.low, estimate.high))


def percent(one: Score) -> dict[str, float]:
    """A score under TextEE's keys, ratios in percent."""
    ratios = {"precision": one.precision * PERCENT, "recall": one.recall * PERCENT, "f1": one.f1 * PERCENT}
    return {**one.to_dict(), **ratios}


def _nested(found: Mapping[Any, Any]) -> dict[str, Any]:
    """A mapping from names of several parts as mappings in mappings."""
    nested: dict[str, Any] = {}
    for name, value in found.items():
        inner = nested
        for part in name[:-1]:
            inner = inner.setdefault(part, {})
        inner[name[-1]] = value
    return nested


def _signature(gold: Side, systems: Sequence[Side], clusters: int, parts: Sequence[str], made: str) -> str:
    """How the numbers were made, in one line."""
    said = {
        "gold": gold.seal,
        "pred": ",".join(one.seal for one in systems),
        "documents": str(
            len(gold.layers) if gold.layers is not None else len({doc_id for doc_id, _ in gold.windows.keys} if gold.windows else ())
        ),
        "windows": str(sum(gold.windows.times)) if gold.windows is not None and TEXTEE in parts else "",
        "clusters": f"{clusters}-{'stories' if gold.stories else 'documents'}",
        "parts": "+".join(parts),
        "head": "zhou2005" if documents.HEAD in parts else "",
        "iou": str(IOU) if documents.OVERLAP in parts else "",
        "chains": f"{documents.SCOPE}-mentions" if set(parts) & set(KINDS) else "",
        "f1": "micro,sets",
    }
    line = "|".join(f"{key}:{value}" for key, value in said.items() if value)
    return f"{line}|{made}|scale:100|version:{version('eventbank')}"
