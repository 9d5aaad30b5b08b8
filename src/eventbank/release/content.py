"""What a release holds, before it is a folder: tables, label names, settings of its corpus, and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from eventbank.corpus import Settings
from eventbank.release import parquet
from eventbank.tables import SPLITS, TABLES, Table

ONTOLOGY = "ontology.yaml"
"""The label scheme of a release, as the corpus has it."""

AGREEMENT, LEAKS, BASELINES = "agreement.json", "leaks.json", "baselines.json"
"""The reports of a release. They hold figures and names, and nothing that is said in a text."""


@dataclass(frozen=True)
class Release:
    """Everything that the files of a release are made from; `release.folder` writes and reads them.

    `tables` has the rows by table and split, without splits that have none. `names` are the class labels as `schemas.label_names`
    gives them, `gold` says what the gold layer is, `held` are the documents in no split, `left_out` counts what `sentences` cannot hold.
    `ontology` is the file of the label scheme, empty where it is not known. `reports` are values of JSON by the name of their file. `more`
    are further facts for the manifest. `answers` are those of the datasheet, by question.
    """

    settings: Settings
    names: Mapping[str, Sequence[str]]
    tables: Mapping[Table, Mapping[str, pa.Table]]
    gold: str
    held: Sequence[str] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    ontology: bytes = b""
    reports: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """The digest of all rows, `parquet.row_digest`."""
        return parquet.row_digest((table.name, split, part) for table, parts in self.tables.items() for split, part in parts.items())

    @property
    def rows(self) -> dict[str, dict[str, int]]:
        """The number of rows of every config and split, 0 included."""
        found = {table.name: self.tables.get(table, {}) for table in TABLES}
        return {name: {split: parts[split].num_rows if split in parts else 0 for split in SPLITS} for name, parts in found.items()}

    @property
    def absent(self) -> list[str]:
        """The configs that have no rows and are therefore left out."""
        return [table.name for table in TABLES if table not in self.tables]


def path_of(table: Table, split: str) -> str:
    """Where the rows of a split lie in a release folder."""
    return f"{table.name}/{split}-00000-of-00001.parquet"
