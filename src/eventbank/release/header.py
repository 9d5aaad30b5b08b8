"""The YAML at the head of a card: what `datasets` and the Hub read of a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from eventbank.release.content import Release, path_of
from eventbank.schemas import features
from eventbank.tables import Table

DEFAULT = "events"
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))


@dataclass(frozen=True)
class Config:
    """A table of the release with its rows by split; splits without rows are not in `parts`."""

    table: Table
    parts: Mapping[str, pa.Table]
    bytes_on_disk: int


def configs(release: Release, folder: Path) -> list[Config]:
    """The tables of a release, which lie in `folder`."""
    return [
        Config(table, parts, sum((folder / path_of(table, split)).stat().st_size for split in parts))
        for table, parts in release.tables.items()
    ]


def header(release: Release, found: Sequence[Config]) -> str:
    """The header of a card, between its two lines of dashes."""
    return f"---\n{yaml.safe_dump(_fields(release, found), sort_keys=False, allow_unicode=True, width=120)}---\n"


def _fields(release: Release, configs: Sequence[Config]) -> dict[str, Any]:
    """The YAML of the card. Version and digest stand in it because `datasets` keys its cache of a folder by this header alone."""
    settings, digest = release.settings, release.digest
    seal = f"{settings.title} {settings.version}, content sha256:{digest}"
    documents = max((sum(part.num_rows for part in config.parts.values()) for config in configs), default=0)
    header: dict[str, Any] = {
        "language": [settings.language],
        "license": settings.license,
        "pretty_name": settings.title,
        "task_categories": ["token-classification"],
        "tags": ["event-extraction", "event-argument-extraction", "coreference", "news"],
        "size_categories": [next((name for limit, name in SIZES if documents < limit), "n>10M")],
        "annotations_creators": [settings.label_creators] if settings.label_creators else [],
        "source_datasets": ["original"],
        "version": settings.version,
        "digest": digest,
    }
    if not configs:
        return header
    return header | {
        "configs": [
            {
                "config_name": config.table.name,
                "data_files": [{"split": split, "path": f"{config.table.name}/{split}-*.parquet"} for split in config.parts],
                "version": settings.version,
                "description": seal,
                **({"default": True} if config.table.name == DEFAULT else {}),
            }
            for config in configs
        ],
        "dataset_info": [
            {
                "config_name": config.table.name,
                "features": features(config.table, release.names),
                "splits": [
                    {"name": split, "num_bytes": part.nbytes, "num_examples": part.num_rows} for split, part in config.parts.items()
                ],
                "download_size": config.bytes_on_disk,
                "dataset_size": sum(part.nbytes for part in config.parts.values()),
                "version": settings.version,
                "description": seal,
            }
            for config in configs
        ],
    }
