"""Agreement between annotators, measured with the scores that models get.

One annotator is scored against the other (B against A, in the order of their names), so that agreement and a model's score are the same
numbers and agreement is the ceiling. F1 does not depend on which of the two is taken for the gold; precision and recall change places.
`docs/agreement.md` says of each figure what it is and where its definition is from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from eventbank.errors import Code, EventBankError, Place
from eventbank.labelstudio.nodes import layer_of
from eventbank.layer import Layer, numbered
from eventbank.ontology import Ontology
from eventbank.scoring import coreference
from eventbank.scoring.bootstrap import DRAWS, LEVEL, SEED, Array, Estimate, estimate, f1, nominal_alpha, ratio, weights
from eventbank.scoring.spans import IOU, Score
from eventbank.scoring.tally import KINDS, SCOPES, TYPED, VARIANTS, Tally, Units, tally

ALONE = Code(
    "E460",
    "no document was labelled by two annotators",
    "Have a second annotator label the documents, without sight of the first, and put the export into annotations/.",
)
TWICE = Code("E462", "one annotator has two layers of a document", "Give agree one layer for each annotator and document.")
OTHER_TEXT = Code(
    "E463", "the layers of a document are of different texts", "Move the older labels to the present text: eventbank label rebase."
)

MOST = 10
"""How many confused pairs of a variable are kept."""

SHOWN = 3
"""How many of them the table shows."""


@dataclass(frozen=True)
class Scored:
    """A score of B against A, and its F1 with an interval; undefined where neither has anything (`score.f1` is 0.0 then)."""

    score: Score
    f1: Estimate


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha over so many units; undefined where there is none, or but one value."""

    units: int
    alpha: Estimate


@dataclass(frozen=True)
class Coreference:
    """Agreement on chains over so many mentions of A and of B. Without a link on either side MUC is undefined, and so is the average."""

    mentions: tuple[int, int]
    muc: Estimate
    b_cubed: Estimate
    ceaf_e: Estimate
    lea: Estimate
    conll: Estimate


@dataclass(frozen=True)
class Triggers:
    """Triggers that both marked, in whatever type, and those of A or B alone.

    `missed` is the share of one's own among all, `confused` the share of another type among those that both marked.
    """

    both: int
    only_a: int
    only_b: int
    other_type: int
    missed: Estimate
    confused: Estimate


@dataclass(frozen=True)
class Confusion:
    """Two values that were given to one unit, in alphabetical order, and how often."""

    values: tuple[str, str]
    count: int


@dataclass(frozen=True)
class Comparison:
    """What two annotators, or all pairs of annotators taken together, agree on.

    `scores` holds each metric by variant (exact, overlap), `types` each type and role with the scores of its own items, `coreference`
    chains of entities and of events over the mentions that both have (shared) and over all.
    """

    annotators: tuple[str, ...]
    documents: tuple[str, ...]
    scores: Mapping[str, Mapping[str, Scored]]
    alpha: Mapping[str, Alpha]
    coreference: Mapping[str, Mapping[str, Coreference]]
    triggers: Triggers
    types: Mapping[str, Mapping[str, Mapping[str, Score]]]
    confusions: Mapping[str, tuple[Confusion, ...]]


