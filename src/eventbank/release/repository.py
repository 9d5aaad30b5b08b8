"""The git repository around a corpus, through the `git` command: what it holds, and the commit and tag of a release."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eventbank.errors import Code, EventBankError, Place, raise_errors

GIT_FAILED = Code("E652", "git refused", "Do what git says, then run the command again; --no-git leaves git alone.")
UNREADY = Code(
    "E657",
    "the repository is not ready for a release",
    "Commit the inputs first, so that the tag holds what the release is made from; --no-git leaves git alone.",
)


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

    def tags(self) -> tuple[str, ...]:
        """The names of all tags, in order."""
        return tuple(self._run("tag", "--list").decode("utf-8", "surrogateescape").split())

    def tree(self, commit: str, path: str) -> str | None:
        """The id of a folder in a commit, which is made of its content; None if there is none."""
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}:./{path}")
        return found.stdout.decode("ascii").strip() if found.returncode == 0 else None

    def archive(self, commit: str, paths: Sequence[str]) -> bytes:
        """Files and folders of a commit as a tar file, with the bytes that a checkout would give, line ends as they are committed."""
        return self._run("-c", "core.autocrlf=false", "archive", "--format=tar", commit, "--", *paths)

    def refuse_unready(self, written: Sequence[str]) -> None:
        """Refuses a working tree of which a commit would not hold what a release is made from.

        Changes of what the release itself writes are fine, so that one that was cut off can be finished. So are untracked files beside the
        inputs of the corpus.

        Args:
            written: files and folders that the release writes.

        Raises:
            EventBankError: E657 for each file that is not committed, for a `dataset/` that git ignores, for a merge or the like that is not
                finished, and for an index that is locked; E652 if git does not know who commits.
        """
        problems = [
            UNREADY.at(Place(file=path), "it is not committed")
            for state, path in self._changed()
            if not any(path == one or path.startswith(f"{one}/") for one in written)
            and (state != "??" or path.startswith(("articles/", "annotations/", "schema/")))
        ]
        problems += [
            UNREADY.at(Place(file=one), "git ignores it")
            for one in written
            if any(self._git("check-ignore", "--quiet", "--", path).returncode == 0 for path in (one, f"{one}/-"))
        ]
        for name in ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD"):
            if self._git("rev-parse", "--verify", "--quiet", name).returncode == 0:
                problems.append(UNREADY.at(Place(file=name), "a merge, cherry-pick, revert or rebase is not finished"))
        lock = self.root / self._run("rev-parse", "--git-path", "index.lock").decode("utf-8").rstrip("\n")
        if lock.exists():
            problems.append(UNREADY.at(Place(file="index.lock"), "git is at work, or was killed and left its lock"))
        raise_errors(problems)
        self._run("var", "GIT_COMMITTER_IDENT")

    def commit_all(self, paths: Sequence[str], message: str) -> bool:
        """Commits files and folders, and nothing else, on the branch that is checked out; False if there is nothing to commit."""
        there = [path for path in paths if (self.root / path).exists()]
        self._run("add", "--all", "--", *there)
        if self._git("diff", "--cached", "--quiet", "HEAD", "--", *there).returncode == 0:
            return False
        self._run("commit", "--quiet", "--only", "--message", message, "--", *there)
        return True

    def tag(self, name: str, message: str) -> str:
        """Makes an annotated tag on the commit that is checked out, and returns that commit."""
        self._run("tag", "--annotate", "--message", message, name, "HEAD")
        return self._run("rev-parse", "HEAD").decode("ascii").strip()

    def _changed(self) -> list[tuple[str, str]]:
        """State and path, from the folder of the corpus, of every file in it that is not as it is committed."""
        prefix = self._run("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").rstrip("\n")
        found = self._run("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", ".")
        entries = found.decode("utf-8", "surrogateescape").split("\0")
        return [(entry[:2], entry[3:].removeprefix(prefix)) for entry in entries if entry]

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
