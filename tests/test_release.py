"""Releasing a version: what is proposed and why, what is refused, and that a kill at any moment leaves old or new, whole."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import LONG
from sketch import LAYERS, ONTOLOGY
from test_build import bytes_of, edit
from test_diff import add_document, git

from eventbank import ontology as ontologies
from eventbank.build import build, check
from eventbank.cli import main
from eventbank.corpus import open_corpus
from eventbank.errors import EventBankError
from eventbank.release import changelog, history
from eventbank.release.diff import Diff, DocumentChange
from eventbank.release.history import Entry, Version
from eventbank.release.matching import Change
from eventbank.release.scheme import scheme_changes
from eventbank.release.versions import propose, release, step_of

DAY = dt.date(2026, 1, 31)
KILLS = int(os.environ.get("EVENTBANK_KILLS", "5"))
"""How often each command is killed; .ci/run sets it to 50."""


@pytest.fixture
def root(small: Callable[..., Path]) -> Path:
    """A corpus of two documents that has never been released."""
    return small({name: LONG * 4 + f"Then {name} spoke about {name} and other {name} matters of the day.\n" for name in ("ash", "birch")})


@pytest.fixture
def repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same in a git repository, with everything committed."""
    for name, value in (("NAME", "Maintainer"), ("EMAIL", "maintainer@example.org")):
        monkeypatch.setenv(f"GIT_AUTHOR_{name}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{name}", value)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "First")
    return root


def call(root: Path, *words: str) -> Result:
    found = CliRunner().invoke(main, [words[0], "--corpus", str(root), *words[1:]])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


def codes(found: pytest.ExceptionInfo[EventBankError]) -> set[str]:
    return {problem.code for problem in found.value.problems}


# Versions


def test_versions_are_in_the_order_of_their_numbers() -> None:
    assert history.parse("1.10.0") > history.parse("1.9.9")
    assert [str(history.parse("1.2.3").after(step)) for step in ("major", "minor", "patch")] == ["2.0.0", "1.3.0", "1.2.4"]


