"""The card of a release: README.md, whose header tells `datasets` everything and whose prose is rendered from the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

import pyarrow as pa
import yaml

from eventbank.corpus import Corpus
from eventbank.ontology import Ontology
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

    def path(self, split: str) -> str:
        """Where the rows of a split lie in the release."""
        return f"{self.table.name}/{split}-00000-of-00001.parquet"


def card(
    corpus: Corpus, ontology: Ontology, configs: Sequence[Config], absent: Sequence[str], digest: str, facts: Mapping[str, Any]
) -> bytes:
    """README.md of a release. `configs` are those with rows, `absent` the names of the others, `facts` the facts of the manifest."""
    header = yaml.safe_dump(_header(corpus, ontology, configs, digest), sort_keys=False, allow_unicode=True, width=120)
    template = Template(files("eventbank.release").joinpath("card.md").read_text(encoding="utf-8"))
    documents = [row for config in configs if config.table.name == "documents" for row in _rows(config)]
    prose = template.substitute(
        title=corpus.title,
        description=corpus.description.strip(),
        version=corpus.version,
        digest=digest,
        repo=corpus.repo,
        configs=_configs(configs),
        absent=f"Without rows and therefore left out: {', '.join(absent)}." if absent else "",
        label_note=corpus.label_note,
        gold=f"Gold layer: {facts['gold']}.",
        types=_types(configs, ontology),
        validation_from=corpus.splits.validation_from or "no date yet",
        test_from=corpus.splits.test_from or "no date yet",
        splits=_splits(documents),
        kept="body paragraphs, cross-headings and captions" if corpus.keep_captions else "body paragraphs and cross-headings",
        left_out=_left_out(facts["left_out"]),
        label_license=corpus.label_license or "not stated",
        rights=_rights(documents),
        limits="\n".join(f"- {limit}" for limit in corpus.limits),
        citation=f"## Citation\n\n```bibtex\n{corpus.citation.strip()}\n```" if corpus.citation else "",
    )
    prose = "\n\n".join(block.strip("\n") for block in prose.split("\n\n") if block.strip())
    return f"---\n{header}---\n\n{prose}\n".encode()


def _header(corpus: Corpus, ontology: Ontology, configs: Sequence[Config], digest: str) -> dict[str, Any]:
    """The YAML of the card. Version and digest stand in it because `datasets` keys its cache of a folder by this header alone."""
    seal = f"{corpus.title} {corpus.version}, content sha256:{digest}"
    documents = max((sum(part.num_rows for part in config.parts.values()) for config in configs), default=0)
    header: dict[str, Any] = {
        "language": [corpus.language],
        "license": corpus.license,
        "pretty_name": corpus.title,
        "task_categories": ["token-classification"],
        "tags": ["event-extraction", "event-argument-extraction", "coreference", "news"],
        "size_categories": [next((name for limit, name in SIZES if documents < limit), "n>10M")],
        "annotations_creators": [corpus.label_creators] if corpus.label_creators else [],
        "source_datasets": ["original"],
        "version": corpus.version,
        "digest": digest,
    }
    if not configs:
        return header
    return header | {
        "configs": [
            {
                "config_name": config.table.name,
                "data_files": [{"split": split, "path": f"{config.table.name}/{split}-*.parquet"} for split in config.parts],
                "version": corpus.version,
                "description": seal,
                **({"default": True} if config.table.name == DEFAULT else {}),
            }
            for config in configs
        ],
        "dataset_info": [
            {
                "config_name": config.table.name,
                "features": features(config.table, ontology),
                "splits": [
                    {"name": split, "num_bytes": part.nbytes, "num_examples": part.num_rows} for split, part in config.parts.items()
                ],
                "download_size": config.bytes_on_disk,
                "dataset_size": sum(part.nbytes for part in config.parts.values()),
                "version": corpus.version,
                "description": seal,
            }
            for config in configs
        ],
    }


def _rows(config: Config) -> list[dict[str, Any]]:
    return [row for part in config.parts.values() for row in part.to_pylist()]


def _configs(configs: Sequence[Config]) -> str:
    rows = [(f"`{c.table.name}`", c.table.row, *(c.parts[s].num_rows if s in c.parts else 0 for s in SPLITS)) for c in configs]
    return _table(("config", "a row is", *SPLITS), rows)


def _types(configs: Sequence[Config], ontology: Ontology) -> str:
    count: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    for config in configs:
        if config.table.name == "events":
            for split, part in config.parts.items():
                count[split].update(event["type"] for row in part.select(["events"]).to_pylist() for event in row["events"])
    rows = [(name, *(count[split][name] for split in SPLITS)) for name in ontology.events if any(count[split][name] for split in SPLITS)]
    rows.append(("all", *(count[split].total() for split in SPLITS)))
    return _table(("event type", *SPLITS), rows)


def _left_out(count: Mapping[str, int]) -> str:
    if not count:
        return ""
    said = "What a single sentence cannot hold is left out of `sentences` only, and a span that ends inside a token takes all of it there:"
    return f"{said}\n\n{_table(('what', 'number'), sorted(count.items()))}"


def _splits(documents: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for split in SPLITS:
        dates = [row["dated"] for row in documents if row["split"] == split]
        rows.append((split, len(dates), min(dates, default=""), max(dates, default="")))
    return _table(("split", "documents", "from", "to"), rows)


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
    return _table(("document", "publisher", "agency", "holder", "statement", "may be passed on"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; bars and line ends in cells are made harmless."""

    def line(cells: Iterable[object]) -> str:
        return "| " + " | ".join(" ".join(str(cell).split()).replace("\\", "\\\\").replace("|", "\\|") for cell in cells) + " |"

    return "\n".join((line(head), "|" + "---|" * len(head), *map(line, rows)))
