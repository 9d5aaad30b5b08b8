"""A stand-in for the write routes of the Hugging Face Hub, over real HTTP on loopback: repositories, commits, tags, large files.

It answers what huggingface_hub 2.4 asks for while a dataset is made, uploaded and tagged, and keeps what it was given.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

from proxy import Answer

from eventbank.document import sha256

Files = dict[str, bytes]


@dataclass
class Repo:
    """A dataset repository: its commits in order, by id, and its tags."""

    private: bool
    commits: dict[str, Files] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    @property
    def head(self) -> str:
        return list(self.commits)[-1]

    @property
    def files(self) -> Files:
        return self.commits[self.head]

    def at(self, revision: str) -> Files:
        return self.commits[self.head if revision == "main" else self.tags.get(revision, revision)]

    def commit(self, files: Files, message: str = "") -> str:
        name = hashlib.sha1(f"{len(self.commits)}".encode()).hexdigest()
        self.commits[name] = files
        self.messages.append(message)
        return name


@dataclass
class Hub:
    """The Hub. `tokens` may write if true, `fails` answers a route (a pattern of "METHOD path") otherwise."""

    tokens: Mapping[str, bool]
    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    large: Files = field(default_factory=dict)
    fails: dict[str, Answer] = field(default_factory=dict)

    def make(self, name: str, private: bool = False, files: Files | None = None) -> Repo:
        self.repos[name] = Repo(private)
        self.repos[name].commit({".gitattributes": b"*.parquet filter=lfs\n", **(files or {})})
        return self.repos[name]

    def reply(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to a request."""
        route, _, _ = path.partition("?")
        for pattern, answer in self.fails.items():
            if re.search(pattern, f"{method} {route}"):
                return answer
        if (match := re.fullmatch(r"/lfs/(\w+)", route)) and method == "PUT":
            self.large[match[1]] = body
            return Answer()
        token = {name.lower(): value for name, value in headers.items()}.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return refused(401, "Invalid credentials in Authorization header")
        if method == "POST" and not self.tokens[token] and "paths-info" not in route:
            return refused(403, "Forbidden: pass a token with write access")
        for pattern, answering in ROUTES.items():
            verb, _, form = pattern.partition(" ")
            if verb == method and (match := re.fullmatch(form, unquote(route))):
                return answering(self, match, body)
        return refused(404, f"no route {method} {route}")


def said(value: object, **headers: str) -> Answer:
    return Answer(200, json.dumps(value).encode(), headers)


def refused(status: int, error: str) -> Answer:
    return Answer(status, json.dumps({"error": error}).encode(), {"X-Error-Message": error})


def create(hub: Hub, _: re.Match[str], body: bytes) -> Answer:
    asked = json.loads(body)
    name = f"{asked['organization']}/{asked['name']}"
    answer = {"url": f"{hub.url}/datasets/{name}", "name": name}
    assert asked["type"] == "dataset"
    if name in hub.repos:
        return Answer(409, json.dumps({**answer, "error": "You already created this dataset repo"}).encode())
    hub.make(name, asked.get("visibility") == "private")
    return said(answer)


def info(hub: Hub, match: re.Match[str], _: bytes) -> Answer:
    repo = hub.repos.get(match["repo"])
    if repo is None:
        return Answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
    return said({"id": match["repo"], "sha": repo.head, "private": repo.private, "tags": [], "downloads": 0, "likes": 0, "siblings": []})


def refs(hub: Hub, match: re.Match[str], _: bytes) -> Answer:
    repo = hub.repos[match["repo"]]
    tags = [{"name": name, "ref": f"refs/tags/{name}", "targetCommit": commit} for name, commit in repo.tags.items()]
    return said({"branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": repo.head}], "converts": [], "tags": tags})


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def entry(path: str, data: bytes) -> dict[str, object]:
    large = {"lfs": {"oid": sha256(data), "size": len(data), "pointerSize": 130}} if path.endswith(".parquet") else {}
    return {"type": "file", "oid": blob(data), "size": len(data), "path": path} | large