@pytest.mark.parametrize("text", ["1.0", "01.0.0", "1.0.0-rc1", "v1.0.0", "١.0.0", "", "1.0.0\n"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(EventBankError, match="E651"):
        history.parse(text)


def test_the_list_of_releases_is_read_as_it_was_written(tmp_path: Path) -> None:
    entries = [Entry(Version(1, 0, 0), "a" * 64, DAY), Entry(Version(1, 1, 0), "b" * 64, DAY)]
    (tmp_path / "releases.csv").write_bytes(history.to_csv(entries))
    assert history.read(tmp_path / "releases.csv", "releases.csv") == entries


@pytest.mark.parametrize(
    "row", ["1.0.0,aa,yesterday", "1.0.0,,2026-01-31", "1.0.0,aa,2026-01-31,more", "1.0.0,aa,2026-01-31\n1.0.0,bb,2026-01-31"]
)
def test_a_list_of_releases_that_was_edited_wrongly_is_refused_with_its_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "releases.csv").write_text(f"version,digest,date\n{row}\n", "utf-8")
    with pytest.raises(EventBankError, match=r"E612 releases.csv:[23]"):
        history.read(tmp_path / "releases.csv", "releases.csv")


# The step


def difference(**parts: Any) -> Diff:
    side = {"name": "x", "version": "1.0.0", "digest": "0"}
    nothing: dict[str, Any] = {"documents": (), "splits": (), "scheme": (), "columns": {}, "tables": (), "gold": ("one", "one")}
    return Diff(side, side, **nothing | parts)


def labels(what: Any, how: Any) -> DocumentChange:
    label = {"type": "GPE"}
    change = Change(what, how, None if how == "added" else label, None if how == "removed" else label)
    return DocumentChange("ash", "changed", {}, (change,), {})


def edited_scheme(tmp_path: Path, old: str, new: str) -> Any:
    text = (LAYERS / "ontology.yaml").read_text("utf-8").replace(old, new, 1)
    (tmp_path / "ontology.yaml").write_text(text, "utf-8")
    return tuple(scheme_changes(ONTOLOGY, ontologies.load(tmp_path / "ontology.yaml")))


@pytest.mark.parametrize(
    ("parts", "step", "reason"),
    [
        ({}, "none", "no row differs"),
        ({"tables": ("annotations",)}, "patch", "rows of annotations differ"),
        ({"documents": (labels("mention", "retyped"),)}, "patch", "1 document changed; 1 mention retyped"),
        ({"documents": (labels("event", "removed"),)}, "patch", "1 document changed; 1 event removed"),
        ({"documents": (labels("argument", "added"),)}, "minor", "1 argument added"),
        ({"documents": (DocumentChange("oak", "added", {}, (), {}),)}, "minor", "1 document added"),
        ({"documents": (DocumentChange("oak", "removed", {}, (), {}),)}, "minor", "1 document removed"),
        ({"gold": ("single pass", "adjudicated")}, "minor", "gold layer: single pass → adjudicated"),
        ({"columns": {"events": {"added": ["mood: string"], "removed": []}}}, "minor", "new column mood: string of events"),
        ({"columns": {"events": {"added": [], "removed": ["mood: string"]}}}, "major", "column mood: string of events is gone"),
    ],
)
def test_the_step_follows_from_the_difference(parts: dict[str, Any], step: str, reason: str) -> None:
    found = step_of(difference(**parts))
    assert (found[0], "; ".join(found[1])) == (step, reason)


def test_a_name_more_is_minor_and_another_meaning_is_major(tmp_path: Path) -> None:
    more = edited_scheme(tmp_path, "value_types:\n", 'value_types:\n  - {name: QTY, definition: "How many."}\n')
    other = edited_scheme(tmp_path, '"An armed force."', '"A party under arms."')
    assert [step_of(difference(scheme=scheme))[0] for scheme in (more, other, (*more, *other))] == ["minor", "major", "major"]


# The changelog


def test_what_was_unreleased_becomes_the_section_of_the_version() -> None:
    text = "# Changelog\n\nAbout it.\n\n## Unreleased\n\n- A note.\n\n## 1.0.0 (2025-01-01)\n\n- Old.\n"
    found = changelog.released(text, Version(1, 1, 0), DAY, ["Made."])
    assert found == (
        "# Changelog\n\nAbout it.\n\n## Unreleased\n\n## 1.1.0 (2026-01-31)\n\n- A note.\n\n### Data\n\nMade.\n\n"
        "## 1.0.0 (2025-01-01)\n\n- Old.\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Changelog\n",
        "# News\r\n\r\n## Unreleased\r\n\r\n- A\r\n",
        "# C\n\n## Unreleased\n\n```\n## no heading\n```\n",
        "## 1.1.0\n\n- By hand.\n",
    ],
)
def test_noting_a_release_twice_is_noting_it_once(text: str) -> None:
    once = changelog.released(text, Version(1, 1, 0), DAY, ["Made."])
    assert changelog.released(once, Version(1, 1, 0), DAY, ["Made."]) == once
    assert changelog.released(once, Version(1, 1, 0), DAY, ["Otherwise."]) == once.replace("Made.", "Otherwise.")
    assert [line for line in text.splitlines() if line not in once.splitlines() and not line.startswith("## 1.1.0")] == []
    assert ("\r\n" in once) == ("\r\n" in text)


# Proposing and releasing


def test_the_first_release_is_1_0_0(root: Path) -> None:
    before = bytes_of(root)
    plan = propose(open_corpus(root))
    assert (str(plan.version), plan.step, plan.last) == ("1.0.0", "first", None)
    assert "1.0.0 (first)" in call(root, "release").stdout
    assert bytes_of(root) | {".eventbank.lock": b""} == before | {".eventbank.lock": b""}


