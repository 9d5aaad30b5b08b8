"""The command line: exit codes, JSON, and no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT

from eventbank.cli import main


def call(*words: str) -> Result:
    """The command in this process."""
    found = CliRunner().invoke(main, words)
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


def run(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "eventbank", *words], cwd=cwd, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_the_projects_own_corpus_has_no_problem() -> None:
    found = run("check", "--strict")
    assert (found.returncode, found.stdout.strip()) == (0, "no problem found"), found.stderr


def test_wrong_usage_ends_with_2() -> None:
    assert run("build", "--sideways").returncode == 2
    assert run("no-such-command").returncode == 2


def test_who_interrupts_a_command_that_is_being_loaded_sees_no_traceback() -> None:
    interrupted = """
import runpy, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == "eventbank.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
runpy.run_module("eventbank", run_name="__main__")
"""
    found = subprocess.run([sys.executable, "-c", interrupted], capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stdout, found.stderr) == (130, "", "")


def test_outside_a_corpus_commands_say_so(tmp_path: Path) -> None:
    found = run("build", cwd=tmp_path)
    assert found.returncode == 1
    assert "E003" in found.stderr
    assert "eventbank init" in found.stderr
    assert json.loads(run("build", "--json", cwd=tmp_path).stdout)["problems"][0]["code"] == "E003"


def test_init_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    found = call("init", str(tmp_path))
    assert (found.exit_code, "E007" in found.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.slow
def test_a_new_corpus_builds_and_lacks_only_what_its_makers_have_to_say_w011(tmp_path: Path) -> None:
    begun = run("init", "My Corpus", cwd=tmp_path)
    assert (begun.returncode, "cd 'My Corpus' && eventbank build" in begun.stdout, "sources.yaml" in begun.stdout) == (0, True, True)
    root = tmp_path / "My Corpus"
    assert run("build", cwd=root).returncode == 0
    assert [problem["code"] for problem in json.loads(run("check", "--json", cwd=root).stdout)["problems"]] == ["W011"] * 4
    assert 'name = "my-corpus"' in (root / "eventbank.toml").read_text("utf-8")


def test_what_the_system_refuses_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    found = call("init", str(tmp_path / "file" / "corpus"))
    assert found.exit_code == 1
    assert "E009" in found.stderr or "E007" in found.stderr


def test_check_of_something_else_says_what_can_be_checked(tmp_path: Path) -> None:
    found = call("check", str(tmp_path))
    assert found.exit_code == 1
    assert "E003" in found.stderr or "E008" in found.stderr


def test_a_part_of_the_corpus_that_is_missing_is_named(corpus_root: Path) -> None:
    (corpus_root / "articles" / "sources.yaml").unlink()
    found = call("build", "--corpus", str(corpus_root))
    assert (found.exit_code, "E006 articles/sources.yaml" in found.stderr) == (1, True)


def test_warnings_leave_the_exit_code_alone_unless_strict(corpus_root: Path) -> None:
    found = call("check", str(corpus_root))
    assert (found.exit_code, "W613" in found.stderr) == (0, True)
    assert call("check", "--strict", str(corpus_root)).exit_code == 1


def test_control_characters_of_the_input_do_not_reach_the_terminal(corpus_root: Path) -> None:
    path = corpus_root / "articles" / "sources.yaml"
    path.write_text(path.read_text("utf-8").replace("dated_by: text", 'dated_by: text\n  "mo\\eod": calm', 1), "utf-8")
    found = call("build", "--corpus", str(corpus_root))
    assert (found.exit_code, "\\x1b" in found.stderr, "\x1b" in found.stderr) == (1, True, False)


def test_label_config_prints_or_writes(corpus_root: Path) -> None:
    committed = (ROOT / "schema" / "label-studio.xml").read_text("utf-8")
    assert run("label", "config", "--out", "-", cwd=corpus_root).stdout == committed
    (corpus_root / "schema" / "label-studio.xml").unlink()
    assert run("label", "config", cwd=corpus_root).returncode == 0
    assert (corpus_root / "schema" / "label-studio.xml").read_text("utf-8") == committed


def test_help_fits_eighty_columns() -> None:
    for words in ([], ["build"], ["check"], ["label"], ["label", "rebase"]):
        text = CliRunner().invoke(main, [*words, "--help"]).output
        assert max(map(len, text.splitlines())) <= 80
