"""Near duplicates, exhaustively: every pair of documents that tells the same story in the same words, for the promise that no split leaks.

Two documents are near duplicates when their word 5-grams overlap (Jaccard or containment at or above a threshold), when they have one URL,
or when they share an identical paragraph of many words. Nothing is estimated. A pair whose smaller set lies in the other by a share of `t`
must have one of the smaller one's rarest shingles in common, all but `t` of them and one; only documents that share such a rare one are
measured (prefix filtering: Chaudhuri, Ganti and Kaushik 2006). Paraphrase and translation escape word n-grams. `stories` finds clusters
where all pairs are too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eventbank.corpus import Thresholds
from eventbank.document import Document
from eventbank.shingles import Numbers, Ragged, chunks, overlaps, paragraphs, sets, shingles
from eventbank.shingles import spelled as words
from eventbank.stories import COMMON, ends

__all__ = ["COMMON", "SHINGLE", "Pair", "pairs", "words"]

SHINGLE = 5
"""Words in a shingle."""

_HALF = np.uint64(32)
_ROUND = 1 << 22
"""Pairs that are looked at at once."""


@dataclass(frozen=True, order=True)
class Pair:
    """Two documents, by id in order, and how alike they are. `paragraphs` counts the long paragraphs that both have."""

    one: str
    other: str
    jaccard: float = 0.0
    containment: float = 0.0
    same_url: bool = False
    paragraphs: int = 0

    def joins(self, thresholds: Thresholds) -> bool:
        """Whether the two tell one story."""
        return self.same_url or self.paragraphs > 0 or max(self.jaccard, self.containment) >= thresholds.near_duplicate


def pairs(documents: Sequence[Document], thresholds: Thresholds) -> list[Pair]:
    """Every pair of documents that joins, with its measures, in order.

    Jaccard is shared shingles over all shingles of the two, containment is shared shingles over those of the smaller
    (Broder 1997, "On the resemblance and containment of documents").
    """
    ordered = sorted(documents, key=lambda document: document.doc_id)
    grams, long, owners = _features([document.text for document in ordered], thresholds.paragraph_words)
    urls = {url: at for at, url in enumerate(sorted({document.url for document in ordered if document.url}))}
    addressed = np.array([at for at, document in enumerate(ordered) if document.url], np.int64)
    same_url, _ = _together(np.array([urls[ordered[at].url or ""] for at in addressed], np.uint64), addressed)
    same_paragraph, count = _together(long, owners, COMMON)
    found = np.unique(np.concatenate([_alike(grams, thresholds.near_duplicate), same_url, same_paragraph]))
    one, other = ends(found)
    both, sizes = overlaps(grams, one, other), grams.sizes
    smaller = np.minimum(sizes[one], sizes[other])
    jaccard = both / np.maximum(sizes[one] + sizes[other] - both, 1)
    paragraph_counts = np.zeros(len(found), np.int64)
    paragraph_counts[np.searchsorted(found, same_paragraph)] = count
    columns = (one, other, jaccard, both / np.maximum(smaller, 1), np.isin(found, same_url), paragraph_counts)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    measured = (Pair(ordered[a].doc_id, ordered[b].doc_id, *measures) for a, b, *measures in rows)
    return [pair for pair in measured if pair.joins(thresholds)]


def _features(texts: Sequence[str], least: int) -> tuple[Ragged, Numbers, Numbers]:
    """The shingles of each text, numbered among all shingles (uint32), and the long paragraphs with their texts' positions."""
    found: list[Ragged] = []
    keys: list[Numbers] = [np.zeros(0, np.uint64)]
    owners: list[Numbers] = [np.zeros(0, np.int64)]
    done = 0
    for part, begins in chunks(texts):
        found.append(sets(shingles(part, SHINGLE)))
        long, owner = paragraphs(part, begins, least)
        keys.append(long)
        owners.append(owner + done)
        done += len(part)
    grams = Ragged.joined(found)
    numbers = np.unique(grams.values, return_inverse=True)[1].astype(np.uint32)
    return Ragged(numbers, grams.offsets), np.concatenate(keys), np.concatenate(owners)


def _alike(grams: Ragged, threshold: float) -> Numbers:
    """Every pair, as one number, of which the smaller set lies in the other by the threshold's share or more."""
    sizes, values = grams.sizes, grams.values
    owner = np.repeat(np.arange(len(grams)), sizes)
    posting = owner[np.argsort(values, kind="stable")]
    frequency = np.bincount(values) if len(values) else np.zeros(0, np.int64)
    begin = np.cumsum(frequency) - frequency
    need = np.maximum(np.ceil(threshold * sizes - 1e-9).astype(np.int64), 1)
    rarest = np.lexsort((values, frequency[values], owner))
    rank = np.arange(len(values)) - np.repeat(grams.offsets[:-1], sizes)
    query = rarest[rank < np.repeat(sizes - need + 1, sizes)]
    query = query[frequency[values[query]] > 1]
    work = np.cumsum(frequency[values[query]])
    found: list[Numbers] = [np.zeros(0, np.uint64)]
    first = 0
    while first < len(query):
        last = max(int(np.searchsorted(work, (work[first - 1] if first else 0) + _ROUND, "right")), first + 1)
        asked = values[query[first:last]]
        count = frequency[asked]
        at = np.arange(count.sum()) + np.repeat(begin[asked] - np.cumsum(count) + count, count)
        smaller, larger = np.repeat(owner[query[first:last]], count), posting[at]
        kept = (sizes[smaller] < sizes[larger]) | ((sizes[smaller] == sizes[larger]) & (smaller < larger))
        packed = np.unique((smaller[kept].astype(np.uint64) << _HALF) | larger[kept].astype(np.uint64))
        one, other = ends(packed)
        enough = overlaps(grams, one, other) >= need[one]
        one, other = one[enough], other[enough]
        found.append((np.minimum(one, other).astype(np.uint64) << _HALF) | np.maximum(one, other).astype(np.uint64))
        first = last
    every: Numbers = np.unique(np.concatenate(found))
    return every


def _together(keys: Numbers, owners: Numbers, common: int | None = None) -> tuple[Numbers, Numbers]:
    """Every pair of documents with a key in common, and how many keys; keys of more than `common` documents count for none."""
    found = np.unique(np.stack([keys, owners.astype(np.uint64)], axis=1), axis=0) if len(keys) else np.zeros((0, 2), np.uint64)
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(found), 1), bool), found[1:, 0] != found[:-1, 0]]))
    groups = np.split(found[:, 1], starts[1:]) if len(found) else []
    packed: list[Numbers] = [np.zeros(0, np.uint64)]
    for group in groups:
        if 1 < len(group) <= (common or len(group)):
            one, other = np.triu_indices(len(group), 1)
            packed.append((group[one] << _HALF) | group[other])
    return np.unique(np.concatenate(packed), return_counts=True)
