"""Generated pages are up to date, every code is provoked by a test, every command has an example."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from conftest import ROOT

from eventbank import ontology
from eventbank.cli import main
from eventbank.errors import CODES
from eventbank.labelstudio.config import label_config

_SPEC = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
assert _SPEC is not None
assert _SPEC.loader is not None
generate = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generate)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated pages, made in a process of their own: click words its help differently once a command has run."""
    folder = tmp_path_factory.mktemp("docs")
    subprocess.run([sys.executable, str(ROOT / "docs" / "generate.py"), str(folder)], check=True, timeout=120)
    return folder


@pytest.mark.parametrize("page", generate.PAGES)
def test_generated_pages_are_what_the_code_gives(page: str, pages: Path) -> None:
    assert (ROOT / "docs" / page).read_text("utf-8") == (pages / page).read_text("utf-8"), "run: make docs"


def test_the_committed_labelling_config_is_made_from_the_ontology() -> None:
    scheme = ontology.load(ROOT / "schema" / "ontology.yaml")
    assert (ROOT / "schema" / "label-studio.xml").read_text("utf-8") == label_config(scheme), "run: make label-config"


def test_every_code_is_provoked_by_a_test() -> None:
    generate.problems()
    tests = "".join(
        path.read_text("utf-8") + path.name for path in (ROOT / "tests").rglob("*") if path.suffix in (".py", ".json", ".yaml", ".xml")
    )
    assert {code for code in CODES if not re.search(rf"\b{code}(?!\d)", tests.replace("_", " "))} == set()


def test_every_command_has_help_and_an_example() -> None:
    def leaves(command: click.Command, name: str) -> list[tuple[str, click.Command]]:
        if isinstance(command, click.Group):
            return [leaf for member, found in command.commands.items() for leaf in leaves(found, f"{name} {member}")]
        return [(name, command)]

    for name, command in leaves(main, "eventbank"):
        assert command.help, name
        assert name in (command.epilog or ""), name


def test_the_changelog_names_the_version_of_the_package() -> None:
    from importlib.metadata import version

    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"## {version('eventbank')}" in text or "## Unreleased" in text


def test_no_page_holds_a_path_of_a_machine_or_a_download_address() -> None:
    for path in [*Path(ROOT).glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "constraints.txt", ROOT / "Makefile"]:
        assert not re.search(r"/home/|/root/|/tmp/|https?://(?!127\.0\.0\.1)\S*(?:simple|packages|files\.)", path.read_text("utf-8")), path


@pytest.mark.parametrize("pins", sorted(path.name for path in ROOT.glob("*constraints.txt")))
def test_no_package_is_pinned_twice(pins: str) -> None:
    names = [
        re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in (ROOT / pins).read_text("utf-8").splitlines() if "==" in line
    ]
    assert sorted(names) == sorted(set(names))
