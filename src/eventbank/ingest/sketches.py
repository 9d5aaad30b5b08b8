"""Sketches of shards on disk, and the search for stories over all of them: three maps, whose memory depends on a part, never on the whole.

`write` keeps the sketch of one shard. `search` takes a part of the range of keys from all shards and finds who shares one. `measure` takes
a part of the documents and measures the candidates among them. Between them the driver numbers the documents (by the order of their ids),
and at the end it joins the links. Files are Arrow's, mapped into memory, so that a step reads what it needs of them and no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from eventbank.corpus import Thresholds
from eventbank.files import replacing
from eventbank.shingles import Numbers, Ragged
from eventbank.stories import BANDS, COMMON, Sketch, banded, ends, sampled, shared, suspects, url_keys, verified

KINDS = ("bands", "samples", "paragraphs", "urls")
PAIRS, SAMPLED = 1 << 14, 1 << 20
"""Candidates that are measured at once, each of which brings the sets of two documents into memory; pairs that are counted at once."""

NOBODY = np.uint32(0xFFFFFFFF)
"""The number of a document that is left out, because another has its id."""


@dataclass(frozen=True)
class Search:
    """A part of the search: keys in part `part` of `parts` equal parts of their range. `places` says which document has which number."""

    sketches: tuple[Path, ...]
    places: Path
    part: int
    parts: int
    out: Path


@dataclass(frozen=True)
class Measure:
    """A part of the measuring: pairs whose first document has a number in `[first, last)`. `found` is what every `Search` wrote."""

    sketches: tuple[Path, ...]
    places: Path
    found: tuple[Path, ...]
    first: int
    last: int
    thresholds: Thresholds
    out: Path


def write(path: Path, found: Sketch, urls: Sequence[str | None], texts: Numbers) -> None:
    """Keeps the sketch of a shard: the sets of its documents, and the keys of every kind, ascending, with their documents' positions.

    `texts` holds a hash (uint64) of each text, to count those that are repeated.
    """
    worded = np.flatnonzero(found.sets.sizes > 0).astype(np.uint32)
    owners = np.repeat(np.arange(len(found.samples), dtype=np.uint32), found.samples.sizes)
    told, addressed = url_keys(urls)
    keys = {
        "bands": (found.bands[worded].ravel(), np.repeat(worded, BANDS)),
        "samples": (found.samples.values, owners),
        "paragraphs": (found.paragraphs, found.owners.astype(np.uint32)),
        "urls": (told, addressed.astype(np.uint32)),
    }
    columns = {"sets": found.sets.values, "offsets": found.sets.offsets, "sampled": found.samples.sizes.astype(np.uint32), "texts": texts}
    for kind, (values, holders) in keys.items():
        order = np.argsort(values, kind="stable")
        columns |= {kind: values[order], f"{kind}_of": holders[order]}
    save(path, columns)


def save(path: Path, columns: Mapping[str, Numbers]) -> None:
    """Writes arrays of any lengths, each under its name, in one step."""
    arrays = [pa.LargeListArray.from_arrays(pa.array([0, len(column)], pa.int64()), pa.array(column)) for column in columns.values()]
    batch = pa.RecordBatch.from_arrays(arrays, list(columns))
    with replacing(path) as file, pa.ipc.new_file(file, batch.schema) as writer:
        writer.write_batch(batch)


def load(path: Path) -> dict[str, Numbers]:
    """The arrays that `save` wrote, mapped into memory: what is not looked at is not read."""
    batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
    return {name: batch.column(name).values.to_numpy() for name in batch.schema.names}


def search(task: Search) -> int:
    """Finds the documents that share a key in a part of the range, and writes pairs and links; returns how many pairs."""
    low, high = (np.uint64((part << 64) // task.parts - (part == task.parts)) for part in (task.part, task.part + 1))
    numbers = load(task.places)["numbers"]
    parts: dict[str, list[tuple[Numbers, Numbers]]] = {kind: [] for kind in KINDS}
    begin = 0
    for path in task.sketches:
        shard = load(path)
        number = numbers[begin : begin + len(shard["offsets"]) - 1]
        begin += len(number)
        for kind, found in parts.items():
            last = len(shard[kind]) if task.part + 1 == task.parts else np.searchsorted(shard[kind], high)
            inside = slice(np.searchsorted(shard[kind], low), last)
            holders = number[shard[f"{kind}_of"][inside]]
            found.append((shard[kind][inside][holders != NOBODY], holders[holders != NOBODY]))
    keys = {kind: (np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])) for kind, found in parts.items()}
    pairs = banded(*keys["bands"])
    sample_pairs, counts = sampled(*keys["samples"])
    links = np.concatenate([shared(*keys["urls"]), shared(*keys["paragraphs"], COMMON)])
    save(task.out, {"bands": pairs, "samples": sample_pairs, "counts": counts.astype(np.uint32), "links": links})
    return len(pairs) + len(sample_pairs)


def measure(task: Measure) -> int:
    """Measures the candidates of some documents, and writes those that are near duplicates as links; returns how many.

    The more documents there are, the more pairs by samples each of them is in: so many pairs at once as `SAMPLED`, from as few documents.
    """
    sampled_pairs = (load(path)["samples"] for path in task.found)
    count = sum(len(pairs[_between(pairs, task.first, task.last)]) for pairs in sampled_pairs)
    blocks = max(1, -(-count // SAMPLED))
    edges = [task.first + (task.last - task.first) * at // blocks for at in range(blocks + 1)]
    links: Numbers = np.concatenate([np.zeros(0, np.uint64), *(_measured(task, *part) for part in pairwise(edges))])
    save(task.out, {"links": links})
    return len(links)


def _measured(task: Measure, first: int, last: int) -> Numbers:
    """The links among the candidates whose first document has a number in `[first, last)`."""
    alike, inside, counts = [], [], []
    for path in task.found:
        found = load(path)  # copies, as a part of a mapped file would keep what was looked at in memory
        alike.append(found["bands"][_between(found["bands"], first, last)].copy())
        part = _between(found["samples"], first, last)
        inside.append(found["samples"][part].copy())
        counts.append(found["counts"][part].copy())
    pairs, place = np.unique(np.concatenate(inside), return_inverse=True)
    count = np.bincount(place, weights=np.concatenate(counts), minlength=len(pairs))
    places = load(task.places)
    candidates = np.unique(np.concatenate([*alike, suspects(pairs, count, places["sampled"])]))
    parts = (candidates[at : at + PAIRS] for at in range(0, len(candidates), PAIRS))
    links: Numbers = np.concatenate([np.zeros(0, np.uint64), *(_verified(part, task, places) for part in parts)])
    return links


def _between(pairs: Numbers, first: int, last: int) -> slice:
    """Where those pairs stand, in ascending order, whose first document has a number in `[first, last)`."""
    return slice(*np.searchsorted(pairs, np.array([first << 32, last << 32], np.uint64)).tolist())


def _verified(pairs: Numbers, task: Measure, places: Mapping[str, Numbers]) -> Numbers:
    """As `stories.verified`, with the sets of those documents alone that are in a pair."""
    one, other = ends(pairs)
    needed = np.unique(np.concatenate([one, other]))
    shard, row = places["shard"][needed], places["row"][needed]
    order = np.lexsort((row, shard))
    sets: list[Numbers] = [np.zeros(0, np.uint32)] * len(needed)
    opened = -1
    file: dict[str, Numbers] = {}
    for at in order.tolist():
        if shard[at] != opened:
            file = {}  # the one before is let go first
            opened, file = int(shard[at]), load(task.sketches[shard[at]])
        # A copy, as a part of a mapped file would keep the whole of it in memory.
        sets[at] = file["sets"][file["offsets"][row[at]] : file["offsets"][row[at] + 1]].copy()
    found = Ragged.of(np.concatenate([np.zeros(0, np.uint32), *sets]), np.array([len(one) for one in sets], np.int64))
    renamed = (np.searchsorted(needed, one).astype(np.uint64) << np.uint64(32)) | np.searchsorted(needed, other).astype(np.uint64)
    kept: Numbers = pairs[np.isin(renamed, verified(renamed, found, task.thresholds))]
    return kept
