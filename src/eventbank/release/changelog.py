"""CHANGELOG.md of a corpus: what is noted under Unreleased becomes the section of a version, with what the difference tells."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence

from eventbank.release.diff import Diff
from eventbank.release.history import Entry, Version

TITLE = "# Changelog"
UNRELEASED = "## Unreleased"
DATA = "### Data"
"""The heading of the part of a section that is made; all else is written by hand and kept."""

Rows = Mapping[str, Mapping[str, int]]


def released(text: str, version: Version, date: dt.date, made: Sequence[str]) -> str:
    """The changelog with a section for a version: what stood under Unreleased, then, under Data, the lines that were made.

    A section of that version which is there already keeps what was written by hand, so that the same release can be noted twice.
    """
    ends = "\r\n" if "\r\n" in text else "\n"
    head, sections = _sections(text.replace("\r\n", "\n") or TITLE)
    notes = sections.pop(UNRELEASED, "")
    mine = re.compile(rf"## \[?v?{re.escape(str(version))}\]?(?![\w.])")
    own = next((title for title in sections if mine.match(title)), "")
    parts = [notes, _by_hand(sections.pop(own, "")), "\n".join([DATA, "", *made])]
    blocks = [head, UNRELEASED, f"## {version} ({date.isoformat()})", *parts, *(f"{title}\n\n{body}" for title, body in sections.items())]
    return "\n\n".join(block.strip("\n") for block in blocks if block.strip("\n")).replace("\n", ends) + ends


def told(diff: Diff, last: Entry, reasons: Sequence[str], because: str) -> Iterator[str]:
    """The lines on a release that follows another: why it is this step, and what changed, counted."""
    yield f"Since {last.version}: {'; '.join(reasons)}."
    if because:
        yield ""
        yield f"A smaller step was taken because: {' '.join(because.split())}"
    count: dict[str, list[str]] = {}
    for (what, how), number in sorted(diff.count().items()):
        count.setdefault(what, []).append(f"{number} {how}")
    noted = [f"- {what}s: {', '.join(found)}" for what, found in count.items()]
    noted += [f"- ontology: {one}" for one in diff.scheme]
    noted += [
        f"- columns of {config}: {how} `{path}`" for config, which in diff.columns.items() for how, paths in which.items() for path in paths
    ]
    if noted:
        yield ""
        yield from noted


def told_first(rows: Rows) -> Iterator[str]:
    """The line on the first release: what it holds."""
    held = ", ".join(f"{sum(rows[name].values())} rows of {name}" for name in rows if sum(rows[name].values()))
    yield f"First release: {held or 'no rows'}."


def _sections(text: str) -> tuple[str, dict[str, str]]:
    """What stands before the first heading of second order, and the body under each; headings in fenced code are none."""
    head: list[str] = []
    sections: dict[str, list[str]] = {}
    now, fenced = head, False
    for line in text.split("\n"):
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            now = sections.setdefault(line.strip(), [])
        else:
            now.append(line)
    return "\n".join(head), {title: "\n".join(lines).strip("\n") for title, lines in sections.items()}


def _by_hand(body: str) -> str:
    """A section without its part that was made."""
    kept: list[str] = []
    made = False
    for line in body.split("\n"):
        made = line.strip() == DATA if line.startswith("### ") else made
        if not made:
            kept.append(line)
    return "\n".join(kept)
