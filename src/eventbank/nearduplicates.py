"""Near duplicates and story clusters: which documents tell the same story in the same words.

Two documents belong together when their word 5-grams overlap (Jaccard or containment at or above a threshold), when they have one URL, or
when they share an identical paragraph of many words. The search here is exhaustive and exact: every pair that shares a 5-gram is compared.
Paraphrase and translation escape it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from eventbank.corpus import Thresholds
from eventbank.document import JOINT, Document
from eventbank.layer import closed

SHINGLE = 5
"""Words in a shingle."""

COMMON = 20
"""A paragraph that more documents than this share is boilerplate and joins nothing."""

_WORD = re.compile(r"\w+")
Shingle = tuple[str, ...]


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


def words(text: str) -> list[str]:
    """The words of a text in lower case: runs of letters, digits and underscores."""
    return _WORD.findall(text.lower())


def shingles(text: str, size: int = SHINGLE) -> frozenset[Shingle]:
    """The set of word `size`-grams of a text; a shorter text is one shingle, an empty one none."""
    found = words(text)
    return (
        frozenset(zip(*(found[at:] for at in range(size)), strict=False))
        if len(found) >= size
        else frozenset({tuple(found)} if found else ())
    )


def pairs(documents: Sequence[Document], thresholds: Thresholds) -> list[Pair]:
    """Every pair of documents that shares a shingle, a URL or a long paragraph, with its measures, in order.

    Jaccard is shared shingles over all shingles of the two, containment is shared shingles over those of the smaller
    (Broder 1997, "On the resemblance and containment of documents").
    """
    grams = {document.doc_id: shingles(document.text) for document in documents}
    shared = _together(grams)
    urls = _together({document.doc_id: [document.url] if document.url else [] for document in documents})
    paragraphs = _together({document.doc_id: _long_paragraphs(document, thresholds) for document in documents}, COMMON)
    found = []
    for one, other in sorted(shared.keys() | urls.keys() | paragraphs.keys()):
        both, sizes = shared[one, other], (len(grams[one]), len(grams[other]))
        jaccard = both / (sum(sizes) - both) if both else 0.0
        containment = both / min(sizes) if both else 0.0
        found.append(Pair(one, other, jaccard, containment, bool(urls[one, other]), paragraphs[one, other]))
    return found


def stories(doc_ids: Iterable[str], found: Iterable[Pair], thresholds: Thresholds) -> list[frozenset[str]]:
    """The story clusters: documents joined by pairs, each in exactly one cluster, ordered by smallest id."""
    links = [(pair.one, pair.other) for pair in found if pair.joins(thresholds)]
    return sorted(closed(sorted(doc_ids), links), key=min)


def _long_paragraphs(document: Document, thresholds: Thresholds) -> set[Shingle]:
    found = (tuple(words(paragraph)) for paragraph in document.text.split(JOINT))
    return {paragraph for paragraph in found if len(paragraph) >= thresholds.paragraph_words}


def _together(features: Mapping[str, Iterable[object]], common: int | None = None) -> Counter[tuple[str, str]]:
    """How many features each pair of documents shares; features of more than `common` documents count for none."""
    holders: defaultdict[object, list[str]] = defaultdict(list)
    for doc_id in sorted(features):
        for feature in features[doc_id]:
            holders[feature].append(doc_id)
    count: Counter[tuple[str, str]] = Counter()
    for group in holders.values():
        if common is None or len(group) <= common:
            count.update(combinations(group, 2))
    return count