def test_a_release_writes_version_dataset_changelog_and_its_row(root: Path) -> None:
    edit(root / "eventbank.toml", 'version = "0.1.0"', 'version = "0.1.0"  # of the corpus')
    done = release(open_corpus(root), "1.0.0", today=DAY)
    assert done.done == (
        *("eventbank.toml", "dataset", "schema/splits.csv", "schema/tables", "DATASHEET.md", "CHANGELOG.md", "schema/releases.csv"),
    )
    assert 'version = "1.0.0"  # of the corpus\ndate = 2026-01-31\n' in (root / "eventbank.toml").read_text("utf-8")
    assert json.loads((root / "dataset" / "croissant.json").read_text("utf-8"))["datePublished"] == "2026-01-31"
    assert json.loads((root / "dataset" / "manifest.json").read_text("utf-8"))["version"] == "1.0.0"
    assert (root / "schema" / "releases.csv").read_text("utf-8") == f"version,digest,date\n1.0.0,{done.digest},2026-01-31\n"
    assert "## 1.0.0 (2026-01-31)\n\n### Data\n\nFirst release: 2 rows of documents.\n" in (root / "CHANGELOG.md").read_text("utf-8")
    assert {problem.code for problem in check(open_corpus(root))} <= {"W011", "W451", "W671"}
    before = bytes_of(root)
    assert release(open_corpus(root), "1.0.0").done == ()
    assert bytes_of(root) == before


def test_a_first_release_below_1_0_0_is_refused_in_its_own_words_e653(root: Path) -> None:
    refused = call(root, "release", open_corpus(root).version)
    assert refused.exit_code == 1
    assert (
        "E653 the version is lower than the release asks for: 0.1.0; a first release is 1.0.0. Run eventbank release 1.0.0"
        in refused.stderr
    )
    assert call(root, "release", "0.1.0", "--because", "a trial").exit_code == 0


def test_a_document_more_is_a_minor_release_and_a_patch_needs_a_reason(root: Path) -> None:
    release(open_corpus(root), "1.0.0", today=DAY)
    assert propose(open_corpus(root)).step == "none"
    assert call(root, "release").stdout.startswith("nothing has changed since 1.0.0")
    add_document(root)
    plan = propose(open_corpus(root))
    assert (str(plan.version), plan.step, plan.reasons) == ("1.1.0", "minor", ("1 document added",))
    refused = call(root, "release", "1.0.1")
    assert (refused.exit_code, "E653" in refused.stderr) == (1, True)
    assert "1.0.1 instead of 1.1.0 (minor): 1 document added" in refused.stderr
    assert call(root, "release", "1.0.1", "--because", "nobody will\nnotice").exit_code == 0
    told = (root / "CHANGELOG.md").read_text("utf-8")
    assert "Since 1.0.0: 1 document added.\n\nA smaller step was taken because: nobody will notice\n\n- documents: 1 added\n" in told
    assert told.index("## 1.0.1") < told.index("## 1.0.0 ")


def test_a_version_must_be_higher_than_every_released_one(root: Path) -> None:
    release(open_corpus(root), "2.0.0", today=DAY)
    add_document(root)
    for version in ("1.9.9", "0.1.0"):
        with pytest.raises(EventBankError, match="E651"):
            release(open_corpus(root), version)
    with pytest.raises(EventBankError, match="E611"):
        release(open_corpus(root), "2.0.0")


def test_problems_of_check_stop_a_release_and_warnings_only_if_strict(root: Path) -> None:
    build(open_corpus(root))
    before = bytes_of(root)
    assert "W451" in call(root, "release", "1.0.0", "--strict").stderr
    (root / "dataset" / "README.md").write_text("edited", "utf-8")
    assert "E602" in call(root, "release", "1.0.0").stderr
    (root / "dataset" / "README.md").write_bytes(before["dataset/README.md"])
    edit(root / "articles" / "ash.txt", "harbour", "harbor")
    assert "E105" in call(root, "release", "1.0.0").stderr
    edit(root / "articles" / "ash.txt", "harbor", "harbour")
    assert bytes_of(root) == before


