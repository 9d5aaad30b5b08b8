"""`eventbank release`: which version comes next and why, and all that makes it one.

Everything is made and checked before anything is written. Then, each in one step: `eventbank.toml`, `dataset/`, `schema/splits.csv`,
`DATASHEET.md`, `CHANGELOG.md`, and last the row in `schema/releases.csv`, with which the version is released. Where the corpus is in a git
repository, a commit of just these files and the tag follow. Whatever ends the process, each of them is the old one or the new one,
whole; a row in `releases.csv` is never without the rest, and a tag never on a commit without the release. The same command again does
what is left.
"""

from __future__ import annotations

import copy
import datetime as dt
import re
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eventbank.build import OLD_DATASHEET, STALE, prepare, put
from eventbank.corpus import MARK, Corpus
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.files import write_atomic, writing
from eventbank.inputs import Inputs
from eventbank.release import changelog, folder, history, manifest, repository
from eventbank.release.content import Release
from eventbank.release.diff import Diff, diff
from eventbank.release.history import FIRST, NO_VERSION, Entry, Step, Version
from eventbank.release.repository import Repository
from eventbank.release.snapshot import Snapshot, of_folder, of_revision, snapshot
from eventbank.splits import FILE as SPLITS_FILE
from eventbank.verify import check_corpus, check_release

TOO_LOW = Code(
    "E653", "the version is lower than the release asks for", "Release the version that is proposed, or give a reason with --because."
)
THAWED = Code("E654", "a split or story that was released has moved", "Restore schema/splits.csv; what is in a released split stays there.")
NO_LAST = Code(
    "E655",
    "the last release is not at hand",
    "Fetch its tag (git fetch --tags), or name its folder or a commit that holds it with --since.",
)
OTHER_TAG = Code(
    "E656", "the tag of the version is on something else", "Look at the tag; if it was a mistake, delete it, or take a higher version."
)
NO_ROOM = Code("E658", "a file cannot take the new version", "Mend the file, then run the command again.")

CHANGELOG = "CHANGELOG.md"
WRITTEN = (MARK, "dataset", SPLITS_FILE, "schema/tables", "DATASHEET.md", CHANGELOG, "schema/releases.csv")
"""What a release writes, and commits."""


@dataclass(frozen=True)
class Plan:
    """The release that the inputs of a corpus ask for: its version, how far that is from the `last` one, and why. Nothing is written.

    `difference` is None for the first release; `problems` are the warnings of `eventbank check`.
    """

    version: Version
    step: Step
    reasons: tuple[str, ...]
    last: Entry | None
    difference: Diff | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Released:
    """What `release` did. `done` are the files and git objects that it made now, none if the version was released before.

    `tag` and `commit` are empty outside of git; `problems` are the warnings.
    """

    version: Version
    digest: str
    date: dt.date
    done: tuple[str, ...]
    commit: str
    tag: str
    problems: tuple[Problem, ...]


def propose(corpus: Corpus, since: str = "") -> Plan:
    """The version that the inputs of a corpus ask for, and why.

    Args:
        since: where the last release is, as `snapshot` takes it; by default its tag, else `dataset/` if that is it.

    Raises:
        EventBankError: every problem of `eventbank check`, E612, E654 and E655.
    """
    entries = history.read(corpus.releases, corpus.relative(corpus.releases))
    version = max(entry.version for entry in entries).after("major") if entries else FIRST
    draft = replace(corpus, version=str(version))
    problems = _problems(draft, strict=False)
    return _plan(draft, *prepare(draft), entries, since, problems)


