"""`eventbank ingest`: raw files of any number to Parquet with stories, on any engine, resumable, and the same bytes every time.

The driver plans shards, lets an engine convert them, numbers the documents, lets the engine search for near duplicates, joins what it
found, lets the engine write the shards out, and writes the manifest last. Everything before that lies in a folder of work and is kept when
a run dies. What the driver itself holds grows with the number of documents: `docs/scale.md` says by how much.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eventbank.corpus import Thresholds
from eventbank.document import sha256
from eventbank.engine import open_engine
from eventbank.engine.protocol import Engine
from eventbank.errors import Code, EventBankError, Place
from eventbank.files import replacing, write_atomic, writing
from eventbank.ingest import sketches
from eventbank.ingest.shards import Conversion, Finish, Made, convert_shard, finish_shard, part
from eventbank.ingest.sketches import Measure, Search, measure, search
from eventbank.readers.record import NOT_FOUND, Rejection, Settings
from eventbank.readers.shards import Shard, find_shards
from eventbank.shingles import Numbers
from eventbank.stories import components

NOT_OURS = Code("E825", "the folder holds something else", "Give a new folder; or empty this one, if nothing in it is needed any more.")
NO_INPUT = Code("E826", "there is nothing to ingest", "Give files, folders or patterns that match some; hidden files are passed over.")
NOT_SHARED = Code(
    "E827",
    "what a worker wrote is not here",
    "Driver and workers need one file system: let --out lie on it, and give inputs that all of them see.",
)

MANIFEST, WORK = "manifest.json", ".work"

SHARD_BYTES, SHARD_FILES = 32 << 20, 10_000
"""What a shard holds at most, unless one input has more: bytes as they lie on disk, and files."""

KEYS, NUMBERS = 1 << 20, 50_000
"""How many keys one search, and how many documents one measuring takes; a search holds some 60 bytes for each key."""

SEARCHES = 1024
"""Searches at most, beyond which each takes more keys: every one of them opens every shard."""

KEYS_PER_DOCUMENT = 64
"""Roughly: 32 of bands and one for every sixteenth shingle."""

Task = TypeVar("Task")
Result = TypeVar("Result")
Progress = Callable[[str, int, int], None]
"""Told the step, and how much of it is done of how much."""


@dataclass(frozen=True)
class Ingested:
    """What came of it. `read` is `taken` and `rejected`; `same_text` counts documents whose text another one before has, too."""

    taken: int
    rejected: int
    same_text: int
    stories: int
    files: tuple[Made, ...]

    @property
    def read(self) -> int:
        """How many inputs there were."""
        return self.taken + self.rejected


def ingest(
    paths: Sequence[str],
    out: Path,
    *,
    engine: str = "local",
    workers: int = 1,
    scheduler: str | None = None,
    settings: Settings | None = None,
    thresholds: Thresholds | None = None,
    progress: Progress = lambda *_: None,
) -> Ingested:
    """Converts what lies at `paths` (files, folders, patterns) and finds its stories; the result is in the folder `out`.

    A run that was cut off goes on where it was; one that is complete is not repeated.

    Raises:
        EventBankError: E826 if nothing lies there, E825 if `out` holds another ingest or other files, E820 to E824 of the engine, E827 if
            workers write to another file system, E005 while another process is at it.
    """
    settings, thresholds = settings or Settings(), thresholds or Thresholds()
    inputs, refused = _found(paths, out)
    facts = {
        "settings": settings.facts,
        "thresholds": asdict(thresholds),
        "tools": {name: version(name) for name in ("eventbank", "pyarrow")},
    }
    identity = sha256(json.dumps([facts, [asdict(one) for one in inputs], [asdict(one) for one in refused]], sort_keys=True).encode())
    out.mkdir(parents=True, exist_ok=True)
    with writing(out):
        work = out / WORK
        if (known := _complete(out, inputs, refused, facts)) is not None:
            return known
        _claim(out, work, identity)
        with open_engine(engine, workers, scheduler) as opened:
            made, counts = _run(opened, _shards(inputs, refused, settings, thresholds, work), out, progress)
        rejected = sum(one.rows for one in made if one.path.startswith("rejected-"))
        taken = sum(one.rows for one in made if one.path.startswith("documents-"))
        found = Ingested(taken, rejected, counts["same_text"], counts["stories"], tuple(made))
        content = {"inputs": _digest(inputs, refused), **facts, **counts, "read": found.read, "taken": taken, "rejected": rejected}
        write_atomic(out / MANIFEST, (json.dumps(content | {"files": [asdict(one) for one in made]}, indent=1) + "\n").encode("utf-8"))
        shutil.rmtree(work)
        return found


def _run(engine: Engine, shards: Sequence[Conversion], out: Path, progress: Progress) -> tuple[list[Made], dict[str, int]]:
    work, thresholds = shards[0].work, shards[0].thresholds
    every = tuple(part(work, "sketch", shard.number) for shard in shards)
    counts = [taken for taken, _ in _done(engine, convert_shard, shards, "convert", progress)]
    for path in every:
        if not path.exists():
            raise EventBankError(NOT_SHARED.at(Place(file=str(path))))
    begins = [0, *np.cumsum(counts).tolist()]
    number, same_text = _number(work, every, counts)
    parts = min(max(1, -(-begins[-1] * KEYS_PER_DOCUMENT // KEYS)), SEARCHES)
    places = work / "places.arrow"
    searches = [Search(every, places, at, parts, part(work, "found", at)) for at in range(parts)]
    list(_done(engine, search, _missing(searches), "search", progress))
    found = tuple(one.out for one in searches)
    ranges = range(0, number, NUMBERS)
    measures = [Measure(every, places, found, at, at + NUMBERS, thresholds, part(work, "links", at // NUMBERS)) for at in ranges]
    list(_done(engine, measure, _missing(measures), "measure", progress))
    links: list[Numbers] = [np.zeros(0, np.uint64), *(sketches.load(path)["links"] for path in (*found, *(one.out for one in measures)))]
    first = components(number, np.concatenate(links))
    sketches.save(work / "stories.arrow", {"first": first.astype(np.uint32)})
    finishes = [Finish(shard.number, begin, work, out) for shard, begin in zip(shards, begins[:-1], strict=True)]
    made = [one for both in _done(engine, finish_shard, finishes, "write", progress) for one in both if one is not None]
    return sorted(made, key=lambda one: one.path), {"same_text": same_text, "stories": len(np.unique(first))}


def _number(work: Path, every: Sequence[Path], counts: Sequence[int]) -> tuple[int, int]:
    """Numbers the documents in the order of their ids, the first of each id alone; returns how many there are, and how many repeat a text.

    Writes `ids.arrow`, the ids in this order, and `places.arrow`: the number of each document in the order of the shards, and for each
    number the shard and row where it is and how many samples it has.
    """
    files = (pq.ParquetFile(part(work, "documents", at, "parquet")) for at in range(len(every)))
    columns = (file.read(["doc_id"], use_threads=False).column(0).cast(pa.large_string()) for file in files)
    ids = pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.large_string()).combine_chunks()
    order = np.asarray(pc.sort_indices(ids)).view(np.int64)
    ordered = ids.take(pa.array(order))
    del ids
    fresh: Numbers = np.ones(len(order), bool)
    fresh[1:] = np.asarray(pc.not_equal(ordered[1:], ordered[:-1])) if len(order) else fresh[1:]
    if not fresh.all():
        starts = np.flatnonzero(fresh)
        fresh = order == np.repeat(np.minimum.reduceat(order, starts), np.diff(np.append(starts, len(order))))
        order, ordered = order[fresh], ordered.filter(pa.array(fresh))
    numbers = np.full(len(fresh), sketches.NOBODY, np.uint32)
    numbers[order] = np.arange(len(order), dtype=np.uint32)
    shard = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
    row = np.concatenate([np.zeros(0, np.uint32), *(np.arange(count, dtype=np.uint32) for count in counts)])
    sampled = np.concatenate([np.zeros(0, np.uint32), *(sketches.load(path)["sampled"].copy() for path in every)])
    sketches.save(work / "places.arrow", {"numbers": numbers, "shard": shard[order], "row": row[order], "sampled": sampled[order]})
    del numbers, shard, row, sampled
    texts = np.concatenate([np.zeros(0, np.uint64), *(sketches.load(path)["texts"].copy() for path in every)])[order]
    batch = pa.RecordBatch.from_arrays([ordered], ["doc_id"])
    with replacing(work / "ids.arrow") as file, pa.ipc.new_file(file, batch.schema) as writer:
        writer.write_batch(batch)
    return len(order), len(texts) - len(np.unique(texts))


def _found(paths: Sequence[str], out: Path) -> tuple[list[Shard], list[Rejection]]:
    """What lies at the paths beside the result, and what no reader takes."""
    try:
        return find_shards(paths, out)
    except EventBankError as error:
        if error.problems[0].code != NOT_FOUND.id:
            raise
        raise EventBankError(NO_INPUT.at(error.problems[0].place)) from None


def _shards(
    inputs: Iterable[Shard], refused: Sequence[Rejection], settings: Settings, thresholds: Thresholds, work: Path
) -> list[Conversion]:
    """The inputs in their order, as many to a shard as it may hold; the first one tells of what no reader takes."""
    groups: list[list[Shard]] = []
    size = 0
    for one in inputs:
        length = one.stop - one.start if one.kind == "jsonl" and one.stop else one.file.size
        if not groups or size + length > SHARD_BYTES or len(groups[-1]) >= SHARD_FILES:
            groups.append([])
            size = 0
        groups[-1].append(one)
        size += length
    told = [tuple(refused), *[()] * len(groups)]
    return [Conversion(at, tuple(group), told[at], settings, thresholds, work) for at, group in enumerate(groups or [[]])]


def _done(engine: Engine, work: Callable[[Task], Result], tasks: Sequence[Task], step: str, progress: Progress) -> Iterable[Result]:
    for at, result in enumerate(engine.run(work, tasks), 1):
        progress(step, at, len(tasks))
        yield result


def _missing(tasks: Sequence[Any]) -> list[Any]:
    return [task for task in tasks if not task.out.exists()]


def _digest(inputs: Iterable[Shard], refused: Iterable[Rejection]) -> str:
    """What the inputs are by name, order and size, wherever they lie."""
    return sha256(
        json.dumps(
            [[[one.kind, one.file.name, one.file.size, one.start, one.stop] for one in inputs], [one.name for one in refused]]
        ).encode()
    )


def _complete(out: Path, inputs: Sequence[Shard], refused: Sequence[Rejection], facts: dict[str, Any]) -> Ingested | None:
    """What the manifest says, if there is one; anything else in the folder is left to `_claim`."""
    path = out / MANIFEST
    if not path.is_file():
        return None
    try:
        known = json.loads(path.read_text("utf-8"))
        files = tuple(Made(**one) for one in known.pop("files"))
        newer = any(one.file.modified > path.stat().st_mtime_ns for one in inputs)
        if newer or known["inputs"] != _digest(inputs, refused) or any(known[key] != value for key, value in facts.items()):
            raise EventBankError(NOT_OURS.at(Place(file=str(out)), "a complete ingest of other or older inputs, or of other settings"))
        found = Ingested(known["taken"], known["rejected"], known["same_text"], known["stories"], files)
    except (ValueError, KeyError, TypeError):
        raise EventBankError(NOT_OURS.at(Place(file=str(path)), "no manifest of an ingest")) from None
    for one in files:
        if not (out / one.path).is_file() or (out / one.path).stat().st_size != one.size:
            raise EventBankError(NOT_OURS.at(Place(file=str(out / one.path)), "missing or changed"))
    shutil.rmtree(out / WORK, ignore_errors=True)
    _sweep(out)
    return found


def _sweep(out: Path) -> None:
    """Removes the files that a killed process was writing."""
    for kind in ("documents", "rejected", MANIFEST):
        for path in out.glob(f".{kind}*.tmp"):
            path.unlink(missing_ok=True)


def _claim(out: Path, work: Path, identity: str) -> None:
    """Takes the folder for these inputs and settings, or goes on where a run of the same was cut off."""
    _sweep(out)
    mark = work / "plan"
    if mark.is_file():
        if mark.read_text("ascii") != identity:
            raise EventBankError(NOT_OURS.at(Place(file=str(out)), "a run that was cut off, of other inputs, settings or versions"))
        return
    left = {".eventbank.lock"} if list(work.glob("[!.]*")) else {".eventbank.lock", WORK}
    if strange := sorted(path.name for path in out.iterdir() if path.name not in left):
        raise EventBankError(NOT_OURS.at(Place(file=str(out)), ", ".join(strange[:5])))
    write_atomic(mark, identity.encode("ascii"))