def test_decisions_that_cannot_be_read_stop_a_release(corpus_root: Path) -> None:
    (corpus_root / "annotations" / "decisions.yaml").write_text("[", "utf-8")
    found = call(corpus_root, "release", "1.0.0")
    assert (found.exit_code, "E001 annotations/decisions.yaml" in found.stderr) == (1, True), found.output
    assert not (corpus_root / "dataset").exists()


def test_a_split_that_was_released_and_has_moved_stops_a_release(root: Path) -> None:
    release(open_corpus(root), "1.0.0", today=DAY)
    old = shutil.copytree(root / "dataset", root.parent / "old")
    splits = root / "schema" / "splits.csv"
    rows = [line.split(",") for line in splits.read_text("utf-8").splitlines()]
    for row in rows[1:]:
        row[3] = "test" if row[3] == "train" else "train"
    splits.write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")
    shutil.rmtree(root / "dataset")
    found = call(root, "release", "1.1.0", "--since", str(old))
    assert (found.exit_code, "E654 schema/splits.csv ash" in found.stderr) == (1, True), found.stderr


def test_without_the_last_release_at_hand_it_must_be_named(root: Path) -> None:
    release(open_corpus(root), "1.0.0", today=DAY)
    old = shutil.copytree(root / "dataset", root.parent / "old")
    add_document(root)
    edit(root / "eventbank.toml", 'version = "1.0.0"', 'version = "1.1.0"')
    build(open_corpus(root))
    assert "E655" in call(root, "release", "1.1.0").stderr
    assert call(root, "release", "1.1.0", "--since", str(old)).exit_code == 0


def test_the_release_that_is_named_must_be_the_last_one(root: Path) -> None:
    release(open_corpus(root), "1.0.0", today=DAY)
    add_document(root)
    edit(root / "eventbank.toml", 'version = "1.0.0"', 'version = "1.1.0"')
    build(open_corpus(root))
    assert "has the digest" in call(root, "release", "1.1.0", "--since", str(root)).stderr


@pytest.mark.parametrize(
    ("file", "content"),
    [("CHANGELOG.md", b"\xff"), ("eventbank.toml", b'[corpus]\nname = "a"\ntitle = "A"\nrepo = "a/a"\n"version" = "0.1.0"\n')],
)
def test_a_file_that_cannot_take_the_version_stops_a_release(root: Path, file: str, content: bytes) -> None:
    if file == "eventbank.toml":
        content += b"[splits]\nvalidation_from = 2024-01-01\ntest_from = 2024-07-01\n"
    (root / file).write_bytes(content)
    before = bytes_of(root)
    found = call(root, "release", "1.0.0")
    assert (found.exit_code, f"E658 {file}" in found.stderr) == (1, True), found.stderr
    assert {**bytes_of(root), ".eventbank.lock": b""} == {**before, ".eventbank.lock": b""}


def test_the_line_of_the_version_is_found_among_others(root: Path) -> None:
    edit(root / "eventbank.toml", "[corpus]", "[corpus]\ndescription = '''\nversion = \"0.1.0\"\n'''")
    text = (root / "eventbank.toml").read_text("utf-8")
    edit(root / "eventbank.toml", 'description = "Say', '# description = "Say')
    release(open_corpus(root), "1.0.0", today=DAY)
    assert open_corpus(root).version == "1.0.0"
    assert 'version = "0.1.0"' in open_corpus(root).description
    assert text.count("version") == (root / "eventbank.toml").read_text("utf-8").count("version")


