"""The editions that a server offers: which repositories there are, which versions of each, and which file lies where.

An edition is a release in a folder. It is called by its version, or by its commit: forty hexadecimal digits that are made of the content
alone, so that the same bytes have the same commit on every machine, and a cache that is keyed by it is never stale.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from eventbank.corpus import MARK, find_root, open_corpus
from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.release import folder, history, manifest, repository

NOTHING = Code(
    "E900",
    "there is no release to serve",
    "Name a corpus that was built, a release folder, or a folder of release folders; without a name it is the corpus around you.",
)
NOT_WHOLE = Code("E901", "a file of the release cannot be served", "Get the release again, or build it again.")
TWICE = Code("E902", "two releases have one version and other content", "Name only one of them; a version means the same bytes for good.")

MAIN = "main"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_TAG = re.compile(r"v?(\d+\.\d+\.\d+)", re.ASCII)


@dataclass(frozen=True)
class File:
    """A file of an edition: its path in the release with forward slashes, its size in bytes, its SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Edition:
    """A release that is served.

    `repo` is `owner/name`; a stand-off release has `-standoff` after the name, as it has the version of the full one. `commit` is made of
    the manifest, which holds the hash of every file. `working` says that it is the `dataset/` of a corpus, which the next build replaces.
    """

    repo: str
    version: str
    commit: str
    root: Path
    standoff: bool
    manifest: Mapping[str, Any] = field(repr=False, compare=False)
    working: bool = False

    @property
    def title(self) -> str:
        """The title of the corpus."""
        return str(self.manifest["settings"]["corpus"]["title"])

    @property
    def tag(self) -> str:
        """The name of its version as a revision: `v1.0.0`."""
        return f"v{self.version}"

    @cached_property
    def files(self) -> Mapping[str, File]:
        """Every file that is served, by path, in order: those that the manifest names, and the manifest."""
        data = manifest.sealed(self.manifest)
        found = [File(entry["path"], entry["size"], entry["sha256"]) for entry in self.manifest["files"]]
        found.append(File(manifest.NAME, len(data), sha256(data)))
        return {file.path: file for file in sorted(found, key=lambda file: file.path)}


@dataclass(frozen=True)
class Shelf:
    """Editions, each repository's newest first."""

    editions: tuple[Edition, ...]

    @cached_property
    def repos(self) -> tuple[str, ...]:
        """The repositories, in order."""
        return tuple(sorted({edition.repo for edition in self.editions}))

    def versions(self, repo: str) -> tuple[Edition, ...]:
        """The editions of a repository that are found by their version, newest first."""
        found: dict[str, Edition] = {}
        for edition in self._of(repo):
            if edition.version not in found or found[edition.version].working:
                found[edition.version] = edition
        return tuple(found.values())

    def main(self, repo: str) -> Edition | None:
        """The edition that is meant when no revision is named: `dataset/` of a corpus, else the newest version."""
        there = self._of(repo)
        return next((edition for edition in there if edition.working), there[0] if there else None)

    def find(self, repo: str, revision: str = MAIN) -> Edition | None:
        """The edition of a repository that a revision names: `main`, a version with or without `v`, or a commit; None if there is none."""
        revision = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
        if revision == MAIN:
            return self.main(repo)
        if _COMMIT.fullmatch(revision):
            return next((edition for edition in self._of(repo) if edition.commit == revision), None)
        return next((edition for edition in self.versions(repo) if revision in (edition.version, edition.tag)), None)

    def open(self) -> Shelf:
        """The shelf with its stand-off editions alone: what holds no text that may not be passed on."""
        return Shelf(tuple(edition for edition in self.editions if edition.standoff))

    def _of(self, repo: str) -> tuple[Edition, ...]:
        return tuple(edition for edition in self.editions if edition.repo == repo)


def shelf(editions: Iterable[Edition]) -> Shelf:
    """A shelf of editions in any order; one that is there twice counts once.

    Raises:
        EventBankError: E902 for two release folders that have one version and other content. A `dataset/` gives way: it is `main`, and its
            version is the release's.
    """
    kept: dict[tuple[str, str], Edition] = {}
    for edition in editions:
        before = kept.get((edition.repo, edition.commit))
        if before is None or edition.working:
            kept[edition.repo, edition.commit] = edition
    frozen: dict[tuple[str, str], Edition] = {}
    for edition in kept.values():
        if not edition.working and (other := frozen.setdefault((edition.repo, edition.version), edition)) is not edition:
            raise EventBankError(TWICE.at(Place(file=str(edition.root)), f"{edition.repo} {edition.version} is in {other.root}, too"))
    ordered = sorted(kept.values(), key=lambda edition: (history.parse(edition.version), edition.working), reverse=True)
    return Shelf(tuple(sorted(ordered, key=lambda edition: edition.repo)))


def shelf_of(paths: Sequence[Path] = (), *, here: Path | None = None, cache: Path | None = None) -> Shelf:
    """The shelf of what lies in folders: corpora, release folders, folders of release folders.

    A corpus gives its `dataset/`, and every tag of its repository that has the version of the release in it.

    Args:
        paths: the folders; by default the corpus around `here`.
        here: where to look for a corpus; by default the working directory.
        cache: where releases are kept that were taken from tags; by default `cache_folder()`.

    Raises:
        EventBankError: E900 for a folder that holds no release, E003 without a folder and a corpus, E601 for a manifest that cannot be
            read, E651 for a version that is none, E901 for a file that is not as the manifest says or lies elsewhere, E902.
    """
    found: list[Edition] = []
    for path in paths or [find_root(here or Path())]:
        editions = list(_editions(path, cache or cache_folder()))
        if not editions:
            raise EventBankError(NOTHING.at(Place(file=str(path))))
        found += editions
    return shelf(found)


