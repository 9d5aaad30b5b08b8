"""A release without the texts that may not be passed on: labels as offsets, and all that is needed to put the texts back.

Whether a text may be passed on is said by `documents.rights.redistribute` and by nothing else. `hydration` is the mirror.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from eventbank.articles.read import decode
from eventbank.corpus import Corpus
from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.files import staged, writing
from eventbank.release import folder, manifest
from eventbank.release.content import Release
from eventbank.release.manifest import STANDOFF
from eventbank.release.quotations import quotations
from eventbank.release.withholding import Withheld, allowed, known_words, original_of, restore, withhold
from eventbank.tables import DOCUMENTS, Table

MISSING = Code("E643", "the article of a withheld document is missing", "Put the holder's copy into the folder of articles, byte for byte.")
OTHER_BYTES = Code(
    "E644", "the article of a withheld document has other bytes", "Get the very file that the release was made from; nothing else will fit."
)
NOT_AGAIN = Code("E645", "the full release cannot be made again from the stand-off one", "Report this; nothing was written.")
ALREADY = Code("E646", "the release is a stand-off one already", "Give the full release.")
IN_THE_WAY = Code("E647", "the new release would replace what it is made from", "Name another folder with --out, outside of both.")


@dataclass(frozen=True)
class Separated:
    """What `standoff` made: the ids of the documents that are withheld, of all, and the digests of the two releases."""

    withheld: tuple[str, ...]
    documents: int
    digest: str
    full_digest: str


def standoff(corpus: Corpus, out: Path) -> Separated:
    """Writes the stand-off release of a corpus: `dataset/` without the texts that may not be passed on.

    `out` is replaced whole or not at all. Before that the full release is made again from the new one in memory, and every file of
    the new one is searched for passages of the withheld documents.

    Raises:
        EventBankError: E601 to E603 and E615 for a release that cannot be read, E603 and E614 for an `out` that holds something else, E640
            for a title that does not stand on its page, E642 for a quotation, E643 and E644 for each article that is missing or has other
            bytes, E645 if the way back does not lead to the full release, E646 and E647.
    """
    out = target(out, corpus.dataset, corpus.articles, corpus.annotations, corpus.root / "schema")
    with ExitStack() as stack:
        for root in sorted({corpus.root.resolve(), out.parent}):
            stack.enter_context(writing(root))
        folder.refuse_foreign(out, str(out))
        full = folder.read(corpus.dataset)
        if STANDOFF in full.more:
            raise EventBankError(ALREADY.at(Place(file=corpus.relative(corpus.dataset))))
        held = held_back(full, corpus.articles)
        written = manifest.read(corpus.dataset)
        facts = {
            "digest": full.digest,
            "manifest_sha256": sha256((corpus.dataset / manifest.NAME).read_bytes()),
            "tools": written["tools"],
            "withheld": {doc_id: size for doc_id, (_, size) in held.items()},
        }
        originals = {doc_id: one for doc_id, (one, _) in held.items()}
        separate = make_separate(full, originals, facts)
        with staged(out) as stage:
            folder.write(separate, stage)
            documents = _documents(full)
            free = frozenset(row["doc_id"] for row in documents) - held.keys()
            raise_errors(quotations(stage, _passages(documents, originals), free))
        return Separated(tuple(sorted(held)), len(documents), separate.digest, full.digest)


def make_separate(full: Release, originals: Mapping[str, Withheld], facts: Mapping[str, Any]) -> Release:
    """The stand-off release of a full one; `facts` go into its manifest, under `standoff`.

    Raises:
        EventBankError: E640 for a title that does not stand on its page, E645 if the way back does not lead to the full release.
    """
    separate = replace(full, tables=_changed(full.tables, originals, withhold), more={**full.more, STANDOFF: facts})
    if make_again(separate, originals).digest != full.digest:
        raise EventBankError(NOT_AGAIN.at())
    return separate


def restricted(release: Release) -> tuple[str, ...]:
    """The ids of the documents whose texts a release holds although they may not be passed on, in order."""
    return tuple(sorted(row["doc_id"] for row in _documents(release) if row["text"] is not None and not allowed(row)))


def held_back(release: Release, articles: Path, sizes: Mapping[str, int] | None = None) -> dict[str, tuple[Withheld, int]]:
    """The documents whose texts may not be passed on, with their originals from a folder of articles, and the sizes of these in bytes.

    A file counts by its bytes: it may have another name if no file of the right name is there.

    Args:
        sizes: the documents that are withheld, with the size that each article must have; by default those that may not be passed on.

    Raises:
        EventBankError: E643 and E644 for each article that is missing or has other bytes, E641 if one does not give its text.
    """
    files = {path.name: path for path in sorted(articles.iterdir()) if path.is_file()}
    found: dict[str, tuple[Withheld, int]] = {}
    problems: list[Problem] = []
    for row in _documents(release):
        doc_id = row["doc_id"]
        if allowed(row) if sizes is None else doc_id not in sizes:
            continue
        try:
            data = _article(row, files, None if sizes is None else sizes[doc_id])
            original = original_of(row, decode(doc_id, row["raw_name"], data, row["raw_name"]).raw)
        except EventBankError as error:
            problems += error.problems
            continue
        known = known_words(original.page, row["title"]) if sizes is None else frozenset[str]()
        found[doc_id] = Withheld(doc_id, original, known), len(data)
    raise_errors(problems)
    return found


def target(out: Path, *sources: Path) -> Path:
    """The path of a new release, without links before its name; the folder that it will lie in is made if need be.

    Raises:
        EventBankError: E647 if it is one of the folders that the release is made from, lies in one, or has one in it.
    """
    path = out.absolute()
    path = path.resolve() if path.name in ("", "..") else path.parent.resolve() / path.name
    for source in (one.resolve() for one in sources):
        if path.resolve().is_relative_to(source) or source.is_relative_to(path.resolve()):
            raise EventBankError(IN_THE_WAY.at(Place(file=str(out))))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def make_again(separate: Release, originals: Mapping[str, Withheld]) -> Release:
    """The full release from the stand-off one and the originals.

    Raises:
        EventBankError: E641 for a place that leads nowhere.
    """
    more = {key: value for key, value in separate.more.items() if key != STANDOFF}
    return replace(separate, tables=_changed(separate.tables, originals, restore), more=more)


def _article(row: Mapping[str, Any], files: Mapping[str, Path], size: int | None) -> bytes:
    """The bytes of the article of a document."""
    expected, place = row["raw_sha256"], Place(file=row["raw_name"], doc_id=row["doc_id"])
    named = files.get(row["raw_name"])
    data = named.read_bytes() if named else b""
    if named and sha256(data) == expected:
        return data
    for path in files.values():
        if size is not None and path.stat().st_size == size and sha256(other := path.read_bytes()) == expected:
            return other
    wanted = f"expected {expected}" + (f" ({size} bytes)" if size is not None else "")
    if named is None:
        raise EventBankError(MISSING.at(place, wanted))
    raise EventBankError(OTHER_BYTES.at(place, f"{wanted}, found {sha256(data)} ({len(data)} bytes)"))


def _changed(
    tables: Mapping[Table, Mapping[str, pa.Table]],
    originals: Mapping[str, Withheld],
    change: Callable[[Table, dict[str, Any], Withheld], dict[str, Any]],
) -> dict[Table, dict[str, pa.Table]]:
    """The tables with the rows of withheld documents changed, each in its place."""

    def row_of(table: Table, row: dict[str, Any]) -> dict[str, Any]:
        held = originals.get(row["doc_id"])
        return row if held is None else change(table, row, held)

    return {
        table: {
            split: pa.Table.from_pylist([row_of(table, row) for row in part.to_pylist()], schema=table.schema)
            for split, part in parts.items()
        }
        for table, parts in tables.items()
    }


def _documents(release: Release) -> list[dict[str, Any]]:
    return [row for part in release.tables.get(DOCUMENTS, {}).values() for row in part.to_pylist()]


def _passages(documents: list[dict[str, Any]], originals: Mapping[str, Withheld]) -> Iterator[tuple[str, list[str]]]:
    """Text, title and captions of every withheld document."""
    for row in documents:
        held = originals.get(row["doc_id"])
        if held is not None:
            captions = [held.original.page[zone["raw_start"] : zone["raw_end"]] for zone in row["zones"] if zone["kind"] == "caption"]
            yield row["doc_id"], [held.original.text, row["title"] or "", *captions]