def release(
    corpus: Corpus,
    version: str,
    *,
    since: str = "",
    because: str = "",
    git: bool = True,
    strict: bool = False,
    today: dt.date | None = None,
) -> Released:
    """Releases a version of a corpus, or finishes a release of that version that was cut off.

    Args:
        version: three numbers, higher than those of every release.
        since: where the last release is, as `snapshot` takes it; by default its tag, else `dataset/` if that is it.
        because: why the version is a smaller step than the difference asks for; it goes into the changelog.
        git: commit what is written and tag the commit, where the corpus is in a git repository.
        strict: let warnings count as problems.
        today: the date of the release; by default this day in UTC.

    Raises:
        EventBankError: every problem of `eventbank check`; E611 and E651 to E658. Nothing was written then, unless git refused the commit
            or the tag at the end (E652).
    """
    wanted = history.parse(version)
    with writing(corpus.root):
        entries = history.read(corpus.releases, corpus.relative(corpus.releases))
        known = next((entry for entry in entries if entry.version == wanted), None)
        day = known.date if known else today or dt.datetime.now(dt.UTC).date()
        draft = replace(corpus, version=version, date=day)
        _refuse_version(corpus, wanted, entries)
        repo = repository.around(corpus.root) if git else None
        if repo is not None:
            repo.refuse_unready(WRITTEN)
        problems = _problems(draft, strict)
        inputs, made = prepare(draft)
        entry = known or Entry(wanted, made.digest, day)
        tagged = _tagged(draft, made, known, repo)
        if tagged:
            return Released(wanted, made.digest, entry.date, (), tagged, f"v{wanted}", problems)
        files: list[tuple[Path, bytes]] = []
        if known is None:
            plan = _plan(draft, inputs, made, entries, since, problems)
            _refuse_step(plan, wanted, because)
            files = [
                (corpus.root / CHANGELOG, _changelog(corpus, entry, plan, made, because)),
                (corpus.releases, history.to_csv([*entries, entry])),
            ]
        settings = _settings(corpus, entry)
        done = [MARK] if _written(corpus.root / MARK, settings) else []
        beside = {path: _contents(path) for path in (corpus.frozen_splits, corpus.table_schemas, corpus.datasheet)}
        done += ["dataset"] if put(inputs, made).changed else []
        done += [corpus.relative(path) for path, before in beside.items() if _contents(path) != before]
        done += [corpus.relative(path) for path, data in files if _written(path, data)]
        commit = ""
        if repo is not None:
            made_now = repo.commit_all(WRITTEN, f"{corpus.title} {wanted}")
            commit = repo.tag(f"v{wanted}", f"{corpus.title} {wanted}, content sha256:{made.digest}")
            done += [*(["commit"] if made_now else []), "tag"]
        return Released(wanted, made.digest, entry.date, tuple(done), commit, f"v{wanted}" if repo is not None else "", problems)


def step_of(found: Diff) -> tuple[Step, tuple[str, ...]]:
    """How far a release is from the one before, and why: major when labels change their meaning or the ontology or the columns break,
    minor for new documents, labels and names, patch for corrections, none if no row differs.
    """
    count = found.count()
    major = [str(one) for one in found.scheme if one.breaks]
    major += [f"column {path} of {config} is gone" for config, which in found.columns.items() for path in which["removed"]]
    if major:
        return "major", tuple(major)
    minor = [f"{_number(count['document', how], 'document')} {how}" for how in ("added", "removed") if count["document", how]]
    minor += [f"{_number(count[what, 'added'], what)} added" for what in ("mention", "event", "argument", "chain") if count[what, "added"]]
    minor += [str(one) for one in found.scheme]
    minor += [f"new column {path} of {config}" for config, which in found.columns.items() for path in which["added"]]
    minor += [f"gold layer: {' → '.join(found.gold)}"] if found.gold[0] != found.gold[1] else []
    if minor:
        return "minor", tuple(minor)
    patch = [f"{_number(number, str(what))} {how}" for (what, how), number in sorted(count.items())]
    if patch or found.tables:
        return "patch", tuple(patch or [f"rows of {', '.join(found.tables)} differ"])
    return "none", ("no row differs",)


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _problems(corpus: Corpus, strict: bool) -> tuple[Problem, ...]:
    """The warnings of `eventbank check`, but for a `dataset/` that is to be built.

    Raises:
        EventBankError: if there is another problem, or with `strict` any.
    """
    found = [problem for problem in check_corpus(corpus) if problem.code not in (STALE.id, OLD_DATASHEET.id)]
    if strict and found:
        raise EventBankError(found)
    return tuple(raise_errors(found))


