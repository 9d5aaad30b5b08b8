"""A small server of releases over real HTTP: the one route that a download asks for, and every trouble that servers and lines make."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from proxy import Answer

from eventbank.document import sha256
from eventbank.release.manifest import sealed

REPO = "owner/harbour"
ROUTE = re.compile(rf"/datasets/{REPO}/resolve/([^/]+)/(.+)")
Files = dict[str, bytes]


@dataclass
class Shelf:
    """Releases by revision. `trouble` sees path and real answer of every request and says what is answered instead."""

    releases: dict[str, Files]
    trouble: Callable[[str, Answer], Answer] = lambda _, answer: answer
    token: str = ""
    commit: str = ""
    sent: list[tuple[str, int]] = field(default_factory=list)
    """Path and first byte of every file that was given."""

    def reply(self, _method: str, path: str, headers: Mapping[str, str], _body: bytes) -> Answer:
        lower = {name.lower(): value for name, value in headers.items()}
        match = ROUTE.fullmatch(path)
        if self.token and lower.get("authorization") != f"Bearer {self.token}":
            return Answer(401, b"", {"X-Error-Message": f"not with {lower.get('authorization')}"})
        revision, name = (unquote(match[1]), unquote(match[2])) if match else ("", "")
        found = self.releases.get("main" if revision == self.commit else revision, {}).get(name)
        if found is None:
            return self.trouble(name, Answer(404, b"", {"X-Error-Code": "EntryNotFound"}))
        etag = f'"{sha256(found)[:40]}"'
        more = {"X-Repo-Commit": self.commit} if self.commit else {}
        asked = re.fullmatch(r"bytes=(\d+)-", lower.get("range", ""))
        start = int(asked[1]) if asked and lower.get("if-range", etag) == etag else 0
        if start and start >= len(found):
            return Answer(416, b"", {"Content-Range": f"bytes */{len(found)}"})
        self.sent.append((name, start))
        if start:
            more["Content-Range"] = f"bytes {start}-{len(found) - 1}/{len(found)}"
        return self.trouble(name, Answer(206 if start else 200, found[start:], {"ETag": etag, **more}))


def with_manifest(held: Files, version: str = "1.0.0", **more: Any) -> Files:
    """Files with the manifest of a release that holds them; `more` takes the place of what it says."""
    entries = [{"path": path, "size": len(data), "sha256": sha256(data)} for path, data in held.items()]
    facts = {"name": "harbour", "version": version, "digest": sha256(version.encode()), "rows": {}, "names": {}, "gold": "single"}
    return held | {"manifest.json": sealed({**facts, "held": [], "left_out": {}, "files": entries, **more})}


def held(folder: Path) -> Files:
    """The files of a folder by path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