@pytest.mark.parametrize("date", ["", "date = 2020-02-03   # the day\r\n"])
def test_the_day_of_a_version_stands_once_in_the_settings_with_the_line_ends_of_the_file(root: Path, date: str) -> None:
    settings = root / "eventbank.toml"
    text = settings.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    settings.write_bytes(text.replace(b'license = "other"\r\n', b'license = "other"\r\n' + date.encode("ascii"), 1))
    release(open_corpus(root), "1.0.0", today=DAY)
    after = settings.read_bytes()
    assert open_corpus(root).date == DAY
    assert after.count(b"\ndate = 2026-01-31") == 1
    assert after.count(b"\n") == after.count(b"\r\n")


# In a git repository


def test_a_release_is_one_commit_of_its_files_and_a_tag_on_it(repository: Path) -> None:
    (repository / "notes.txt").write_text("to do", "utf-8")
    done = release(open_corpus(repository), "1.0.0", today=DAY)
    assert done.done[-2:] == ("commit", "tag")
    assert git(repository, "rev-parse", "v1.0.0^{commit}") == done.commit == git(repository, "rev-parse", "HEAD")
    assert git(repository, "cat-file", "-t", "v1.0.0") == "tag"
    names = {line.partition("/")[0] for line in git(repository, "show", "--name-only", "--format=", "HEAD").splitlines()}
    assert names == {"eventbank.toml", "dataset", "schema", "DATASHEET.md", "CHANGELOG.md"}
    assert git(repository, "status", "--porcelain") == "?? notes.txt"
    assert release(open_corpus(repository), "1.0.0").done == ()


def test_the_next_release_is_compared_with_the_tag_of_the_last(repository: Path) -> None:
    release(open_corpus(repository), "1.0.0", today=DAY)
    add_document(repository)
    edit(repository / "eventbank.toml", 'version = "1.0.0"', 'version = "1.1.0"')
    build(open_corpus(repository))
    assert propose(open_corpus(repository)).reasons == ("1 document added",)
    found = call(repository, "release", "1.1.0")
    assert (found.exit_code, "E657 articles/cedar.txt" in found.stderr, "E657 articles/sources.yaml" in found.stderr) == (1, True, True)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "A document")
    assert "tag v1.1.0 is on commit" in call(repository, "release", "1.1.0").stdout


def test_a_release_that_was_merged_by_others_is_tagged_afterwards(repository: Path) -> None:
    assert release(open_corpus(repository), "1.0.0", git=False, today=DAY).tag == ""
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "Merged")
    assert release(open_corpus(repository), "1.0.0").done == ("tag",)


def test_a_corpus_in_a_folder_of_its_repository_is_released_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outer = root.parent
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Maintainer")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "maintainer@example.org")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Maintainer")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "maintainer@example.org")
    (outer / "other").mkdir()
    (outer / "other" / "file.txt").write_text("a", "utf-8")
    git(outer, "init", "-q")
    git(outer, "add", "-A")
    git(outer, "commit", "-q", "-m", "First")
    (outer / "other" / "file.txt").write_text("b", "utf-8")
    release(open_corpus(root), "1.0.0", today=DAY)
    assert git(outer, "status", "--porcelain") == "M other/file.txt"
    assert f"{root.name}/dataset/manifest.json" in git(outer, "ls-tree", "-r", "--name-only", "v1.0.0")
    add_document(root)
    assert propose(open_corpus(root)).reasons == ("1 document added",)


def unborn(root: Path) -> None:
    shutil.rmtree(root / ".git")
    git(root, "init", "-q")


def merging(root: Path) -> None:
    (root / ".git" / "MERGE_HEAD").write_text(git(root, "rev-parse", "HEAD"), "utf-8")


def locked(root: Path) -> None:
    (root / ".git" / "index.lock").touch()


def ignored(root: Path) -> None:
    (root / ".gitignore").write_text("dataset/\n", "utf-8")
    git(root, "commit", "-q", "-a", "-m", "Ignore")


def staged(root: Path) -> None:
    edit(root / "annotations" / "guidelines.md", "#", "##")
    git(root, "add", "-A")


