"""Readers: what lies at some paths, and the records in it. Plain text (`.txt`, one page a file) and JSON lines (`.jsonl`: `id`, `text`, any
metadata).

`plan` lists inputs without opening them, in an order that depends on their names alone; a large JSON lines file is several inputs, cut at
line ends. `read` yields, for each page in an input, a `Record` or the `Problem` why there is none.
"""

from __future__ import annotations

import datetime as dt
import glob
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventbank.articles.read import decode
from eventbank.articles.records import Record, Settings
from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place, Problem

NO_RECORD = Code("E829", "the line holds no article", "Each line is a JSON object with id and text, both not empty.")

SUFFIXES = (".txt", ".jsonl")
PART = 32 << 20
"""Bytes of a JSON lines file that are one input."""

LONGEST = 64 << 20
"""Bytes of the longest line that is read; a longer one is passed over and told."""

FACTS = ("title", "published", "publisher", "agency", "author", "dateline", "url")


@dataclass(frozen=True)
class Input:
    """A file, or part `part` of `parts` of one. `modified` is in nanoseconds."""

    path: str
    name: str
    size: int
    modified: int
    part: int = 0
    parts: int = 1


def plan(paths: Sequence[str]) -> list[Input]:
    """The inputs at some paths: files, folders with all that lies below, patterns. In the order of their names; each file once."""
    found: dict[Path, str] = {}
    for given in paths:
        for hit in sorted(glob.glob(given, recursive=True)) or [given]:  # noqa: PTH207
            root = Path(hit)
            inside = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else [root]
            base = root if root.is_dir() else root.parent
            for path in inside:
                if not any(one.startswith(".") for one in path.relative_to(base).parts) and path.suffix in SUFFIXES and path.is_file():
                    found.setdefault(path.resolve(), path.relative_to(base).as_posix())
    inputs: list[Input] = []
    for path, name in sorted(found.items(), key=lambda item: (item[1], item[0])):
        state = path.stat()
        parts = max(1, -(-state.st_size // PART)) if path.suffix == ".jsonl" else 1
        sizes = [min(PART, state.st_size - at * PART) for at in range(parts)] if parts > 1 else [state.st_size]
        inputs += (Input(str(path), name, size, state.st_mtime_ns, at, parts) for at, size in enumerate(sizes))
    return inputs


def read(source: Input, settings: Settings) -> Iterator[Record | Problem]:  # noqa: ARG001
    """The records of an input, and the problem of each that is none, in order."""
    path = Path(source.path)
    if path.suffix == ".jsonl":
        yield from _lines(path, source)
        return
    place = Place(file=source.name, doc_id=path.stem)
    try:
        article = decode(path.stem, source.name, path.read_bytes(), source.name)
        yield Record(article.doc_id, article.name, article.raw_sha256, article.raw, place)
    except EventBankError as error:
        yield from error.problems


def _lines(path: Path, source: Input) -> Iterator[Record | Problem]:
    """The lines that begin in a part of a file. Lines are counted from the beginning of the part."""
    first = source.part * PART
    last = first + PART if source.part + 1 < source.parts else source.size + first
    with path.open("rb") as file:
        if first:
            file.seek(first - 1)
            while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
                pass
        number = 0
        while file.tell() < last and (line := file.readline(LONGEST)):
            number += 1
            name = f"{source.name}#{source.part}" if source.parts > 1 else source.name
            place = Place(file=name, line=number)
            if not line.endswith(b"\n") and len(line) == LONGEST:
                while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
                    pass
                yield NO_RECORD.at(place, f"longer than {LONGEST >> 20} MiB")
            elif line.strip():
                yield _record(line, place, source.name)


def _record(line: bytes, place: Place, name: str) -> Record | Problem:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return NO_RECORD.at(place, str(error) if isinstance(error, ValueError) else "nested too deep")
    if not isinstance(value, dict) or not all(isinstance(value.get(key), str) and value[key] for key in ("id", "text")):
        return NO_RECORD.at(place)
    here = Place(file=place.file, line=place.line, doc_id=value["id"])
    return Record(value["id"], name, sha256(line.rstrip(b"\r\n")), value["text"], here, tuple(_facts(value)))


def _facts(value: dict[str, Any]) -> Iterator[tuple[str, str | dt.date]]:
    """What the line says of the article, of the kinds that `documents` has; the rest is passed over."""
    for name in FACTS:
        if isinstance(found := value.get(name), str) and found.strip():
            try:
                yield name, dt.date.fromisoformat(found[:10]) if name == "published" else found
            except ValueError:
                continue
