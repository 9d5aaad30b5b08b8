"""Story clusters: documents that tell one story in the same words, found among millions.

Two documents belong together when the Jaccard index of their word 3-grams reaches 0.4, when one contains so much of the other that the
share of the smaller one's 3-grams reaches the corpus's threshold, when they have one URL, or when they share a long paragraph that is no
boilerplate; and so does whoever is joined to either. Nobody compares all pairs: signatures in bands find texts of like length
(one-permutation MinHash: Li, Owen and Zhang 2012; empty bins filled by rotation: Shrivastava and Li 2014), an inverted index over one
shingle in `RATE` finds a short text inside a long one, and every candidate is then measured exactly. Paraphrase and translation escape
word n-grams.

The functions are steps over arrays, so that one process, many processes and a cluster of machines run the same ones: `sketch` for some
documents, `banded`, `sampled` and `shared` for the keys of all documents or of a part of the keys, `verified` for some candidates,
`components` for all links. Documents are numbered in the order of their ids. Nothing depends on how they are parted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from eventbank.corpus import Thresholds
from eventbank.document import Document
from eventbank.shingles import Numbers, Ragged, changes, chunks, mix, overlaps, paragraphs, sets, shingles

SHINGLE = 3
"""Words in a shingle."""

JACCARD = 0.4
"""Jaccard index of the shingles from which two documents are one story."""

LEAST = 10
"""Shingles that two documents must share for containment to count: a shorter text is inside many by chance."""

BANDS, ROWS = 32, 4
"""Bands of a signature, and bins in a band. Texts with Jaccard 0.4 agree in a band with probability 0.56, with 0.6 with 0.99."""

RATE = 16
"""One shingle in so many is in the index of samples."""

SUSPECT = 0.25
"""Share of the smaller document's samples that two documents must have in common to be measured."""

WHOLE, STAR = 32, 1_000
"""Of up to `WHOLE` documents with one key every pair is a candidate; of more, each with the first. A sample that more than `STAR` documents
have says nothing."""

COMMON = 20
"""A paragraph that more documents than this share is boilerplate and joins nothing."""

_BINS = BANDS * ROWS
_KEY = np.uint64(0x9E3779B97F4A7C15)
_BIN = np.uint32(32 - _BINS.bit_length() + 1)
"""Bits of a shingle below those that name its bin."""
_HALF = np.uint64(32)


@dataclass(frozen=True)
class Sketch:
    """What is kept of `n` documents to find their like: about 2.1 kB for an article of 400 words, of which all but `sets` are keys.

    Attributes:
        sets: the distinct shingles of each document (uint32, ascending).
        bands: the key of each band (uint64, n by `BANDS`); of no use for a document without words.
        samples: the shingles that are in the index (uint64).
        paragraphs, owners: a key (uint64) for each long paragraph, and its document's position.
    """

    sets: Ragged
    bands: Numbers
    samples: Ragged
    paragraphs: Numbers
    owners: Numbers


def sketch(texts: Sequence[str] | pa.Array, thresholds: Thresholds) -> Sketch:
    """The sketch of some texts, in their order."""
    found: list[Ragged] = []
    samples: list[Ragged] = []
    bands: list[Numbers] = [np.zeros((0, BANDS), np.uint64)]
    keys: list[Numbers] = [np.zeros(0, np.uint64)]
    owners: list[Numbers] = [np.zeros(0, np.int64)]
    done = 0
    for words, begins in chunks(texts):
        hashes = shingles(words, SHINGLE)
        found.append(sets(hashes, np.uint32))
        bands.append(_bands(found[-1]))
        samples.append(hashes.where(hashes.values & np.uint64(RATE - 1) == 0))
        long, owner = paragraphs(words, begins, thresholds.paragraph_words)
        keys.append(long)
        owners.append(owner + done)
        done += len(words)
    return Sketch(
        Ragged.joined(found, np.uint32),
        np.concatenate(bands),
        Ragged.joined(samples),
        np.concatenate(keys),
        np.concatenate(owners),
    )


