"""A release as a folder: `write` makes every file of it from a `Release`, `read` gives the `Release` again.

The same release gives the same bytes, whoever writes it. A new kind of file is one more line in `MAKERS`; what its maker needs and the
folder does not hold is a field of `Release`, and goes into the manifest so that `read` finds it there.
"""

from __future__ import annotations

import datetime as dt
import filecmp
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from eventbank.corpus import Settings, sections_of, settings_of
from eventbank.errors import Code, EventBankError, Place, raise_errors
from eventbank.files import staged
from eventbank.release import manifest, parquet
from eventbank.release.card import card
from eventbank.release.content import AGREEMENT, BASELINES, LEAKS, ONTOLOGY, Release, path_of
from eventbank.release.croissant import CROISSANT, croissant
from eventbank.release.datasheet import DATASHEET, datasheet, parse
from eventbank.release.picture import PICTURE, picture
from eventbank.tables import SPLITS, TABLES, Table

FOREIGN = Code(
    "E614", "the folder to be replaced was not written by EventBank", "Move it away, or name another; a new release is made whole."
)
UNREADABLE = Code("E615", "a file of the release cannot be read", "Get the release again, or build it again with this version.")

Maker = Callable[[Release, Path], bytes | None]
"""Makes one file from the release and the folder in which the files before it already lie; None leaves the file out."""


def _report(name: str) -> Maker:
    def make(release: Release, _: Path) -> bytes | None:
        if name not in release.reports:
            return None
        return (json.dumps(release.reports[name], indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")

    return make


def _picture(release: Release, _: Path) -> bytes | None:
    drawn = picture(release)
    return None if drawn is None else drawn.encode("utf-8")


def _datasheet(release: Release, _: Path) -> bytes | None:
    return datasheet(release.answers, release.settings.title) if release.answers else None


MAKERS: tuple[tuple[str, Maker], ...] = (
    (ONTOLOGY, lambda release, _: release.ontology or None),
    (AGREEMENT, _report(AGREEMENT)),
    (LEAKS, _report(LEAKS)),
    (BASELINES, _report(BASELINES)),
    (PICTURE, _picture),
    (DATASHEET, _datasheet),
    (CROISSANT, croissant),
    (manifest.CARD, card),
)
"""The files of a release beside its tables, in the order in which they are made. The manifest comes last and lists them all."""


def write(release: Release, folder: Path) -> None:
    """Writes every file of a release into an empty folder."""
    for table, parts in release.tables.items():
        for split, part in parts.items():
            parquet.write(part, folder / path_of(table, split))
    for name, make in MAKERS:
        data = make(release, folder)
        if data is not None:
            (folder / name).write_bytes(data)
    (folder / manifest.NAME).write_bytes(manifest.manifest(folder, _facts(release)))


def replace(release: Release, folder: Path) -> bool:
    """Puts a release in the place of a folder in one step, and says whether the folder has other bytes now.

    Call it under `files.writing`, after `refuse_foreign`.
    """
    with staged(folder) as stage:
        write(release, stage)
        return not _same(stage, folder)


def read(folder: Path) -> Release:
    """The release in a folder; every file is held against the manifest first.

    Raises:
        EventBankError: E601 for a manifest that cannot be read, E602 and E603 for each file that is not as it says, E615 for a table of
            another form.
    """
    raise_errors(manifest.verify(folder))
    facts = manifest.read(folder)
    tables = {
        table: {split: read_table(folder, table, split) for split in SPLITS if facts["rows"].get(table.name, {}).get(split)}
        for table in TABLES
    }
    reports = {name: _json(folder, name) for name in (AGREEMENT, LEAKS, BASELINES) if (folder / name).is_file()}
    return Release(
        settings(facts),
        facts["names"],
        {table: parts for table, parts in tables.items() if parts},
        facts["gold"],
        tuple(facts["held"]),
        facts["left_out"],
        (folder / ONTOLOGY).read_bytes() if (folder / ONTOLOGY).is_file() else b"",
        reports,
        facts.get("more", {}),
        parse((folder / DATASHEET).read_bytes()) if (folder / DATASHEET).is_file() else {},
    )


def read_table(folder: Path, table: Table, split: str) -> pa.Table:
    """The rows of one split of a release, as `Table.table` would make them.

    Parquet gives lists back with items of another name and with bitmaps that no null needs; written again, such a table has other bytes.

    Raises:
        EventBankError: E615 if there is no such file, or if it holds another table.
    """
    place = Place(file=path_of(table, split))
    try:
        found = pq.read_table(folder / path_of(table, split), partitioning=None)
    except (OSError, ValueError) as error:
        raise EventBankError(UNREADABLE.at(place, str(error).splitlines()[0])) from None
    if found.schema != table.schema:
        raise EventBankError(UNREADABLE.at(place, "its columns are not those of the table"))
    return pa.Table.from_pylist(found.to_pylist(), schema=table.schema)


def _json(folder: Path, name: str) -> Any:
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise EventBankError(UNREADABLE.at(Place(file=name), str(error))) from None


def refuse_foreign(folder: Path, shown: str) -> None:
    """Refuses to replace what no build wrote: E614 if it is no release folder, E603 for each file in it that is no part of its release.

    `shown` names the folder in messages. An empty folder, and none at all, are fine.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise EventBankError(FOREIGN.at(Place(file=shown), "it is a link or a file"))
    if folder.is_dir() and any(folder.iterdir()):
        try:
            manifest.read(folder)
        except EventBankError:
            raise EventBankError(FOREIGN.at(Place(file=shown), "it has no manifest")) from None
        raise_errors(problem for problem in manifest.verify(folder) if problem.code == manifest.EXTRA_FILE.id)


def _facts(release: Release) -> dict[str, Any]:
    """What the manifest says beside the files."""
    sections = json.loads(json.dumps(sections_of(release.settings), default=dt.date.isoformat))
    facts = {
        "name": release.settings.name,
        "version": release.settings.version,
        "digest": release.digest,
        "gold": release.gold,
        "settings": sections,
        "names": release.names,
        "rows": release.rows,
        "held": list(release.held),
        "left_out": release.left_out,
    }
    return facts | ({"more": release.more} if release.more else {})


def settings(facts: Mapping[str, Any]) -> Settings:
    """The settings in a manifest.

    Raises:
        EventBankError: E601 if they cannot be used.
    """
    place = Place(file=manifest.NAME)
    try:
        sections = {name: dict(values) for name, values in facts["settings"].items()}
        for section, key in (("corpus", "date"), ("splits", "validation_from"), ("splits", "test_from")):
            if key in sections.get(section, {}):
                sections[section][key] = dt.date.fromisoformat(sections[section][key])
        return settings_of(sections)
    except EventBankError as error:
        raise EventBankError(manifest.NO_MANIFEST.at(place, problem.message) for problem in error.problems) from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise EventBankError(manifest.NO_MANIFEST.at(place, "it has no settings that can be read")) from None


def _same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files with the same bytes."""
    names = {path.relative_to(folder) for folder in (one, other) for path in folder.rglob("*") if path.is_file()}
    return all(
        (one / name).is_file() and (other / name).is_file() and filecmp.cmp(one / name, other / name, shallow=False) for name in names
    )
