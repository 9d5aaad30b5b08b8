"""croissant.json: valid without a warning, readable offline by the library of its makers, and true to the release."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow.parquet as pq
import pytest

from eventbank.build import build
from eventbank.corpus import open_corpus
from eventbank.document import sha256
from eventbank.release import folder
from eventbank.release.croissant import ANSWERS, CROISSANT, responsible


def metadata(release: Path) -> dict[str, Any]:
    return json.loads((release / CROISSANT).read_text("utf-8"))


def issues(release: Path) -> tuple[set[str], set[str]]:
    found = mlcroissant.Dataset(str(release / CROISSANT)).metadata.ctx.issues
    return set(found.errors), set(found.warnings)


def stored(release: Path, config: str) -> Iterator[dict[str, Any]]:
    for path in sorted(release.glob(f"{config}/*.parquet")):
        yield from (row | {"split": path.name.partition("-")[0]} for row in pq.read_table(path).to_pylist())


def plain(value: Any, prefix: str) -> Any:
    """A value of mlcroissant as Python has it: text instead of bytes, names without their record set, dates instead of time stamps."""
    if isinstance(value, dict):
        return {key.removeprefix(prefix): plain(one, f"{key}/") for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one, prefix) for one in value]
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if hasattr(value, "date"):
        return value.date()
    return value


def without_empty_lists(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value != []}


@pytest.mark.slow
def test_the_validator_of_mlcommons_finds_nothing(release: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "mlcroissant.scripts.validate", "--jsonld", str(release / CROISSANT)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert [line for line in run.stderr.splitlines() if "Done." not in line] == []
    assert issues(release) == (set(), set())


@pytest.mark.parametrize("config", ["documents", "mentions", "arguments"])
def test_records_are_the_rows_of_the_parquet_files(release: Path, config: str) -> None:
    records = [plain(record, f"{config}/") for record in mlcroissant.Dataset(str(release / CROISSANT)).records(config)]
    assert [without_empty_lists(record) for record in records] == [without_empty_lists(row) for row in stored(release, config)]
    assert records


@pytest.mark.parametrize("config", ["documents", "arguments"])
def test_records_can_be_chosen_by_split(release: Path, config: str) -> None:
    found = mlcroissant.Dataset(str(release / CROISSANT)).records(config, filters={f"{config}/split": "test"})
    expected = [row["doc_id"] for row in stored(release, config) if row["split"] == "test"]
    assert [record[f"{config}/doc_id"].decode() for record in found] == expected


def test_label_names_and_splits_are_record_sets(release: Path) -> None:
    dataset = mlcroissant.Dataset(str(release / CROISSANT))
    names = json.loads((release / "manifest.json").read_text("utf-8"))["names"]
    for kind, expected in names.items():
        assert [record[f"{kind}/name"] for record in dataset.records(kind)] == expected
    assert [record["splits/name"] for record in dataset.records("splits")] == ["train", "validation", "test"]


def test_every_parquet_file_is_listed_with_its_size_and_hash(release: Path) -> None:
    files = {one["contentUrl"]: one for one in metadata(release)["distribution"] if one["@type"] == "cr:FileObject"}
    assert set(files) == {path.relative_to(release).as_posix() for path in release.rglob("*.parquet")}
    for name, one in files.items():
        data = (release / name).read_bytes()
        assert (one["contentSize"], one["sha256"]) == (f"{len(data)} B", sha256(data))


def test_every_column_and_every_field_is_described(release: Path) -> None:
    def leaves(fields: list[dict[str, Any]]) -> Iterator[str]:
        for field in fields:
            yield field["@id"]
            assert field["description"]
            yield from leaves(field.get("subField", []))

    found = {one["@id"]: set(leaves(one["field"])) for one in metadata(release)["recordSet"]}
    for table in folder.read(release).tables:
        paths = {f"{table.name}/{path.replace('.', '/')}" for path, _ in table.walk()} | {f"{table.name}/split"}
        assert found[table.name] == paths


def test_the_answers_of_the_datasheet_are_those_to_responsible_ai(release: Path) -> None:
    content = folder.read(release)
    found = metadata(release)
    for field, keys in ANSWERS.items():
        assert found[f"rai:{field}"] == "\n\n".join(content.answers[key] for key in keys)
    assert set(responsible(replace(content, answers={}))) == set(responsible(content)) - set(ANSWERS)


def test_a_corpus_without_labels_or_articles_is_valid_and_lacks_its_date_only(small: Callable[..., Path]) -> None:
    text = "The committee met again on the second floor of the old town hall and talked about the harbour for most of the afternoon.\n"
    for name, texts in (("empty", {}), ("unlabelled", {"ash": text})):
        root = small(texts, name=name)
        build(open_corpus(root))
        errors, warnings = issues(root / "dataset")
        assert errors == set()
        assert [warning.rpartition("/")[2] for warning in warnings] == ['datePublished" is recommended, but does not exist.']
