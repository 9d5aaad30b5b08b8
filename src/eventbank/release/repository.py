"""The git repository around a corpus, through the `git` command: what it holds, and the commit and tag of a release."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eventbank.errors import Code, EventBankError, Place

GIT_FAILED = Code("E652", "git refused", "Do what git says, then run the command again; --no-git leaves git alone.")


@dataclass(frozen=True)
class Repository:
    """A working tree of git, seen from the folder of a corpus in it; every path is relative to that folder."""

    root: Path

    def commit(self, revision: str) -> str | None:
        """The full id of the commit that a branch, tag or id names; None if there is none."""
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return found.stdout.decode("ascii").strip() if found.returncode == 0 else None

    def has(self, commit: str, path: str) -> bool:
        """Whether a commit holds a file or folder."""
        return self._git("cat-file", "-e", f"{commit}:./{path}").returncode == 0

    def archive(self, commit: str, paths: Sequence[str]) -> bytes:
        """Files and folders of a commit as a tar file, with the bytes that a checkout would give, line ends as they are committed."""
        return self._run("-c", "core.autocrlf=false", "archive", "--format=tar", commit, "--", *paths)

    def _run(self, *words: str) -> bytes:
        """What a git command prints.

        Raises:
            EventBankError: E652 with git's own words if it fails.
        """
        found = self._git(*words)
        if found.returncode:
            said = found.stderr.decode("utf-8", "replace").strip().splitlines()
            raise EventBankError(GIT_FAILED.at(Place(file=self.root.name), f"git {words[0]}: {said[-1] if said else found.returncode}"))
        return found.stdout

    def _git(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return _git(self.root, *words)


def around(root: Path) -> Repository | None:
    """The repository in which a corpus lies; None if it lies in none, or if there is no git.

    Raises:
        EventBankError: E652 if git refuses to say, as it does in a repository of another owner.
    """
    try:
        found = _git(root, "rev-parse", "--is-inside-work-tree")
    except FileNotFoundError:
        return None
    if found.returncode == 0:
        return Repository(root) if found.stdout.strip() == b"true" else None
    said = found.stderr.decode("utf-8", "replace").strip()
    if "not a git repository (or any" in said:
        return None
    raise EventBankError(GIT_FAILED.at(Place(file=root.name), said.splitlines()[0] if said else ""))


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(["git", *words], cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
