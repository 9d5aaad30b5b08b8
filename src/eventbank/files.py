"""Writing files so that a reader, or a killed writer, only ever leaves the old state or the new one."""

from __future__ import annotations

import ctypes
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from eventbank.errors import Code, EventBankError, Place

BUSY = Code("E005", "another eventbank command is writing to this corpus", "Wait until it has ended, then try again.")
NO_FILE = Code("E010", "there is something else where a file should be written", "Move it away, or write to another path.")

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # Linux: renameat2(2)
_RENAME_SWAP = 2  # macOS: renamex_np(2)


def write_atomic(path: Path, data: bytes) -> None:
    """Replaces the file at `path`, or makes it, in one step; its folder is made if need be."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file, open for writing bytes, that becomes `path` in one step when the block ends without an exception.

    Its folder is made if need be. Until then, and when the block fails, whatever was at `path` stays. A link is followed.

    Raises:
        EventBankError: E010 if there is something at `path` that is no file.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise EventBankError(NO_FILE.at(Place(file=str(path))))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)
        raise


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Holds the corpus for one writer; the operating system frees it when the process ends, however it ends.

    Raises:
        EventBankError: E005 if another process holds it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(root / ".eventbank.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise EventBankError(BUSY.at(Place(file=root.name))) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A new folder beside `target` that replaces it whole when the block ends without an exception.

    Where the system can exchange two names in one step (Linux, macOS) there is no moment without a complete `target`. Elsewhere the
    old folder is moved aside first; `recover` puts it back if the process dies between the two steps. Call it under `writing`, which
    also makes it safe to sweep what killed writers left behind.
    """
    recover(target)
    stage = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    stage.chmod(0o755)
    try:
        yield stage
        put(stage, target)
    finally:
        recover(target)


def put(stage: Path, target: Path) -> None:
    """Gives a whole folder the name `target` in one step. What had that name is then at `stage`, or was moved aside as in `staged`.

    Every file is brought to the disk first, so that a power cut afterwards finds it whole.
    """
    for path in stage.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    if not target.exists():
        stage.rename(target)
    elif not _exchange(stage, target):
        target.rename(_aside(target))
        stage.rename(target)


def recover(target: Path) -> None:
    """Undoes a replacement that was cut off, and removes the folders that killed writers left beside `target`."""
    if not target.exists() and _aside(target).exists():
        _aside(target).rename(target)
    for stale in target.parent.glob(f".{glob.escape(target.name)}-*"):
        shutil.rmtree(stale, ignore_errors=True)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}-old")


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges the names of two folders in one step; False where the system or its file system cannot."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            return not libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
        if sys.platform == "darwin":
            return not libc.renamex_np(os.fsencode(one), os.fsencode(other), _RENAME_SWAP)
    except (OSError, AttributeError, TypeError):
        pass
    return False
