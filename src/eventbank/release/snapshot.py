"""A release as it is compared: from a folder, from a revision of the corpus's git repository, or from tables that are not written yet."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from eventbank import ontology as ontologies
from eventbank.corpus import MARK, find_root
from eventbank.errors import Code, EventBankError, Place, raise_errors
from eventbank.ontology import Ontology
from eventbank.release import manifest, repository
from eventbank.release.content import ONTOLOGY
from eventbank.release.folder import UNREADABLE
from eventbank.splits import FILE as SPLITS_FILE
from eventbank.splits import Placement, read_frozen

NO_RELEASE = Code(
    "E650", "there is no release to compare", "Name a folder with a manifest.json, a corpus, or a commit or tag of the corpus's repository."
)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """The rows of a release, by config and split, with its manifest and, where it is known, the ontology of its labels.

    `name` is what the user called it. `frozen` has the rows of the `schema/splits.csv` beside the release, if there is one. The columns may
    be those of an older version of EventBank.
    """

    name: str
    facts: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, pa.Table]]
    ontology: Ontology | None = None
    frozen: Mapping[str, Placement] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The version that the manifest names."""
        return str(self.facts["version"])

    @property
    def digest(self) -> str:
        """The digest of the rows that the manifest names."""
        return str(self.facts["digest"])

    @cached_property
    def documents(self) -> dict[str, pa.Table]:
        """The row of `documents` of every document, by id, as a table of one row."""
        return self._rows("documents")

    @cached_property
    def labelled(self) -> dict[str, pa.Table]:
        """The row of `events` of every document with labels, by id, as a table of one row."""
        return self._rows("events")

    def _rows(self, config: str) -> dict[str, pa.Table]:
        return {
            doc_id: part.slice(at, 1)
            for part in self.tables.get(config, {}).values()
            for at, doc_id in enumerate(part["doc_id"].to_pylist())
        }


def row_of(table: pa.Table) -> Row:
    """The row of a table of one row."""
    return dict(table.to_pylist()[0])


def snapshot(name: str, here: Path = Path()) -> Snapshot:
    """The release that a user calls by name: a folder, or a revision of the repository of the corpus around `here`.

    A folder is a release or a corpus, whose `dataset/` is meant; so it is without a name.

    Raises:
        EventBankError: E650 if there is no release of that name, E601 to E603 if it is not whole, E615 for a table that cannot be read.
    """
    folder = Path(name) if name else find_root(here)
    if folder.is_dir():
        found = folder if (folder / manifest.NAME).is_file() else folder / "dataset" if (folder / MARK).is_file() else None
        if found is None or not (found / manifest.NAME).is_file():
            raise EventBankError(NO_RELEASE.at(Place(file=name or "dataset"), "the folder holds none"))
        return of_folder(found, name or "dataset")
    try:
        root = find_root(here)
    except EventBankError:
        raise EventBankError(NO_RELEASE.at(Place(file=name), "there is no such folder, and no corpus here")) from None
    return of_revision(root, name)


def of_revision(root: Path, revision: str) -> Snapshot:
    """The release that `dataset/` of a corpus is in a revision of its repository.

    Raises:
        EventBankError: as `snapshot`.
    """
    with _checked_out(root, revision) as corpus:
        return of_folder(corpus / "dataset", revision)


@contextmanager
def _checked_out(root: Path, revision: str) -> Iterator[Path]:
    """A folder for a while, with `dataset/` and the frozen splits of a corpus as they are in a revision of its repository.

    Raises:
        EventBankError: E650 if the corpus is in no repository, if the repository has no such revision, or the revision no release.
    """
    place = Place(file=revision)
    repo = repository.around(root)
    commit = repo.commit(revision) if repo else None
    if repo is None or commit is None:
        found = (
            "there is no such folder, and the corpus is in no git repository" if repo is None else "there is no such folder, commit or tag"
        )
        raise EventBankError(NO_RELEASE.at(place, found))
    if not repo.has(commit, f"dataset/{manifest.NAME}"):
        raise EventBankError(NO_RELEASE.at(place, "the commit holds no dataset/"))
    data = repo.archive(commit, [name for name in ("dataset", SPLITS_FILE) if repo.has(commit, name)])
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in (one for one in archive if one.isfile() and ".." not in Path(one.name).parts):
            target = Path(folder) / member.name.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(cast(IO[bytes], archive.extractfile(member)).read())
        yield Path(folder)


def of_folder(folder: Path, name: str) -> Snapshot:
    """The release in a folder; `name` names it in messages.

    Raises:
        EventBankError: as `snapshot`.
    """
    raise_errors(manifest.verify(folder))
    facts = manifest.read(folder)
    tables: dict[str, dict[str, pa.Table]] = {}
    for entry in sorted(facts["files"], key=lambda entry: str(entry["path"])):
        path = Path(entry["path"])
        if path.suffix == ".parquet":
            try:
                table = pq.read_table(folder / path, partitioning=None)
            except (OSError, ValueError) as error:
                raise EventBankError(UNREADABLE.at(Place(file=f"{name}: {path.as_posix()}"), str(error).splitlines()[0])) from None
            tables.setdefault(path.parent.name, {})[path.name.partition("-")[0]] = table
    scheme = folder / ONTOLOGY
    ontology = ontologies.load(scheme, f"{name}: {ONTOLOGY}") if scheme.is_file() else None
    return Snapshot(name, facts, tables, ontology, read_frozen(folder.resolve().parent / SPLITS_FILE))
