"""`eventbank ingest` on synthetic news: one worker against two, memory at 50,000 and at 500,000, and Dask with a worker killed.

usage: python benchmarks/ingest.py [workers|growth] [ROUNDS [PART]]; PART 10 takes a tenth of the documents

`workers` needs a machine that does nothing else. Without a word both are done. Each writes its section of README.md; the cost of many more
documents goes into docs/scale.md.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from news import make
from report import README, machine, replace, write

WHAT = [word for word in sys.argv[1:] if word.isalpha()]
NUMBERS = [int(word) for word in sys.argv[1:] if word.isdigit()]
ROUNDS, PART = [*NUMBERS, *(3, 1)[len(NUMBERS) :]]
FEW, MIDDLE, MANY = 50_000 // PART, 200_000 // PART, 500_000 // PART
BLOCK, LARGE = FEW // 2, 100_000_000
SCALE = Path(__file__).parents[1] / "docs" / "scale.md"
STEPS = ("convert", "search", "measure", "write")


def generate(folder: Path) -> None:
    """Lines of `id` and `text`, a file for each block; copies are inside one block. The smaller folders hold the first of the files."""
    for count in (FEW, MIDDLE, MANY):
        (folder / str(count)).mkdir()
    for block in range(MANY // BLOCK):
        news = make(BLOCK, 100 + block)
        path = folder / str(MANY) / f"{block:03}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for at, text in enumerate(news.texts):
                file.write(json.dumps({"id": f"{block:03}-{at:06}", "text": text}, ensure_ascii=False) + "\n")
        for count in (FEW, MIDDLE):
            if block < count // BLOCK:
                (folder / str(count) / path.name).hardlink_to(path)


def run(folder: Path, out: Path, *words: str, kill: bool = False, weigh: bool = False) -> tuple[float, float, dict[str, float]]:
    """Seconds, peak of memory in MiB (private and shared in proportion, all processes), and seconds of the first process in each step.

    The former seconds are of the clock, the latter of the processor. Memory is weighed only with `weigh`, as that takes a fifth of a core.
    With `kill`, the worker that has worked most is killed a second after the first shard is done.
    """
    command = [sys.executable, "-m", "eventbank", "ingest", str(folder), "--out", str(out), *words]
    begun, used = time.perf_counter(), _processor()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    watched = psutil.Process(process.pid)
    peak, first, killed = 0.0, 0.0, False
    seen: dict[str, float] = {}
    while process.poll() is None:
        try:
            family = [watched, *watched.children(recursive=True)]
            peak = max(peak, sum(_pss(one) for one in family)) if weigh else 0.0
            done = {path.name.split("-")[0] for path in (out / ".work").glob("*-*")} if (out / ".work").exists() else set()
            now = sum(watched.cpu_times()[:2])
            for name in (*done, *(["write"] if any(out.glob("*-*.parquet")) else [])):
                seen.setdefault(name, now)
            if kill and not killed and "shard" in done:
                first = first or time.perf_counter()
                if time.perf_counter() - first > 1:
                    workers = [one for one in family if "spawn_main" in " ".join(one.cmdline())]
                    max(workers, key=lambda one: one.cpu_times().user).kill()
                    killed = True
        except psutil.Error:
            pass
        time.sleep(0.25)
    seconds = time.perf_counter() - begun
    if process.returncode or (kill and not killed):
        raise SystemExit(f"{' '.join(command)}: {process.returncode}, killed: {killed}")
    marks = [seen[name] for name in ("found", "links", "write") if name in seen] + [_processor() - used]
    return seconds, peak, dict(zip(STEPS, (last - before for before, last in zip([0, *marks], marks, strict=False)), strict=False))


def side_by_side(folder: Path, outs: tuple[Path, Path]) -> float:
    """Seconds of the clock until two runs are over that share nothing but the machine."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "eventbank", "ingest", str(folder), "--out"]
    started = [subprocess.Popen([*command, str(out)], stdout=subprocess.DEVNULL) for out in outs]
    if sum(one.wait() for one in started):
        raise SystemExit("a run side by side failed")
    return time.perf_counter() - begun


