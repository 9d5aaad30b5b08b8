"""The examples of docs/serving.md, run against a server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from editions import running

from eventbank.corpus import open_corpus
from eventbank.release.standoff import standoff

pytestmark = pytest.mark.server
PAGE = (ROOT / "docs" / "serving.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8000"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def lines() -> Iterator[str]:
    for block in blocks("sh"):
        yield from block.splitlines()


@pytest.fixture(scope="module")
def corpus(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with its stand-off release and a token."""
    root = shutil.copytree(release.parent, tmp_path_factory.mktemp("house") / "corpus")
    standoff(open_corpus(root), root / "standoff")
    (root / "token").write_text("0123456789abcdef" * 3)
    return root


@pytest.mark.parametrize("line", [line for line in lines() if line.startswith("eventbank serve")])
def test_the_server_starts_as_the_page_says(line: str, corpus: Path) -> None:
    with running(*line.split()[2:], "--port", "0", cwd=corpus) as server:
        assert server.url.startswith("http://127.0.0.1:")


def test_every_other_example_runs(corpus: Path, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    kept |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HF_HOME": str(tmp_path / "home"),
        "OMP_NUM_THREADS": "1",
    }
    shutil.copy(corpus / "token", tmp_path)
    with running(corpus, "--token-file", corpus / "token") as guarded, running(corpus) as free:
        ending = "import os, sys; sys.stdout.flush(); os._exit(0)"  # no library's threads may abort the end of the interpreter
        python = "\n".join([*blocks("py"), ending])
        shell = "\n".join(line for line in lines() if not line.startswith(("eventbank serve", "openssl", "export")))
        assert shell.count("\n") > 5
        assert python.count("import") > 5
        for words, code in ((["bash", "-euc"], shell), ([sys.executable, "-c"], python)):
            code = re.sub(rf"({ADDRESS}.*)", lambda found: found[1].replace(ADDRESS, free.url), code)
            code = "\n".join(line.replace(free.url, guarded.url) if "token" in line else line for line in code.splitlines())
            code = code.replace("HF_TOKEN=", f"HF_ENDPOINT={guarded.url} HF_TOKEN=")
            run = subprocess.run(
                [*words, code], cwd=tmp_path, env=kept | {"HF_ENDPOINT": free.url}, capture_output=True, text=True, timeout=600
            )
            assert run.returncode == 0, run.stderr
    assert (tmp_path / "release" / "manifest.json").is_file()
    assert (tmp_path / "train-00000-of-00001.parquet").read_bytes()
