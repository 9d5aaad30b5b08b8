"""`schema/releases.csv`: the versions that were released, and how versions count."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eventbank.errors import Code, EventBankError, Place

BAD_RELEASES = Code(
    "E612", "schema/releases.csv cannot be used", "Restore the committed file; rows are added by releases and never edited."
)
NO_VERSION = Code(
    "E651", "the version cannot be released", "Take a version of three numbers that is higher than every released one: 1.0.0."
)

FIELDS = ("version", "digest", "date")
Step = Literal["first", "major", "minor", "patch", "none"]
"""How far a release goes from the one before: the first of all, or what counts in its difference; none if no row differs."""

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", re.ASCII)


@dataclass(frozen=True, order=True)
class Version:
    """A semantic version; versions are in the order of their numbers."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def after(self, step: Step) -> Version:
        """The version that a step leads to."""
        if step == "major":
            return Version(self.major + 1, 0, 0)
        if step == "minor":
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)


FIRST = Version(1, 0, 0)
"""The first release of a corpus, if nobody wants another."""


@dataclass(frozen=True)
class Entry:
    """A row of releases.csv: version, digest of the rows, and the day."""

    version: Version
    digest: str
    date: dt.date


def parse(text: str) -> Version:
    """The version that a text names.

    Raises:
        EventBankError: E651 if it is none.
    """
    found = _VERSION.fullmatch(text)
    if not found:
        raise EventBankError(NO_VERSION.at(found=f"{text!r} is no version"))
    return Version(*map(int, found.groups()))


def read(path: Path, shown: str) -> list[Entry]:
    """The releases of a corpus in the order of the file; none without a file. `shown` names it in messages.

    Raises:
        EventBankError: E612 for a file that cannot be read, has no rows or other columns, or names a version twice.
    """
    if not path.exists():
        return []
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise EventBankError(BAD_RELEASES.at(Place(file=shown), str(error))) from None
    if not rows:
        raise EventBankError(BAD_RELEASES.at(Place(file=shown), "it has no rows"))
    found: dict[Version, Entry] = {}
    for line, row in enumerate(rows, 2):
        place = Place(file=shown, line=line)
        try:
            entry = Entry(parse(row["version"] or ""), row["digest"] or "", dt.date.fromisoformat(row["date"] or ""))
        except (EventBankError, KeyError, ValueError):
            entry = None
        if entry is None or not entry.digest or set(row) != set(FIELDS):
            raise EventBankError(BAD_RELEASES.at(place, f"expected the columns {', '.join(FIELDS)}, with all three in each row"))
        if entry.version in found:
            raise EventBankError(BAD_RELEASES.at(place, f"{entry.version} stands twice"))
        found[entry.version] = entry
    return list(found.values())


def to_csv(entries: Sequence[Entry]) -> bytes:
    """The content of `schema/releases.csv`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows((entry.version, entry.digest, entry.date.isoformat()) for entry in entries)
    return text.getvalue().encode("utf-8")
