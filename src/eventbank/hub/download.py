"""`download`: a release fetched from a server that the clients of the Hugging Face Hub can read, whole or not at all.

The manifest comes first; every file is held against it while it comes. What has arrived lies in a folder beside the target whose name
holds the digest of the manifest, so that a run that was cut off goes on, and never with the files of another version.
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from itertools import islice
from pathlib import Path
from typing import Any

from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place
from eventbank.files import put, recover, writing
from eventbank.hub.address import ADDRESS, Address, origin, parse, standard
from eventbank.hub.transfer import MISSING, NO_ROOM, Item, Source, StoppedError, connected, fetch, read
from eventbank.release import manifest

UNSOUND = Code("E923", "the manifest cannot be trusted", "Nothing was fetched. Tell whoever runs the server.")
OCCUPIED = Code(
    "E927",
    "there is something else where the release should go",
    "Name a folder that does not exist; --replace takes the place of a release.",
)
BAD_TOKEN = Code("E928", "the token cannot be used", "Put the token alone into the file, or into HF_TOKEN: letters, digits and signs.")

WORKERS = 4
LARGEST_MANIFEST = 32 << 20
MOST_NESTED = 500_000
"""Bytes of a manifest, and brackets in it. Both together bound the memory that reading it takes, whatever it holds."""

MOST_FILES = 100_000
LARGEST_LIST = 1 << 20
"""Files that a manifest may list, and bytes of a list of repositories."""
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TAG = re.compile(r"v\d+\.\d+\.\d+.*")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|\ud800-\udfff]')
"""What no file of a release has in its name, and what some file systems cannot hold."""


@dataclass(frozen=True)
class Downloaded:
    """A release at `folder`. Of its `size` bytes `fetched` came over the wire in this run; `changed` says whether it did anything."""

    folder: Path
    url: str
    version: str
    digest: str
    commit: str
    files: int
    size: int
    fetched: int
    changed: bool


def download(
    url: str,
    to: Path,
    version: str = "",
    *,
    token_file: Path | None = None,
    replace: bool = False,
    workers: int = WORKERS,
    timeout: float = 60.0,
    progress: Callable[[int, int], None] | None = None,
) -> Downloaded:
    """Fetches a release into the new folder `to`, verified against its manifest.

    The folder appears when it is whole. A run that was cut off, however it ended, is finished by the next; what has arrived is not fetched
    again. A release that lies there already with the same manifest is left as it is.

    Args:
        url: what `address.parse` understands.
        version: a version or any revision; by default the one in `url`, else `main`.
        token_file: holds the token for the server of `url`. Without it, the token that huggingface_hub finds (`HF_TOKEN`, or its login)
            is sent if `url` is on the server that huggingface_hub talks to (`HF_ENDPOINT`), and to no other.
        replace: take the place of another release at `to`.
        workers: files that come at the same time.
        timeout: seconds that the server may be silent.
        progress: called with the bytes that are there and the bytes of the whole.

    Raises:
        EventBankError: E920 to E929; E005 if another run fetches the same; E603 and E614 as for any folder that is replaced.
    """
    address = parse(url, version)
    target = Path(os.path.abspath(to))  # noqa: PTH100 (a link at the end must stay one)
    _refuse_occupied(target, str(to), replace)
    with connected(address, _token(address, token_file), timeout) as source:
        if not address.repo:
            address = replaced(address, repo=_only_repo(source))
            source = replaced(source, address=address)
        data, commit = _manifest(source)
        facts = manifest.parse(data)
        items = _items(facts)
        size = sum(item.size for item in items)
        what = (address.url, str(facts["version"]), str(facts["digest"]), commit, len(items), size)
        stage = target.with_name(f".{target.name}.part-{sha256(data)[:16]}")
        if _is_there(target, data):
            shutil.rmtree(stage, ignore_errors=True)  # of a run that was killed after its last step
            return Downloaded(to, *what, fetched=0, changed=False)
        _refuse_other(target, str(to), replace)
        files = stage / "files"
        _refuse_too_large(files, items, str(to))
        stage.mkdir(mode=0o700, parents=True, exist_ok=True)
        with writing(stage):
            files.mkdir(mode=0o755, exist_ok=True)
            fetched = _fetch_all(source, commit or address.revision or "main", items, files, workers, _counter(size, progress))
            _clear(files, {item.path for item in items})
            (files / manifest.NAME).write_bytes(data)
            _place(files, target, str(to), replace)
            shutil.rmtree(stage, ignore_errors=True)
        return Downloaded(to, *what, fetched=fetched, changed=True)


def _token(address: Address, file: Path | None) -> str:
    """The token for the server of an address; empty if there is none for it.

    Raises:
        EventBankError: E928 if it is not one word of ASCII.
    """
    if file is not None:
        try:
            token = file.read_text("utf-8").strip()
        except UnicodeDecodeError:
            raise EventBankError(BAD_TOKEN.at(Place(file=str(file)), "it is no text")) from None
        if not token:
            raise EventBankError(BAD_TOKEN.at(Place(file=str(file)), "the file is empty"))
    elif _origin_or_none(standard()) == address.origin:
        from huggingface_hub import get_token

        token = get_token() or ""
    else:
        return ""
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise EventBankError(BAD_TOKEN.at(Place(file=str(file) if file else "HF_TOKEN")))
    return token


def _origin_or_none(url: str) -> Any:
    try:
        return origin(url)
    except ValueError:
        return None


def _only_repo(source: Source) -> str:
    """The repository of a server that has one.

    Raises:
        EventBankError: E920 if it has none or several, or does not say which.
    """
    endpoint = source.address.endpoint
    data, _ = read(source, f"{endpoint}/api/datasets?limit=10", LARGEST_LIST)
    try:
        names = [one["id"] for one in json.loads(data)]
        found = [parse(f"{endpoint}/datasets/{name}").repo for name in names]
    except (ValueError, TypeError, KeyError, RecursionError, EventBankError):
        raise EventBankError(ADDRESS.at(Place(file=endpoint), "the server does not say what it has")) from None
    if len(found) != 1:
        raise EventBankError(ADDRESS.at(Place(file=endpoint), f"the server has {', '.join(found) or 'nothing'}"))
    return found[0]


def _manifest(source: Source) -> tuple[bytes, str]:
    """The bytes of the manifest, and the commit that it is of (empty if the server names none), so that all files are of one commit.

    Raises:
        EventBankError: E922 if there is none or it is of another version than was asked for, E923 if it is not to be trusted.
    """
    address, place = source.address, Place(file=manifest.NAME)
    revision = address.revision or "main"
    data, headers = read(source, address.file(revision, manifest.NAME), LARGEST_MANIFEST)
    if data.count(b"{") + data.count(b"[") > MOST_NESTED:
        raise EventBankError(UNSOUND.at(place, f"it has more than {MOST_NESTED:,} brackets"))
    try:
        facts = manifest.parse(data)
    except EventBankError as error:
        raise EventBankError(MISSING.at(Place(file=address.url), error.problems[0].message)) from None
    if data != manifest.sealed(facts):
        raise EventBankError(UNSOUND.at(place, "its seal is another"))
    if _TAG.fullmatch(revision) and revision != f"v{facts['version']}":
        raise EventBankError(MISSING.at(Place(file=address.url), f"under {revision} lies version {facts['version']}"))
    commit = headers.get("x-repo-commit", "")
    return data, commit if _COMMIT.fullmatch(commit) else ""


def _items(facts: dict[str, Any]) -> list[Item]:
    """The files of a manifest, the largest first.

    Raises:
        EventBankError: E923 for each that is not a plain file inside the release: absolute, with `..`, of an impossible size, twice.
    """
    place = Place(file=manifest.NAME)
    entries = facts["files"]
    if len(entries) > MOST_FILES:
        raise EventBankError(UNSOUND.at(place, f"it lists {len(entries):,} files"))
    _refuse_unsound(place, (f"{_short(entry['path'])}: {found}" for entry in entries for found in _wrong(entry)))
    names = {_folded(manifest.NAME)}
    twins = []
    for entry in entries:
        if (name := _folded(entry["path"])) in names:
            twins.append(entry["path"])
        names.add(name)
    _refuse_unsound(place, (f"{_short(path)} is the name of two files" for path in twins))
    inside = (path for path in names if any(path[: match.start()] in names for match in re.finditer("/", path)))
    _refuse_unsound(place, (f"{_short(path)} lies in a file" for path in sorted(inside)))
    return sorted((Item(entry["path"], entry["size"], entry["sha256"]) for entry in entries), key=lambda item: (-item.size, item.path))


def _refuse_unsound(place: Place, found: Iterator[str]) -> None:
    """E923 for the first few things found."""
    if problems := [UNSOUND.at(place, one) for one in islice(found, 10)]:
        raise EventBankError(problems)


def _wrong(entry: dict[str, Any]) -> Iterator[str]:
    """What is wrong with one entry of a manifest."""
    path = entry["path"]
    if len(path) > 1000 or any(len(part.encode("utf-8", "replace")) > 200 for part in path.split("/")):
        yield "its name is too long"
    elif any(part in ("", ".", "..") for part in path.split("/")) or _FORBIDDEN.search(path):
        yield "it is no path inside a release"
    if not 0 <= entry["size"] < 1 << 50:
        yield f"it cannot have {entry['size']} bytes"
    if not _DIGEST.fullmatch(entry["sha256"]):
        yield "its SHA-256 is none"


def _short(path: str) -> str:
    return repr(path if len(path) <= 80 else f"{path[:80]}…")


def _folded(path: str) -> str:
    """The name by which file systems that do not tell upper from lower case, or forms of an accent, know a file."""
    return unicodedata.normalize("NFC", path).casefold()


def _is_there(target: Path, data: bytes) -> bool:
    """Whether the release with this very manifest lies at a folder, whole."""
    try:
        return (target / manifest.NAME).read_bytes() == data and not any(manifest.verify(target))
    except (OSError, EventBankError):
        return False


def _refuse_occupied(target: Path, shown: str, replace: bool) -> None:
    """E927 for what is no release and no empty folder, before anything is asked of a server."""
    place = Place(file=shown)
    if not os.path.lexists(target):
        return
    if not target.is_dir() or (replace and target.is_symlink()):
        raise EventBankError(OCCUPIED.at(place, "it is no folder"))
    if any(target.iterdir()) and not (target / manifest.NAME).is_file():
        raise EventBankError(OCCUPIED.at(place, "it is a folder that holds no release"))


def _refuse_other(target: Path, shown: str, replace: bool) -> None:
    """E927 for another release, or the same one damaged. With `replace` that is fine, and E603 and E614 name what is no release's."""
    if not target.is_dir():
        return
    if Path.cwd().is_relative_to(target.resolve()):
        raise EventBankError(OCCUPIED.at(Place(file=shown), "you are in that folder"))
    if not any(target.iterdir()):
        return
    if replace:
        from eventbank.release.folder import refuse_foreign

        refuse_foreign(target, shown)
        return
    try:
        facts = manifest.read(target)
    except EventBankError:
        raise EventBankError(OCCUPIED.at(Place(file=shown), "it is a folder that holds no release")) from None
    raise EventBankError(OCCUPIED.at(Place(file=shown), f"another release, or a damaged one: {facts['name']} {facts['version']}"))