def _processor() -> float:
    """Seconds of the processor that the processes took that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _pss(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / 2**20


def digests(out: Path) -> list[str]:
    """The SHA-256 of every file of a result."""
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(out.iterdir()) if path.suffix in (".json", ".parquet")]


def size(folder: Path, pattern: str) -> int:
    """Bytes on disk."""
    return sum(path.stat().st_size for path in folder.glob(pattern))


class Disk(threading.Thread):
    """Watches how large the folder of work becomes."""

    def __init__(self, out: Path) -> None:
        super().__init__(daemon=True)
        self.out, self.most, self.is_over = out, 0, False

    def run(self) -> None:
        """Looks twice a second until the end."""
        while not self.is_over:
            try:
                self.most = max(self.most, size(self.out / ".work", "*"))
            except OSError:
                continue
            time.sleep(0.5)


@dataclass(frozen=True)
class Ran:
    """A run: seconds of the clock, peak of memory in MiB, seconds of the processor by step, and the SHA-256 of what it made."""

    seconds: float
    peak: float
    steps: dict[str, float]
    made: list[str]


def ran(folder: Path, count: int, *words: str, kill: bool = False, weigh: bool = False) -> Ran:
    """Ingests so many documents; nothing of it is kept."""
    out = folder / "out"
    found = run(folder / str(count), out, *words, kill=kill, weigh=weigh)
    made = digests(out)
    shutil.rmtree(out)
    return Ran(*found, made)


def workers(folder: Path) -> None:
    """One worker against two, what the machine allows, and Dask with a worker killed."""
    one, two = [], []
    for _ in range(ROUNDS):
        one.append(ran(folder, MIDDLE))
        two.append(ran(folder, MIDDLE, "--workers", "2"))
    if any(found.made != one[0].made for found in (*one, *two)):
        raise SystemExit("two workers make other bytes than one")
    alone = ran(folder, FEW)
    both = side_by_side(folder / str(FEW), (folder / "out-0", folder / "out-1"))
    dask = ran(folder, FEW, "--engine", "dask", "--workers", "2", kill=True)
    if dask.made != alone.made:
        raise SystemExit("dask makes other bytes")
    ratios = [a.seconds / b.seconds for a, b in zip(one, two, strict=True)]
    speed = MIDDLE / statistics.median(sum(found.steps.values()) for found in one)
    text = f"""{_head("workers")}; {ROUNDS} rounds in turn. One worker takes {speed:,.0f} documents in a second of the processor.

| promise | bound | measured |
|---|---|---|
| two workers against one, {MIDDLE:,} documents, by the clock | 1.7 | {_range(ratios)} |
| the same of two runs side by side that share nothing: what this machine allows | | {2 * alone.seconds / both:.2f} |
| Dask, two workers, one killed, {FEW:,} documents | the SHA-256 of `local` | the same for all {len(dask.made)} files |"""
    write(__file__, "many documents, many workers", text)


def growth(folder: Path) -> None:
    """Memory, time and disk of few and of many documents, and what follows for more than can be run."""
    few = ran(folder, FEW, weigh=True)
    out = folder / "out-many"
    disk = Disk(out)
    disk.start()
    many = Ran(*run(folder / str(MANY), out, weigh=True), [])
    disk.is_over = True
    stored, given, work = size(out, "*.parquet") / MANY, size(folder / str(MANY), "*") / MANY, disk.most / MANY
    slope = (many.peak - few.peak) * 2**20 / (MANY - FEW)
    seconds = sum(many.steps.values()) / MANY
    steps = "\n".join(
        f"| {step} | {few.steps.get(step, 0) / FEW * 1e6:,.0f} | {many.steps.get(step, 0) / MANY * 1e6:,.0f} |" for step in STEPS
    )
    peaks = f"{many.peak / few.peak:.2f} ({few.peak:,.0f} MiB, {many.peak:,.0f} MiB)"
    text = f"""## ingest.py: memory, and the cost of more

{_head("growth")}.

| promise | bound | measured |
|---|---|---|
| peak memory at {MANY:,} against {FEW:,} documents, one worker | 1.2 | {peaks} |

| step, one worker | µs of the processor a document, at {FEW:,} | at {MANY:,} |
|---|---|---|
{steps}

Memory grows by {slope:,.0f} bytes a document, most of it while stories are searched. At {MANY:,} documents the folder of work
holds at most {work:,.0f} bytes a document; the result has {stored:,.0f}, the input {given:,.0f}."""
    replace(README, "ingest.py growth", text)
    rows = [
        ("hours of one core", f"{LARGE * seconds / 3600:,.0f}"),
        ("hours with 64 cores as fast as that one, and disks that keep up", f"{LARGE * seconds / 3600 / 64:,.1f}"),
        ("memory of a worker with few documents, GB", f"{few.peak * 2**20 / 1e9:.1f}"),
        ("memory of one that searches among all, and of the driver, GB", f"{(few.peak * 2**20 + slope * LARGE) / 1e9:,.0f}"),
        ("disk for the input, GB", f"{given * LARGE / 1e9:,.0f}"),
        ("disk for the folder of work, GB, until the run is over", f"{work * LARGE / 1e9:,.0f}"),
        ("disk for the result, GB", f"{stored * LARGE / 1e9:,.0f}"),
    ]
    cost = f"""{LARGE:,} plain texts of 2.4 kB, by the slopes between {FEW:,} and {MANY:,} documents that `benchmarks/ingest.py`
measured on {dt.date.today()} (see [benchmarks](../benchmarks/README.md)); it has not been run at that size.

| what | how much |
|---|---|
{chr(10).join(f"| {name} | {value} |" for name, value in rows)}"""
    replace(SCALE, "cost", cost)


def _head(what: str) -> str:
    """How and where it was measured, and on what; a sentence that goes on."""
    command = f"`python benchmarks/ingest.py {what} {ROUNDS}{f' {PART}' if PART > 1 else ''}`"
    return f"""{command}, {dt.date.today()}, {machine("numpy", "pyarrow", "distributed")}

JSON Lines of texts of about 400 words by `news.py` (2.3 kB each), cut into zones, their language identified; starting and importing are
included"""


def _range(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> None:
    """Makes the documents and measures what was asked for."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as made:
        generate(Path(made))
        for measure in (workers, growth):
            if not WHAT or measure.__name__ in WHAT:
                measure(Path(made))


if __name__ == "__main__":
    main()
