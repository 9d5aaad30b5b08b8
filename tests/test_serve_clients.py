"""The clients that people have, each in a process of its own against a running server of two versions, with a cold and a warm cache."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from editions import Running, another, running

from eventbank.document import sha256
from eventbank.hub.shelf import edition_of
from eventbank.release import manifest

pytestmark = pytest.mark.server
REPO = "eventbank/peninsula"
FILE = "events/test-00000-of-00001.parquet"


@dataclass(frozen=True)
class House:
    """A server of two versions: where the releases lie, by version, and what the server writes of requests."""

    server: Running
    releases: dict[str, Path]
    log: Path

    @property
    def url(self) -> str:
        return self.server.url

    def requests(self) -> list[str]:
        """What was asked for so far: method and path."""
        return re.findall(r'"(\w+ [^ ]+) HTTP', self.log.read_text())


@pytest.fixture(scope="module")
def house(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    root = tmp_path_factory.mktemp("house")
    shutil.copytree(release, root / "releases" / "1.0.0")
    another(release, root / "releases" / "1.1.0", "1.1.0")
    with (root / "log").open("w") as log, running(root / "releases", "--log", stderr=log.fileno()) as server:
        yield House(server, {version: root / "releases" / version for version in ("1.0.0", "1.1.0")}, root / "log")


def run(house: House, home: Path, *words: str, code: str = "") -> str:
    """What a client prints that finds the server by HF_ENDPOINT and keeps its cache in `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING")) and name != "PYTHONPATH"}
    quiet = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment = kept | quiet | {"HF_ENDPOINT": house.url, "HF_HOME": str(home), "HOME": str(home), "OMP_NUM_THREADS": "1"}
    command = words or (sys.executable, "-c", code)
    found = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=600)
    assert found.returncode == 0, found.stderr
    return found.stdout


def titles(release: Path) -> list[str]:
    import pyarrow.parquet as pq

    return list(pq.read_table(release / FILE)["title"].to_pylist())


CLIENTS = {
    "load_dataset": """
        from datasets import load_dataset
        for v in VERSIONS: out[v] = load_dataset(REPO, "events", split="test", revision="v" + v)["title"][:]
    """,
    "load_dataset, streaming": """
        from datasets import load_dataset
        for v in VERSIONS: out[v] = [row["title"] for row in load_dataset(REPO, split="test", revision="v" + v, streaming=True)]
    """,
    "load_dataset by commit": """
        from datasets import load_dataset
        from huggingface_hub import HfApi
        commits = {tag.name: tag.target_commit for tag in HfApi().list_repo_refs(REPO, repo_type="dataset").tags}
        for v in VERSIONS: out[v] = load_dataset(REPO, "events", split="test", revision=commits["v" + v])["title"][:]
    """,
    "snapshot_download": """
        from huggingface_hub import snapshot_download
        import pyarrow.parquet as pq
        for v in VERSIONS:
            folder = snapshot_download(REPO, repo_type="dataset", revision="v" + v, cache_dir="snapshots")
            out[v] = pq.read_table(folder + "/" + FILE)["title"].to_pylist()
    """,
    "HfFileSystem": """
        from huggingface_hub import HfFileSystem
        import pyarrow.parquet as pq
        fs = HfFileSystem()
        for v in VERSIONS:
            assert fs.glob(f"datasets/{REPO}@v{v}/events/*.parquet")
            with fs.open(f"datasets/{REPO}@v{v}/{FILE}", block_size=4096) as file: out[v] = pq.read_table(file)["title"].to_pylist()
    """,
    "pandas on hf://": """
        import pandas
        for v in VERSIONS: out[v] = pandas.read_parquet(f"hf://datasets/{REPO}@v{v}/{FILE}", columns=["title"])["title"].tolist()
    """,
    "pandas on a URL": """
        import pandas
        for v in VERSIONS: out[v] = pandas.read_parquet(f"{URL}/datasets/{REPO}/resolve/v{v}/{FILE}")["title"].tolist()
    """,
    "polars on a URL": """
        import polars
        for v in VERSIONS:
            frame = polars.scan_parquet(f"{URL}/datasets/{REPO}/resolve/v{v}/{FILE}").select("title").collect()
            out[v] = frame["title"].to_list()
    """,
    "DuckDB on hf:// through HfFileSystem": """
        import duckdb
        from huggingface_hub import HfFileSystem
        connection = duckdb.connect()
        connection.register_filesystem(HfFileSystem())
        for v in VERSIONS:
            rows = connection.execute(f"select title from 'hf://datasets/{REPO}@v{v}/events/test-*.parquet'").fetchall()
            out[v] = [title for title, in rows]
    """,
    "DuckDB on a URL through fsspec": """
        import datetime
        import duckdb
        from fsspec.implementations.http import HTTPFileSystem
        class Plain(HTTPFileSystem):
            def modified(self, path): return datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
        connection = duckdb.connect()
        connection.register_filesystem(Plain())
        for v in VERSIONS:
            rows = connection.execute(f"select title from '{URL}/datasets/{REPO}/resolve/v{v}/{FILE}'").fetchall()
            out[v] = [title for title, in rows]
    """,
}


def script(house: House) -> str:
    """A program that asks every client for the titles of every version, and prints what each got.

    It ends at once then: the threads of a library that are still at work at the end of an interpreter can abort the process.
    """
    parts = [
        "import json, os, traceback",
        f"REPO, FILE, URL, VERSIONS = {REPO!r}, {FILE!r}, {house.url!r}, ['1.0.0', '1.1.0']",
        "found = {}",
    ]
    for client, code in CLIENTS.items():
        body = "\n".join("    " + line.removeprefix(" " * 8) for line in code.strip("\n").splitlines())
        parts += ["out = {}", "try:", body, "except Exception: out['error'] = traceback.format_exc()", f"found[{client!r}] = out"]
    return "\n".join([*parts, "print(json.dumps(found), flush=True)", "os._exit(0)"])


@pytest.fixture(scope="module")
def got(house: House, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, list[str]]]]:
    """What each client got, from a cold and from a warm cache."""
    home = tmp_path_factory.mktemp("home")
    return {cache: json.loads(run(house, home, code=script(house)).splitlines()[-1]) for cache in ("cold", "warm")}


@pytest.mark.parametrize("cache", ["cold", "warm"])
@pytest.mark.parametrize("client", CLIENTS)
def test_each_version_gives_its_own_rows(client: str, cache: str, house: House, got: dict[str, dict[str, dict[str, list[str]]]]) -> None:
    found = got[cache][client]
    assert found == {version: titles(root) for version, root in house.releases.items()}, found.get("error")
    assert found["1.1.0"] == ["1.1.0"] != found["1.0.0"]


def test_a_warm_cache_takes_no_file_again(house: House, tmp_path: Path) -> None:
    code = f"from datasets import load_dataset; load_dataset({REPO!r}, 'events', revision='v1.0.0')"
    run(house, tmp_path, code=code)
    before = len(house.requests())
    run(house, tmp_path, code=code)
    asked = house.requests()[before:]
    assert any(one.startswith("HEAD ") and one.endswith("README.md") for one in asked)
    assert not [one for one in asked if one.startswith("GET /datasets/")]


def test_main_is_the_newest_version(house: House, tmp_path: Path) -> None:
    code = f"from datasets import load_dataset; d = load_dataset({REPO!r}, split='test'); print(d.info.version, d['title'][0])"
    assert run(house, tmp_path, code=code).split() == ["1.1.0", "1.1.0"]


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_hf_download_gives_the_release_byte_for_byte(version: str, house: House, tmp_path: Path) -> None:
    command = str(Path(sys.executable).parent / "hf")
    for _ in ("cold", "again"):
        run(house, tmp_path, command, "download", REPO, "--repo-type", "dataset", "--revision", f"v{version}", "--local-dir", "d")
    shutil.rmtree(tmp_path / "d" / ".cache")
    assert list(manifest.verify(tmp_path / "d")) == []
    assert edition_of(tmp_path / "d").commit == edition_of(house.releases[version]).commit


def test_hf_tells_the_repository_and_its_versions(house: House, tmp_path: Path) -> None:
    command = str(Path(sys.executable).parent / "hf")
    said = run(house, tmp_path, command, "datasets", "info", REPO, "--revision", "v1.0.0")
    assert edition_of(house.releases["1.0.0"]).commit in said
    assert REPO in run(house, tmp_path, command, "datasets", "ls", "--search", "penin", "--format", "json")


def test_what_is_not_there_is_told_as_the_hub_tells_it(house: House, tmp_path: Path) -> None:
    said = run(
        house,
        tmp_path,
        code=f"""
from datasets import load_dataset
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download
def name(function, *args, **kwargs):
    try: function(*args, **kwargs)
    except Exception as error: print(type(error).__name__, str(error).splitlines()[0])
api = HfApi()
name(load_dataset, "eventbank/nothing")
name(load_dataset, {REPO!r}, revision="v9.9.9")
name(load_dataset, {REPO!r}, data_files="no.parquet")
name(api.dataset_info, "eventbank/nothing")
name(api.dataset_info, {REPO!r}, revision="v9.9.9")
name(api.list_repo_refs, "eventbank/nothing", repo_type="dataset")
name(hf_hub_download, {REPO!r}, "no.parquet", repo_type="dataset")
name(lambda: list(api.list_repo_tree({REPO!r}, "no", repo_type="dataset")))
name(HfFileSystem().info, "datasets/{REPO}/no.parquet")
""",
    )
    assert [line.split()[0] for line in said.splitlines()] == [
        "DatasetNotFoundError",
        "DatasetNotFoundError",
        "FileNotFoundError",
        "RepositoryNotFoundError",
        "RevisionNotFoundError",
        "RepositoryNotFoundError",
        "RemoteEntryNotFoundError",
        "RemoteEntryNotFoundError",
        "FileNotFoundError",
    ]
    assert "v9.9.9" in said.splitlines()[1]


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_curl_takes_the_whole_and_a_range_and_goes_on_where_it_stopped(version: str, house: House, tmp_path: Path) -> None:
    root = house.releases[version]
    address, data = f"{house.url}/datasets/{REPO}/resolve/v{version}/{FILE}", (root / FILE).read_bytes()
    run(house, tmp_path, "curl", "-sSf", "-o", "whole", address)
    run(house, tmp_path, "curl", "-sSf", "-r", "4-99", "-o", "part", address)
    (tmp_path / "cut").write_bytes(data[:1000])
    run(house, tmp_path, "curl", "-sSf", "-C", "-", "-o", "cut", address)
    run(house, tmp_path, "curl", "-sSf", "--compressed", "-o", "packed", address)
    found = {name: (tmp_path / name).read_bytes() for name in ("whole", "part", "cut", "packed")}
    assert found == {"whole": data, "part": data[4:100], "cut": data, "packed": data}
    listed = {entry["path"]: entry["sha256"] for entry in manifest.read(root)["files"]}
    assert sha256(data) == listed[FILE]
