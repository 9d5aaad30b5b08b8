"""`eventbank check DIR`: a release that was changed in any way is found out."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from eventbank.cli import main
from eventbank.document import sha256
from eventbank.release import folder
from eventbank.release.manifest import sealed
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
    path.write_bytes(sealed(manifest))


def rewrite(folder: Path, name: str, change: Callable[[list[dict]], list[dict]]) -> None:
    table = pq.read_table(folder / name)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), schema=table.schema), folder / name)
    reseal(folder, name)


def test_a_release_as_it_was_built_has_no_problem(copy: Path) -> None:
    assert codes(copy) == []


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.slow
def test_one_flipped_byte_in_any_file_is_named_and_ends_with_1(copy: Path) -> None:
    draw = random.Random(0)
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        before, name = path.read_bytes(), path.relative_to(copy).as_posix()
        for at in (0, draw.randrange(len(before)), len(before) - 1):
            path.write_bytes(flipped(before, at))
            run = CliRunner().invoke(main, ["check", str(copy)])
            assert run.exit_code == 1
            assert re.match(rf"E60[12] {re.escape(name)}: ", run.stderr), (name, at, run.stderr)
        path.write_bytes(before)
    assert codes(copy) == []


@given(st.data())
def test_no_byte_of_the_manifest_can_change_unseen(release: Path, data: st.DataObject) -> None:
    before = (release / "manifest.json").read_bytes()
    at = data.draw(st.integers(0, len(before) - 1))
    after = before[:at] + bytes([data.draw(st.integers(0, 255).filter(lambda byte: byte != before[at]))]) + before[at + 1 :]
    with suppress(ValueError):
        assert sealed(json.loads(after)) != after


def test_a_manifest_of_half_a_character_or_of_endless_depth_is_a_problem(copy: Path) -> None:
    whole = (copy / "manifest.json").read_text("utf-8")
    (copy / "manifest.json").write_text(whole.replace('"gold": "', '"gold": "\\ud800', 1), "utf-8")
    assert codes(copy) == ["E602"]
    (copy / "manifest.json").write_text("[" * 100_000, "utf-8")
    assert codes(copy) == ["E601"]


def test_a_leak_report_that_the_tables_do_not_give_is_found(copy: Path) -> None:
    report = json.loads((copy / "leaks.json").read_text("utf-8"))
    report["between"]["split"][0]["near_duplicates"] = 1
    (copy / "leaks.json").write_text(json.dumps(report), "utf-8")
    reseal(copy, "leaks.json")
    assert codes(copy) == ["E631"]


def test_a_release_whose_splits_share_an_address_is_found_without_its_report(copy: Path) -> None:
    for split in ("train", "test"):
        rewrite(copy, f"documents/{split}-00000-of-00001.parquet", lambda rows: [rows[0] | {"url": "http://example.org/a"}, *rows[1:]])
    whole = json.loads((copy / "manifest.json").read_text("utf-8"))
    digest = folder.read(copy).digest
    (copy / "README.md").write_text((copy / "README.md").read_text("utf-8").replace(whole["digest"], digest), "utf-8")
    (copy / "manifest.json").write_bytes(sealed(whole | {"digest": digest}))
    reseal(copy, "README.md")
    assert set(codes(copy)) == {"E630", "E631"}


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
    path.write_bytes(sealed(json.loads(path.read_text("utf-8")) | change))
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


def test_a_json_schema_that_is_gone_or_edited_is_reported_and_made_again(corpus_root: Path) -> None:
    from eventbank.build import build
    from eventbank.corpus import open_corpus

    build(open_corpus(corpus_root))
    schemas = corpus_root / "schema" / "tables"
    (schemas / "events.schema.json").unlink()
    (schemas / "mentions.schema.json").write_text("{}", "utf-8")
    found = [problem for problem in check(corpus_root) if problem.code == "W631"]
    assert [problem.place.file for problem in found] == ["schema/tables/events.schema.json", "schema/tables/mentions.schema.json"]
    build(open_corpus(corpus_root))
    assert codes(corpus_root) == []