def joined(parts: Sequence[Sketch]) -> Sketch:
    """The sketch of all documents of some parts, one part after the other."""
    begins = np.cumsum([0, *(len(part.sets) for part in parts)])
    return Sketch(
        Ragged.joined([part.sets for part in parts], np.uint32),
        np.concatenate([np.zeros((0, BANDS), np.uint64), *(part.bands for part in parts)]),
        Ragged.joined([part.samples for part in parts]),
        np.concatenate([np.zeros(0, np.uint64), *(part.paragraphs for part in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(part.owners + begin for part, begin in zip(parts, begins[:-1], strict=True))]),
    )


def banded(keys: Numbers, documents: Numbers) -> Numbers:
    """Candidates among documents (int64, one for each key) with one key of a band, as pairs (uint64) without repetition."""
    packed, runs = _runs(keys, documents)
    found: Numbers = np.unique(np.concatenate([_whole(packed, runs, WHOLE), _star(packed, runs, WHOLE, len(packed))]))
    return found


def sampled(keys: Numbers, documents: Numbers) -> tuple[Numbers, Numbers]:
    """Pairs of documents that have samples in common, and how many (int64) of these `keys`."""
    packed, runs = _runs(keys, documents)
    return _counted(np.concatenate([_whole(packed, runs, WHOLE), _star(packed, runs, WHOLE, STAR)]))


def shared(keys: Numbers, documents: Numbers, most: int | None = None) -> Numbers:
    """Links between documents with one key (a URL, a paragraph), unless more than `most` documents have it."""
    order = np.lexsort((documents, keys))
    keys, documents = keys[order], documents[order]
    new = np.ones(len(keys), bool)
    new[1:] = (keys[1:] != keys[:-1]) | (documents[1:] != documents[:-1])
    keys, documents = keys[new], documents[new].astype(np.uint64)
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(keys), 1), bool), keys[1:] != keys[:-1]]))
    sizes = np.diff(np.append(starts, len(keys)))
    first = np.repeat(documents[starts], sizes)
    few = np.repeat((sizes <= most) if most is not None else np.ones(len(sizes), bool), sizes)
    links: Numbers = ((first << _HALF) | documents)[few & (first != documents)]
    return links


def suspects(pairs: Numbers, counts: Numbers, samples: Numbers) -> Numbers:
    """Those pairs that share enough samples to be measured; `samples` is how many each document has."""
    one, other = ends(pairs)
    kept: Numbers = pairs[counts >= SUSPECT * np.minimum(samples[one], samples[other])]
    return kept


def verified(pairs: Numbers, found: Ragged, thresholds: Thresholds) -> Numbers:
    """Those pairs that are near duplicates by their `sets`, measured exactly but for collisions of 32 bits."""
    one, other, sizes = *ends(pairs), found.sizes
    overlap = overlaps(found, one, other)
    smaller, larger = np.minimum(sizes[one], sizes[other]), np.maximum(sizes[one], sizes[other])
    alike = (overlap > 0) & (overlap >= JACCARD * (smaller + larger - overlap))
    inside = (overlap >= LEAST) & (overlap >= thresholds.near_duplicate * smaller)
    kept: Numbers = pairs[alike | inside]
    return kept


def ends(pairs: Numbers) -> tuple[Numbers, Numbers]:
    """The two documents (int64) of each pair, the smaller number first."""
    return (pairs >> _HALF).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)


def components(count: int, links: Numbers) -> Numbers:
    """For each of `count` documents the first one (int64) that links lead to."""
    one, other = ends(links)
    first = np.arange(count)
    while len(one):
        low, high = np.minimum(first[one], first[other]), np.maximum(first[one], first[other])
        apart = low != high
        one, other, low, high = one[apart], other[apart], low[apart], high[apart]
        np.minimum.at(first, high, low)
        while not np.array_equal(further := first[first], first):
            first = further
    return first


def stories(documents: Sequence[Document], thresholds: Thresholds, joined: Iterable[tuple[str, str]] = ()) -> list[frozenset[str]]:
    """The story clusters of some documents, each document in exactly one, ordered by smallest id; `joined` are more links, by id."""
    ordered = sorted(documents, key=lambda document: document.doc_id)
    number = {document.doc_id: at for at, document in enumerate(ordered)}
    found = sketch([document.text for document in ordered], thresholds)
    told = [number[one] << 32 | number[other] for one, other in joined]
    links = linked(found, url_keys([document.url for document in ordered]), thresholds)
    clusters: dict[int, set[str]] = {}
    for document, first in zip(ordered, components(len(ordered), np.append(links, np.array(told, np.uint64))).tolist(), strict=True):
        clusters.setdefault(first, set()).add(document.doc_id)
    return [frozenset(clusters[first]) for first in sorted(clusters)]


