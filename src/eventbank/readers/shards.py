"""Shards: what one worker reads at a time, found in files, folders and patterns, always cut in the same way."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from eventbank.errors import EventBankError, Place
from eventbank.readers.record import NO_PARQUET, NO_READER, NOT_FOUND, NOT_READ, Rejection
from eventbank.readers.streams import COMPRESSED, located, opened, reading

KINDS = {
    "text": (".txt", ".text"),
    "html": (".html", ".htm", ".xhtml"),
    "jsonl": (".jsonl", ".ndjson"),
    "parquet": (".parquet",),
    "warc": (".warc", ".wet"),
}
"""The readers and the suffixes of their files, to which the suffix of a compression may be added."""

SIZE = 32 * 2**20
"""Bytes of a shard of JSON lines or, unpacked, of Parquet."""


@dataclass(frozen=True)
class File:
    """A file to read: where it is, its path below what was given, its bytes, when it was changed (nanoseconds, 0 if that is not known)."""

    uri: str
    name: str
    size: int
    modified: int = 0


@dataclass(frozen=True)
class Shard:
    """A file, or a part of one: bytes `[start, stop)` of JSON lines, row groups `[start, stop)` of Parquet. `stop` 0 means to the end."""

    kind: str
    file: File
    start: int = 0
    stop: int = 0

    @property
    def name(self) -> str:
        """A name that depends on the file, its size and the part alone."""
        text = "\t".join([self.kind, self.file.name, str(self.file.size), str(self.start), str(self.stop)])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def kind_of(name: str) -> str | None:
    """The reader for a file, by its suffixes."""
    low = name.lower()
    packed = next((end for end in COMPRESSED if low.endswith(end)), "")
    stem = low.removesuffix(packed)
    kind = next((kind for kind, ends in KINDS.items() if stem.endswith(ends)), None)
    return None if kind == "parquet" and packed else kind


def find_shards(paths: Sequence[str]) -> tuple[list[Shard], list[Rejection]]:
    """The shards of files, folders and patterns (local, or as fsspec writes them), and what no reader takes.

    In folders, names that begin with a dot or an underscore are passed over. The order of `paths` does not matter, and a file that is
    named twice is read once.

    Raises:
        EventBankError: E801 for a path that leads nowhere.
    """
    closed: dict[str, Rejection] = {}
    files = {file.uri: file for path in paths for file in _files(path, closed)}
    shards: list[Shard] = []
    rejected = [closed[folder] for folder in sorted(closed)]
    for file in sorted(files.values(), key=lambda file: (file.name, file.uri)):
        kind = kind_of(file.name)
        if kind is None:
            found = "a link to a folder" if Path(file.uri).is_dir() else ""
            rejected.append(Rejection.of(NO_READER.at(Place(file=file.uri), found), file.name))
        else:
            shards += _parts(kind, file, rejected)
    return shards, rejected


def _files(path: str, closed: dict[str, Rejection]) -> Iterator[File]:
    """The files at a path; `closed` takes the folders that cannot be read."""
    if not path:
        raise EventBankError(NOT_FOUND.at(None, "the path is empty"))
    with reading(path):
        fs, root = located(path)
        local = "file" in fs.protocol
        pattern = any(char in root for char in "*?[") and not fs.exists(root)
        roots = fs.glob(root) if pattern else [root]
        found = False

        def refused(error: OSError) -> None:
            folder = str(error.filename)
            closed[folder] = Rejection.of(NOT_READ.at(None, error.strerror or ""), os.path.relpath(folder, Path(at).parent))

        for at in sorted(roots):
            known = fs.info(at)
            entries = {at: known}
            if known["type"] == "directory":
                entries = fs.find(at, detail=True, **({"on_error": refused} if local else {}))
            for place, entry in sorted(entries.items()):
                name = place.removeprefix(at).lstrip("/") if place != at else place.rsplit("/", 1)[-1]
                if place == at or not any(part.startswith((".", "_")) for part in name.split("/")):
                    found = True
                    yield File(place if local else fs.unstrip_protocol(place), name, int(entry.get("size") or 0), _changed(entry))
    if not found and not closed:
        raise EventBankError(NOT_FOUND.at(Place(file=str(path)), "no file matches" if pattern else ""))


def _changed(entry: Mapping[str, Any]) -> int:
    """When a file was changed, which file systems give as a number or as a time."""
    at = entry.get("mtime")
    if isinstance(at, dt.datetime):
        at = at.timestamp()
    return int(at * 1e9) if isinstance(at, int | float) else 0


def _parts(kind: str, file: File, rejected: list[Rejection]) -> Iterator[Shard]:
    """The parts of a large file. What is compressed, and an archive, is read in one piece."""
    if kind == "jsonl" and not file.name.lower().endswith(COMPRESSED):
        cuts = [*range(0, max(file.size, 1), SIZE), file.size]
        yield from (Shard(kind, file, start, stop) for start, stop in pairwise(cuts))
    elif kind == "parquet":
        try:
            sizes = _row_groups(file.uri)
        except EventBankError as error:
            rejected.append(Rejection.of(error.problems[0], file.name))
            return
        start = held = 0
        for at, size in enumerate(sizes):
            if held and held + size > SIZE:
                yield Shard(kind, file, start, at)
                start, held = at, 0
            held += size
        if sizes:
            yield Shard(kind, file, start, len(sizes))
    else:
        yield Shard(kind, file)


def _row_groups(uri: str) -> list[int]:
    """The bytes of each row group, unpacked."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with opened(uri) as stream:
        try:
            meta = pq.ParquetFile(stream).metadata
            return [meta.row_group(at).total_byte_size for at in range(meta.num_row_groups)]
        except (pa.ArrowException, OSError) as error:
            raise EventBankError(NO_PARQUET.at(Place(file=uri), str(error).splitlines()[0])) from None