def _plan(corpus: Corpus, inputs: Inputs, made: Release, entries: Sequence[Entry], since: str, problems: tuple[Problem, ...]) -> Plan:
    """The plan for a release that was prepared; the release as it would be written is checked, too."""
    with tempfile.TemporaryDirectory() as stage:
        folder.write(made, Path(stage))
        raise_errors(check_release(Path(stage)))
        now = replace(of_folder(Path(stage), "the release to be made"), frozen=inputs.placements)
    last = max(entries, key=lambda entry: entry.version) if entries else None
    if last is None:
        return Plan(FIRST, "first", ("it is the first release",), None, None, problems)
    before = _last(corpus, last, since)
    difference = diff(before, now)
    raise_errors(_thawed(before, now, difference))
    step, reasons = step_of(difference)
    return Plan(last.version.after(step), step, reasons, last, difference, problems)


def _last(corpus: Corpus, last: Entry, since: str) -> Snapshot:
    """The last release, whose rows must be those that releases.csv names.

    Raises:
        EventBankError: E655 if it cannot be found, E650 and others of `snapshot` for what `since` names.
    """
    place = Place(file=corpus.relative(corpus.releases))
    tag = f"v{last.version}"
    repo = repository.around(corpus.root)
    if since:
        found = snapshot(since, corpus.root)
    elif repo is not None and repo.commit(f"refs/tags/{tag}") is not None:
        found = replace(of_revision(corpus.root, f"refs/tags/{tag}"), name=tag)
    elif (corpus.dataset / manifest.NAME).is_file() and manifest.read(corpus.dataset)["digest"] == last.digest:
        found = of_folder(corpus.dataset, "dataset")
    else:
        raise EventBankError(NO_LAST.at(place, f"there is no tag {tag}, and dataset/ is another release"))
    if found.digest != last.digest:
        raise EventBankError(NO_LAST.at(place, f"{found.name} has the digest {found.digest[:12]}…, {last.version} {last.digest[:12]}…"))
    return found


def _thawed(before: Snapshot, now: Snapshot, difference: Diff) -> Iterator[Problem]:
    """E654 for each document that stands elsewhere than in the last release, by its tables and by its `splits.csv`."""
    said = set()
    for one in difference.splits:
        said.add(one.doc_id)
        yield THAWED.at(Place(file=SPLITS_FILE, doc_id=one.doc_id), f"{one.column} {one.old} → {one.new}")
    for doc_id, placement in sorted(before.frozen.items()):
        if doc_id not in said and now.frozen.get(doc_id) != placement:
            yield THAWED.at(Place(file=SPLITS_FILE, doc_id=doc_id), "its row is another, or gone")


def _refuse_version(corpus: Corpus, wanted: Version, entries: Sequence[Entry]) -> None:
    """E651 unless the version is higher than every released one, or is the last one, whose release may be unfinished."""
    highest = max((entry.version for entry in entries), default=None)
    if highest is not None and wanted < highest:
        raise EventBankError(NO_VERSION.at(Place(file=corpus.relative(corpus.releases)), f"{wanted}, after {highest} was released"))


def _refuse_step(plan: Plan, wanted: Version, because: str) -> None:
    if wanted < plan.version and not because.strip():
        if plan.last is None:
            remedy = f"Run eventbank release {plan.version}, which sets the version in {MARK}, or say why it is lower with --because."
            raise EventBankError(TOO_LOW.at(found=f"{wanted}; a first release is {plan.version}", remedy=remedy))
        raise EventBankError(TOO_LOW.at(found=f"{wanted} instead of {plan.version} ({plan.step}): {'; '.join(plan.reasons)}"))