def paths_info(hub: Hub, match: re.Match[str], body: bytes) -> Answer:
    files = hub.repos[match["repo"]].at(match["rev"])
    return said([entry(path, files[path]) for path in parse_qs(body.decode())["paths"] if path in files])


def tree(hub: Hub, match: re.Match[str], _: bytes) -> Answer:
    return said([entry(path, data) for path, data in hub.repos[match["repo"]].at(match["rev"]).items()])


def resolve(hub: Hub, match: re.Match[str], _: bytes) -> Answer:
    repo = hub.repos[match["repo"]]
    data = repo.at(match["rev"]).get(match["path"])
    if data is None:
        return Answer(404, b"", {"X-Error-Code": "EntryNotFound"})
    return Answer(200, data, {"ETag": f'"{blob(data)}"', "X-Repo-Commit": repo.head, "Content-Type": "application/octet-stream"})


def valid(_: Hub, __: re.Match[str], body: bytes) -> Answer:
    return said({"errors": [], "warnings": []})


def preupload(hub: Hub, match: re.Match[str], body: bytes) -> Answer:
    files = hub.repos[match["repo"]].files
    modes = []
    for asked in json.loads(body)["files"]:
        path, large = asked["path"], asked["path"].endswith(".parquet")
        known = {"oid": sha256(files[path]) if large else blob(files[path])} if path in files else {}
        modes.append({"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, **known})
    return said({"files": modes})


def batch(hub: Hub, _: re.Match[str], body: bytes) -> Answer:
    found = []
    for one in json.loads(body)["objects"]:
        actions = {} if one["oid"] in hub.large else {"actions": {"upload": {"href": f"{hub.url}/lfs/{one['oid']}"}}}
        found.append({"oid": one["oid"], "size": one["size"], **actions})
    return Answer(200, json.dumps({"transfer": "basic", "objects": found}).encode(), {"Content-Type": "application/vnd.git-lfs+json"})


def commit(hub: Hub, match: re.Match[str], body: bytes) -> Answer:
    repo = hub.repos[match["repo"]]
    files = dict(repo.files)
    message = ""
    for line in body.splitlines():
        kind, value = json.loads(line)["key"], json.loads(line)["value"]
        if kind == "header":
            message = value["summary"]
            if value.get("parentCommit", repo.head) != repo.head:
                return refused(412, "A commit has happened since. Please refresh and try again.")
        elif kind == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif kind == "lfsFile":
            files[value["path"]] = hub.large[value["oid"]]
        elif kind == "deletedFile":
            del files[value["path"]]
    oid = repo.commit(files, message)
    return said({"commitUrl": f"{hub.url}/datasets/{match['repo']}/commit/{oid}", "commitOid": oid, "success": True})


def tag(hub: Hub, match: re.Match[str], body: bytes) -> Answer:
    repo, name = hub.repos[match["repo"]], json.loads(body)["tag"]
    if name in repo.tags:
        return refused(409, f"Tag {name} already exists")
    repo.tags[name] = match["rev"]
    return said({})


REPO = r"(?P<repo>[\w.-]+/[\w.-]+)"
ROUTES: dict[str, Callable[[Hub, re.Match[str], bytes], Answer]] = {
    "POST /api/repos/create": create,
    "POST /api/validate-yaml": valid,
    f"GET /api/datasets/{REPO}": info,
    f"GET /api/datasets/{REPO}/revision/main": info,
    f"GET /api/datasets/{REPO}/refs": refs,
    f"GET /api/datasets/{REPO}/tree/(?P<rev>\\w+)": tree,
    f"POST /api/datasets/{REPO}/paths-info/(?P<rev>[\\w.]+)": paths_info,
    f"POST /api/datasets/{REPO}/preupload/main": preupload,
    f"POST /api/datasets/{REPO}/commit/main": commit,
    f"POST /api/datasets/{REPO}/tag/(?P<rev>\\w+)": tag,
    f"POST /datasets/{REPO}.git/info/lfs/objects/batch": batch,
    f"GET /datasets/{REPO}/resolve/(?P<rev>\\w+)/(?P<path>.+)": resolve,
    f"HEAD /datasets/{REPO}/resolve/(?P<rev>\\w+)/(?P<path>.+)": resolve,
}
