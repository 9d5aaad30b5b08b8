"""What two splits have in common: the leak report of a release.

Three things must not happen between two splits: texts that are near duplicates, one URL, one long paragraph (`nearduplicates` looks for
them at every pair of documents). For information it counts shorter paragraphs and surfaces of triggers and arguments that both have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from eventbank.corpus import Thresholds
from eventbank.document import Document
from eventbank.errors import Code, Place, Problem
from eventbank.nearduplicates import COMMON, SHINGLE, Pair, pairs
from eventbank.shingles import Numbers, chunks, paragraphs
from eventbank.tables import ARGUMENTS, DOCUMENTS, MENTIONS, SPLITS, Table

SHARED = Code(
    "E630",
    "two splits share what must be in one",
    "Do not use the release; its test scores would be too high. In a corpus, set all rows of the story in schema/splits.csv to one split.",
)
SCHEMES = tuple(name for name in DOCUMENTS.schema.names if name.partition("_")[0] == "split")
"""The columns of `documents` that divide it: the primary split and the random ones."""
NEVER = ("near_duplicates", "contained", "shared_urls", "long_paragraphs")
"""What of a report must be 0."""

Row = Mapping[str, Any]
Tables = Mapping[Table, Mapping[str, pa.Table]]


def report(tables: Tables, thresholds: Thresholds, found: Sequence[Pair] | None = None) -> dict[str, Any]:
    """The leak report of a release, as JSON.

    For each way of dividing the documents and every two splits it counts the pairs of documents that are `near_duplicates` (Jaccard),
    `contained` (containment alone), with `shared_urls` or with `long_paragraphs`; then the different `short_paragraphs` (of `SHINGLE` words
    or more) that both splits have, and the surfaces of triggers and arguments: how many each has, how many both, and `seen`, the part of
    the spans in `other` whose surface `one` has. It names no document and quotes nothing.

    Args:
        tables: the rows by table and split; of the columns of `documents` only `SCHEMES` divide.
        found: the pairs that `nearduplicates.pairs` finds among exactly these documents, where they are known.
    """
    documents = _rows(tables, DOCUMENTS, ("doc_id", "text", "url", *SCHEMES))
    alike = pairs([_document(row) for row in documents], thresholds) if found is None else found
    keys, owners = _short_paragraphs([row["text"] for row in documents], thresholds.paragraph_words)
    spans = {
        "triggers": [row for row in _rows(tables, MENTIONS, ("doc_id", "text", "kind")) if row["kind"] == "trigger"],
        "arguments": _rows(tables, ARGUMENTS, ("doc_id", "text")),
    }
    schemes: dict[str, list[dict[str, Any]]] = {}
    for scheme in SCHEMES:
        split = {row["doc_id"]: str(row[scheme]) for row in documents}
        of_key = np.array(list(split.values()), dtype=str)[owners]
        schemes[scheme] = [
            {"one": one, "other": other}
            | _counts([pair for pair in alike if {split[pair.one], split[pair.other]} == {one, other}], thresholds)
            | {"short_paragraphs": len(np.intersect1d(keys[of_key == one], keys[of_key == other]))}
            | {name: _surfaces(rows, split, one, other) for name, rows in spans.items()}
            for one, other in combinations(SPLITS, 2)
        ]
    rules = {
        "words": SHINGLE,
        "near_duplicate": thresholds.near_duplicate,
        "long_paragraph": thresholds.paragraph_words,
        "boilerplate": COMMON,
    }
    return {"rules": rules, "between": schemes}


def problems(found: Mapping[str, Any]) -> Iterator[Problem]:
    """E630 for each count of a report that must be 0 and is not."""
    for scheme, between in found["between"].items():
        for pair in between:
            for name in NEVER:
                if pair[name]:
                    yield SHARED.at(Place(file=scheme), f"{pair[name]} {name.replace('_', ' ')} between {pair['one']} and {pair['other']}")


def _counts(found: Sequence[Pair], thresholds: Thresholds) -> dict[str, int]:
    jaccard = [pair.jaccard >= thresholds.near_duplicate for pair in found]
    contained = [pair.containment >= thresholds.near_duplicate for pair in found]
    return {
        "near_duplicates": sum(jaccard),
        "contained": sum(inside and not alike for inside, alike in zip(contained, jaccard, strict=True)),
        "shared_urls": sum(pair.same_url for pair in found),
        "long_paragraphs": sum(pair.paragraphs > 0 for pair in found),
    }


def _short_paragraphs(texts: Sequence[str], longest: int) -> tuple[Numbers, Numbers]:
    """A key (uint64) for each paragraph of at least `SHINGLE` and fewer than `longest` words, and the position of its text."""
    keys: list[Numbers] = [np.zeros(0, np.uint64)]
    long: list[Numbers] = [np.zeros(0, np.uint64)]
    owners: list[Numbers] = [np.zeros(0, np.int64)]
    done = 0
    for part, begins in chunks(texts):
        key, owner = paragraphs(part, begins, SHINGLE)
        keys.append(key)
        owners.append(owner + done)
        long.append(paragraphs(part, begins, longest)[0])
        done += len(part)
    every = np.concatenate(keys)
    short = ~np.isin(every, np.concatenate(long))
    return every[short], np.concatenate(owners)[short]


def _surfaces(spans: Iterable[Row], split: Mapping[str, str], one: str, other: str) -> dict[str, Any]:
    """Surfaces are compared in lower case and with single blanks."""
    found: dict[str, Counter[str]] = {one: Counter(), other: Counter()}
    for row in spans:
        if split[row["doc_id"]] in found:
            found[split[row["doc_id"]]][" ".join(row["text"].lower().split())] += 1
    both = found[one].keys() & found[other].keys()
    seen = sum(found[other][surface] for surface in both) / found[other].total() if found[other] else 0.0
    return {"one": len(found[one]), "other": len(found[other]), "both": len(both), "seen": round(seen, 4)}


def _document(row: Row) -> Document:
    """A row of `documents` with what a comparison looks at."""
    return Document(row["doc_id"], row["text"], row.get("language") or "", (), (), "", "", url=row["url"])


def _rows(tables: Tables, table: Table, columns: Sequence[str]) -> list[dict[str, Any]]:
    return [row for part in tables.get(table, {}).values() for row in part.select(list(columns)).to_pylist()]
