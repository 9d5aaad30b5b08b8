"""`eventbank download` against `hf download` and curl, from `eventbank serve` on loopback. Puts its table into README.md.

usage: python benchmarks/download.py [FOLDER]

FOLDER keeps the made release (0.25 GB) for another run. Every measurement is a process of its own, start included, into a new folder; the
ways take turns at being first, so that whatever else the machine does falls on all.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import load_dataset
import report

from eventbank.release import manifest

ROUNDS = 5
BOUND = 2.0
"""What part of the time of `hf download`, which compares no content and waits for no disk, ours may take."""

DOCUMENTS = {"train": 24_000, "validation": 2_000, "test": 2_000}
REPO = "some/made"


def measured(command: list[str], url: str) -> float:
    """Seconds of a command."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("HF_")}
    begin = time.perf_counter()
    done = subprocess.run(command, env=environment | {"HF_ENDPOINT": url}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return time.perf_counter() - begin


def ways(url: str, to: Path, names: list[str]) -> dict[str, list[str]]:
    """The commands that bring the release to a folder."""
    base = f"{url}/datasets/{REPO}/resolve/v1.0.0"
    config = [part for name in names for part in ("-o", str(to / name), f"{base}/{name}")]
    hf, release = str(Path(sys.executable).with_name("hf")), ["--repo-type", "dataset", "--revision", "v1.0.0"]
    return {
        "eventbank": [sys.executable, "-m", "eventbank", "download", REPO, "--version", "1.0.0", "--to", str(to)],
        "hf": [hf, "download", REPO, *release, "--local-dir", str(to)],
        "curl": ["curl", "-sSf", "--create-dirs", *config],
    }


def main() -> None:
    """Makes the release, serves it, and measures."""
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary) / "made"
        if not (target / manifest.NAME).exists():
            target.mkdir(parents=True, exist_ok=True)
            load_dataset.SHARE.update(DOCUMENTS)
            load_dataset.make(target)
        files = manifest.read(target)["files"]
        size = sum(one["size"] for one in files)
        serve = [sys.executable, "-m", "eventbank", "serve", str(target), "--port", "0", "--json"]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            said = ""
            while not said.endswith("\n}\n"):
                said += server.stdout.readline()
            url = json.loads(said)["url"]
            found: dict[str, list[float]] = {}
            for at in range(ROUNDS + 1):
                commands = list(ways(url, Path(temporary) / "got", [one["path"] for one in files]).items())
                for name, command in commands[at % 3 :] + commands[: at % 3]:
                    taken = measured(command, url)
                    subprocess.run(["rm", "-rf", str(Path(temporary) / "got")], check=True)
                    if at:  # the first round fills the caches of the system
                        found.setdefault(name, []).append(taken)
            server.terminate()
    ratios = [ours / theirs for ours, theirs in zip(found["eventbank"], found["hf"], strict=True)]
    rows = [f"| `{name}` | {statistics.median(taken):.2f} |" for name, taken in found.items()]
    text = (
        f"`python benchmarks/download.py`, {dt.datetime.now(dt.UTC).date()}, {report.machine('huggingface_hub', 'httpx2', 'uvicorn')}\n\n"
        f"A made release of {len(files)} files and {size / 1e6:.0f} MB, from `eventbank serve` on the same two cores. {ROUNDS} rounds "
        "after one that does not count, in which the ways take turns at being first. `eventbank` hashes every byte and brings it to the "
        "disk before the folder appears; `hf` and `curl` (one file after the other) do neither.\n\n"
        "| way | s (median) |\n|---|---|\n" + "\n".join(sorted(rows)) + "\n\n"
        f"`eventbank` takes {statistics.median(ratios):.2f} times as long as `hf` (median; {min(ratios):.2f} to {max(ratios):.2f}); "
        f"the bound is {BOUND}."
    )
    report.write(__file__, "a release over the wire", text)


if __name__ == "__main__":
    main()
