"""One-to-one matching of the largest total weight."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from eventbank.layer import closed


def best_matching(weights: Mapping[tuple[int, int], float]) -> list[tuple[int, int]]:
    """The pairs of rows and columns, each row and each column in at most one pair, whose weights have the largest sum.

    Rows and columns that no chain of pairs connects are solved apart, so that the cost is that of the largest connected part. Among
    several best matchings the choice follows from the numbers of rows and columns alone, never from the order of `weights`.

    Args:
        weights: the weight of every pair that may be matched, above 0; other pairs are never matched.

    Returns:
        The pairs in ascending order.
    """
    edges = sorted(weights)
    nodes = dict.fromkeys([*((0, row) for row, _ in edges), *((1, column) for _, column in edges)])
    part_of = {node: at for at, part in enumerate(closed(nodes, (((0, row), (1, column)) for row, column in edges))) for node in part}
    parts: dict[int, list[tuple[int, int]]] = {}
    for row, column in edges:
        parts.setdefault(part_of[0, row], []).append((row, column))
    return sorted(pair for part in parts.values() for pair in _solve(part, weights))


def _solve(edges: list[tuple[int, int]], weights: Mapping[tuple[int, int], float]) -> list[tuple[int, int]]:
    if len(edges) == 1:
        return edges
    rows, columns = sorted({row for row, _ in edges}), sorted({column for _, column in edges})
    row_at, column_at = {row: at for at, row in enumerate(rows)}, {column: at for at, column in enumerate(columns)}
    cost = np.zeros((len(rows), len(columns)))
    for row, column in edges:
        cost[row_at[row], column_at[column]] = -weights[row, column]
    if len(rows) <= len(columns):
        found = [(rows[at], columns[to]) for at, to in enumerate(_assign(cost))]
    else:
        found = [(rows[to], columns[at]) for at, to in enumerate(_assign(cost.T))]
    return [pair for pair in found if pair in weights]


def _assign(cost: npt.NDArray[np.float64]) -> list[int]:
    """The column of every row, at the least total cost; there are no more rows than columns.

    The Hungarian method (Kuhn 1955) by shortest augmenting paths with potentials (Jonker and Volgenant 1987): rows join one by one, and
    each extends the assignment along the cheapest alternating path, in O(rows² · columns).
    """
    rows, columns = cost.shape
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    owner = np.full(columns, -1)
    for new in range(rows):
        distance = np.full(columns, np.inf)
        before = np.full(columns, -1)
        done = np.zeros(columns, dtype=bool)
        row, column = new, -1
        while True:
            reduced = cost[row] - row_price[row] - column_price
            shorter = ~done & (reduced < distance)
            distance[shorter], before[shorter] = reduced[shorter], column
            column = int(np.argmin(np.where(done, np.inf, distance)))
            step = distance[column]
            row_price[new] += step
            row_price[owner[done]] += step
            column_price[done] -= step
            distance[~done] -= step
            done[column] = True
            if owner[column] < 0:
                break
            row = int(owner[column])
        while column >= 0:
            previous = int(before[column])
            owner[column] = owner[previous] if previous >= 0 else new
            column = previous
    column_of = {int(row): column for column, row in enumerate(owner) if row >= 0}
    return [column_of[row] for row in range(rows)]
