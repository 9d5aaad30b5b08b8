"""`eventbank check DIR`: a release that was changed in any way is found out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT

from eventbank.document import sha256
from eventbank.verify import check


@pytest.fixture
def copy(release: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release, tmp_path / "dataset"))


def codes(folder: Path) -> list[str]:
    return [problem.code for problem in check(folder)]


def reseal(folder: Path, name: str) -> None:
    """Gives the manifest the bytes that a file has now, so that only its rows can give the change away."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    entry = next(entry for entry in manifest["files"] if entry["path"] == name)
    data = (folder / name).read_bytes()
    entry["size"], entry["sha256"] = len(data), sha256(data)
    path.write_text(json.dumps(manifest), "utf-8")


def rewrite(folder: Path, name: str, change: Callable[[list[dict]], list[dict]]) -> None:
    table = pq.read_table(folder / name)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), schema=table.schema), folder / name)
    reseal(folder, name)


def test_a_release_as_it_was_built_has_no_problem(copy: Path) -> None:
    assert codes(copy) == []


def test_one_flipped_byte_in_any_file_is_named(copy: Path) -> None:
    for path in sorted(copy.rglob("*")):
        if path.is_file() and path.name != "manifest.json":
            before = path.read_bytes()
            middle = len(before) // 2
            path.write_bytes(before[:middle] + bytes([before[middle] ^ 1]) + before[middle + 1 :])
            found = check(copy)
            assert [(problem.code, problem.place.file) for problem in found] == [("E602", path.relative_to(copy).as_posix())]
            path.write_bytes(before)


def test_missing_and_foreign_files_are_named(copy: Path) -> None:
    (copy / "README.md").unlink()
    (copy / "notes.txt").write_text("x")
    assert codes(copy) == ["E603", "E602"] or codes(copy) == ["E602", "E603"]


def test_a_manifest_that_is_cut_off_is_reported(copy: Path) -> None:
    path = copy / "manifest.json"
    path.write_bytes(path.read_bytes()[:100])
    assert codes(copy) == ["E601"]


def test_a_span_that_is_not_its_text_is_found(copy: Path) -> None:
    rewrite(copy, "mentions/train-00000-of-00001.parquet", lambda rows: [rows[0] | {"start": rows[0]["start"] + 1}, *rows[1:]])
    assert codes(copy) == ["E620"]


def test_a_reference_to_nothing_is_found(copy: Path) -> None:
    rewrite(copy, "arguments/train-00000-of-00001.parquet", lambda rows: [rows[0] | {"ref_id": "nobody"}, *rows[1:]])
    assert codes(copy) == ["E621"]


def test_rows_that_are_missing_are_found(copy: Path) -> None:
    rewrite(copy, "arguments/train-00000-of-00001.parquet", lambda rows: rows[1:])
    assert codes(copy) == ["E622"]


def test_a_story_in_two_splits_is_found(copy: Path) -> None:
    other = pq.read_table(copy / "documents" / "train-00000-of-00001.parquet").to_pylist()[0]["story_id"]
    rewrite(copy, "documents/test-00000-of-00001.parquet", lambda rows: [row | {"story_id": other} for row in rows])
    assert codes(copy) == ["E623"]


def test_rows_that_the_digest_is_not_of_are_found(copy: Path) -> None:
    def other_word(rows: list[dict]) -> list[dict]:
        return [rows[0] | {"annotator": "annotator-9"}, *rows[1:]]

    rewrite(copy, "annotations/train-00000-of-00001.parquet", other_word)
    assert codes(copy) == ["E624"]


@pytest.mark.parametrize(
    "change", [{"rows": None}, {"rows": {"events": []}}, {"files": [{"path": 5}]}, {"digest": 0}, {"names": []}], ids=str
)
def test_a_manifest_of_another_form_is_reported(copy: Path, change: dict) -> None:
    path = copy / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    assert codes(copy) == ["E601"]


def test_a_parquet_file_that_is_none_is_reported(copy: Path) -> None:
    name = "events/train-00000-of-00001.parquet"
    (copy / name).write_bytes(b"PAR1 nothing PAR1")
    reseal(copy, name)
    assert codes(copy) == ["E622"]


def test_a_folder_without_manifest_is_no_release_wherever_it_lies(corpus_root: Path, copy: Path) -> None:
    (copy / "manifest.json").unlink()
    shutil.copytree(copy, corpus_root / "downloaded")
    assert codes(corpus_root / "downloaded") == ["E008"]


def test_a_corpus_that_cannot_be_read_is_reported_with_an_export(corpus_root: Path) -> None:
    (corpus_root / "eventbank.toml").write_text("[corpus", "utf-8")
    assert codes(corpus_root / "annotations" / "pass-1.json") == ["E004"]


def test_an_export_is_checked_against_its_corpus() -> None:
    assert check(ROOT / "annotations" / "pass-1.json") == []


def test_a_release_that_the_inputs_no_longer_give_is_stale(corpus_root: Path, release: Path) -> None:
    shutil.copytree(release, corpus_root / "dataset")
    shutil.copy(release.parent / "DATASHEET.md", corpus_root)
    assert codes(corpus_root) == []
    path = corpus_root / "articles" / "sources.yaml"
    path.write_text(path.read_text("utf-8").replace("publisher: The Korea Herald", "publisher: null"), "utf-8")
    assert set(codes(corpus_root)) == {"W613", "W672"}
