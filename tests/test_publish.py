"""Publishing, against a stand-in of the Hub's routes over HTTP: what is sent, what is refused, and what a second run does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hub_server import Hub, Repo, refused
from proxy import Seen, serving
from test_build import bytes_of, edit
from test_diff import add_document
from test_release import DAY

from eventbank.cli import main
from eventbank.corpus import open_corpus
from eventbank.errors import EventBankError
from eventbank.init import init
from eventbank.release.publish import Published, publish
from eventbank.release.standoff import standoff
from eventbank.release.versions import release

NAME = "owner/harbour"
TOKEN, READER = "hf_secretsecretsecret", "hf_readonlyreadonly"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of two documents, of which one may be passed on, with its release 1.0.0."""
    root = init(tmp_path_factory.mktemp("released") / "harbour").root
    settings = root / "eventbank.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("# validation_from", "validation_from").replace("# test_from", "test_from"), "utf-8"
    )
    add_document(root, "ash", "2023-05-01")
    with (root / "articles" / "sources.yaml").open("a", encoding="utf-8") as file:
        file.write("  rights: {redistribute: true}\n")
    add_document(
        root, "birch", "2024-08-01", "The council bought a second crane, and nobody in the whole town could say what it was for.\n"
    )
    release(open_corpus(root), "1.0.0", today=DAY)
    return root


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[Hub, Seen]]:
    """The stand-in, and a client that is logged in, on line and without Xet."""
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no token"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    there = Hub({TOKEN: True, READER: False})
    with serving(there.reply) as seen:
        there.url = seen.url
        yield there, seen


def send(root: Path, hub: Hub, **how: bool) -> Published:
    return publish(root / "dataset", NAME, endpoint=hub.url, **{"texts": True, **how})


def held(repo: Repo) -> dict[str, bytes]:
    return {path: data for path, data in repo.files.items() if path != ".gitattributes"}


def test_a_release_is_one_commit_and_a_tag_and_a_second_run_sends_nothing(released: Path, hub: tuple[Hub, Seen]) -> None:
    there, seen = hub
    done = send(released, there, private=True)
    repo = there.repos[NAME]
    assert (done.changed, done.url) == (True, f"{there.url}/datasets/{NAME}/tree/v1.0.0")
    assert held(repo) == bytes_of(released / "dataset")
    assert (len(repo.commits), repo.tags, repo.private) == (2, {"v1.0.0": done.commit}, True)
    assert repo.messages[-1] == "harbour 1.0.0"
    writes = [line for line in seen.lines if line.startswith(("POST", "PUT"))]
    assert writes[0] == "POST /api/repos/create"
    assert writes[-2:] == [f"POST /api/datasets/{NAME}/commit/main", f"POST /api/datasets/{NAME}/tag/{done.commit}"]
    seen.requests.clear()
    assert send(released, there) == Published(done.url, "1.0.0", done.digest, done.commit, False)
    assert [line for line in seen.lines if line.startswith(("POST", "PUT"))] == [
        "POST /api/repos/create",
        f"POST /api/datasets/{NAME}/paths-info/{done.commit}",
    ]


def test_a_run_that_was_cut_off_before_the_tag_is_finished_without_a_second_commit(released: Path, hub: tuple[Hub, Seen]) -> None:
    there, _ = hub
    there.fails["/tag/"] = refused(500, "oops")
    with pytest.raises(EventBankError, match=r"E664.*500 oops"):
        send(released, there)
    there.fails.clear()
    done = send(released, there)
    assert (len(there.repos[NAME].commits), there.repos[NAME].tags) == (2, {"v1.0.0": done.commit})


def test_the_next_version_takes_the_place_of_the_last_whose_tag_stays(released: Path, hub: tuple[Hub, Seen], tmp_path: Path) -> None:
    there, _ = hub
    first = send(released, there)
    root = Path(shutil.copytree(released, tmp_path / "harbour"))
    (root / "articles" / "birch.txt").unlink()
    sources = (root / "articles" / "sources.yaml").read_text("utf-8")
    (root / "articles" / "sources.yaml").write_text(sources[: sources.index("birch:")], "utf-8")
    release(open_corpus(root), "1.1.0", today=DAY)
    second = send(root, there, texts=False)
    repo = there.repos[NAME]
    assert repo.tags == {"v1.0.0": first.commit, "v1.1.0": second.commit}
    assert held(repo) == bytes_of(root / "dataset")
    assert {path for path in repo.at("v1.0.0") if path not in repo.files} == {"documents/test-00000-of-00001.parquet"}


def test_texts_without_the_right_are_refused_before_anything_is_sent(released: Path, hub: tuple[Hub, Seen]) -> None:
    there, seen = hub
    with pytest.raises(EventBankError) as found:
        send(released, there, texts=False)
    assert [(problem.code, problem.place.doc_id) for problem in found.value.problems] == [("E660", "birch")]
    assert seen.requests == []


def test_a_stand_off_release_of_what_was_released_needs_no_leave(released: Path, hub: tuple[Hub, Seen], tmp_path: Path) -> None:
    there, _ = hub
    root = Path(shutil.copytree(released, tmp_path / "harbour"))
    standoff(open_corpus(root), root / "standoff")
    publish(root / "standoff", NAME, endpoint=there.url)
    assert held(there.repos[NAME]) == bytes_of(root / "standoff")
    (root / "schema" / "releases.csv").write_text("version,digest,date\n1.0.0,0000,2026-01-31\n", "utf-8")
    with pytest.raises(EventBankError, match="E667"):
        publish(root / "standoff", NAME, endpoint=there.url)


