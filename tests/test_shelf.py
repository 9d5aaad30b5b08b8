"""What a server offers: editions by version and by content, from folders, corpora and tags."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from editions import another

from eventbank.errors import EventBankError
from eventbank.hub.shelf import Edition, Shelf, edition_of, place_of, shelf, shelf_of
from eventbank.release import manifest

REPO = "eventbank/peninsula"


@pytest.fixture(scope="module")
def versions(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three versions."""
    root = tmp_path_factory.mktemp("versions")
    for version in ("1.2.0", "1.10.0", "1.9.0"):
        another(release, root / version, version)
    return root


def codes(*paths: Path, here: Path | None = None) -> list[str]:
    with pytest.raises(EventBankError) as caught:
        shelf_of(paths, here=here)
    return [problem.code for problem in caught.value.problems]


def resealed(root: Path, **changes: object) -> Path:
    """Changes what a manifest says, and seals it anew."""
    (root / manifest.NAME).write_bytes(manifest.sealed(manifest.read(root) | changes))
    return root


def test_versions_are_ordered_by_their_numbers_and_main_is_the_newest(versions: Path) -> None:
    found = shelf_of([versions])
    assert [edition.version for edition in found.versions(REPO)] == ["1.10.0", "1.9.0", "1.2.0"]
    assert found.main(REPO) == found.find(REPO) == found.find(REPO, "main") == found.find(REPO, "v1.10.0")


def test_a_revision_is_a_version_with_or_without_v_or_a_ref_or_a_commit(versions: Path) -> None:
    found = shelf_of([versions])
    old = found.find(REPO, "1.2.0")
    assert old is not None
    assert all(found.find(REPO, name) == old for name in ("v1.2.0", "refs/tags/v1.2.0", old.commit))
    assert all(found.find(REPO, name) is None for name in ("v1.2", "1.2.00", old.commit[:39], "", "vv1.2.0", "refs/convert/parquet"))
    assert found.find("eventbank/other") is None


def test_the_commit_is_made_of_the_content_and_not_of_the_place(versions: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(versions / "1.2.0", tmp_path / "copy")
    here, there = edition_of(versions / "1.2.0"), edition_of(copy)
    assert here.commit == there.commit
    assert len(here.commit) == 40
    assert shelf([here, there]).editions == (here,)
    assert here.commit != edition_of(versions / "1.9.0").commit


def test_the_dataset_of_a_corpus_is_main_and_its_version(built_root: Path) -> None:
    found = shelf_of([], here=built_root / "articles")
    edition = found.main(REPO)
    assert edition is not None
    assert edition.working
    assert found.find(REPO, edition.tag) == edition


def test_tags_of_the_corpus_are_versions_and_stay_when_dataset_goes_on(built_root: Path, tmp_path: Path) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=A", "-c", "user.email=a@annotators.invalid"]
        subprocess.run(["git", *identity, *words], cwd=built_root, check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    git("tag", "v1.0.0")
    git("tag", "v7.7.7")
    before = edition_of(built_root / "dataset")
    shutil.rmtree(built_root / "dataset")
    another_root = another(before_copy(built_root, tmp_path), built_root / "dataset", "1.1.0")
    found = shelf_of([built_root], cache=tmp_path / "cache")
    assert [edition.version for edition in found.versions(REPO)] == ["1.1.0", "1.0.0"]
    tagged = found.find(REPO, "v1.0.0")
    assert tagged is not None
    assert tagged.commit == before.commit
    assert tagged.root.parent == tmp_path / "cache" / "editions"
    assert found.find(REPO) == edition_of(another_root, working=True)
    assert shelf_of([built_root], cache=tmp_path / "cache") == found


def before_copy(root: Path, tmp_path: Path) -> Path:
    """The release of the tag, checked out elsewhere."""
    to = tmp_path / "tag"
    to.mkdir()
    archive = subprocess.run(["git", "archive", "v1.0.0", "dataset"], cwd=root, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(to)], input=archive, check=True)
    return to / "dataset"


def test_a_dataset_that_differs_from_the_release_of_its_version_gives_way(versions: Path) -> None:
    frozen = edition_of(versions / "1.2.0")
    working = Edition(REPO, "1.2.0", "f" * 40, frozen.root, False, frozen.manifest, working=True)
    for found in (shelf([frozen, working]), shelf([working, frozen])):
        assert found.find(REPO, "v1.2.0") == frozen
        assert found.find(REPO) == found.find(REPO, "f" * 40) == working


def test_a_standoff_release_is_a_repository_of_its_own_and_alone_is_open(versions: Path, tmp_path: Path) -> None:
    root = shutil.copytree(versions / "1.2.0", tmp_path / "standoff")
    facts = {"digest": "d", "manifest_sha256": "m", "tools": {}, "withheld": {}}
    found = shelf_of([versions, resealed(root, more={manifest.STANDOFF: facts})])
    assert found.repos == (REPO, f"{REPO}-standoff")
    assert found.open().repos == (f"{REPO}-standoff",)
    assert found.open().find(REPO) is None


def test_a_file_is_found_by_its_name_in_the_manifest_and_no_other_way(versions: Path) -> None:
    edition = edition_of(versions / "1.2.0")
    assert place_of(edition, "README.md") == versions / "1.2.0" / "README.md"
    assert {file.path for file in edition.files.values()} == {entry["path"] for entry in edition.manifest["files"]} | {manifest.NAME}
    for name in ("../1.9.0/README.md", "/etc/passwd", "./README.md", "events/../README.md", "README.md\0", "", "events", "readme.md"):
        assert place_of(edition, name) is None


def test_e900_a_folder_without_a_release(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["E900"]
    assert codes(here=tmp_path) == ["E003"]


def test_e901_a_file_that_is_missing_or_has_another_size_or_lies_elsewhere(versions: Path, tmp_path: Path) -> None:
    root = shutil.copytree(versions / "1.2.0", tmp_path / "broken")
    (root / "leaks.json").unlink()
    (root / "README.md").write_text("short")
    secret = tmp_path / "secret"
    secret.write_bytes((root / "ontology.yaml").read_bytes())
    (root / "ontology.yaml").unlink()
    (root / "ontology.yaml").symlink_to(secret)
    assert codes(root) == ["E901", "E901", "E901"]


def test_e901_a_manifest_that_names_a_file_outside_of_the_release(versions: Path, tmp_path: Path) -> None:
    root = shutil.copytree(versions / "1.2.0", tmp_path / "hostile")
    (tmp_path / "secret").write_text("secret")
    for name in ("../secret", str(tmp_path / "secret"), "events/../../secret", "\0", "."):
        files = [*manifest.read(versions / "1.2.0")["files"], {"path": name, "size": 6, "sha256": "0" * 64}]
        assert codes(resealed(root, files=files)) == ["E901"]


def test_e902_one_version_twice_with_other_content(versions: Path, tmp_path: Path) -> None:
    other = resealed(shutil.copytree(versions / "1.2.0", tmp_path / "other"), gold="otherwise")
    assert codes(versions, other) == ["E902"]


def test_a_manifest_that_was_edited_is_not_served(versions: Path, tmp_path: Path) -> None:
    root = shutil.copytree(versions / "1.2.0", tmp_path / "edited")
    (root / manifest.NAME).write_text(json.dumps(manifest.read(root) | {"gold": "otherwise"}))
    assert codes(root) == ["E601"]


def test_an_empty_shelf_has_nothing() -> None:
    assert Shelf(()).repos == ()
    assert Shelf(()).main(REPO) is None
