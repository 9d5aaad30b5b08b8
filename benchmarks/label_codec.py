"""Label Studio exports to Parquet and back: time against Python's own json, and memory. Prints a Markdown table.

usage: python benchmarks/label_codec.py

Every measurement runs in a process of its own, in turn, so that nothing that one leaves behind slows or fattens another.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 5
TASKS, SPANS, RELATIONS, CHARACTERS = 10_000, 15, 8, 2_900
FEW, MANY = 2_000, 20_000
PROSE = """the ministry said on Monday that two ballistic missiles were fired from a site near the capital while officials of both countries
met at the border to talk about sanctions and a joint naval exercise which state media had condemned as a rehearsal for invasion"""
WORDS = PROSE.split()
PERSON = {"id": 1, "email": "annotator-1@annotators.invalid", "first_name": "", "last_name": ""}
CONFIG = """<View><Text name="text" value="$text"/><Labels name="entity" toName="text"><Label value="PER"/><Label value="GPE"/>
<Label value="ORG"/></Labels><Relations><Relation value="Actor"/></Relations></View>"""


def task(number: int, rng: random.Random) -> dict[str, object]:
    """A task as the snapshot export of Label Studio 1.23 writes it; every twentieth text has an emoji."""
    words = ["💥"] if number % 20 == 0 else []
    starts, length = [], sum(len(word) + 1 for word in words)
    while length < CHARACTERS:
        word = rng.choice(WORDS)
        starts.append(length)
        words.append(word)
        length += len(word) + 1
    text = " ".join(words)
    results: list[dict[str, object]] = []
    for _ in range(SPANS):
        first = rng.randrange(len(starts) - 3)
        start, end = starts[first], starts[first + rng.randint(1, 3)] - 1
        value = {"start": start, "end": end, "text": text[start:end], "labels": [rng.choice(["PER", "GPE", "ORG"])]}
        span = {"id": f"{rng.getrandbits(40):010x}", "from_name": "entity", "to_name": "text", "type": "labels", "origin": "manual"}
        results.append(span | {"value": value})
    for at in range(RELATIONS):
        ends = {"from_id": results[at]["id"], "to_id": results[at + 1]["id"]}
        results.append({"type": "relation", **ends, "direction": "right", "labels": ["Actor"]})
    stamp = f"2026-11-22T04:{number // 60 % 60:02d}:{number % 60:02d}.{rng.randrange(10**6):06d}Z"
    annotation = {
        "id": number,
        "completed_by": PERSON,
        "result": results,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": stamp,
        "updated_at": stamp,
        "draft_created_at": None,
        "lead_time": round(rng.uniform(10, 900), 3),
        "prediction": {},
        "result_count": 0,
        "unique_id": f"{rng.getrandbits(128):032x}",
        "import_id": None,
        "last_action": None,
        "bulk_created": False,
        "task": number,
        "project": 12,
        "updated_by": None,
        "parent_prediction": None,
        "parent_annotation": None,
        "last_created_by": None,
    }
    return {
        "id": number,
        "annotations": [annotation],
        "drafts": [],
        "predictions": [],
        "data": {"doc_id": f"d{number}", "title": "", "text": text},
        "meta": {},
        "created_at": stamp,
        "updated_at": stamp,
        "allow_skip": True,
        "inner_id": number,
        "total_annotations": 1,
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": 12,
        "updated_by": 1,
        "comment_authors": [],
    }


def generate(path: Path, tasks: int) -> None:
    """Writes an export, the same for the same number of tasks."""
    rng = random.Random(4)
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for number in range(tasks):
            file.write(("," if number else "") + json.dumps(task(number, rng)))
        file.write("]")


def load(folder: Path, name: str) -> Callable[[], object]:
    """json.load of the export."""

    def run() -> object:
        with (folder / f"{name}.json").open(encoding="utf-8") as file:
            return json.load(file)

    return run


def dump(folder: Path, name: str) -> Callable[[], object]:
    """json.dump of the same value; reading it is not counted."""
    value = load(folder, name)()

    def run() -> object:
        with (folder / "dumped.json").open("w", encoding="utf-8") as file:
            return json.dump(value, file)

    return run


def dumps(folder: Path, name: str) -> Callable[[], object]:
    """json.dumps and one write, which is what json.dump could be; reading is not counted."""
    value = load(folder, name)()
    return lambda: (folder / "dumped.json").write_text(json.dumps(value), "utf-8")


def imported(folder: Path, name: str) -> Callable[[], object]:
    """What `eventbank label import` does."""
    from eventbank.labelstudio.transfer import import_file

    return lambda: import_file(folder / f"{name}.json", folder / f"{name}.parquet")


def exported(folder: Path, name: str) -> Callable[[], object]:
    """What `eventbank label export` does."""
    from eventbank.labelstudio.transfer import export_file

    return lambda: export_file([folder / f"{name}.parquet"], folder / f"{name}-again.json")


def sdk(folder: Path, name: str) -> Callable[[], object]:
    """The converter of label-studio-sdk to JSON_MIN, which loses relations and regions."""
    from label_studio_sdk.converter import Converter

    converter = Converter(CONFIG, project_dir=str(folder))
    return lambda: converter.convert(str(folder / f"{name}.json"), str(folder / "min"), "JSON_MIN", is_dir=False)


def compared(folder: Path, name: str) -> Callable[[], object]:
    """Not a measurement: that the export made from the table is the original, keys in order and type for type."""

    def run() -> None:
        again = json.loads((folder / f"{name}-again.json").read_text("utf-8"))
        if json.dumps(again) != json.dumps(load(folder, name)()):
            raise SystemExit("the export made from the table is not the original")

    return run


TIMED = (load, imported, dump, exported, dumps, sdk)
WORK = {work.__name__: work for work in (*TIMED, compared)}


def measure(work: str, folder: Path, name: str) -> tuple[float, float]:
    """Seconds, and the peak of resident memory in MiB, of one piece of work in a process of its own.

    A new process inherits the peak of the one that starts it, so this one holds nothing large.
    """
    command = [sys.executable, __file__, work, str(folder), name]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(found[-2]), float(found[-1])


def main() -> None:
    """Measures everything and prints the table."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for tasks in (TASKS, FEW, MANY):
            generate(folder / f"{tasks}.json", tasks)
        times: dict[str, list[float]] = {work.__name__: [] for work in TIMED}
        for _ in range(ROUNDS):
            for name in times:
                times[name].append(measure(name, folder, str(TASKS))[0])
        measure("compared", folder, str(TASKS))
        peaks = {(work, tasks): measure(work, folder, str(tasks))[1] for work in ("imported", "exported") for tasks in (FEW, MANY)}
        size = (folder / f"{TASKS}.json").stat().st_size / 1e6
        stored = (folder / f"{TASKS}.parquet").stat().st_size / 1e6
    middle = {name: statistics.median(found) for name, found in times.items()}

    def ratio(name: str, base: str) -> str:
        rounds = [one / other for one, other in zip(times[name], times[base], strict=True)]
        return f"{statistics.median(rounds):.2f} ({min(rounds):.2f} to {max(rounds):.2f})"

    print(
        f"{TASKS:,} tasks with {SPANS} spans and {RELATIONS} relations, {size:.1f} MB as JSON, {stored:.1f} MB as Parquet; {ROUNDS} rounds."
    )
    print("The export made from the table is the original, keys in order and type for type.\n")
    print("| what | seconds (median) | ratio, median (range) | bound |\n|---|---|---|---|")
    print(f"| `json.load` | {middle['load']:.2f} | 1 | |")
    print(f"| `label import` | {middle['imported']:.2f} | {ratio('imported', 'load')} of `json.load` | 5 |")
    print(f"| `json.dump` | {middle['dump']:.2f} | 1 | |")
    print(f"| `label export` | {middle['exported']:.2f} | {ratio('exported', 'dump')} of `json.dump` | 5 |")
    print(f"| `json.dumps`, then one write | {middle['dumps']:.2f} | `label export` takes {ratio('exported', 'dumps')} of it | |")
    print(f"| SDK converter to JSON_MIN | {middle['sdk']:.2f} | {ratio('sdk', 'load')} of `json.load` | |")
    print(f"\n| peak memory, MiB | {FEW:,} tasks | {MANY:,} tasks | growth | bound |\n|---|---|---|---|---|")
    for work, command in (("imported", "label import"), ("exported", "label export")):
        few, many = peaks[work, FEW], peaks[work, MANY]
        print(f"| `{command}` | {few:.0f} | {many:.0f} | {many / few - 1:+.0%} | {'20 %' if work == 'imported' else ''} |")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        run = WORK[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
        begun = time.perf_counter()
        run()
        print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    else:
        main()
