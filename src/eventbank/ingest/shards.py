"""A shard: some raw files become one Parquet file of documents, one of what was not taken, and the sketch that stories are found by.

`convert_shard` and `finish_shard` are the work of an engine. Both write what they make in one step and the same each time, whoever runs
them.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eventbank.corpus import Thresholds
from eventbank.errors import Code
from eventbank.files import replacing, write_atomic
from eventbank.ingest import sketches
from eventbank.ingest.validation import CONVERTED, checked
from eventbank.readers.batch import POOL, REJECTED, Converted, convert_batch, rejections
from eventbank.readers.containers import read_shard
from eventbank.readers.record import Record, Rejection, Settings
from eventbank.readers.shards import Shard
from eventbank.release.parquet import ROW_GROUP
from eventbank.stories import Sketch, joined, sketch
from eventbank.tables import PARQUET

SAME_ID = Code(
    "E828", "another document has this id", "Rename one of the two inputs, or give its record another id; the first one was taken."
)

HELD = 16 << 20
"""Bytes of pages that are converted at once, unless there are `ROW_GROUP` pages before."""

WORKING, POOLED = ({**PARQUET, "compression_level": level} for level in (1, 3))
"""How documents are written that are read once again, and those of the result. A release's level 9 takes
more than twice the time for files that are 5 % smaller."""


@dataclass(frozen=True)
class Conversion:
    """A shard to be converted: its inputs, what else is to be told with it, and the folder of work."""

    number: int
    inputs: tuple[Shard, ...]
    refused: tuple[Rejection, ...]
    settings: Settings
    thresholds: Thresholds
    work: Path


@dataclass(frozen=True)
class Finish:
    """A shard to be written out: its documents are those from `begin` on in `places`."""

    number: int
    begin: int
    work: Path
    out: Path


@dataclass(frozen=True)
class Made:
    """A file of the result."""

    path: str
    rows: int
    size: int
    sha256: str


def part(work: Path, kind: str, number: int, suffix: str = "arrow") -> Path:
    """The file of some kind of a shard, or of a part of a step, in the folder of work."""
    return work / f"{kind}-{number:05}.{suffix}"


def convert_shard(task: Conversion) -> tuple[int, int]:
    """Converts a shard and sketches its documents, unless that was done before; returns how many were taken, and how many not."""
    done = part(task.work, "shard", task.number, "json")
    if done.exists():
        facts = json.loads(done.read_text("utf-8"))
        return facts["taken"], facts["rejected"]
    taken = rejected = 0
    found: list[Sketch] = []
    urls: list[str | None] = []
    texts: list[bytes] = []
    with ExitStack() as stack:
        documents = stack.enter_context(_writing(part(task.work, "documents", task.number, "parquet"), CONVERTED.schema, WORKING))
        refused = stack.enter_context(_writing(part(task.work, "rejected", task.number, "parquet"), REJECTED.schema, WORKING))
        for one in checked(_converted(task)):
            batch, aside = one.documents, one.rejected
            if batch.num_rows:
                documents(batch)
                found.append(sketch(batch.column("text"), task.thresholds))
                urls += batch.column("url").to_pylist()
                texts += (bytes.fromhex(digest)[:8] for digest in batch.column("text_sha256").to_pylist())
            if aside.num_rows:
                refused(aside)
            taken, rejected = taken + batch.num_rows, rejected + aside.num_rows
    sketches.write(part(task.work, "sketch", task.number), joined(found), urls, np.frombuffer(b"".join(texts), "<u8"))
    write_atomic(done, json.dumps({"taken": taken, "rejected": rejected}).encode("ascii"))
    return taken, rejected


def finish_shard(task: Finish) -> tuple[Made | None, Made | None]:
    """Writes the documents of a shard with their stories, and what was not taken; a file without rows is not written."""
    converted = pq.ParquetFile(part(task.work, "documents", task.number, "parquet"))
    places = sketches.load(task.work / "places.arrow")
    numbers = places["numbers"][task.begin : task.begin + converted.metadata.num_rows]
    kept = numbers != sketches.NOBODY
    ids = pa.ipc.open_file(pa.memory_map(str(task.work / "ids.arrow"))).get_batch(0).column("doc_id")
    first = sketches.load(task.work / "stories.arrow")["first"]
    refused = pq.read_table(part(task.work, "rejected", task.number, "parquet"))
    target = task.out / f"documents-{task.number:05}.parquet"
    late: list[Rejection] = []
    begin = 0
    if kept.any():
        with _writing(target, POOL.schema) as write:
            for batch in converted.iter_batches(ROW_GROUP, use_threads=False):
                here = slice(begin, begin + len(batch))
                begin += len(batch)
                late += (Rejection.of(SAME_ID.at(), row["raw_name"], row["doc_id"]) for row in _rows(batch, ~kept[here]))
                chosen = batch.filter(pa.array(kept[here]))
                columns = {name: chosen.column(name) for name in CONVERTED.schema.names}
                columns["story_id"] = ids.take(pa.array(first[numbers[here][kept[here]]])).cast(pa.string())
                arrays = [columns.get(field.name, pa.nulls(len(chosen), field.type)) for field in POOL.schema]
                write(pa.RecordBatch.from_arrays(arrays, schema=POOL.schema))
    else:
        for batch in converted.iter_batches(ROW_GROUP, columns=["raw_name", "doc_id"], use_threads=False):
            late += (Rejection.of(SAME_ID.at(), row["raw_name"], row["doc_id"]) for row in batch.to_pylist())
    refused = pa.concat_tables([refused, pa.Table.from_batches([rejections(late)])])
    aside = task.out / f"rejected-{task.number:05}.parquet"
    if refused.num_rows:
        with _writing(aside, REJECTED.schema) as write:
            for batch in refused.combine_chunks().to_batches():
                write(batch)
    return _made(target, int(kept.sum())), _made(aside, refused.num_rows)


def _converted(task: Conversion) -> Iterator[Converted]:
    """The documents of a shard, a batch at a time, and what was not taken."""
    delivered = chain(task.refused, (one for source in task.inputs for one in read_shard(source, task.settings)))
    some: list[Record | Rejection] = []
    size = 0
    for one in chain(delivered, [None]):
        if one is not None:
            some.append(one)
            size += len(one.data) if isinstance(one, Record) else 0
        if len(some) >= ROW_GROUP or size >= HELD or (one is None and some):
            yield convert_batch(some, task.settings)
            some, size = [], 0


def _rows(batch: pa.RecordBatch, mask: Any) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = batch.select(["raw_name", "doc_id"]).filter(pa.array(mask)).to_pylist()
    return rows


@contextmanager
def _writing(path: Path, schema: pa.Schema, options: Mapping[str, Any] = POOLED) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """What writes batches to a Parquet file that appears whole when the block ends.

    Arrow aborts the process when a file fails while it writes to it, be it that the disk is full or that someone interrupts. So it writes
    to memory, and each batch goes from there to the file.
    """
    with replacing(path) as file:
        packed = io.BytesIO()
        with pq.ParquetWriter(packed, schema, **options) as writer:

            def write(batch: pa.RecordBatch) -> None:
                writer.write_batch(batch)
                file.write(packed.getvalue())
                packed.seek(0)
                packed.truncate()

            yield write
        file.write(packed.getvalue())


def _made(path: Path, rows: int) -> Made | None:
    if not rows:
        path.unlink(missing_ok=True)
        return None
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Made(path.name, rows, path.stat().st_size, digest)
