"""Whether two systems differ: approximate randomisation (Noreen 1989), as Chinchor (1992) and Yeh (2000) use it for F1.

If two systems were equally good, it would not matter which of them made the output of a document. So the outputs of each cluster of
documents change sides at random, and the p-value is how often the difference then is at least as large as the one that was found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from eventbank.scoring.bootstrap import SEED, Array

TRIALS = 9999

_AT_ONCE = 1 << 22
_ALIKE = 1e-12


@dataclass(frozen=True)
class Difference:
    """A figure of one system, of the other, one minus the other, and how probable a difference so large is between equals (two-sided)."""

    one: float
    other: float
    difference: float
    p: float


def exchanges(clusters: int, trials: int = TRIALS, seed: int = SEED) -> tuple[Array, bool]:
    """Which clusters change sides: one row a trial, 1 for those that do. Every way there is if these are not more than `trials`.

    Returns:
        The rows, and whether they are all there are.
    """
    if 2 ** min(clusters, 64) <= trials:
        return np.array(list(product((0.0, 1.0), repeat=clusters))).reshape(-1, clusters), True
    return np.random.default_rng(seed).integers(0, 2, size=(trials, clusters)).astype(np.float64), False


def differences(one: Array, other: Array, figures: Callable[[Array], Array], trials: int = TRIALS, seed: int = SEED) -> list[Difference]:
    """The differences of all figures of two systems.

    Args:
        one: counts, one row a cluster.
        other: counts of the other system in the same order.
        figures: takes summed counts, one row a trial, and gives one column a figure, NaN where a figure is not defined (taken as 0 here: a
            system that finds nothing where there is nothing to be found).

    Returns:
        One for each figure. The exact p-value where every exchange was tried, else (1 + trials as extreme) / (1 + trials).
    """

    def defined(sums: Array) -> Array:
        return np.nan_to_num(figures(sums))

    mine, yours = defined(one.sum(axis=0, keepdims=True))[0], defined(other.sum(axis=0, keepdims=True))[0]
    found = mine - yours
    swapped, every = exchanges(len(one), trials, seed)
    extreme = np.zeros(len(found))
    change = other - one
    for rows in np.array_split(swapped, max(1, swapped.size // _AT_ONCE)):
        moved = rows @ change
        drawn = defined(one.sum(axis=0) + moved) - defined(other.sum(axis=0) - moved)
        extreme += (np.abs(drawn) >= np.abs(found) - _ALIKE).sum(axis=0)
    p = extreme / len(swapped) if every else (extreme + 1) / (len(swapped) + 1)
    return [Difference(*map(float, row)) for row in zip(mine, yours, found, p, strict=True)]
