"""Files over HTTP, in part and whole: entity tags, ranges, conditions (RFC 9110, sections 8.8, 13 and 14).

No byte is sent that is not the release's: a file is hashed before the first request for it is answered, and again when it is another file.
Reading is done in slices, in threads, each after the client took the one before.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import os
import re
import stat
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from eventbank.hub.shelf import File

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SLICE = 256 * 1024
"""Bytes that are read at once; a client that does not take them has this much memory of the server."""

_RANGE = re.compile(r"bytes=\s*(\d{0,19})-(\d{0,19})\s*", re.ASCII | re.IGNORECASE)
_TAGS = re.compile(r'(?:W/)?("[^"]*")')
_PLAIN = {".md": "text/plain", ".yaml": "text/plain", ".json": "application/json", ".svg": "image/svg+xml"}
_Identity = tuple[int, int, int, int]


class Changed(Exception):  # noqa: N818
    """The file on the disk is not the one that the release names."""


class Unsatisfiable(Exception):  # noqa: N818
    """A range of which the file has not one byte."""


@dataclass
class Seals:
    """The hashes of files that were read once, by what the system knows a file by: device, inode, size and time of the last change.

    A file is hashed by the first who asks for it; others wait for that. No more than two are hashed at once, so that there are always
    threads that read.
    """

    known: dict[_Identity, str] = field(default_factory=dict)
    locks: dict[_Identity, asyncio.Lock] = field(default_factory=dict)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    async def open(self, path: Path, file: File, *, hashed: bool = True) -> int:
        """A descriptor of a file that has the bytes of the release, or, unless `hashed`, the size.

        Raises:
            Changed: if it has not, or cannot be read.
        """
        from anyio.to_thread import run_sync

        try:
            handle = await run_sync(_open, path)
        except OSError:
            raise Changed from None
        try:
            identity = _identity(handle, file)
            if hashed and identity not in self.known:
                async with self.locks.setdefault(identity, asyncio.Lock()), self.turns:
                    await run_sync(self._hash, handle, identity)
                self.locks.pop(identity, None)
            if hashed and self.known[identity] != file.sha256:
                raise Changed
        except OSError:
            os.close(handle)
            raise Changed from None
        except BaseException:
            os.close(handle)
            raise
        return handle

    def hold(self, path: Path, file: File) -> bool:
        """Whether a file has the bytes of the release. It is hashed here and now, unless it was before."""
        try:
            handle = _open(path)
        except OSError:
            return False
        try:
            identity = _identity(handle, file)
            self._hash(handle, identity)
        except (Changed, OSError):
            return False
        finally:
            os.close(handle)
        return self.known[identity] == file.sha256

    def _hash(self, handle: int, identity: _Identity) -> None:
        """Hashes an open file unless it was hashed before; what was found stays even if nobody waits for it any more."""
        if identity in self.known:
            return
        found, at = hashlib.sha256(), 0
        while data := os.pread(handle, 4 * SLICE, at):
            found.update(data)
            at += len(data)
        self.known[identity] = found.hexdigest()


async def answer(request: Request, path: Path, file: File, seals: Seals, headers: Mapping[str, str]) -> Response:
    """The answer to GET or HEAD for a file: 200, 206, 304 or 416. `headers` go along with each of them.

    Several ranges at once are answered with the whole file, as the standard allows.

    Raises:
        Changed: if the bytes on the disk are not the release's.
    """
    from starlette.responses import Response, StreamingResponse

    tag = f'"{file.sha256}"'
    own = {**headers, "ETag": tag, "Accept-Ranges": "bytes"}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=own)
    try:
        part = _part(request, file.size, tag)
    except Unsatisfiable:
        return Response(status_code=416, headers={**own, "Content-Range": f"bytes */{file.size}"})
    start, end = part or (0, file.size)
    own |= {"Content-Type": media_type(file.path), "Content-Length": str(end - start)}
    own |= {"Content-Range": f"bytes {start}-{end - 1}/{file.size}"} if part else {}
    status = 206 if part else 200
    handle = await seals.open(path, file, hashed=request.method != "HEAD")
    if request.method == "HEAD":
        os.close(handle)
        return Response(status_code=status, headers=own)
    return StreamingResponse(_slices(handle, start, end), status, own)


def media_type(path: str) -> str:
    """What a file is told to be: nothing that a browser would run, and text wherever it can be read as such."""
    kind = _PLAIN.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        return "text/plain; charset=utf-8"
    return kind if kind in _PLAIN.values() else "application/octet-stream"


def part_of(header: str, size: int) -> tuple[int, int] | None:
    """The bytes [start, end) that a Range header names of a file of `size` bytes; None for one that is to be ignored.

    Raises:
        Unsatisfiable: if the file has none of them.
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= min(end, size):
        raise Unsatisfiable
    return start, end


def _part(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """The part that a request asks for; None if it asks for the whole, or has an older part than this file."""
    unless = request.headers.get("if-range")
    if request.method != "GET" or (unless is not None and unless.strip() != tag):
        return None
    return part_of(request.headers.get("range", ""), size)


def _matches(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in _TAGS.findall(header)


async def _slices(handle: int, start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes [start, end) of an open file, which is closed at the end, whatever that is."""
    from anyio.to_thread import run_sync

    try:
        while start < end:
            data = await run_sync(os.pread, handle, min(SLICE, end - start), start)
            if not data:
                raise Changed
            start += len(data)
            yield data
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)


def _identity(handle: int, file: File) -> _Identity:
    """What the system knows an open file by.

    Raises:
        Changed: if it is no file, or has another size than that of the release.
    """
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_size != file.size:
        raise Changed
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
