"""A search for passages of withheld documents in the files of a stand-off release, as the last thing before it is released."""

from __future__ import annotations

import contextlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from eventbank.errors import Code, EventBankError, Place, Problem

QUOTATION = Code(
    "E642",
    "the stand-off release would quote a withheld document",
    "Take the words out of eventbank.toml, sources.yaml or the note that has them, and build again.",
)
RUN = 6
"""Words in a row that make a quotation; of scripts without spaces between words, twice as many characters."""

_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff]+")
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")


def runs(string: str, length: int = RUN) -> Iterator[str]:
    """Every `length` words in a row, in lower case and without the punctuation around each."""
    if len(string) < 2 * length - 1:
        return
    folded = unicodedata.normalize("NFKC", string).casefold()
    found = [word for word in (_EDGE.sub("", chunk) for chunk in folded.split()) if word]
    yield from (" ".join(found[at : at + length]) for at in range(len(found) - length + 1))
    for passage in _WIDE.findall(folded):
        yield from (passage[at : at + 2 * length] for at in range(len(passage) - 2 * length + 1))


def quotations(folder: Path, withheld: Iterable[tuple[str, Iterable[str]]], free: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """E642 for each document and file that has a run of its words, the first run only; the message does not repeat it.

    Args:
        folder: the release; every file in it is searched, tables cell by cell with the JSON in them, the manifest too.
        withheld: ids of documents with their passages: text, title, captions.
        free: ids of the documents whose own rows may say anything, because their texts may be passed on.
    """
    where: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        for string in _strings(path, free) if path.is_file() else ():
            for run in runs(string):
                where.setdefault(run, name)
    for doc_id, passages in withheld:
        found = {where[run] for passage in passages for run in runs(passage) if run in where}
        yield from (QUOTATION.at(Place(file=name, doc_id=doc_id), f"{RUN} words in a row or more") for name in sorted(found))


def _strings(path: Path, free: frozenset[str]) -> Iterator[str]:
    """Every string in a file."""
    if path.suffix == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches():
            for row in batch.to_pylist():
                if row.get("doc_id") not in free:
                    yield from _inside(row)
    elif path.suffix == ".json":
        yield from _inside(_parsed(path))
    else:
        yield path.read_text(encoding="utf-8")


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise EventBankError(QUOTATION.at(Place(file=path.name), f"it cannot be searched: {error}")) from None


def _inside(value: Any) -> Iterator[str]:
    """The strings in a value of JSON, keys too, and those in strings that are JSON themselves."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield key
            yield from _inside(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _inside(one)
    elif isinstance(value, str):
        yield value
        if value[:1] in ("{", "["):
            with contextlib.suppress(ValueError, RecursionError):
                yield from _inside(json.loads(value))
