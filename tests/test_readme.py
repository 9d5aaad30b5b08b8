"""The examples in the README and in docs/ do what they say."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    return [(page.name, code) for page in PAGES for kind, code in FENCE.findall(page.read_text("utf-8")) if kind == language]


@pytest.mark.parametrize(("page", "code"), blocks("python"), ids=lambda value: value if value.endswith(".md") else "")
def test_python_examples_run(page: str, code: str, release: Path) -> None:
    run = subprocess.run([sys.executable, "-c", code], cwd=release.parent, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, f"{page}: {run.stderr}"


def test_the_readme_begins_with_the_two_commands_of_make() -> None:
    first = blocks("console")[0][1]
    assert first.splitlines() == ["$ make", "$ make test"]


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({page for page, _ in blocks("console")}))
def test_console_examples_run(page: str, release: Path, tmp_path: Path) -> None:
    """Runs the eventbank commands of a page one after the other, `cd` included; those before the first `cd` run in the corpus."""
    import shutil

    here = tmp_path / "corpus"
    shutil.copytree(release.parent, here)
    for _, code in [block for block in blocks("console") if block[0] == page]:
        for line in code.splitlines():
            if not line.startswith("$ ") or line.startswith("$ make"):
                continue
            words = shlex.split(line[2:])
            if words[0] == "cd":
                here = here / words[1]
                continue
            assert words[0] == "eventbank", line
            run = subprocess.run([sys.executable, "-m", *words], cwd=here, capture_output=True, text=True, timeout=120)
            assert run.returncode == 0, f"{line}: {run.stdout}{run.stderr}"


def test_links_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "DATASHEET.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