@dataclass(frozen=True)
class Agreement:
    """Agreement of all annotators of a corpus: `overall` adds the counts of all pairs, `pairs` has each pair by name.

    `gamma` is what `gamma.measure` found of the same labels, if it was computed.
    """

    overall: Comparison
    pairs: tuple[Comparison, ...]
    gamma: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The figures for JSON, rounded to 4 decimals, and how they were made."""
        method = {"reference": "B against A", "overlap_iou": IOU, "interval": LEVEL, "draws": DRAWS, "seed": SEED, "drawn": "documents"}
        found = {"method": method, "overall": _plain(self.overall), "pairs": _plain(self.pairs)}
        return found if self.gamma is None else found | {"gamma": self.gamma}


@dataclass(frozen=True)
class _Pool:
    """The tallies of each document, those of several pairs side by side, and how often each document is in each draw."""

    groups: Sequence[Sequence[Tally]]
    drawn: Array

    @property
    def tallies(self) -> list[Tally]:
        """All tallies, in the order of the documents."""
        return [one for group in self.groups for one in group]

    def estimate(self, counts: Callable[[Tally], Sequence[float]], figure: Callable[[Array], Array]) -> Estimate:
        """A figure of the counts of each document, summed over the pairs."""
        return estimate(np.array([np.sum([counts(one) for one in group], axis=0) for group in self.groups], np.float64), figure, self.drawn)


def passes(layers: Iterable[Layer]) -> list[Layer]:
    """The layers that annotators made, without the adjudicated ones."""
    return [layer for layer in layers if layer_of("annotation", layer.source) == "pass"]


def agree(layers: Iterable[Layer], ontology: Ontology) -> Agreement:
    """Agreement between annotators, on every document that two or more of them have labelled.

    Args:
        layers: one for each annotator and document; documents with one layer are left out. The order does not matter.
        ontology: its order of types and roles is that of the tables, and its attributes are compared.

    Raises:
        EventBankError: E460 if no document has two annotators, E462 for two layers of one annotator,
            E463 for layers of different texts, E400 for a layer that does not hold together.
    """
    by_document = _by_document(layers)
    found: dict[tuple[str, str], dict[str, list[Tally]]] = {}
    pooled: dict[str, list[Tally]] = {}
    for doc_id, group in by_document.items():
        for a, b in combinations(sorted(group), 2):
            one = tally(group[a], group[b], ontology)
            found.setdefault((a, b), {})[doc_id] = [one]
            pooled.setdefault(doc_id, []).append(one)
    if not found:
        alone = sorted({annotator for group in by_document.values() for annotator in group})
        raise EventBankError(ALONE.at(None, f"annotators: {', '.join(alone) or 'none'}; documents: {len(by_document)}"))
    pairs = tuple(_compare(pair, found[pair], ontology) for pair in sorted(found))
    overall = pairs[0] if len(pairs) == 1 else _compare(tuple(sorted({name for pair in found for name in pair})), pooled, ontology)
    return Agreement(overall, pairs)


def _by_document(layers: Iterable[Layer]) -> dict[str, dict[str, Layer]]:
    groups: dict[str, dict[str, Layer]] = {}
    problems = []
    for layer in layers:
        group = groups.setdefault(layer.doc_id, {})
        place = Place(layer.source, 0, layer.doc_id, layer.annotator)
        if layer.annotator in group:
            problems.append(TWICE.at(place))
        if any(other.text_sha256 != layer.text_sha256 for other in group.values()):
            problems.append(OTHER_TEXT.at(place))
        group[layer.annotator] = numbered(layer)
    if problems:
        raise EventBankError(problems)
    return dict(sorted(groups.items()))


def _compare(annotators: tuple[str, ...], tallies: Mapping[str, Sequence[Tally]], ontology: Ontology) -> Comparison:
    documents = tuple(sorted(tallies))
    pool = _Pool([tallies[doc_id] for doc_id in documents], weights(len(documents)))
    metrics, variables = dict.fromkeys(name for name, _ in pool.tallies[0].scores), list(pool.tallies[0].units)
    return Comparison(
        annotators,
        documents,
        {name: {variant: _scored(pool, name, variant) for variant in VARIANTS} for name in metrics},
        {name: _alpha(pool, name) for name in variables},
        {kind: {scope: _coreference(pool, kind, scope) for scope in SCOPES} for kind in KINDS},
        _triggers(pool),
        {group: _types(pool, TYPED[group], names) for group, names in _names(ontology).items()},
        {name: _confusions(_all_units(pool, name)) for name in variables},
    )


def _scored(pool: _Pool, name: str, variant: str) -> Scored:
    def counts(one: Tally) -> Sequence[float]:
        score = one.scores[name, variant]
        return (score.match_num, score.pred_num, score.match_num, score.gold_num)

    return Scored(sum((one.scores[name, variant] for one in pool.tallies), Score()), pool.estimate(counts, f1))


def _all_units(pool: _Pool, name: str) -> Units:
    return [unit for one in pool.tallies for unit in one.units[name]]


def _alpha(pool: _Pool, name: str) -> Alpha:
    units = _all_units(pool, name)
    domain = sorted({value for unit in units for value in unit})

    def counts(one: Tally) -> Sequence[float]:
        given = Counter(value for unit in one.units[name] for value in unit)
        return (sum(mine != yours for mine, yours in one.units[name]), *(given[value] for value in domain))

    found = pool.estimate(counts, nominal_alpha)
    return Alpha(len(units), Estimate(krippendorff_alpha(units), found.low, found.high))


def _coreference(pool: _Pool, kind: str, scope: str) -> Coreference:
    def counts(one: Tally, names: Sequence[str]) -> Sequence[float]:
        found = (one.chains[kind, scope][1][name] for name in names)
        return [n for sums in found for n in (sums.precision_num, sums.precision_den, sums.recall_num, sums.recall_den)]

    def average(sums: Array) -> Array:
        return (f1(sums[:, :4]) + f1(sums[:, 4:8]) + f1(sums[:, 8:])) / 3

    of_a, of_b = (sum(one.chains[kind, scope][0][side] for one in pool.tallies) for side in (0, 1))
    single = {name: pool.estimate(partial(counts, names=(name,)), f1) for name in coreference.METRICS}
    return Coreference((of_a, of_b), **single, conll=pool.estimate(partial(counts, names=("muc", "b_cubed", "ceaf_e")), average))


def _triggers(pool: _Pool) -> Triggers:
    def counts(one: Tally) -> Sequence[int]:
        types = one.units["event_type"]
        return (len(types), *one.alone, sum(mine != yours for mine, yours in types))

    both, only_a, only_b, other = (sum(column) for column in zip(*map(counts, pool.tallies), strict=True))
    missed = pool.estimate(counts, lambda sums: ratio(sums[:, 1] + sums[:, 2], sums[:, :3].sum(axis=1)))
    return Triggers(both, only_a, only_b, other, missed, pool.estimate(counts, lambda sums: ratio(sums[:, 3], sums[:, 0])))


def _names(ontology: Ontology) -> dict[str, list[str]]:
    return {
        "event_types": list(ontology.events),
        "roles": [term.name for term in ontology.roles],
        "entity_types": [term.name for term in ontology.entity_types],
        "value_types": [term.name for term in ontology.value_types],
    }


def _types(pool: _Pool, metric: str, names: Sequence[str]) -> dict[str, dict[str, Score]]:
    """The scores of every type or role that anyone used, in the order of the ontology."""
    found: dict[str, dict[str, Score]] = {}
    for one in pool.tallies:
        for (name, variant, label), score in one.labels.items():
            if name == metric:
                found.setdefault(label, dict.fromkeys(VARIANTS, Score()))[variant] += score
    order = {name: place for place, name in enumerate(names)}
    return {name: found[name] for name in sorted(found, key=lambda name: (order.get(name, len(order)), name))}


def _confusions(units: Units) -> tuple[Confusion, ...]:
    count = Counter((min(unit), max(unit)) for unit in units if unit[0] != unit[1])
    ordered = sorted(count.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Confusion(values, times) for values, times in ordered[:MOST])


def krippendorff_alpha(units: Sequence[tuple[str, str]]) -> float | None:
    """Alpha for nominal data by the package krippendorff, None where at most one value was given."""
    import krippendorff

    domain = sorted({value for unit in units for value in unit})
    if len(domain) < 2:
        return None
    counts = [[unit.count(value) for value in domain] for unit in units]
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def _plain(value: Any) -> Any:
    """A value as JSON has it: dataclasses and mappings as objects, floats rounded to 4 decimals."""
    if isinstance(value, Score):
        return _plain(value.to_dict())
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return round(value, 4) + 0.0 if isinstance(value, float) else value


_ROWS = {
    "entity_id": "entity mentions",
    "entity_cls": "  with type",
    "value_id": "values",
    "value_cls": "  with type",
    "trigger_id": "triggers (TI)",
    "trigger_cls": "  with event type (TC)",
    "argument_attached_id": "arguments (AI+)",
    "argument_attached_cls": "  with role (AC+)",
    "argument_entity_id": "arguments, any mention",
    "argument_entity_cls": "  with role",
    "argument_id": "arguments, any trigger (AI)",
    "argument_cls": "  with role (AC)",
}


def table(agreement: Agreement) -> list[str]:
    """The figures for eyes, lines of at most 100 characters: all pairs together, with types and confusions, then each if several."""
    whole = agreement.overall
    lines = [
        "F1 of B against A, which is that of A against B; exact spans, and spans that overlap (intersection",
        f"over union at least {IOU}). In brackets: {LEVEL:.0%} interval, {DRAWS} draws of documents.",
    ]
    if len(agreement.pairs) == 1:
        return [*lines, *_head(whole), *_figures(whole), *_gammas(agreement.gamma), *_types_and_confusions(whole)]
    lines += ["", f"All pairs of {len(whole.annotators)} annotators on {len(whole.documents)} documents, added up"]
    lines += [*_figures(whole), *_types_and_confusions(whole)]
    lines += [line for pair in agreement.pairs for line in (*_head(pair), *_figures(pair))]
    return [*lines, *_gammas(agreement.gamma)]


def _head(pair: Comparison) -> list[str]:
    a, b = pair.annotators
    return ["", f"{a} (A) and {b} (B) on {len(pair.documents)} document{'s' if len(pair.documents) > 1 else ''}"]


def _figures(found: Comparison) -> list[str]:
    lines = ["", f"{'':<28}{'A':>6}{'B':>6}   {'exact':<24}overlap"]
    for name, title in _ROWS.items():
        exact, overlap = (found.scores[name][variant] for variant in VARIANTS)
        lines.append(_row(title, exact.score.gold_num, exact.score.pred_num, _figure(exact.f1), _figure(overlap.f1)))
    lines += ["", f"{'Chains':<28}{'A':>6}{'B':>6}   {'CoNLL average':<24}LEA"]
    for kind, scopes in found.coreference.items():
        lines += [_row(f"{kind}, {scope} mentions", *one.mentions, _figure(one.conll), _figure(one.lea)) for scope, one in scopes.items()]
    lines += ["", f"{'What both marked':<28}{'units':>12}   alpha"]
    lines += [_row(name.replace("_", " "), "", alpha.units, _figure(alpha.alpha)) for name, alpha in found.alpha.items()]
    triggers = found.triggers
    lines += ["", f"{'Triggers':<28}{'A':>6}{'B':>6}   share"]
    lines.append(_row("marked by one alone", triggers.only_a, triggers.only_b, _figure(triggers.missed)))
    lines.append(_row("by both, in other types", "", triggers.other_type, _figure(triggers.confused)))
    return lines


def _gammas(gamma: Mapping[str, Any] | None) -> list[str]:
    """A line for each pair of annotators and kind of span, the mean over documents and the figure of each."""
    if gamma is None:
        return []
    lines = ["", f"{'Gamma, mean of documents':<28}{'':>12}   mean    each"]
    for pair in gamma["pairs"]:
        for kind, found in pair.items():
            if kind != "annotators":
                each = " ".join("–" if value is None else f"{value:.3f}" for value in found["documents"].values())
                title = kind if len(gamma["pairs"]) == 1 else f"{kind}, {'/'.join(pair['annotators'])}"
                lines.append(_row(title, "", "", "–       " if found["mean"] is None else f"{found['mean']:<8.3f}", each))
    return lines


def _types_and_confusions(found: Comparison) -> list[str]:
    lines = []
    for group, rows in found.types.items():
        lines += ["", f"{group.replace('_', ' ').capitalize():<28}{'A':>6}{'B':>6}   {'exact':<24}overlap"] if rows else []
        for name, scores in rows.items():
            exact, overlap = (scores[variant] for variant in VARIANTS)
            lines.append(_row(name, exact.gold_num, exact.pred_num, f"{exact.f1:<24.3f}", f"{overlap.f1:.3f}"))
    lines += ["", f"{'Most confused':<28}{'times':>12}"] if any(found.confusions.values()) else []
    for name, confusions in found.confusions.items():
        lines += [_row(name.replace("_", " "), "", one.count, " / ".join(one.values)) for one in confusions[:SHOWN]]
    return lines


def _row(title: str, a: object, b: object, *figures: str) -> str:
    return f"{title:<28}{a:>6}{b:>6}   {''.join(figures)}".rstrip()


def _figure(one: Estimate) -> str:
    interval = f" [{one.low:.3f}, {one.high:.3f}]" if one.low is not None else ""
    return f"{'–' if one.value is None else f'{one.value:.3f}{interval}':<24}"