def edition_of(root: Path, *, working: bool = False) -> Edition:
    """The edition in a release folder. Sizes are looked at here, hashes before the first byte of a file is served.

    Raises:
        EventBankError: E601, E651, E901.
    """
    facts = _manifest(root)
    history.parse(facts["version"])
    raise_errors(_problems(root, facts))
    standoff = manifest.STANDOFF in facts.get("more", {})
    repo = folder.settings(facts).repo + ("-standoff" if standoff else "")
    return Edition(repo, facts["version"], sha256(manifest.sealed(facts))[:40], root.resolve(), standoff, facts, working)


def place_of(edition: Edition, path: str) -> Path | None:
    """Where a file of an edition lies; None if the edition has no such file, or if a link leads out of its folder."""
    if path not in edition.files:
        return None
    return _inside(edition.root, path)


def traces_of(paths: Sequence[Path] = (), here: Path | None = None) -> frozenset[tuple[str, int, int]]:
    """What changes when `shelf_of` would give another shelf: the inode and the time of every manifest and list of tags."""
    found = set()
    for path in paths or [find_root(here or Path())]:
        places = [path / manifest.NAME, path / "dataset" / manifest.NAME, path / ".git" / "packed-refs", path / ".git" / "refs" / "tags"]
        places += [] if (path / MARK).is_file() else path.glob(f"*/{manifest.NAME}")
        for place in places:
            try:
                seen = place.stat()
            except OSError:
                continue
            found.add((str(place), seen.st_ino, seen.st_mtime_ns))
    return frozenset(found)


def cache_folder() -> Path:
    """Where what was made from releases is kept between runs: `EVENTBANK_CACHE`, else `eventbank` in the user's folder of caches."""
    own = os.environ.get("EVENTBANK_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eventbank"


def _editions(path: Path, cache: Path) -> Iterator[Edition]:
    """The editions in one folder."""
    if (path / MARK).is_file():
        corpus = open_corpus(path)
        if (corpus.dataset / manifest.NAME).is_file():
            yield edition_of(corpus.dataset, working=True)
        yield from (edition_of(root) for root in _tagged(corpus.root, cache))
    elif (path / manifest.NAME).is_file():
        yield edition_of(path)
    elif path.is_dir():
        below = (one for one in sorted(path.iterdir()) if not one.name.startswith("."))
        yield from (edition_of(one) for one in below if (one / manifest.NAME).is_file())


def _tagged(root: Path, cache: Path) -> Iterator[Path]:
    """The release that each tag of a corpus's repository is named for, in a folder that is named by its content."""
    repo = repository.around(root)
    for tag in repo.tags() if repo else ():
        named = _TAG.fullmatch(tag)
        tree = repo.tree(tag, "dataset") if repo and named else None
        if repo is None or named is None or tree is None or not repo.has(tag, f"dataset/{manifest.NAME}"):
            continue
        kept = cache / "editions" / tree
        if not kept.is_dir():
            _extract(repo.archive(tag, ["dataset"]), kept)
        if _manifest(kept)["version"] == named[1]:
            yield kept


def _extract(archive: bytes, to: Path) -> None:
    """Writes the files below the first folder of a tar file into a new folder, whole or not at all; only its owner can read them."""
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    stage = Path(tempfile.mkdtemp(prefix=".new-", dir=to.parent))
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in (one for one in tar if one.isfile()):
                parts = PurePosixPath(member.name).parts[1:]
                if parts and ".." not in parts:
                    target = stage.joinpath(*parts)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(cast(IO[bytes], tar.extractfile(member)).read())
        try:
            stage.rename(to)
        except OSError:
            if not to.is_dir():
                raise
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _manifest(root: Path) -> dict[str, Any]:
    """What a manifest says.

    Raises:
        EventBankError: E601 if it cannot be read or was changed after it was made.
    """
    facts = manifest.read(root)
    if (root / manifest.NAME).read_bytes() != manifest.sealed(facts):
        raise EventBankError(manifest.NO_MANIFEST.at(Place(file=str(root / manifest.NAME)), "its seal is another"))
    return facts


def _problems(root: Path, facts: Mapping[str, Any]) -> Iterator[Problem]:
    """E901 for every file that is missing, of another size, or not in the folder."""
    for entry in facts["files"]:
        place = Place(file=str(root / entry["path"]))
        there = _inside(root.resolve(), entry["path"])
        if there is None:
            yield NOT_WHOLE.at(place, "it lies outside of the release")
        elif not there.is_file():
            yield NOT_WHOLE.at(place, "it is missing")
        elif there.stat().st_size != entry["size"]:
            yield NOT_WHOLE.at(place, f"it has {there.stat().st_size} bytes, not {entry['size']}")


def _inside(root: Path, path: str) -> Path | None:
    """A path below a folder without links, `root` being one already; None if it leads out."""
    try:
        there = (root / path).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    return there if there.is_relative_to(root) and there != root else None
