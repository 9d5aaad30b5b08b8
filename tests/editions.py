"""More versions of a release, and a server of them as a process."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from eventbank.document import sha256
from eventbank.release import folder, manifest
from eventbank.tables import DOCUMENTS, EVENTS


def another(release: Path, to: Path, version: str) -> Path:
    """A release like the one in a folder, with another version, which is also what every title in it says."""
    found = folder.read(release)
    tables = dict(found.tables)
    for table in (DOCUMENTS, EVENTS):
        tables[table] = {
            split: part.set_column(part.schema.get_field_index("title"), "title", pa.array([version] * len(part)))
            for split, part in found.tables[table].items()
        }
    to.mkdir(parents=True)
    folder.write(replace(found, settings=replace(found.settings, version=version), tables=tables), to)
    return to


@dataclass(frozen=True)
class Running:
    """A server that runs: its address, and its process."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def running(*words: str | Path, cwd: Path | None = None, stderr: int | None = None) -> Iterator[Running]:
    """`eventbank serve` on a free port of loopback, until the block ends."""
    command: Sequence[str] = [sys.executable, "-m", "eventbank", "serve", "--port", "0", "--json", *map(str, words)]
    with (
        tempfile.TemporaryDirectory() as cache,
        subprocess.Popen(
            command, cwd=cwd, stdout=subprocess.PIPE, stderr=stderr, text=True, env=os.environ | {"EVENTBANK_CACHE": cache}
        ) as process,
    ):
        try:
            assert process.stdout is not None
            said = ""
            while not said.endswith("\n}\n"):
                line = process.stdout.readline()
                assert line, "the server ended"
                said += line
            yield Running(json.loads(said)["url"], process)
        finally:
            process.terminate()
            process.wait(20)


def with_large_file(release: Path, to: Path, size: int) -> tuple[Path, bytes]:
    """A copy of a release with one file more, `large.bin`, of `size` bytes that do not repeat; and these bytes."""
    shutil.copytree(release, to)
    data = random.Random(size).randbytes(size)
    (to / "large.bin").write_bytes(data)
    facts = manifest.read(to)
    files = [*facts["files"], {"path": "large.bin", "size": size, "sha256": sha256(data)}]
    (to / manifest.NAME).write_bytes(manifest.sealed({**facts, "files": files}))
    return to, data