@pytest.mark.parametrize("spoil", [unborn, merging, locked, ignored, staged], ids=lambda spoil: spoil.__name__)
def test_a_repository_that_is_not_ready_is_refused_before_anything_is_written(repository: Path, spoil: Callable[[Path], None]) -> None:
    spoil(repository)
    before = {name: data for name, data in bytes_of(repository).items() if not name.startswith(".")}
    with pytest.raises(EventBankError) as found:
        release(open_corpus(repository), "1.0.0")
    assert codes(found) == {"E657"}
    assert {name: data for name, data in bytes_of(repository).items() if not name.startswith(".")} == before


def test_who_commits_must_be_known_before_anything_is_written(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NAME", "EMAIL"):
        monkeypatch.delenv(f"GIT_AUTHOR_{name}")
        monkeypatch.delenv(f"GIT_COMMITTER_{name}")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    git(repository, "config", "user.useConfigOnly", "true")
    with pytest.raises(EventBankError, match="E652"):
        release(open_corpus(repository), "1.0.0")
    assert not (repository / "dataset").exists()


def test_a_tag_on_something_else_is_refused(repository: Path) -> None:
    git(repository, "tag", "v1.0.0")
    with pytest.raises(EventBankError, match=r"E656 v1.0.0.*no row"):
        release(open_corpus(repository), "1.0.0")
    release(open_corpus(repository), "1.0.0", git=False, today=DAY)
    with pytest.raises(EventBankError, match=r"E656 v1.0.0.*does not hold 1.0.0"):
        release(open_corpus(repository), "1.0.0")


def test_a_hook_that_refuses_the_commit_leaves_a_release_that_the_next_run_commits(repository: Path) -> None:
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n", "utf-8")
    hook.chmod(0o755)
    with pytest.raises(EventBankError, match=r"E652.*not today"):
        release(open_corpus(repository), "1.0.0", today=DAY)
    hook.unlink()
    assert release(open_corpus(repository), "1.0.0").done == ("commit", "tag")


# Kills

STEPS = """
import os, signal, sys
from pathlib import Path
from eventbank import files
from eventbank.release import folder, repository, versions
import datetime as dt

after = int(sys.argv[1])
count = 0

def counted(function):
    def counting(*words, **more):
        global count
        found = function(*words, **more)
        count += 1
        if count == after:
            os.kill(os.getpid(), signal.SIGKILL)
        return found
    return counting

files._exchange = counted(files._exchange)
Path.replace = counted(Path.replace)
Path.rename = counted(Path.rename)
git, counted_git = repository._git, counted(repository._git)
repository._git = lambda root, *words: (counted_git if words[0] in ("add", "commit", "tag") else git)(root, *words)
from eventbank.corpus import open_corpus
versions.release(open_corpus("."), "1.1.0", today=dt.date(2026, 1, 31))
print(count)
"""


def state(root: Path) -> dict[str, bytes]:
    """Every file of a corpus that is no rest of a writer."""
    return {name: data for name, data in bytes_of(root).items() if not name.startswith(".")}


def commit_of(root: Path) -> str | None:
    """The tree that the tag of the new version holds."""
    found = subprocess.run(["git", "rev-parse", "--verify", "--quiet", "v1.1.0^{tree}"], cwd=root, capture_output=True, text=True)
    return found.stdout.strip() or None


@pytest.fixture
def before_and_after(repository: Path) -> tuple[Path, Path]:
    """A corpus with a release and a document more, and a copy of it with the next release."""
    release(open_corpus(repository), "1.0.0", today=DAY)
    add_document(repository)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "A document")
    done = Path(shutil.copytree(repository, repository.parent / "done"))
    release(open_corpus(done), "1.1.0", today=DAY)
    return repository, done


