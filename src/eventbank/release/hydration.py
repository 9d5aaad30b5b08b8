"""Putting the texts back: the full release from a stand-off one and the holder's copies of the articles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.files import staged, writing
from eventbank.release import folder, manifest
from eventbank.release.manifest import STANDOFF
from eventbank.release.standoff import NOT_AGAIN, held_back, make_again, target

NOT_STANDOFF = Code("E648", "the release is not a stand-off one", "Give a release that eventbank standoff made; a full one has its texts.")
OTHER_WRITER = Code(
    "W649",
    "the rows are those of the full release, the bytes of the files are not",
    "Nothing is lost; for the same bytes, use the versions that manifest.json of the full release names.",
)


@dataclass(frozen=True)
class Hydrated:
    """What `hydrate` made: the ids of the documents that have their text again, the digest of the rows, and warnings."""

    documents: tuple[str, ...]
    digest: str
    problems: tuple[Problem, ...] = ()


def hydrate(release: Path, articles: Path, out: Path) -> Hydrated:
    """Writes the full release that a stand-off release was made from; `out` is replaced whole or not at all.

    The rows are held against the digest of the full release, and the files against its manifest: where another version of a tool writes
    other bytes, W649 says so.

    Args:
        release: the stand-off release.
        articles: the holder's copies of the articles, byte for byte.

    Raises:
        EventBankError: E601 to E603 and E615 for a release that cannot be read, E603 and E614 for an `out` that holds something else,
            E641 for a place that leads nowhere, E643 and E644 for each article that is missing or has other bytes, E645 for rows that are
            not those of the full release, E647, E648.
    """
    out = target(out, release, articles)
    with writing(out.parent):
        folder.refuse_foreign(out, str(out))
        separate = folder.read(release)
        facts = separate.more.get(STANDOFF)
        if facts is None:
            raise EventBankError(NOT_STANDOFF.at(Place(file=str(release))))
        originals = {doc_id: one for doc_id, (one, _) in held_back(separate, articles, facts["withheld"]).items()}
        full = make_again(separate, originals)
        if full.digest != facts["digest"]:
            raise EventBankError(NOT_AGAIN.at(Place(file=str(release)), f"rows {full.digest[:12]}… instead of {facts['digest'][:12]}…"))
        with staged(out) as stage:
            folder.write(full, stage)
            problems = _other_bytes(stage, facts, str(out))
            raise_errors(problems)
        return Hydrated(tuple(sorted(originals)), full.digest, tuple(problems))


def _other_bytes(stage: Path, facts: Mapping[str, Any], shown: str) -> list[Problem]:
    """W649 if the files are not those of the full release and a tool has another version, E645 if all have the same."""
    if sha256((stage / manifest.NAME).read_bytes()) == facts["manifest_sha256"]:
        return []
    then, now = facts["tools"], manifest.read(stage)["tools"]
    others = [f"{name} {now.get(name)} here, {version} there" for name, version in then.items() if now.get(name) != version]
    place = Place(file=shown)
    return [OTHER_WRITER.at(place, "; ".join(others)) if others else NOT_AGAIN.at(place, "the rows are the same, the files are not")]
