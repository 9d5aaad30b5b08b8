"""load_dataset on a release of 100,000 documents against load_dataset("parquet") on its files. Puts its table into README.md.

usage: python benchmarks/load_dataset.py [FOLDER]

FOLDER keeps the made release (0.8 GB) for another run. Every measurement is a process of its own with an empty cache of `datasets`;
importing is not counted. The two ways take turns, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import report

from eventbank import ontology
from eventbank.corpus import Settings
from eventbank.release import folder
from eventbank.release.content import Release
from eventbank.schemas import label_names, vocabulary
from eventbank.tables import ARGUMENTS, DOCUMENTS, EVENTS, MENTIONS, SPLITS, Column, Table

ROUNDS = 5
DOCUMENTS_MADE, PATTERNS = 100_000, 2_000
SHARE = {"train": 80_000, "validation": 10_000, "test": 10_000}
BOUND = {"documents": 1.1, "mentions": 1.1, "arguments": None, "events": 2.0}
"""The configs, and what part of the time of the other way each may take; arguments has class labels and no promise."""

SCHEME = Path(__file__).parent.parent / "schema" / "ontology.yaml"
READ = """
import json, sys, time
import datasets
from datasets import load_dataset
datasets.disable_progress_bars()
way, folder, config, cache = sys.argv[1:]
files = {split: f"{folder}/{config}/{split}-*.parquet" for split in ("train", "validation", "test")}
streaming = way.startswith("streaming")
begin = time.perf_counter()
if way.endswith("parquet"):
    found = load_dataset("parquet", data_files=files, cache_dir=cache, streaming=streaming)
else:
    found = load_dataset(folder, config, cache_dir=cache, streaming=streaming)
if streaming:
    rows = sum(1 for _ in found["test"])
else:
    rows = sum(part.num_rows for part in found.values())
print(json.dumps([time.perf_counter() - begin, rows]))
"""


def value(column: Column, scheme: ontology.Ontology, rng: random.Random, words: list[str], length: int = 0) -> Any:
    """A value of a column as a news corpus has it: text of a few hundred words, labels of the ontology, lists of a plausible length."""
    if column.many:
        count = {"zones": 14, "alignment": 9, "sentences": 22, "entities": 18, "events": 12, "arguments": 3, "values": 4}.get(
            column.name, 2
        )
        return [fields(column.fields, scheme, rng, words) for _ in range(rng.randint(max(count // 2, 1), count * 3 // 2))]
    if column.fields:
        return fields(column.fields, scheme, rng, words)
    names = vocabulary(column, scheme)
    if names:
        return rng.choice(names)
    if column.type == pa.int32():
        return rng.randrange(4_000)
    if column.type == pa.bool_():
        return rng.random() < 0.5
    if column.type == pa.date32():
        return rng.randrange(15_000, 20_000)
    if column.matches.startswith("^[0-9a-f]"):
        return f"{rng.getrandbits(256):064x}"
    return " ".join(rng.choices(words, k=length or rng.randint(1, 4)))


def fields(columns: tuple[Column, ...], scheme: ontology.Ontology, rng: random.Random, words: list[str]) -> dict[str, Any]:
    """A value for each column; the text of a document has some 500 words."""
    return {one.name: value(one, scheme, rng, words) for one in columns}


def rows(table: Table, scheme: ontology.Ontology, rng: random.Random, number: int) -> Iterator[dict[str, Any]]:
    """`number` different rows of a table."""
    words = [
        f"{rng.choice('bcdfglmnprst')}{rng.choice('aeiou')}{rng.choice('bcdfglmnprst')}{rng.choice('aeiou')}{at % 97}"
        for at in range(9_000)
    ]
    for _ in range(number):
        row = fields(table.columns, scheme, rng, words)
        if table in (DOCUMENTS, EVENTS):
            row["text"] = " ".join(rng.choices(words, k=rng.randint(200, 800)))
        yield row


def make(target: Path) -> None:
    """Writes the release: rows drawn at random, repeated under other document ids until there are enough."""
    scheme, rng = ontology.load(SCHEME, "ontology.yaml"), random.Random(5)
    per_document = {DOCUMENTS: 1, EVENTS: 1, MENTIONS: 20, ARGUMENTS: 12}
    tables: dict[Table, dict[str, pa.Table]] = {}
    for table, many in per_document.items():
        drawn = pa.Table.from_pylist(list(rows(table, scheme, rng, PATTERNS * many)), schema=table.schema)
        tables[table] = {}
        done = 0
        for split, count in SHARE.items():
            parts = []
            for first in range(0, count, PATTERNS):
                ids = [f"doc-{done + first + at:06d}" for at in range(PATTERNS) for _ in range(many)]
                parts.append(drawn.set_column(0, table.schema.field("doc_id"), pa.array(ids)))
            tables[table][split] = pa.concat_tables(parts).cast(table.schema)
            done += count
    settings = Settings(name="made", title="Made", repo="some/made", version="1.0.0")
    release = Release(settings, label_names(scheme), tables, "made", ontology=SCHEME.read_bytes())
    release.__dict__["digest"] = f"{rng.getrandbits(256):064x}"  # long to count, and of no use here
    folder.write(release, target)


def measured(way: str, target: Path, config: str) -> tuple[float, int]:
    """Seconds of one load, and the rows that it gave."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-c", READ, way, str(target), config, cache]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ | {"HF_HUB_OFFLINE": "1"})
        seconds, count = json.loads(run.stdout)
        return float(seconds), int(count)


def main() -> None:
    """Makes the release and measures."""
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary) / "made"
        if not (target / "manifest.json").exists():
            target.mkdir(parents=True, exist_ok=True)
            make(target)
        size = sum(path.stat().st_size for path in target.rglob("*.parquet"))
        lines = [
            '| config | rows | `load_dataset(folder)`, s | `load_dataset("parquet")`, s | ratio (range) | bound | streaming, ratio |',
            "|---|---|---|---|---|---|---|",
            *(compared(target, config) for config in BOUND),
        ]
        about = (
            f"`python benchmarks/load_dataset.py`, {dt.datetime.now(dt.UTC).date()}, {report.machine('datasets', 'pyarrow')}\n\n"
            f"A made release of {DOCUMENTS_MADE:,} documents, {size / 1e6:.0f} MB of Parquet. Every load is a process of its own with "
            f"an empty cache; importing is not counted. {ROUNDS} rounds, in which the ways take turns at being first; medians.\n\n"
        )
        report.write(__file__, "`load_dataset` on a release against Parquet alone", about + "\n".join(lines))


def compared(target: Path, config: str) -> str:
    """The row of a config: every way of loading it, in turn."""
    seconds: dict[str, list[float]] = {}
    number = 0
    for at in range(ROUNDS):
        for way in ("parquet", "folder")[:: 1 - at % 2 * 2]:
            for mode in ("", "streaming "):
                taken, count = measured(mode + way, target, config)
                seconds.setdefault(mode + way, []).append(taken)
                number = number if mode else count
    ratios = [ours / theirs for ours, theirs in zip(seconds["folder"], seconds["parquet"], strict=True)]
    streams = [ours / theirs for ours, theirs in zip(seconds["streaming folder"], seconds["streaming parquet"], strict=True)]
    ours, theirs = (statistics.median(seconds[way]) for way in ("folder", "parquet"))
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return f"| `{config}` | {number:,} | {ours:.1f} | {theirs:.1f} | {spread} | {BOUND[config] or ''} | {statistics.median(streams):.2f} |"


if __name__ == "__main__":
    assert sum(SHARE.values()) == DOCUMENTS_MADE
    assert tuple(SHARE) == SPLITS
    main()
