"""What a consumer sees: every config of the release through datasets, polars, pandas and DuckDB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import ROOT

from eventbank import ontology
from eventbank.tables import SPLITS

CONFIGS = ("events", "documents", "mentions", "arguments", "sentences", "annotations")


def rows_of(release: Path) -> dict[str, dict[str, int]]:
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    return {name: {split: count for split, count in parts.items() if count} for name, parts in manifest["rows"].items()}


def stored(release: Path, config: str) -> list[dict[str, Any]]:
    return [
        row for split in rows_of(release)[config] for row in pq.read_table(release / config / f"{split}-00000-of-00001.parquet").to_pylist()
    ]


@pytest.mark.parametrize("config", CONFIGS)
def test_every_config_loads_whole_and_streaming(release: Path, tmp_path: Path, config: str) -> None:
    whole = datasets.load_dataset(str(release), config, cache_dir=str(tmp_path))
    assert {split: part.num_rows for split, part in whole.items()} == rows_of(release)[config]
    streamed = datasets.load_dataset(str(release), config, streaming=True)
    for split, part in whole.items():
        assert list(streamed[split]) == list(part)


def test_events_is_the_default_config(release: Path, tmp_path: Path) -> None:
    assert datasets.get_dataset_config_names(str(release)) == list(CONFIGS)
    assert "entities" in datasets.load_dataset(str(release), split="train", cache_dir=str(tmp_path)).features


@pytest.mark.parametrize("config", CONFIGS)
def test_other_readers_see_the_same_rows_with_names_as_labels(release: Path, config: str) -> None:
    for split, count in rows_of(release)[config].items():
        path = release / config / f"{split}-00000-of-00001.parquet"
        assert pl.read_parquet(path).height == count
        assert len(pd.read_parquet(path)) == count
        assert duckdb.sql(f"select count(*) from read_parquet('{path}')").fetchall() == [(count,)]


def test_class_labels_are_the_names_of_the_ontology_in_its_order(release: Path, tmp_path: Path) -> None:
    features = datasets.load_dataset(str(release), "arguments", split="train", cache_dir=str(tmp_path)).features
    scheme = ontology.load(ROOT / "schema" / "ontology.yaml")
    assert features["event_type"].names == list(scheme.events)
    assert features["role"].names == [role.name for role in scheme.roles]


def test_text_at_the_offsets_is_the_span_in_every_table(release: Path) -> None:
    texts = {row["doc_id"]: row["text"] for row in stored(release, "documents")}
    spans = 0
    for config in ("mentions", "arguments", "sentences"):
        for row in stored(release, config):
            assert texts[row["doc_id"]][row["start"] : row["end"]] == row["text"]
            spans += 1
    for row in stored(release, "events"):
        assert row["text"] == texts[row["doc_id"]]
        nested = [mention for entity in row["entities"] for mention in entity["mentions"]] + row["values"]
        nested += [span for event in row["events"] for span in (event["trigger"], *event["arguments"])]
        for span in nested:
            assert row["text"][span["start"] : span["end"]] == span["text"]
            spans += 1
    assert spans > 100


def test_tokens_of_a_sentence_give_its_text_and_its_spans(release: Path) -> None:
    for row in stored(release, "sentences"):
        assert "".join(row["tokens"]) == "".join(row["text"].split())
        for event in row["event_mentions"]:
            for span in (event["trigger"], *event["arguments"]):
                assert "".join(row["tokens"][span["start"] : span["end"]]) == "".join(span["text"].split())


def test_every_reference_resolves(release: Path) -> None:
    mentions = {row["mention_id"]: row for row in stored(release, "mentions")}
    events = {row["event_id"]: row for row in mentions.values() if row["kind"] == "trigger"}
    for row in stored(release, "arguments"):
        target = mentions[row["ref_id"]] if row["kind"] == "mention" else events[row["ref_id"]]
        assert (target["doc_id"], target["start"], target["end"]) == (row["doc_id"], row["start"], row["end"])
        assert row["event_id"] in events
    for row in stored(release, "sentences"):
        spans = {mention["id"]: (mention["start"], mention["end"]) for mention in row["entity_mentions"]}
        for event in row["event_mentions"]:
            assert all(spans[one["entity_id"]] == (one["start"], one["end"]) for one in event["arguments"])


def test_flat_and_nested_tables_hold_the_same_labels(release: Path) -> None:
    nested = stored(release, "events")
    triggers = {row["event_id"] for row in stored(release, "mentions") if row["kind"] == "trigger"}
    assert triggers == {event["event_id"] for row in nested for event in row["events"]}
    flat = {(row["event_id"], row["role"], row["ref_id"]) for row in stored(release, "arguments")}
    assert flat == {
        (event["event_id"], one["role"], one["ref_id"]) for row in nested for event in row["events"] for one in event["arguments"]
    }
    chains = {row["chain_id"] for row in stored(release, "mentions") if row["kind"] == "entity"}
    assert chains == {entity["entity_id"] for row in nested for entity in row["entities"]}


def test_every_piece_of_a_text_stands_in_its_raw_page(release: Path) -> None:
    for row in stored(release, "documents"):
        raw = (ROOT / "articles" / row["raw_name"]).read_bytes().decode("utf-8-sig")
        covered = 0
        for piece in row["alignment"]:
            start, at, length = piece["start"], piece["raw_start"], piece["length"]
            assert row["text"][start : start + length] == raw[at : at + length].replace("\r", "\n")
            covered += length
        kept = [zone for zone in row["zones"] if zone["kind"] in ("body", "dateline", "heading")]
        assert covered + 2 * (len(kept) - 1) == len(row["text"])


def test_every_document_is_in_one_split_and_none_is_empty(release: Path) -> None:
    rows = rows_of(release)["documents"]
    assert list(rows) == list(SPLITS)
    assert sum(rows.values()) == len({row["doc_id"] for row in stored(release, "documents")}) == 5
    for at in range(1, 6):
        assert {row[f"split_{at}"] for row in stored(release, "documents")} == set(SPLITS)


def test_the_export_comes_back_from_the_released_parquet(release: Path) -> None:
    from eventbank.labelstudio.nodes import from_rows

    files = from_rows(stored(release, "annotations"))
    assert files
    for name, tasks in files.items():
        assert tasks == json.loads((ROOT / "annotations" / name).read_text("utf-8"))


def test_no_parquet_file_carries_a_clock_a_path_or_the_huggingface_key(release: Path) -> None:
    for path in release.rglob("*.parquet"):
        meta = pq.read_metadata(path)
        assert set(meta.metadata or {}) <= {b"ARROW:schema"}
        assert pq.read_schema(path).metadata is None


def test_a_changed_release_is_never_answered_from_the_cache(release: Path, tmp_path: Path) -> None:
    import shutil

    from conftest import copy_inputs

    from eventbank.build import build
    from eventbank.corpus import open_corpus

    folder, cache = tmp_path / "dataset", str(tmp_path / "cache")
    shutil.copytree(release, folder)
    before = datasets.load_dataset(str(folder), "documents", cache_dir=cache)["train"]["title"][:]
    root = copy_inputs(tmp_path / "corpus")
    sources = root / "articles" / "sources.yaml"
    sources.write_text(
        sources.read_text("utf-8").replace("title: US, South Korea to Boost", "title: US and South Korea to Boost", 1), "utf-8"
    )
    build(open_corpus(root))
    shutil.rmtree(folder)
    shutil.copytree(root / "dataset", folder)
    after = datasets.load_dataset(str(folder), "documents", cache_dir=cache)["train"]["title"][:]
    assert before != after
