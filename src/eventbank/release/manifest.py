"""`manifest.json`: what is in a release, so that anyone can tell whether it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place, Problem

NAME, CARD, SEAL = "manifest.json", "README.md", "seal"
STANDOFF = "standoff"
"""Where `more` in the manifest of a stand-off release says what is withheld: `withheld`, the size in bytes of each article by document, and
of the full release `digest`, `manifest_sha256` and `tools`."""
NO_MANIFEST = Code("E601", "the release has no manifest that can be read", "Get the release again, or build it again.")
BROKEN_FILE = Code("E602", "a file of the release is missing or has other bytes", "Get the release again, or build it again.")
EXTRA_FILE = Code(
    "E603", "a file in the release folder is not in its manifest", "Move it out of the folder; a release is never edited by hand."
)

TOOLS = ("eventbank", "pyarrow", "sentencex")
"""The packages whose version decides the bytes of a release."""


def manifest(folder: Path, facts: Mapping[str, Any]) -> bytes:
    """The manifest of the files in a folder, with `facts` first. Nothing in it depends on place, time or person."""
    tools = {name: version(name) for name in TOOLS}
    return sealed({**facts, "tools": tools, "files": entries(folder)})


def entries(folder: Path) -> list[dict[str, Any]]:
    """Path, size and SHA-256 of every file in a folder but the manifest, by path."""
    return [
        {"path": path.relative_to(folder).as_posix(), "size": path.stat().st_size, "sha256": digest_of(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / NAME
    ]


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, of which a small part is in memory at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sealed(found: Mapping[str, Any]) -> bytes:
    """A manifest as bytes whose last entry, `seal`, is the SHA-256 of all bytes before that entry."""
    text = json.dumps({key: value for key, value in found.items() if key != SEAL}, indent=1, ensure_ascii=False).removesuffix("\n}")
    body = text.encode("utf-8", "surrogatepass")
    return body + f',\n "{SEAL}": "{sha256(body)}"\n}}\n'.encode()


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a release.

    Raises:
        EventBankError: E601 if there is none or it is cut off.
    """
    try:
        data = (folder / NAME).read_bytes()
    except OSError:
        raise EventBankError(NO_MANIFEST.at(Place(file=NAME))) from None
    return parse(data)


def parse(data: bytes) -> dict[str, Any]:
    """The manifest in the bytes of its file. Its seal is not looked at; `data == sealed(parse(data))` says whether it holds.

    Raises:
        EventBankError: E601 if they are none.
    """
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise EventBankError(NO_MANIFEST.at(Place(file=NAME), str(error))) from None
    if not _is_whole(found):
        raise EventBankError(NO_MANIFEST.at(Place(file=NAME), "it has not the form of a release's manifest"))
    return dict(found)


def _is_whole(found: Any) -> bool:
    """Whether a JSON value has everything that is relied on, with the right types."""
    if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in ("name", "version", "digest")):
        return False
    files, rows, names = found.get("files"), found.get("rows"), found.get("names")
    held, left_out, more = found.get("held"), found.get("left_out"), found.get("more", {})
    return (
        isinstance(files, list)
        and all(isinstance(one, dict) and isinstance(one.get("path"), str) and isinstance(one.get("sha256"), str) for one in files)
        and all(type(one.get("size")) is int for one in files)
        and any(one["path"] == CARD for one in files)
        and isinstance(rows, dict)
        and all(isinstance(parts, dict) and all(type(count) is int for count in parts.values()) for parts in rows.values())
        and isinstance(names, dict)
        and all(isinstance(one, list) and all(isinstance(name, str) for name in one) for one in names.values())
        and isinstance(found.get("gold"), str)
        and isinstance(held, list)
        and all(isinstance(doc_id, str) for doc_id in held)
        and isinstance(left_out, dict)
        and all(type(count) is int for count in left_out.values())
        and isinstance(more, dict)
        and (STANDOFF not in more or _is_standoff(more[STANDOFF]))
    )


def _is_standoff(found: Any) -> bool:
    """Whether what a stand-off release says of the full one has its form."""
    return (
        isinstance(found, dict)
        and all(isinstance(found.get(key), str) for key in ("digest", "manifest_sha256"))
        and all(isinstance(found.get(key), dict) for key in ("tools", "withheld"))
        and all(type(size) is int for size in found["withheld"].values())
    )


def verify(folder: Path) -> Iterator[Problem]:
    """E602 and E603 for every file that is not as the manifest says, itself included. Paths are relative to the release.

    Raises:
        EventBankError: E601 if there is no manifest.
    """
    found = read(folder)
    if (folder / NAME).read_bytes() != sealed(found):
        yield BROKEN_FILE.at(Place(file=NAME), "its seal is another")
    listed = {entry["path"]: entry for entry in found["files"]}
    present = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file() and path != folder / NAME}
    for name, entry in sorted(listed.items()):
        if name not in present:
            yield BROKEN_FILE.at(Place(file=name), "missing")
        elif (digest := digest_of(present[name])) != entry["sha256"]:
            size = present[name].stat().st_size
            yield BROKEN_FILE.at(
                Place(file=name), f"expected {entry['sha256'][:12]}… ({entry['size']} bytes), found {digest[:12]}… ({size} bytes)"
            )
    for name in sorted(present.keys() - listed.keys()):
        yield EXTRA_FILE.at(Place(file=name))
