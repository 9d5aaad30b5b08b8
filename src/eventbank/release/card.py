"""The card of a release: README.md, whose header tells `datasets` everything and whose prose is rendered from the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import pyarrow as pa
import yaml

from eventbank.release import reports
from eventbank.release.content import AGREEMENT, Release, path_of
from eventbank.release.markdown import table as markdown
from eventbank.schemas import features
from eventbank.tables import SPLITS, Table

DEFAULT = "events"
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))


@dataclass(frozen=True)
class Config:
    """A table of the release with its rows by split; splits without rows are not in `parts`."""

    table: Table
    parts: Mapping[str, pa.Table]
    bytes_on_disk: int


def card(release: Release, folder: Path) -> bytes:
    """README.md of a release whose tables lie in `folder`."""
    configs = [
        Config(table, parts, sum((folder / path_of(table, split)).stat().st_size for split in parts))
        for table, parts in release.tables.items()
    ]
    settings = release.settings
    header = yaml.safe_dump(_header(release, configs), sort_keys=False, allow_unicode=True, width=120)
    template = Template(files("eventbank.release").joinpath("card.md").read_text(encoding="utf-8"))
    documents = [row for config in configs if config.table.name == "documents" for row in _rows(config)]
    prose = template.substitute(
        title=settings.title,
        description=settings.description.strip(),
        version=settings.version,
        digest=release.digest,
        repo=settings.repo,
        configs=_configs(configs),
        absent=f"Without rows and therefore left out: {', '.join(release.absent)}." if release.absent else "",
        label_note=settings.label_note,
        gold=f"Gold layer: {release.gold}.",
        agreement=reports.agreement(release.reports.get(AGREEMENT)),
        types=_types(configs, release.names["event_types"]),
        validation_from=settings.splits.validation_from or "no date yet",
        test_from=settings.splits.test_from or "no date yet",
        splits=_splits(documents),
        kept="body paragraphs, cross-headings and captions" if settings.keep_captions else "body paragraphs and cross-headings",
        left_out=_left_out(release.left_out),
        label_license=settings.label_license or "not stated",
        rights=_rights(documents),
        limits="\n".join(f"- {limit}" for limit in settings.limits),
        citation=f"## Citation\n\n```bibtex\n{settings.citation.strip()}\n```" if settings.citation else "",
    )
    prose = "\n\n".join(block.strip("\n") for block in prose.split("\n\n") if block.strip())
    return f"---\n{header}---\n\n{prose}\n".encode()


def _header(release: Release, configs: Sequence[Config]) -> dict[str, Any]:
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


def _rows(config: Config) -> list[dict[str, Any]]:
    return [row for part in config.parts.values() for row in part.to_pylist()]


def _configs(configs: Sequence[Config]) -> str:
    rows = [(f"`{c.table.name}`", c.table.row, *(c.parts[s].num_rows if s in c.parts else 0 for s in SPLITS)) for c in configs]
    return markdown(("config", "a row is", *SPLITS), rows)


def _types(configs: Sequence[Config], names: Sequence[str]) -> str:
    count: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    for config in configs:
        if config.table.name == "events":
            for split, part in config.parts.items():
                count[split].update(event["type"] for row in part.select(["events"]).to_pylist() for event in row["events"])
    rows = [(name, *(count[split][name] for split in SPLITS)) for name in names if any(count[split][name] for split in SPLITS)]
    rows.append(("all", *(count[split].total() for split in SPLITS)))
    return markdown(("event type", *SPLITS), rows)


def _left_out(count: Mapping[str, int]) -> str:
    if not count:
        return ""
    said = "What a single sentence cannot hold is left out of `sentences` only, and a span that ends inside a token takes all of it there:"
    return f"{said}\n\n{markdown(('what', 'number'), sorted(count.items()))}"


def _splits(documents: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for split in SPLITS:
        dates = [row["dated"] for row in documents if row["split"] == split]
        rows.append((split, len(dates), min(dates, default=""), max(dates, default="")))
    return markdown(("split", "documents", "from", "to"), rows)


def _rights(documents: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            f"`{row['doc_id']}`",
            row["publisher"] or "",
            row["agency"] or "",
            row["rights"]["holder"] or "",
            row["rights"]["statement"] or "none on the page",
            "yes" if row["rights"]["redistribute"] else "no",
        )
        for row in sorted(documents, key=lambda row: str(row["doc_id"]))
    ]
    return markdown(("document", "publisher", "agency", "holder", "statement", "may be passed on"), rows)