def _refuse_too_large(files: Path, items: Sequence[Item], shown: str) -> None:
    """E926 if what is still to come does not fit on the disk."""
    there = sum(path.stat().st_size for path in files.rglob("*") if path.is_file())
    disk = next(folder for folder in files.parents if folder.is_dir())
    needed, free = sum(item.size for item in items) - there, shutil.disk_usage(disk).free
    if needed > free:
        raise EventBankError(NO_ROOM.at(Place(file=shown), f"{needed:,} bytes are to come, {free:,} are free"))


def _counter(total: int, progress: Callable[[int, int], None] | None) -> Callable[[int], None]:
    """Adds up what several threads tell."""
    lock, done = threading.Lock(), 0

    def tell(more: int) -> None:
        nonlocal done
        with lock:
            done += more
            if progress is not None:
                progress(done, total)

    return tell


def _fetch_all(source: Source, revision: str, items: Sequence[Item], files: Path, workers: int, tell: Callable[[int], None]) -> int:
    """Fetches every file, several at a time; the bytes that came. The first failure ends all, and what has arrived stays.

    The threads are daemons, so that an interrupted command need not wait for a server that says nothing.
    """
    todo: queue.SimpleQueue[Item] = queue.SimpleQueue()
    for item in items:
        todo.put(item)
    came: list[int] = []
    failures: list[BaseException] = []

    def work() -> None:
        while not source.stop.is_set():
            try:
                item = todo.get_nowait()
            except queue.Empty:
                return
            try:
                came.append(fetch(source, source.address.file(revision, item.path), item, files / item.path, tell))
            except StoppedError:
                return
            except BaseException as error:  # handed on to the thread that waits
                failures.append(error)
                source.stop.set()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(workers, len(items)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        source.stop.set()
    problems = [problem for error in failures if isinstance(error, EventBankError) for problem in error.problems]
    for error in failures:
        if not isinstance(error, EventBankError):
            raise error
    if problems:
        raise EventBankError(problems)
    return sum(came)


def _clear(files: Path, wanted: set[str]) -> None:
    """Takes away what is no file of the release: folders first seen from the inside, and whatever else has got in."""
    for path in sorted(files.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(files).as_posix() not in wanted:
            path.unlink()


def _place(files: Path, target: Path, shown: str, replace: bool) -> None:
    """Gives the whole release its name, in one step."""
    if not replace:
        if os.path.lexists(target) and not (target.is_dir() and not any(target.iterdir())):
            raise EventBankError(OCCUPIED.at(Place(file=shown), "it came while the release was fetched"))
        put(files, target)
        return
    with writing(target.parent):
        _refuse_other(target, shown, replace)
        put(files, target)
        recover(target)