def assert_whole(root: Path, old: dict[str, bytes], new: dict[str, bytes], tree: str | None) -> bool:
    """Each part is the old or the new one, the row comes last, the tag after it; says whether the release is there."""
    now = state(root)
    parts = {
        "dataset": {},
        **{name: {} for name in ("eventbank.toml", "CHANGELOG.md", "DATASHEET.md", "schema/splits.csv", "schema/releases.csv")},
    }
    fresh = {}
    for part in parts:
        mine, before, after = (
            {name: data for name, data in one.items() if name == part or name.startswith(f"{part}/")} for one in (now, old, new)
        )
        assert mine in (before, after), part
        fresh[part] = mine == after
    assert now.keys() <= old.keys() | new.keys()
    if fresh["schema/releases.csv"]:
        assert all(fresh.values()), fresh
    if commit_of(root) is not None:
        assert fresh["schema/releases.csv"]
        assert commit_of(root) == tree
    return fresh["schema/releases.csv"]


def fresh_copies(of: Path) -> Iterator[Path]:
    at = 0
    while True:
        at += 1
        copy = of.parent / f"copy-{at}"
        shutil.copytree(of, copy)
        yield copy
        shutil.rmtree(copy)


@pytest.mark.slow
def test_a_release_killed_after_any_step_leaves_old_or_new_and_the_next_run_finishes(before_and_after: tuple[Path, Path]) -> None:
    root, done = before_and_after
    old, new, tree = state(root), state(done), commit_of(done)
    copies = fresh_copies(root)
    whole = subprocess.run([sys.executable, "-c", STEPS, "0"], cwd=next(copies), capture_output=True, text=True, check=True)
    steps = int(whole.stdout)
    seen = []
    for at in range(1, steps + 1):
        copy = next(copies)
        killed = subprocess.run([sys.executable, "-c", STEPS, str(at)], cwd=copy, capture_output=True)
        assert killed.returncode == -signal.SIGKILL
        seen.append(assert_whole(copy, old, new, tree))
        release(open_corpus(copy), "1.1.0", today=DAY)
        assert (state(copy), commit_of(copy)) == (new, tree)
        assert git(copy, "status", "--porcelain") == ""
    copies.close()
    assert (sorted(seen), set(seen)) == (seen, {False, True})


@pytest.mark.slow
def test_a_release_killed_at_any_moment_leaves_old_or_new_and_the_next_run_finishes(before_and_after: tuple[Path, Path]) -> None:
    root, _ = before_and_after
    old = state(root)
    copies = fresh_copies(root)
    command = [sys.executable, "-m", "eventbank", "release", "1.1.0"]
    copy = next(copies)
    started = time.monotonic()
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    whole = time.monotonic() - started
    new, tree = state(copy), commit_of(copy)
    chance = random.Random(KILLS)
    for _ in range(KILLS):
        copy = next(copies)
        with subprocess.Popen(command, cwd=copy, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(whole * chance.uniform(0.3, 1.05))
            process.kill()
        assert_whole(copy, old, new, tree)
        finished = subprocess.run(command, cwd=copy, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr
        assert (state(copy), commit_of(copy)) == (new, tree)
    copies.close()


@pytest.mark.slow
def test_a_build_killed_at_any_moment_leaves_the_old_or_the_new_dataset(root: Path) -> None:
    build(open_corpus(root))
    old = state(root)
    edit(root / "eventbank.toml", 'version = "0.1.0"', 'version = "0.1.1"')
    copies = fresh_copies(root)
    command = [sys.executable, "-m", "eventbank", "build"]
    copy = next(copies)
    started = time.monotonic()
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    whole = time.monotonic() - started
    new = state(copy)
    chance = random.Random(KILLS + 1)
    for _ in range(KILLS):
        copy = next(copies)
        with subprocess.Popen(command, cwd=copy, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(whole * chance.uniform(0.3, 1.05))
            process.kill()
        assert state(copy) in ({**old, "eventbank.toml": new["eventbank.toml"]}, new)
        build(open_corpus(copy))
        assert state(copy) == new
        assert not list(copy.glob(".dataset-*"))
    copies.close()
