"""A million gold events scored by TextEE's six metrics, from files to the report, on one core. Writes its section of README.md.

usage: python benchmarks/textee_score.py

The peer is the definition itself: Python sets of tuples over the whole file, as TextEE's scorer has them, fed with the same parsed records.
Every measurement is a process of its own, bound to one core; seconds are processor time, which other work on the machine lengthens little.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import report

ROUNDS, BOUND = 3, 60
EVENTS, PER_WINDOW, PER_DOCUMENT = 1_000_000, 2, 20
TYPES, ROLES = [f"Type.{at}" for at in range(26)], [f"Role{at}" for at in range(40)]
SENTENCE = "the ministry said on Monday that two ballistic missiles were fired from a site near the capital while officials met"
WORDS = SENTENCE.split()


def write(folder: Path) -> tuple[Path, Path]:
    """Gold and predicted windows: 20 tokens, 2 events with 0 to 5 arguments, 4 in 5 events predicted as they are."""
    rng = random.Random(1)
    gold, pred = folder / "gold.jsonl", folder / "pred.jsonl"
    with gold.open("w") as one, pred.open("w") as other:
        for at in range(EVENTS // PER_WINDOW):
            head = {"doc_id": f"doc-{at // PER_DOCUMENT}", "wnd_id": f"doc-{at // PER_DOCUMENT}-{at % PER_DOCUMENT}"}
            head |= {"text": " ".join(WORDS), "lang": "en", "tokens": WORDS}
            entities = []
            for n in range(5):
                start = rng.randrange(len(WORDS) - 2)
                span = {"start": start, "end": start + rng.randint(1, 2)}
                entities.append({"id": f"m{n}", "entity_type": "GPE", "text": WORDS[start], **span})
            events = [_event(n, entities, rng) for n in range(PER_WINDOW)]
            said = [event if rng.random() < 0.8 else _event(n, entities, rng) for n, event in enumerate(events)]
            for file, found in ((one, events), (other, said)):
                file.write(json.dumps(head | {"entity_mentions": entities, "event_mentions": found}) + "\n")
    return gold, pred


def _event(number: int, entities: list[dict[str, object]], rng: random.Random) -> dict[str, object]:
    start = rng.randrange(len(WORDS))
    fillers = [rng.choice(entities) for _ in range(rng.randrange(6))]
    arguments = [
        {"entity_id": one["id"], "role": rng.choice(ROLES), "text": one["text"], "start": one["start"], "end": one["end"]}
        for one in fillers
    ]
    trigger = {"text": WORDS[start], "start": start, "end": start + 1}
    return {"id": f"e{number}", "event_type": rng.choice(TYPES), "trigger": trigger, "arguments": arguments}


def ours(gold: Path, pred: Path) -> dict[str, list[int]]:
    """The whole of `eventbank score`: reading, checking, six metrics, types and roles, intervals over documents."""
    from eventbank import scoring

    found = scoring.score(scoring.read(gold), scoring.read(pred)).to_dict()["textee"]
    return {name: [row["pred_num"], row["gold_num"], row["match_num"]] for name, row in found.items()}


def sets(gold: Path, pred: Path) -> dict[str, list[int]]:
    """Sets of tuples over the whole file; no check, no types, no intervals."""
    found: list[dict[str, set[tuple[object, ...]]]] = []
    for path in (gold, pred):
        side: dict[str, set[tuple[object, ...]]] = {}
        for line in path.open():
            record = json.loads(line)
            where = (record["doc_id"], record["wnd_id"])
            for event in record["event_mentions"]:
                trigger, kind = (event["trigger"]["start"], event["trigger"]["end"]), event["event_type"]
                side.setdefault("trigger_id", set()).add((*where, *trigger))
                side.setdefault("trigger_cls", set()).add((*where, *trigger, kind))
                for argument in event["arguments"]:
                    span, role = (argument["start"], argument["end"]), argument["role"]
                    side.setdefault("argument_id", set()).add((*where, kind, *span))
                    side.setdefault("argument_cls", set()).add((*where, kind, *span, role))
                    side.setdefault("argument_attached_id", set()).add((*where, *trigger, kind, *span))
                    side.setdefault("argument_attached_cls", set()).add((*where, *trigger, kind, *span, role))
        found.append(side)
    theirs, mine = found
    return {name: [len(mine[name]), len(theirs[name]), len(mine[name] & theirs[name])] for name in sorted(theirs)}


def parse(gold: Path, pred: Path) -> dict[str, list[int]]:
    """The JSON alone."""
    return {"lines": [sum(bool(json.loads(line)) for line in path.open()) for path in (gold, pred)]}


TASKS = {"eventbank score": ours, "sets of tuples": sets, "json.loads alone": parse}


def measured(task: str, gold: Path, pred: Path) -> tuple[float, int, str]:
    """Seconds of processor time, peak memory in MiB, and what was found."""
    run = subprocess.run([sys.executable, __file__, task, str(gold), str(pred)], capture_output=True, text=True, check=True)
    seconds, memory, found = run.stdout.split("\n", 2)
    return float(seconds), int(memory), found


def main() -> None:
    """Measures every task in turn, `ROUNDS` times."""
    with tempfile.TemporaryDirectory() as folder:
        gold, pred = write(Path(folder))
        size = sum(path.stat().st_size for path in (gold, pred)) / 1e6
        rounds = [{task: measured(task, gold, pred) for task in TASKS} for _ in range(ROUNDS)]
    counts = {json.dumps(json.loads(one[task][2]), sort_keys=True) for one in rounds for task in ("eventbank score", "sets of tuples")}
    same = "yes" if len(counts) == 1 else "NO"
    rows = []
    for task in TASKS:
        seconds = [one[task][0] for one in rounds]
        ratio = statistics.median(one[task][0] / one["sets of tuples"][0] for one in rounds)
        memory = max(one[task][1] for one in rounds)
        rows.append(f"| {task} | {statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f}) | {ratio:.2f} | {memory:,} |")
    found = statistics.median(one["eventbank score"][0] for one in rounds)
    text = f"""
`python benchmarks/textee_score.py`, {time.strftime("%Y-%m-%d")}, {report.machine("numpy", "pyarrow")}

{EVENTS:,} gold events in {EVENTS // PER_WINDOW:,} windows of {len(WORDS)} tokens, as many predicted, {size:,.0f} MB
in two files; {ROUNDS} rounds in turn, each measurement a process bound to one core. Counts by both ways are equal: {same}.
`eventbank score` reads, checks, counts by type and role, and draws intervals over documents; the sets are the definitions
of TextEE's scorer and nothing else.

| what | processor seconds, median (range) | of the sets | peak memory, MiB |
|---|---|---|---|
{chr(10).join(rows)}

| promise | bound | measured |
|---|---|---|
| seconds for a million gold events on one core | {BOUND} | {found:.1f} |
"""
    report.write(__file__, "TextEE's metrics on a million gold events", text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        begun = time.process_time()
        result = TASKS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
        print(time.process_time() - begun)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        print(json.dumps(result))
    else:
        main()