def test_what_was_not_released_is_not_published(released: Path, hub: tuple[Hub, Seen], tmp_path: Path) -> None:
    there, seen = hub
    root = Path(shutil.copytree(released, tmp_path / "harbour"))
    (root / "schema" / "releases.csv").unlink()
    with pytest.raises(EventBankError, match="E667"):
        send(root, there)
    assert seen.requests == []
    shutil.copytree(root / "dataset", tmp_path / "alone" / "dataset")
    assert send(tmp_path / "alone", there).changed


def test_a_release_that_is_not_whole_is_not_published(released: Path, hub: tuple[Hub, Seen], tmp_path: Path) -> None:
    there, seen = hub
    root = Path(shutil.copytree(released, tmp_path / "harbour"))
    edit(root / "dataset" / "README.md", "harbour", "harbor")
    with pytest.raises(EventBankError, match="E602"):
        send(root, there)
    assert seen.requests == []


def tagged_otherwise(there: Hub) -> None:
    repo = there.make(NAME, files={"manifest.json": b"{}"})
    repo.tags["v1.0.0"] = repo.head


def public(there: Hub) -> None:
    there.make(NAME, private=False)


def of_another(there: Hub) -> None:
    there.make(NAME, files={"README.md": b"# Recipes", "recipes.csv": b"a"})


def with_another_manifest(there: Hub) -> None:
    there.make(NAME, files={"README.md": b"# Recipes", "manifest.json": b"{}"})


@pytest.mark.parametrize(
    ("make", "code"),
    [(tagged_otherwise, "E665"), (public, "E666"), (of_another, "E669"), (with_another_manifest, "E669")],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_repository_that_is_something_else_is_left_alone(
    released: Path, hub: tuple[Hub, Seen], make: Callable[[Hub], None], code: str
) -> None:
    there, _ = hub
    make(there)
    before = dict(there.repos[NAME].files)
    with pytest.raises(EventBankError, match=code):
        send(released, there, private=code == "E666")
    assert (there.repos[NAME].files, len(there.repos[NAME].commits)) == (before, 1)


@pytest.mark.parametrize(
    ("route", "status", "code"),
    [
        ("POST /api/repos/create", 401, "E661"),
        ("POST /api/repos/create", 403, "E662"),
        ("POST /api/repos/create", 500, "E664"),
        ("POST .*/commit/main", 401, "E661"),
        ("POST .*/commit/main", 403, "E662"),
        ("POST .*/commit/main", 409, "E663"),
        ("POST .*/commit/main", 412, "E663"),
        ("POST .*/commit/main", 500, "E664"),
        ("POST .*/tag/", 409, "E663"),
        ("PUT /lfs/", 403, "E662"),
        ("POST /api/validate-yaml", 400, "E668"),
        ("GET .*/refs", 429, "E664"),
    ],
)
def test_what_the_hub_refuses_is_a_problem_and_the_next_run_goes_through(
    released: Path, hub: tuple[Hub, Seen], route: str, status: int, code: str
) -> None:
    there, _ = hub
    there.fails[route] = refused(status, f"no, {TOKEN}")
    with pytest.raises(EventBankError) as found:
        send(released, there)
    assert {problem.code for problem in found.value.problems} == {code}
    assert TOKEN not in str(found.value)
    there.fails.clear()
    assert send(released, there).changed
    assert held(there.repos[NAME]) == bytes_of(released / "dataset")


def test_without_a_token_or_with_one_that_may_only_read_nothing_is_written(
    released: Path, hub: tuple[Hub, Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    there, _ = hub
    monkeypatch.setenv("HF_TOKEN", READER)
    with pytest.raises(EventBankError, match="E662"):
        send(released, there)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(EventBankError, match="E661"):
        send(released, there)
    assert there.repos == {}


def test_a_hub_that_is_not_there_and_one_that_is_switched_off_are_problems(
    released: Path, hub: tuple[Hub, Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants as constants

    with pytest.raises(EventBankError, match="E664"):
        publish(released / "dataset", NAME, texts=True, endpoint="http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EventBankError, match=r"E664.*HF_HUB_OFFLINE is set"):
        send(released, hub[0])


def test_a_name_that_is_none_is_refused(released: Path, hub: tuple[Hub, Seen]) -> None:
    with pytest.raises(EventBankError, match="E668"):
        publish(released / "dataset", "no/such/name", texts=True, endpoint=hub[0].url)


@pytest.mark.slow
def test_the_command_finds_hub_and_token_in_the_environment_and_prints_no_token(
    released: Path, hub: tuple[Hub, Seen], tmp_path: Path
) -> None:
    there, _ = hub
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
    environment |= {"HF_ENDPOINT": there.url, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path), "HF_DEBUG": "1"}
    command = [sys.executable, "-m", "eventbank", "publish", NAME]

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        found = subprocess.run([*command, *more], cwd=released, env=environment, capture_output=True, text=True, timeout=120)
        assert TOKEN not in found.stdout + found.stderr
        return found

    assert (run().returncode, there.repos) == (1, {})
    done = run("--texts")
    assert (done.returncode, "published" in done.stdout) == (0, True), done.stderr
    assert "nothing to do" in run("--texts").stdout


def call(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_the_command_names_the_text_that_is_in_the_way(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(released)
    found = call("publish", NAME)
    assert (found.exit_code, "E660 documents birch" in found.stderr, "--texts" in found.stderr) == (1, True, True)
