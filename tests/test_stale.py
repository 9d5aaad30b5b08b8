"""No stale rows: each way in which `datasets` can answer with rows of another release, or with none, tried on real folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from eventbank.build import build
from eventbank.corpus import open_corpus
from eventbank.tables import SPLITS, TABLES
from eventbank.verify import check

THREE = {"ash": "2023-05-01", "birch": "2024-02-01", "cedar": "2024-08-01"}


def texts(names: Any, about: str = "harbour") -> dict[str, str]:
    """A text for each name that shares no story with another."""
    return {
        name: " ".join(f"The {name} committee of the {about} spoke about {name} {at} and the {name} {about} {at}." for at in range(9))
        for name in names
    }


@pytest.fixture
def made(small: Callable[..., Path]) -> Callable[..., Path]:
    """Builds a small corpus without labels: `made("one", dated={"ash": "2023-05-01"}, about="harbour")` gives its `dataset/`."""

    def make(name: str, dated: dict[str, str], about: str = "harbour") -> Path:
        root = small(texts(dated, about), dated, name)
        build(open_corpus(root))
        return root / "dataset"

    return make


def titles_and_texts(folder: Path, cache: Path, **more: Any) -> dict[str, list[str]]:
    return {split: part["text"][:] for split, part in datasets.load_dataset(str(folder), "documents", cache_dir=str(cache), **more).items()}


def stored(folder: Path) -> dict[str, list[str]]:
    return {split: pq.read_table(path)["text"].to_pylist() for split in SPLITS for path in folder.glob(f"documents/{split}-*.parquet")}


def header(folder: Path) -> dict[str, Any]:
    return yaml.safe_load((folder / "README.md").read_text("utf-8").split("---\n")[1])


@pytest.mark.slow
def test_another_release_under_the_same_path_gives_its_own_rows(made: Callable[..., Path], tmp_path: Path) -> None:
    folder, cache = tmp_path / "dataset", tmp_path / "cache"
    found = []
    for name, about in (("one", "harbour"), ("two", "orchard")):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made(name, THREE, about), folder)
        found.append(titles_and_texts(folder, cache))
        assert found[-1] == stored(folder)
        assert titles_and_texts(folder, cache, download_mode="force_redownload") == stored(folder)
    assert found[0] != found[1]


@pytest.mark.slow
def test_two_versions_in_folders_of_one_name_give_each_its_own_rows(made: Callable[..., Path], tmp_path: Path) -> None:
    one, two = made("one", THREE, "harbour"), made("two", THREE, "orchard")
    assert one.name == two.name
    for folder in (one, two, one):
        assert titles_and_texts(folder, tmp_path / "cache") == stored(folder)


def test_only_version_and_digest_keep_them_apart(made: Callable[..., Path], tmp_path: Path) -> None:
    """The trap itself: with one header for both, the second folder is answered with the rows of the first."""
    one, two = made("one", THREE, "harbour"), made("two", THREE, "orchard")
    text = (two / "README.md").read_text("utf-8").replace(header(two)["digest"], header(one)["digest"]).replace("two", "one")
    sizes = {str(new): str(old) for new, old in zip(numbers(two), numbers(one), strict=True)}
    for new, old in sizes.items():
        text = text.replace(f": {new}\n", f": {old}\n")
    (two / "README.md").write_text(text, "utf-8")
    assert header(two) == header(one)
    titles_and_texts(one, tmp_path / "cache")
    assert titles_and_texts(two, tmp_path / "cache") == stored(one) != stored(two)


def numbers(folder: Path) -> list[int]:
    (info,) = header(folder)["dataset_info"]
    return [*(split["num_bytes"] for split in info["splits"]), info["download_size"], info["dataset_size"]]


@pytest.mark.parametrize("missing", ["cedar", "ash"], ids=["test", "train"])
def test_a_split_without_rows_is_neither_written_nor_declared_and_the_rest_loads(
    made: Callable[..., Path], tmp_path: Path, missing: str
) -> None:
    folder = made("some", {name: date for name, date in THREE.items() if name != missing})
    left = [split for split, name in zip(SPLITS, THREE, strict=True) if name != missing]
    assert list(titles_and_texts(folder, tmp_path / "cache")) == left
    assert datasets.get_dataset_split_names(str(folder), "documents") == left
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert [split for split, rows in manifest["rows"]["documents"].items() if not rows] == [split for split in SPLITS if split not in left]


def test_configs_without_rows_are_left_out_and_a_release_without_any_is_no_dataset(made: Callable[..., Path]) -> None:
    assert datasets.get_dataset_config_names(str(made("unlabelled", THREE))) == ["documents"]
    empty = made("empty", {})
    assert "configs" not in header(empty)
    assert list(empty.rglob("*.parquet")) == []


def test_counts_and_sizes_in_the_card_are_those_of_the_files(release: Path) -> None:
    schemas = {table.name: table.schema for table in TABLES}
    for info in header(release)["dataset_info"]:
        files = {split: release / info["config_name"] / f"{split}-00000-of-00001.parquet" for split in SPLITS}
        tables = {
            split: pa.Table.from_pylist(pq.read_table(path).to_pylist(), schema=schemas[info["config_name"]])
            for split, path in files.items()
        }
        assert [(split["name"], split["num_examples"]) for split in info["splits"]] == [
            (split, part.num_rows) for split, part in tables.items()
        ]
        assert [split["num_bytes"] for split in info["splits"]] == [part.nbytes for part in tables.values()]
        assert info["dataset_size"] == sum(part.nbytes for part in tables.values())
        assert info["download_size"] == sum(path.stat().st_size for path in files.values())


def test_a_file_that_lost_a_row_is_not_loaded_and_is_named_by_check(release: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(release, tmp_path / "dataset"))
    name = "mentions/train-00000-of-00001.parquet"
    pq.write_table(pq.read_table(copy / name).slice(1), copy / name)
    with pytest.raises(datasets.exceptions.NonMatchingSplitsSizesError):
        datasets.load_dataset(str(copy), "mentions", cache_dir=str(tmp_path / "cache"))
    assert [(problem.code, problem.place.file) for problem in check(copy)] == [("E602", name)]


def test_every_parquet_file_is_declared_once_and_every_pattern_finds_one(release: Path) -> None:
    declared = [path for config in header(release)["configs"] for one in config["data_files"] for path in release.glob(one["path"])]
    assert sorted(declared) == sorted(release.rglob("*.parquet"))
    assert all(list(release.glob(one["path"])) for config in header(release)["configs"] for one in config["data_files"])


def test_what_was_loaded_says_which_version_and_content_it_is(release: Path, tmp_path: Path) -> None:
    """`revision=` of a local folder is ignored, and offline the newest cached version is taken: this is how a reader can tell."""
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    info = datasets.load_dataset(str(release), "documents", split="train", cache_dir=str(tmp_path), revision="v9.9.9").info
    assert str(info.version) == manifest["version"]
    assert info.description.endswith(f"content sha256:{manifest['digest']}")


def test_a_column_that_is_null_in_every_row_keeps_its_type(made: Callable[..., Path], tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(made("untitled", THREE)), "documents", cache_dir=str(tmp_path))
    assert loaded["train"]["url"][:] == [None]
    assert loaded["train"].features["url"].dtype == "string"


def test_arrow_types_are_those_that_every_version_of_datasets_knows(release: Path) -> None:
    def leaves(kind: pa.DataType) -> set[pa.DataType]:
        if pa.types.is_list(kind):
            return leaves(kind.value_type)
        if pa.types.is_struct(kind):
            return {leaf for field in kind for leaf in leaves(field.type)}
        return {kind}

    found = {leaf for path in release.rglob("*.parquet") for field in pq.read_schema(path) for leaf in leaves(field.type)}
    assert found <= {pa.string(), pa.int32(), pa.int64(), pa.bool_(), pa.date32(), pa.float64()}


def test_no_file_of_a_release_is_taken_for_a_loading_script(release: Path) -> None:
    assert [path for path in release.rglob("*") if path.suffix == ".py" or path.name in ("dataset_infos.json", ".huggingface.yaml")] == []
