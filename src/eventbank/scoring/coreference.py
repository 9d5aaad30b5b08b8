"""Coreference metrics: MUC, B³, CEAF by entities, LEA, and the CoNLL average.

Chains are sets of mentions; a mention is anything hashable that is equal on both sides when it is the same mention. No mention is in two
chains of one side. Mentions that only one side has are left as they are (Pradhan et al. 2014): they cost precision or recall, and
nothing is added to the other side. A metric gives the sums that precision and recall are made of, so that documents can be added before
dividing, as the CoNLL scorer does. A ratio over nothing is 0.0, as there.

How singletons count is said with each metric.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from statistics import fmean

from eventbank.scoring.assignment import best_matching

Chain = AbstractSet[Hashable]
Chains = Collection[Chain]


@dataclass(frozen=True)
class Ratios:
    """Precision and recall as numerators and denominators; those of several documents may be added."""

    precision_num: float = 0.0
    precision_den: float = 0.0
    recall_num: float = 0.0
    recall_den: float = 0.0

    @property
    def precision(self) -> float:
        """0 to 1; 0.0 where there is nothing to divide by."""
        return self.precision_num / self.precision_den if self.precision_den else 0.0

    @property
    def recall(self) -> float:
        """0 to 1; 0.0 where there is nothing to divide by."""
        return self.recall_num / self.recall_den if self.recall_den else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both; the same when predicted and gold change places."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def __add__(self, other: Ratios) -> Ratios:
        return Ratios(
            self.precision_num + other.precision_num,
            self.precision_den + other.precision_den,
            self.recall_num + other.recall_num,
            self.recall_den + other.recall_den,
        )


def muc(pred: Chains, gold: Chains) -> Ratios:
    """MUC (Vilain et al. 1995): links that are kept.

    Recall: a gold chain of n mentions has n - 1 links, and loses one for each part beyond the first into which the predicted chains cut
    it; a mention that was not predicted is a part of its own. Precision is the same with the sides exchanged. Singletons have no link and
    count nowhere: where no chain has two mentions, there is nothing to measure.
    """
    return _both(pred, gold, lambda chain, other: (len(chain) - _parts(chain, other), len(chain) - 1))


def b_cubed(pred: Chains, gold: Chains) -> Ratios:
    """B³ (Bagga and Baldwin 1998): for each mention, the share of its chain that is also in its chain on the other side.

    Recall is the mean over gold mentions, precision that over predicted ones. A mention that the other side does not have scores 0.
    Singletons count like any other chain.
    """
    return _both(pred, gold, lambda chain, other: (sum(n * n for n in _cut(chain, other)) / len(chain), len(chain)))


def ceaf_e(pred: Chains, gold: Chains) -> Ratios:
    """CEAF with Luo's φ4 (Luo 2005): chains are matched one to one so that the total likeness is largest.

    The likeness of two chains is 2·|common mentions| / (|one| + |other|); recall divides the total by the number of gold chains, precision
    by that of predicted ones. Singletons are chains.
    """
    golds, where = _sound(gold)
    preds, _ = _sound(pred)
    common: dict[tuple[int, int], int] = {}
    for row, chain in enumerate(preds):
        for mention in chain:
            if mention in where:
                common[row, where[mention]] = common.get((row, where[mention]), 0) + 1
    likeness = {(row, column): 2 * n / (len(preds[row]) + len(golds[column])) for (row, column), n in common.items()}
    total = sum(likeness[pair] for pair in best_matching(likeness))
    return Ratios(total, len(preds), total, len(golds))


def lea(pred: Chains, gold: Chains) -> Ratios:
    """LEA (Moosavi and Strube 2016): the share of a chain's links that are kept, weighted by the chain's size.

    A chain of n mentions has n·(n - 1)/2 links. A singleton has one link, to itself, which is kept if the mention is a singleton on the
    other side as well.
    """
    return _both(pred, gold, _resolution)


def conll(*, muc: Ratios, b_cubed: Ratios, ceaf_e: Ratios) -> float:
    """The average of the F1 of MUC, B³ and CEAF by entities (Pradhan et al. 2012)."""
    return fmean((muc.f1, b_cubed.f1, ceaf_e.f1))


METRICS: dict[str, Callable[[Chains, Chains], Ratios]] = {"muc": muc, "b_cubed": b_cubed, "ceaf_e": ceaf_e, "lea": lea}
"""Every metric by its name; each takes predicted and gold chains."""

_Where = Mapping[Hashable, int]


@dataclass(frozen=True)
class _Other:
    """The chains of the other side, and in which of them each mention is."""

    chains: list[Chain]
    where: _Where


def _both(pred: Chains, gold: Chains, count: Callable[[Chain, _Other], tuple[float, float]]) -> Ratios:
    """The sums of what `count` gives for every chain against the other side: of predicted chains for precision, of gold ones for recall."""
    ours, theirs = _Other(*_sound(pred)), _Other(*_sound(gold))
    precision = [count(chain, theirs) for chain in ours.chains]
    recall = [count(chain, ours) for chain in theirs.chains]
    sums = (sum(column) for pairs in (precision, recall) for column in (zip(*pairs, strict=True) if pairs else ((), ())))
    return Ratios(*sums)


def _sound(chains: Chains) -> tuple[list[Chain], _Where]:
    where: dict[Hashable, int] = {}
    for at, chain in enumerate(chains):
        if not chain:
            raise ValueError("a chain is empty")
        for mention in chain:
            if where.setdefault(mention, at) != at:
                raise ValueError(f"{mention!r} is in two chains")
    return list(chains), where


def _cut(chain: Chain, other: _Other) -> list[int]:
    """How many mentions of a chain each chain of the other side has, those that have any."""
    sizes: dict[int, int] = {}
    for mention in chain:
        if mention in other.where:
            sizes[other.where[mention]] = sizes.get(other.where[mention], 0) + 1
    return sorted(sizes.values())


def _parts(chain: Chain, other: _Other) -> int:
    cut = _cut(chain, other)
    return len(cut) + len(chain) - sum(cut)


def _resolution(chain: Chain, other: _Other) -> tuple[float, float]:
    if len(chain) == 1:
        (mention,) = chain
        alone = mention in other.where and len(other.chains[other.where[mention]]) == 1
        return float(alone), 1.0
    kept = sum(n * (n - 1) // 2 for n in _cut(chain, other))
    return len(chain) * kept / (len(chain) * (len(chain) - 1) // 2), len(chain)