def linked(found: Sketch, urls: tuple[Numbers, Numbers], thresholds: Thresholds) -> Numbers:
    """The links between documents that lie in one sketch, numbered by their positions in it."""
    worded = np.flatnonzero(found.sets.sizes > 0)
    alike = [banded(found.bands[worded, band], worded) for band in range(BANDS)]
    owners = np.repeat(np.arange(len(found.samples)), found.samples.sizes)
    inside = suspects(*sampled(found.samples.values, owners), found.samples.sizes)
    candidates = np.unique(np.concatenate([*alike, inside]))
    told = shared(*urls), shared(found.paragraphs, found.owners, COMMON)
    return np.concatenate([verified(candidates, found.sets, thresholds), *told])


def url_keys(urls: Sequence[str | None]) -> tuple[Numbers, Numbers]:
    """A key (uint64) for each URL, and the position of its document; an unknown or empty one has none."""
    from hashlib import blake2b

    at = np.array([at for at, url in enumerate(urls) if url], np.int64)
    known = [blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).digest() for url in urls if url]
    return np.frombuffer(b"".join(known), "<u8").astype(np.uint64), at


def _bands(found: Ragged) -> Numbers:
    """The keys of the bands: the least shingle of each bin of the hash's range, `ROWS` (an even number of) bins together."""
    keys = np.zeros((len(found), BANDS), np.uint64)
    worded = np.flatnonzero(found.sizes)
    if not len(worded):
        return keys
    found = Ragged(found.values, np.append(found.offsets[worded], len(found.values)))
    least = found.where(changes(found.values >> _BIN, found))
    first, last = least.values[least.offsets[:-1]], least.values[least.offsets[1:] - 1] >> _BIN
    places = np.repeat(np.arange(len(least)) * _BINS, least.sizes) + (least.values >> _BIN)
    # An empty bin takes what the next one has that is not empty, and those behind the last such take what the first one has.
    bins = np.zeros(len(least) * _BINS, np.uint32)
    bins[: places[-1] + 1] = np.repeat(least.values, np.diff(places, prepend=-1))
    rows = bins.reshape(len(least), _BINS)
    np.copyto(rows, first[:, None], where=np.arange(_BINS, dtype=np.uint32) > last[:, None])
    twos = rows.view(np.uint64).reshape(len(least), BANDS, ROWS // 2)
    some = np.broadcast_to(np.arange(BANDS, dtype=np.uint64), (len(least), BANDS))
    for two in range(ROWS // 2):
        some = some * _KEY + twos[:, :, two]
    keys[worded] = mix(some)
    return keys


def _runs(keys: Numbers, documents: Numbers) -> tuple[Numbers, Numbers]:
    """The documents (uint64) that share their key with another, ordered by key and number, and where each run of one key begins.

    The highest bits of the key count, as many as the numbers leave room for; what that joins by chance is found out when it is measured.
    """
    bits = np.uint64(max(int(documents.max(initial=0)).bit_length(), 1))
    packed = (keys >> bits << bits) | documents.astype(np.uint64)
    packed.sort()
    packed = packed[np.concatenate([np.ones(min(len(packed), 1), bool), packed[1:] != packed[:-1]])]
    head = packed >> bits
    same = head[1:] == head[:-1]
    member = np.zeros(len(packed), bool)
    member[1:] = same
    member[:-1] |= same
    packed, head = packed[member], head[member]
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(head), 1), bool), head[1:] != head[:-1]]))
    return packed & ((np.uint64(1) << bits) - np.uint64(1)), starts


def _whole(documents: Numbers, starts: Numbers, most: int) -> Numbers:
    """Every pair of each run of at most `most` documents."""
    sizes = np.diff(np.append(starts, len(documents)))
    kept = np.repeat(sizes <= most, sizes)
    documents, run = documents[kept], np.repeat(np.arange(len(sizes)), sizes)[kept]
    found: list[Numbers] = [np.zeros(0, np.uint64)]
    for step in range(1, most):
        at = np.flatnonzero(run[step:] == run[:-step])
        if not len(at):
            break
        found.append((documents[at] << _HALF) | documents[at + step])
    return np.concatenate(found)


def _star(documents: Numbers, starts: Numbers, more: int, most: int) -> Numbers:
    """The first of each run of more than `more` and at most `most` documents with each of the others."""
    sizes = np.diff(np.append(starts, len(documents)))
    kept = np.repeat((sizes > more) & (sizes <= most), sizes)
    first = np.repeat(documents[starts], sizes)
    kept[starts] = False
    pairs: Numbers = (first[kept] << _HALF) | documents[kept]
    return pairs


def _counted(pairs: Numbers) -> tuple[Numbers, Numbers]:
    found, counts = np.unique(pairs, return_counts=True)
    return found, counts
