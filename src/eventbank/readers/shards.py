"""Shards: what one worker reads at a time, found in files, folders and patterns, always cut in the same way."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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


def find_shards(paths: Sequence[str], out: Path | None = None) -> tuple[list[Shard], list[Rejection]]:
    """The shards of files, folders and patterns (local, or as fsspec writes them), and what no reader takes.

    In folders, names that begin with a dot or an underscore are passed over. The order of `paths` does not matter, and a file that is
    named twice is read once, under its longest name. What lies in `out` is passed over, unless a path leads into it.

    Raises:
        EventBankError: E801 for a path that leads nowhere.
    """
    closed: dict[str, Rejection] = {}
    own = os.path.join(os.path.abspath(out), "") if out else ""  # noqa: PTH100, PTH118
    entered = any(os.path.join(os.path.abspath(path), "").startswith(own) for path in paths if "://" not in path)  # noqa: PTH100, PTH118
    files: dict[str, File] = {}
    for path in paths:
        for file in _files(path, closed):
            if (not own or entered or not file.uri.startswith(own)) and len(file.name) > len(files.get(file.uri, _NO_FILE).name):
                files[file.uri] = file
    shards: list[Shard] = []
    rejected = [closed[folder] for folder in sorted(closed)]
    for file in sorted(_apart(files.values()), key=lambda file: (file.name, file.uri)):
        kind = kind_of(file.name)
        if kind is None:
            found = "a link to a folder" if Path(file.uri).is_dir() else ""
            rejected.append(Rejection.of(NO_READER.at(Place(file=file.uri), found), file.name))
        else:
            shards += _parts(kind, file, rejected)
    return shards, rejected


_NO_FILE = File("", "", 0)


def _apart(files: Iterable[File]) -> Iterator[File]:
    """The files, those of the same name with their folders before it, up to the one that holds them all."""
    same: dict[str, list[File]] = {}
    for file in files:
        same.setdefault(file.name, []).append(file)
    for group in same.values():
        parts = [file.uri.split("/") for file in group]
        apart = (at for at, names in enumerate(zip(*parts, strict=False)) if len(set(names)) > 1)
        shared = next(apart, min(map(len, parts)) - 1)
        yield from (replace(file, name="/".join(names[shared:])) for file, names in zip(group, parts, strict=True) if len(group) > 1)
        yield from group if len(group) == 1 else ()


def _files(path: str, closed: dict[str, Rejection]) -> Iterator[File]:
    """The files at a path; `closed` takes the folders that cannot be read."""
    if not path:
        raise EventBankError(NOT_FOUND.at(None, "the path is empty"))
    with reading(path):
        fs, root = located(path)
        local = "file" in fs.protocol
        pattern = any(char in root for char in "*?[") and not fs.exists(root)
        roots = fs.glob(root) if pattern else [root]
        # Names are paths below the folder that was given, or the last one before the first sign of a pattern.
        fixed = re.split(r"[*?\[]", root, maxsplit=1)[0].rpartition("/")[0] if pattern else ""
        found = False

        def refused(error: OSError) -> None:
            folder = str(error.filename)
            closed[folder] = Rejection.of(NOT_READ.at(None, error.strerror or ""), os.path.relpath(folder, Path(at).parent))

        for at in sorted(roots):
            known = fs.info(at)
            entries = {at: known}
            if known["type"] == "directory":
                entries = fs.find(at, detail=True)
                # fsspec passes over folders below that cannot be opened, without a word.
                for _, folders, _ in os.walk(at, onerror=refused) if local else ():
                    folders[:] = [name for name in folders if not name.startswith((".", "_"))]
            for place, entry in sorted(entries.items()):
                name = place.removeprefix(at).lstrip("/") if place != at else place.rsplit("/", 1)[-1]
                if place == at or not any(part.startswith((".", "_")) for part in name.split("/")):
                    found = True
                    name = place.removeprefix(fixed).lstrip("/") if pattern else name
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
