"""The oldest version of `datasets` that the project promises reads a release as the newest one does, from a folder and from a server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from conftest import ROOT
from editions import running

PINS = ROOT / "oldest-constraints.txt"
READ = """
import hashlib, json, sys, tempfile
import datasets

def names(value, feature):
    feature = getattr(feature, "feature", feature[0] if isinstance(feature, list) else feature)
    if isinstance(value, list):
        return [names(one, feature) for one in value]
    if isinstance(value, dict):
        return {key: names(one, feature[key]) for key, one in value.items()}
    return feature.int2str(value) if isinstance(feature, datasets.ClassLabel) and value is not None else value

folder, found = sys.argv[1], {"version": datasets.__version__}
for config in datasets.get_dataset_config_names(folder):
    with tempfile.TemporaryDirectory() as cache:
        whole = datasets.load_dataset(folder, config, cache_dir=cache)
        streamed = datasets.load_dataset(folder, config, streaming=True)
        for split, part in whole.items():
            assert list(streamed[split]) == list(part)
            rows = [names(row, part.features) for row in part]
            text = json.dumps(rows, sort_keys=True, default=str)
            found[f"{config}/{split}"] = [part.num_rows, hashlib.sha256(text.encode()).hexdigest()]
print(json.dumps(found))
"""


def read(python: str, release: Path | str, **environment: str) -> dict[str, object]:
    run = subprocess.run(
        [python, "-I", "-c", READ, str(release)], env=os.environ | environment, capture_output=True, text=True, timeout=1200
    )
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


def promised() -> str:
    (version,) = re.findall(r'"datasets>=([\d.]+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    return str(version)


def test_readme_setup_and_pins_name_one_oldest_version() -> None:
    assert f"datasets=={promised()}\n" in PINS.read_text("utf-8")
    assert f"`datasets` {promised()}" in (ROOT / "README.md").read_text("utf-8")
    (pyarrow,) = re.findall(r"^pyarrow==\S+$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert f"{pyarrow}\n" in PINS.read_text("utf-8")


@pytest.mark.server
def test_the_oldest_version_reads_what_the_newest_reads(release: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    install = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--constraint",
        str(PINS),
        "--requirement",
        str(PINS),
    ]
    subprocess.run(install, check=True, timeout=1200, env=without_constraints(), capture_output=True)
    oldest, newest = read(python, release), read(sys.executable, release)
    with running(release) as server:
        own = {"HF_ENDPOINT": server.url, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HOME": str(tmp_path / "home")}
        assert read(python, "eventbank/peninsula", **own) == oldest
    assert oldest.pop("version") == promised()
    assert newest.pop("version") != promised()
    assert oldest == newest
    assert len(newest) == 18


def without_constraints() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "PYTHONPATH"))
    }
