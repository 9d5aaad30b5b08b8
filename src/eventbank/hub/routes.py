"""What clients of the Hugging Face Hub ask for, over the editions of a shelf.

The routes, headers and error codes are those that huggingface_hub 2.4 and datasets 5.2 use to read a dataset; nothing can be written. Every
file is told to be a large one (`lfs`), so that its SHA-256, which the manifest has, is its entity tag.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from eventbank.hub import ranges
from eventbank.hub.ranges import Changed, Seals
from eventbank.hub.shelf import MAIN, Edition, File, Shelf, place_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

MOST = 1_000_000
"""Bytes of the body of a request that are read; a list of all paths of a large release has a tenth of it."""
PATIENCE = 10
"""Seconds in which the body of a request must have come."""

_PLAIN = re.compile(r"[^A-Za-z0-9._-]")
_REVISION = re.compile(r"(refs/[^/]+/[^/]+|[^/]+)(?:/(.*))?", re.DOTALL)


def routes(shelf: Shelf, seals: Seals, *, private: bool = False) -> list[BaseRoute]:
    """The routes that read datasets from a shelf.

    Args:
        shelf: what there is.
        seals: which files are known to be right.
        private: say of the repositories that they are private.
    """
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.routing import Route

    repo = "{owner}/{name}"

    def said(path: str, method: str, answer: Callable[..., Awaitable[Response]], **more: Any) -> Route:
        return Route(path, partial(answer, shelf, **more), methods=[method], middleware=[Middleware(GZipMiddleware)])

    return [
        Route(f"/datasets/{repo}/resolve/{{rest:path}}", partial(_resolve, shelf, seals), methods=["GET"]),
        said("/api/datasets", "GET", _list, private=private),
        said(f"/api/datasets/{repo}", "GET", _info, private=private),
        said(f"/api/datasets/{repo}/revision/{{rest:path}}", "GET", _info, private=private),
        said(f"/api/datasets/{repo}/tree/{{rest:path}}", "GET", _tree),
        said(f"/api/datasets/{repo}/refs", "GET", _refs),
        said(f"/api/datasets/{repo}/paths-info/{{rest:path}}", "POST", _paths_info),
    ]


async def _resolve(shelf: Shelf, seals: Seals, request: Request) -> Response:
    """A file, in part or whole."""
    edition, path = _asked(shelf, request)
    if not isinstance(edition, Edition):
        return edition
    file, there = edition.files.get(path), place_of(edition, path)
    headers = {"X-Repo-Commit": edition.commit}
    if file is None or there is None:
        return _refused(404, "EntryNotFound", "The release has no such file", headers)
    frozen = edition.commit in request.path_params["rest"]
    headers |= {
        "Cache-Control": "private, max-age=31536000, immutable" if frozen else "private, no-cache",
        "Content-Disposition": f'inline; filename="{_PLAIN.sub("_", PurePosixPath(path).name)}"',
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    try:
        return await ranges.answer(request, there, file, seals, headers)
    except Changed:
        return _refused(503, "Changed", "The release was replaced on the server's disk; the server must be started again")


async def _list(shelf: Shelf, request: Request, private: bool) -> Response:
    """The repositories, by name, author and number if these are asked for."""
    asked = request.query_params
    found = [repo for repo in shelf.repos if asked.get("search", "").lower() in repo.lower()]
    found = [repo for repo in found if asked.get("author") in (None, repo.partition("/")[0])]
    limit = asked.get("limit", "")
    heads = (shelf.main(repo) for repo in found[: int(limit) if limit.isdecimal() and len(limit) < 9 else None])
    return _json([_about(edition, private) for edition in heads if edition])


async def _info(shelf: Shelf, request: Request, private: bool) -> Response:
    """A repository at a revision."""
    edition, _ = _asked(shelf, request)
    if not isinstance(edition, Edition):
        return edition
    sized = request.query_params.get("blobs") in ("true", "True", "1")
    siblings = [
        {"rfilename": file.path} | ({"size": file.size, "blobId": _pointer(file), "lfs": _large(file)} if sized else {})
        for file in edition.files.values()
    ]
    return _json({**_about(edition, private), "siblings": siblings})


async def _tree(shelf: Shelf, request: Request) -> Response:
    """The entries of a folder."""
    edition, path = _asked(shelf, request)
    if not isinstance(edition, Edition):
        return edition
    path, asked = path.strip("/"), request.query_params
    deep, expand = (asked.get(name, "").lower() in ("true", "1") for name in ("recursive", "expand"))
    if path and path not in _folders(edition):
        return _refused(404, "EntryNotFound", "The release has no such folder", {"X-Repo-Commit": edition.commit})
    below = [one for one in _entries(edition, expand) if _below(one["path"], path) and (deep or _parent(one["path"]) == path)]
    return _json(below, {"X-Repo-Commit": edition.commit})


async def _refs(shelf: Shelf, request: Request) -> Response:
    """The versions of a repository as tags, and `main`."""
    repo = _repo(request)
    head = shelf.main(repo)
    if head is None:
        return _refused(404, "RepoNotFound", "There is no such repository")
    tags = [{"name": one.tag, "ref": f"refs/tags/{one.tag}", "targetCommit": one.commit} for one in shelf.versions(repo)]
    branches = [{"name": MAIN, "ref": f"refs/heads/{MAIN}", "targetCommit": head.commit}]
    return _json({"branches": branches, "converts": [], "tags": tags, "pullRequests": []})


async def _paths_info(shelf: Shelf, request: Request) -> Response:
    """The entries of the files and folders that the body of the request names."""
    edition, _ = _asked(shelf, request)
    if not isinstance(edition, Edition):
        return edition
    try:
        body = await asyncio.wait_for(_body(request), PATIENCE)
        paths, expand = _named(body, request.headers.get("content-type", ""))
    except (ValueError, TimeoutError):
        return _refused(400, "BadRequest", "The body of the request cannot be used", {"Connection": "close"})
    return _json([one for one in _entries(edition, expand) if one["path"] in paths], {"X-Repo-Commit": edition.commit})


def _asked(shelf: Shelf, request: Request) -> tuple[Edition | Response, str]:
    """The edition and the path that a request names, or the answer that there is none."""
    repo = _repo(request)
    if shelf.main(repo) is None:
        return _refused(404, "RepoNotFound", "There is no such repository"), ""
    found = _REVISION.fullmatch(request.path_params.get("rest", MAIN))
    edition = shelf.find(repo, found[1]) if found else None
    if found is None or edition is None:
        return _refused(404, "RevisionNotFound", "The repository has no such revision"), ""
    return edition, found[2] or ""


def _repo(request: Request) -> str:
    return f"{request.path_params['owner']}/{request.path_params['name']}"


async def _body(request: Request) -> bytes:
    """The body of a request.

    Raises:
        ValueError: if it is too large.
    """
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MOST:
            raise ValueError
    return bytes(found)


def _named(body: bytes, kind: str) -> tuple[frozenset[str], bool]:
    """The paths that a body names, and whether commits are wanted.

    Raises:
        ValueError: if it is neither a form nor JSON of the right shape.
    """
    text = body.decode("utf-8")
    if kind.startswith("application/json"):
        try:
            found = json.loads(text)
        except RecursionError:
            raise ValueError from None
        paths = found.get("paths") if isinstance(found, dict) else None
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise ValueError
        return frozenset(paths), bool(found.get("expand"))
    form = parse_qs(text, max_num_fields=MOST // 8)
    return frozenset(form.get("paths", ())), form.get("expand", [""])[-1].lower() in ("true", "1")


def _about(edition: Edition, private: bool) -> dict[str, Any]:
    """What the Hub says of a repository."""
    found = {
        "_id": edition.commit[:24],
        "id": edition.repo,
        "author": edition.repo.partition("/")[0],
        "sha": edition.commit,
        "private": private,
        "gated": False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": [],
        "description": edition.title,
        "cardData": {"pretty_name": edition.title, "version": edition.version},
    }
    return found | ({"lastModified": day} if (day := _day(edition)) else {})


def _entries(edition: Edition, expand: bool) -> Iterator[dict[str, Any]]:
    """Every folder and file of an edition, as the Hub lists them."""
    day = _day(edition) if expand else None
    last = {"lastCommit": {"id": edition.commit, "title": f"{edition.title} {edition.version}", "date": day}} if day else {}
    for folder in sorted(_folders(edition)):
        hashes = [file.sha256 for file in edition.files.values() if _below(file.path, folder)]
        yield {"type": "directory", "oid": _sha1("".join(hashes)), "size": 0, "path": folder, **last}
    for file in edition.files.values():
        yield {"type": "file", "oid": _pointer(file), "size": file.size, "path": file.path, "lfs": _large(file), **last}


def _folders(edition: Edition) -> set[str]:
    return {parent.as_posix() for path in edition.files for parent in PurePosixPath(path).parents} - {"."}


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _large(file: File) -> dict[str, Any]:
    return {"oid": file.sha256, "sha256": file.sha256, "size": file.size, "pointerSize": len(_pointer_text(file))}


def _pointer(file: File) -> str:
    """The id that git gives to the pointer that stands for a large file."""
    text = _pointer_text(file)
    return _sha1(f"blob {len(text)}\0{text}")


def _pointer_text(file: File) -> str:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{file.sha256}\nsize {file.size}\n"


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _day(edition: Edition) -> str | None:
    """The day of an edition as the Hub writes a time; None if its makers named none."""
    day = edition.manifest["settings"]["corpus"].get("date")
    return f"{day}T00:00:00.000Z" if day else None


def _json(value: Iterable[Any] | dict[str, Any], headers: dict[str, str] | None = None, status: int = 200) -> Response:
    from starlette.responses import Response

    own = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff", **(headers or {})}
    return Response(json.dumps(value), status, own, "application/json")


def _refused(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    """An error as huggingface_hub knows it; nothing of what was asked for is in it."""
    said = {"X-Error-Code": code, "X-Error-Message": message, "Cache-Control": "no-store"}
    return _json({"error": message}, {**said, **(headers or {})}, status)