def _tagged(corpus: Corpus, made: Release, known: Entry | None, repo: Repository | None) -> str:
    """The commit that the tag of the version is on, if it holds the release that was prepared; empty if there is no tag.

    Raises:
        EventBankError: E656 for a tag of a version that is not released, or on a commit without the release.
    """
    name = f"v{corpus.version}"
    commit = repo.commit(f"refs/tags/{name}") if repo is not None else None
    if commit is None:
        return ""
    if known is None:
        raise EventBankError(OTHER_TAG.at(Place(file=name), f"{commit[:12]}, but {corpus.version} has no row in schema/releases.csv"))
    try:
        held = of_revision(corpus.root, commit)
    except EventBankError:
        held = None
    if held is None or (held.version, held.digest) != (corpus.version, made.digest):
        raise EventBankError(OTHER_TAG.at(Place(file=name), f"{commit[:12]}, which does not hold {corpus.version}"))
    return commit


def _contents(path: Path) -> dict[str, bytes]:
    """The bytes of a file or of the files in a folder, by name; none if it is not there."""
    return {one.name: one.read_bytes() for one in (path, *path.glob("*")) if one.is_file()}


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _written(path: Path, data: bytes) -> bool:
    """Replaces a file in one step, and says whether it is another now."""
    if _bytes(path) == data:
        return False
    write_atomic(path, data)
    return True


def _changelog(corpus: Corpus, entry: Entry, plan: Plan, made: Release, because: str) -> bytes:
    text = _text(corpus.root / CHANGELOG)
    if plan.last is None or plan.difference is None:
        lines = changelog.told_first(made.rows)
    else:
        lines = changelog.told(plan.difference, plan.last, plan.reasons, because if entry.version < plan.version else "")
    return changelog.released(text, entry.version, entry.date, list(lines)).encode("utf-8")


def _settings(corpus: Corpus, entry: Entry) -> bytes:
    """eventbank.toml with the version and its day, and nothing else changed.

    Raises:
        EventBankError: E658 if the line of the version cannot be found.
    """
    text = _text(corpus.root / MARK)
    end = "\r\n" if "\r\n" in text else "\n"
    versioned = _edited(text, "version", str(entry.version), [(line.start(2), line.end(2), "") for line in _lines("version", text)])
    if versioned is not None:
        here = [(line.start(2), line.end(2), "") for line in _lines("date", versioned)]
        below = [(line.end(), line.end(), f"{end}{line[1]}date = ") for line in _lines("version", versioned)]
        dated = _edited(versioned, "date", entry.date, [*here, *below])
        if dated is not None:
            return dated.encode("utf-8")
    raise EventBankError(NO_ROOM.at(Place(file=MARK), "version stands in no line of its own"))


def _lines(key: str, text: str) -> list[re.Match[str]]:
    """The lines that may give a value to a key, without their line ends; group 1 is what stands before the key, group 2 the value."""
    value = r"""("[^"\n]*"|'[^'\n]*'|\d{4}-\d\d-\d\d)"""
    return list(re.finditer(rf"^([ \t]*(?:corpus\.)?){key}[ \t]*=[ \t]*{value}[^\r\n]*", text, re.MULTILINE))


def _edited(text: str, key: str, value: str | dt.date, places: Sequence[tuple[int, int, str]]) -> str | None:
    """The text with the value at the first place (from, to, what goes before it) where that changes the key and nothing else."""
    new = copy.deepcopy(tomllib.loads(text))
    new["corpus"][key] = value
    written = f'"{value}"' if isinstance(value, str) else str(value)
    for start, end, before in places:
        edited = f"{text[:start]}{before}{written}{text[end:]}"
        if _parsed(edited) == new:
            return edited
    return None


def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def _text(path: Path) -> str:
    """The text of a file with its line ends, empty if there is none."""
    try:
        return path.read_bytes().decode("utf-8") if path.is_file() else ""
    except UnicodeDecodeError as error:
        raise EventBankError(NO_ROOM.at(Place(file=path.name), f"byte {error.start} is not UTF-8")) from None
