"""Files as streams: opened wherever they lie, unpacked as they are read, and never held whole."""

from __future__ import annotations

import bz2
import contextlib
import errno
import gzip
import io
import lzma
import os
import stat
import zlib
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, cast

from eventbank.errors import EventBankError, Place
from eventbank.readers.record import BOMB, DAMAGED, NO_EXTRA, NOT_FOUND, NOT_READ, TOO_LARGE

COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
PACKED = 64
"""How many times the limit of a page a single line may unpack to before the rest of the file is given up."""

CHUNK = 2**20


@contextlib.contextmanager
def opened(uri: str, *, packed: bool = True) -> Iterator[IO[bytes]]:
    """The bytes of a file, local or anything that fsspec knows, unpacked by its suffix unless `packed` is False.

    Raises:
        EventBankError: E801 for no file, E802 for one that cannot be read, E803 for damage that the reading meets.
    """
    with reading(uri):
        file = _open(uri)
        with file, contextlib.ExitStack() as stack:
            yield stack.enter_context(_unpacked(file, uri)) if packed and uri.lower().endswith(COMPRESSED) else file


@contextlib.contextmanager
def reading(uri: str) -> Iterator[None]:
    """Turns what the system and the decompressors raise into coded problems of this file."""
    place = Place(file=uri)
    try:
        yield
    except FileNotFoundError as error:
        # For fsspec a server that fails, or does not answer, has no such file; its cause knows better.
        cause = error.__cause__
        if type(cause).__module__.startswith("aiohttp.") and getattr(cause, "status", 0) != HTTPStatus.NOT_FOUND:
            raise EventBankError(NOT_READ.at(place, str(cause)[:300])) from None
        raise EventBankError(NOT_FOUND.at(place)) from None
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
        raise EventBankError(DAMAGED.at(place, str(error) or type(error).__name__)) from None
    except OSError as error:
        bad = uri.lower().endswith(COMPRESSED) and error.errno is None
        raise EventBankError((DAMAGED if bad else NOT_READ).at(place, error.strerror or str(error) or type(error).__name__)) from None
    except Exception as error:
        # The libraries behind fsspec raise errors of their own kinds.
        if isinstance(error, EventBankError) or type(error).__module__.partition(".")[0] in ("builtins", "pyarrow"):
            raise
        raise EventBankError(NOT_READ.at(place, f"{type(error).__name__}: {error}"[:300])) from None


def located(uri: str) -> tuple[Any, str]:
    """The file system of fsspec that a path or an address leads to, and the path in it. Without `://` it is a path of this machine.

    Raises:
        EventBankError: E811 if the library for such addresses is not installed, E802 if there is none.
    """
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    if "://" not in uri:
        return LocalFileSystem(), LocalFileSystem._strip_protocol(os.path.abspath(uri))  # noqa: PTH100
    try:
        fs, path = fsspec.core.url_to_fs(uri)
    except ImportError as error:
        raise EventBankError(NO_EXTRA.at(Place(file=uri), str(error))) from None
    except (AttributeError, TypeError, ValueError) as error:  # whatever its file systems raise that miss a setting
        raise EventBankError(NOT_READ.at(Place(file=uri), str(error)[:300])) from None
    return fs, path


def _open(uri: str) -> IO[bytes]:
    fs, path = located(uri)
    if "file" in fs.protocol and not stat.S_ISREG(Path(path).stat().st_mode):
        # A pipe would be waited for.
        raise OSError(errno.EINVAL, "neither a file nor a link to one")
    file: IO[bytes] = fs.open(path, "rb")
    return file


def _unpacked(file: IO[bytes], uri: str) -> IO[bytes]:
    low = uri.lower()
    if low.endswith(".gz"):
        return cast("IO[bytes]", gzip.open(file, "rb"))
    if low.endswith(".bz2"):
        return bz2.open(file, "rb")
    if low.endswith(".xz"):
        return lzma.open(file, "rb")
    import pyarrow as pa

    stream: Any = pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")
    return io.BufferedReader(_Raw(stream), CHUNK)


class _Raw(io.RawIOBase):
    """An Arrow stream as a raw stream of Python, so that lines can be read from it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer as far as there are bytes."""
        data: bytes = self._stream.read(min(len(buffer), CHUNK))
        buffer[: len(data)] = data
        return len(data)


def whole(stream: IO[bytes], limit: int, uri: str) -> bytes:
    """All bytes of a stream.

    Raises:
        EventBankError: E804 when there are more than `limit`.
    """
    parts, size = [], 0
    while part := stream.read(min(CHUNK, limit + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise EventBankError(TOO_LARGE.at(Place(file=uri), f"more than {limit:,} bytes"))
    return b"".join(parts)


def lines(stream: IO[bytes], limit: int, uri: str) -> Iterator[tuple[bytes | None, int]]:
    """The lines of a stream without their line ends, each with the number of bytes it took; None for one longer than `limit`.

    No more than `limit` bytes are held.

    Raises:
        EventBankError: E805 when a line does not end within `PACKED` times the limit.
    """
    held, size = bytearray(), 0
    # One step at a time, so that what stands before damage is seen before the damage is met.
    read = getattr(stream, "read1", stream.read)
    while data := read(CHUNK):
        at = 0
        while (end := data.find(b"\n", at)) >= 0:
            size += end + 1 - at
            yield _line(held, data[at:end], size, limit), size
            held.clear()
            size, at = 0, end + 1
        size += len(data) - at
        if size <= limit + 2:
            held += data[at:]
        elif size > PACKED * limit:
            raise EventBankError(BOMB.at(Place(file=uri), f"one line of more than {PACKED * limit:,} bytes"))
        else:
            held.clear()
    if size:
        yield _line(held, b"", size, limit), size


def _line(held: bytearray, last: bytes, size: int, limit: int) -> bytes | None:
    """A line from what is held of it and its last part; None when it was too long to be held."""
    if size > limit + 2:
        return None
    return (bytes(held) + last if held else last).rstrip(b"\r")
