"""Percentile intervals by drawing documents again (Efron 1979).

Every figure here is a function of counts that add up over documents, so a draw is a product of weights and counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DRAWS = 1000
SEED = 20240229
LEVEL = 0.95

_AT_ONCE = 1 << 22
"""How many weights are held at once."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure and the ends of its interval; None for a figure that is not defined, and for an interval that cannot be drawn."""

    value: float | None
    low: float | None = None
    high: float | None = None


def weights(documents: int, draws: int = DRAWS, seed: int = SEED) -> Array:
    """How often each document is in each draw: one row a draw, each with as many documents as there are, drawn with replacement."""
    picked = np.random.default_rng(seed).integers(0, max(documents, 1), size=(draws, documents))
    return np.stack([np.bincount(row, minlength=documents) for row in picked]).astype(np.float64)


def resampled(counts: Array, draws: int = DRAWS, seed: int = SEED) -> Array:
    """The sums of counts in each draw: `weights(len(counts), draws, seed) @ counts`, in memory that does not grow with the documents.

    Args:
        counts: one row a document.

    Returns:
        One row a draw.
    """
    rng = np.random.default_rng(seed)
    step = max(1, _AT_ONCE // max(len(counts), 1))
    sums = []
    for first in range(0, draws, step):
        picked = rng.integers(0, max(len(counts), 1), size=(min(step, draws - first), len(counts)))
        drawn = np.stack([np.bincount(row, minlength=len(counts)) for row in picked])
        sums.append(drawn.astype(np.float64) @ counts)
    return np.concatenate(sums)


def interval(value: float, values: Array) -> Estimate:
    """A figure with the 2.5th and 97.5th percentile of its values in the draws; draws in which it is not defined are left out."""
    if np.isnan(value):
        return Estimate(None)
    values = values[~np.isnan(values)]
    if not len(values):
        return Estimate(value)
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def estimate(counts: Array, figure: Callable[[Array], Array], drawn: Array) -> Estimate:
    """A figure over all documents, with its 95 % interval: the 2.5th and 97.5th percentile of the draws.

    Draws in which the figure is not defined are left out. With fewer than two documents there is no interval.

    Args:
        counts: one row a document.
        figure: takes summed counts, one row a draw, and gives the figure of each row, NaN where it is not defined.
        drawn: from `weights`, one column a document.
    """
    value = float(figure(counts.sum(axis=0, keepdims=True))[0])
    return interval(value, figure(drawn @ counts) if len(counts) > 1 else np.zeros(0))


def ratio(numerator: Array, denominator: Array) -> Array:
    """Their quotient, NaN where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.full_like(denominator, np.nan), where=denominator != 0)


def f1(sums: Array) -> Array:
    """F1 from four columns: numerator and denominator of precision, then of recall; NaN where neither side has anything."""
    precision, recall = np.nan_to_num(ratio(sums[:, 0], sums[:, 1])), np.nan_to_num(ratio(sums[:, 2], sums[:, 3]))
    mean = np.nan_to_num(ratio(2 * precision * recall, precision + recall))
    return np.where((sums[:, 1] == 0) & (sums[:, 3] == 0), np.nan, mean)


def nominal_alpha(sums: Array) -> Array:
    """Krippendorff's alpha for nominal data and two values a unit (Krippendorff 2011, section B).

    The first column counts the units whose two values differ, every further one how often a value was given. NaN where there is but one
    value, so that nothing could have been confused.
    """
    n = sums[:, 1:].sum(axis=1)
    return 1 - ratio((n - 1) * 2 * sums[:, 0], n**2 - (sums[:, 1:] ** 2).sum(axis=1))
