"""A release folder: written from its content, read again, and written again with the same bytes."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.corpus import Corpus, Settings, SplitSettings, Thresholds, open_corpus, sections_of, settings_of
from eventbank.document import sha256
from eventbank.errors import EventBankError
from eventbank.release import folder
from eventbank.release.content import AGREEMENT, LEAKS
from eventbank.release.manifest import sealed


def bytes_of(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def codes(act: Callable[[], object]) -> list[str]:
    with pytest.raises(EventBankError) as caught:
        act()
    return [problem.code for problem in caught.value.problems]


def test_a_release_that_is_read_and_written_again_has_the_same_bytes(release: Path, tmp_path: Path) -> None:
    folder.write(folder.read(release), tmp_path / "again")
    assert bytes_of(tmp_path / "again") == bytes_of(release)


def test_reports_and_further_facts_come_back_as_they_went(release: Path, tmp_path: Path) -> None:
    before = folder.read(release)
    content = replace(before, reports={LEAKS: before.reports[LEAKS], AGREEMENT: before.reports[AGREEMENT]}, more={"of": "a test"})
    folder.write(content, tmp_path / "again")
    found = folder.read(tmp_path / "again")
    assert (found.reports, found.more) == (content.reports, content.more)
    assert {AGREEMENT, LEAKS} == set(found.reports)


def test_the_settings_of_a_release_are_those_of_its_corpus(release: Path) -> None:
    corpus, found = open_corpus(release.parent), folder.read(release).settings
    assert type(found) is Settings
    assert all(getattr(found, one.name) == getattr(corpus, one.name) for one in fields(Settings))
    assert {one.name for one in fields(Corpus)} - {one.name for one in fields(Settings)} == {"root"}


@given(
    st.builds(
        Settings,
        name=st.just("some"),
        title=st.text(min_size=1),
        repo=st.just("some/one"),
        version=st.just("1.0.0"),
        description=st.text(),
        limits=st.lists(st.text()).map(tuple),
        keep_captions=st.booleans(),
        splits=st.just(SplitSettings()) | st.just(SplitSettings(dt.date(2024, 1, 1), dt.date(2024, 7, 1), 3)),
        date=st.none() | st.dates(),
        thresholds=st.builds(Thresholds, st.floats(0.01, 1), st.integers(1, 500)),
    )
)
def test_settings_come_back_from_their_sections(settings: Settings) -> None:
    assert settings_of(sections_of(settings)) == settings


@pytest.mark.parametrize(
    "settings", [None, [], {"corpus": {}}, {"corpus": 5}, {"splits": {"test_from": 5}}, {"splits": {"test_from": "x"}}], ids=str
)
def test_settings_of_another_form_are_a_problem_of_the_manifest(release: Path, tmp_path: Path, settings: object) -> None:
    copy = Path(shutil.copytree(release, tmp_path / "copy"))
    found = json.loads((copy / "manifest.json").read_text("utf-8"))
    (copy / "manifest.json").write_bytes(sealed(found | {"settings": settings}))
    assert set(codes(lambda: folder.read(copy))) == {"E601"}


def test_a_table_of_another_form_is_e615(release: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(release, tmp_path / "copy"))
    name = "events/train-00000-of-00001.parquet"
    facts = json.loads((copy / "manifest.json").read_text("utf-8"))
    entry = next(entry for entry in facts["files"] if entry["path"] == name)

    def put(data: bytes) -> None:
        (copy / name).write_bytes(data)
        entry["size"], entry["sha256"] = len(data), sha256(data)
        (copy / "manifest.json").write_bytes(sealed(facts))

    put(b"PAR1 nothing PAR1")
    assert codes(lambda: folder.read(copy)) == ["E615"]
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    put((tmp_path / "other.parquet").read_bytes())
    assert codes(lambda: folder.read(copy)) == ["E615"]


def test_a_folder_is_replaced_only_if_a_release_lay_there(release: Path, tmp_path: Path) -> None:
    content, target = folder.read(release), tmp_path / "target"
    folder.refuse_foreign(target, "target")
    assert folder.replace(content, target)
    folder.refuse_foreign(target, "target")
    assert not folder.replace(content, target)
    (target / "notes.txt").write_text("mine")
    assert codes(lambda: folder.refuse_foreign(target, "target")) == ["E603"]
    (target / "manifest.json").unlink()
    assert codes(lambda: folder.refuse_foreign(target, "target")) == ["E614"]
    (tmp_path / "link").symlink_to(release)
    assert codes(lambda: folder.refuse_foreign(tmp_path / "link", "link")) == ["E614"]
