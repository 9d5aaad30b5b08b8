"""A corpus: the folder that `eventbank.toml` marks, where things lie in it, and its settings."""

from __future__ import annotations

import datetime as dt
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from eventbank.document import KEPT_KINDS
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors

MARK = "eventbank.toml"

NO_CORPUS = Code("E003", "there is no corpus here", "Go to a folder with an eventbank.toml, or make one with: eventbank init DIR")
BAD_SETTINGS = Code(
    "E004", "eventbank.toml cannot be used", "Mend the setting; docs/corpus.md lists all of them, and eventbank init writes a model."
)
PLACEHOLDER = Code(
    "W011", "a setting is still as eventbank init wrote it", "Say it in eventbank.toml in words of your own; it goes into the release."
)


@dataclass(frozen=True)
class SplitSettings:
    """Cut dates of the temporal split: a story whose first document is dated on or after `test_from` is test, and so on."""

    validation_from: dt.date | None = None
    test_from: dt.date | None = None
    embargo_days: int = 0


@dataclass(frozen=True)
class Thresholds:
    """When two documents tell one story: word 5-gram Jaccard or containment, and the length of an identical paragraph in words."""

    near_duplicate: float = 0.5
    paragraph_words: int = 50


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What eventbank.toml says of a corpus, wherever the corpus lies; a release carries it along."""

    name: str
    title: str
    repo: str
    version: str
    language: str = "en"
    description: str = ""
    license: str = "other"
    citation: str = ""
    maintainers: tuple[str, ...] = ()
    label_license: str = ""
    label_note: str = ""
    label_creators: str = ""
    limits: tuple[str, ...] = ()
    date: dt.date | None = None
    keep_captions: bool = False
    splits: SplitSettings = field(default_factory=SplitSettings)
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def kept_kinds(self) -> frozenset[str]:
        """The kinds of zone whose text is the text of a document."""
        return KEPT_KINDS | {"caption"} if self.keep_captions else KEPT_KINDS


@dataclass(frozen=True, kw_only=True)
class Corpus(Settings):
    """The settings of a corpus and the paths of its parts."""

    root: Path

    @property
    def articles(self) -> Path:
        """The folder of raw articles."""
        return self.root / "articles"

    @property
    def sources(self) -> Path:
        """What is known of each article."""
        return self.articles / "sources.yaml"

    @property
    def annotations(self) -> Path:
        """The folder of Label Studio exports."""
        return self.root / "annotations"

    @property
    def ontology(self) -> Path:
        """The label scheme."""
        return self.root / "schema" / "ontology.yaml"

    @property
    def label_config(self) -> Path:
        """The labelling config that is made from the ontology."""
        return self.root / "schema" / "label-studio.xml"

    @property
    def frozen_splits(self) -> Path:
        """The frozen splits and story ids."""
        return self.root / "schema" / "splits.csv"

    @property
    def table_schemas(self) -> Path:
        """The folder of the JSON Schemas of the tables."""
        return self.root / "schema" / "tables"

    @property
    def releases(self) -> Path:
        """The versions released so far."""
        return self.root / "schema" / "releases.csv"

    @property
    def answers(self) -> Path:
        """What the makers of the corpus answer to the questions of a datasheet."""
        return self.root / "schema" / "datasheet.yaml"

    @property
    def datasheet(self) -> Path:
        """The datasheet that `build` makes of the answers."""
        return self.root / "DATASHEET.md"

    @property
    def dataset(self) -> Path:
        """The release that `build` makes."""
        return self.root / "dataset"

    def relative(self, path: Path) -> str:
        """A path as messages show it: relative to the corpus, with forward slashes."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds an eventbank.toml.

    Raises:
        EventBankError: E003 if there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / MARK).is_file():
            return folder
    raise EventBankError(NO_CORPUS.at(Place(file=str(start))))


def open_corpus(path: str | os.PathLike[str] = ".") -> Corpus:
    """The corpus that `path` lies in.

    Raises:
        EventBankError: E003 if there is none, E004 for settings that cannot be used.
    """
    root = find_root(Path(path))
    try:
        data = tomllib.loads((root / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EventBankError(BAD_SETTINGS.at(Place(file=MARK), str(error))) from None
    except RecursionError:
        raise EventBankError(BAD_SETTINGS.at(Place(file=MARK), "the values are nested too deep")) from None
    settings = settings_of(data)
    return Corpus(root=root, **{one.name: getattr(settings, one.name) for one in fields(Settings)})


def placeholders(settings: Settings) -> list[Problem]:
    """W011 for each setting that a reader of the release should be told by its makers, and that is still that of a new corpus."""
    model = tomllib.loads(files("eventbank.templates").joinpath(MARK).read_text(encoding="utf-8"))["corpus"]
    stale = [key for key in ("description", "label_note") if getattr(settings, key) == model[key]]
    stale += ["limits"] if set(model["limits"]) & set(settings.limits) else []
    stale += ["repo"] if settings.repo.startswith(f"{model['repo'].partition('/')[0]}/") else []
    return [PLACEHOLDER.at(Place(file=MARK), f"corpus.{key}") for key in stale]


def settings_of(data: dict[str, Any]) -> Settings:
    """The settings in the sections of an eventbank.toml.

    Raises:
        EventBankError: E004 for each setting that cannot be used.
    """
    raise_errors(_problems(data))
    own: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data["corpus"].items()}
    return Settings(
        **own,
        **data.get("text", {}),
        splits=SplitSettings(**data.get("splits", {})),
        thresholds=Thresholds(**data.get("thresholds", {})),
    )


def sections_of(settings: Settings) -> dict[str, dict[str, Any]]:
    """The settings as the sections of an eventbank.toml, those that have no value left out: `settings_of` gives them again."""
    own = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(settings).items() if key in _SHAPE["corpus"]}
    own = {key: value for key, value in own.items() if value is not None}
    splits = {key: value for key, value in asdict(settings.splits).items() if value is not None}
    return {"corpus": own, "splits": splits, "text": {"keep_captions": settings.keep_captions}, "thresholds": asdict(settings.thresholds)}


_SHAPE: dict[str, dict[str, type]] = {
    "corpus": {
        "name": str,
        "title": str,
        "repo": str,
        "version": str,
        "language": str,
        "description": str,
        "license": str,
        "citation": str,
        "maintainers": list,
        "label_license": str,
        "label_note": str,
        "label_creators": str,
        "limits": list,
        "date": dt.date,
    },
    "splits": {"validation_from": dt.date, "test_from": dt.date, "embargo_days": int},
    "text": {"keep_captions": bool},
    "thresholds": {"near_duplicate": float, "paragraph_words": int},
}
_REQUIRED = ("name", "title", "repo", "version")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


Bad = Callable[[str, str], Problem]


def _problems(data: dict[str, Any]) -> Iterator[Problem]:
    def bad(key: str, found: str) -> Problem:
        return BAD_SETTINGS.at(Place(file=MARK), f"{key}: {found}")

    for section, values in data.items():
        if section not in _SHAPE:
            yield bad(section, f"unknown section; known are {', '.join(_SHAPE)}")
            continue
        if not isinstance(values, dict):
            yield bad(section, f"expected a section, [{section}]")
            continue
        for key, value in values.items():
            kind = _SHAPE[section].get(key)
            if kind is None:
                yield bad(f"{section}.{key}", f"unknown setting; known are {', '.join(_SHAPE[section])}")
            elif type(value) is not kind:
                yield bad(f"{section}.{key}", f"expected {_KINDS[kind]}")
    corpus = data.get("corpus")
    if corpus is None:
        yield bad("corpus", "the section is missing")
    if isinstance(corpus, dict):
        yield from _corpus_problems(corpus, bad)
    if isinstance(data.get("splits"), dict):
        yield from _split_problems(data["splits"], bad)
    if isinstance(data.get("thresholds"), dict):
        yield from _threshold_problems(data["thresholds"], bad)


_KINDS = {
    str: "text",
    list: "a list",
    dt.date: "a date (2024-01-31, without quotes)",
    int: "a whole number",
    bool: "true or false",
    float: "a number with a point",
}


def _corpus_problems(corpus: dict[str, Any], bad: Bad) -> Iterator[Problem]:
    for key in _REQUIRED:
        if not corpus.get(key):
            yield bad(f"corpus.{key}", "missing")
    for key, pattern, form in (
        ("name", _NAME, "lower-case letters, digits, '.', '_' and '-'"),
        ("repo", _REPO, "owner/name"),
        ("version", _VERSION, "three numbers: 1.0.0"),
        ("language", _LANGUAGE, "a BCP 47 tag: en, pt-BR"),
    ):
        if isinstance(corpus.get(key), str) and (corpus[key] or key not in _REQUIRED) and not pattern.fullmatch(corpus[key]):
            yield bad(f"corpus.{key}", f"{corpus[key]!r} has not the form: {form}")
    for key in ("maintainers", "limits"):
        if isinstance(corpus.get(key), list) and not all(isinstance(item, str) for item in corpus[key]):
            yield bad(f"corpus.{key}", "expected a list of texts")


def _split_problems(splits: dict[str, Any], bad: Bad) -> Iterator[Problem]:
    first, last = splits.get("validation_from"), splits.get("test_from")
    if (first is None) != (last is None):
        yield bad("splits", "give both cut dates, validation_from and test_from, or neither")
    elif type(first) is dt.date and type(last) is dt.date and first >= last:
        yield bad("splits.test_from", "must be later than validation_from")
    if type(splits.get("embargo_days", 0)) is int and splits.get("embargo_days", 0) < 0:
        yield bad("splits.embargo_days", "must not be negative")


def _threshold_problems(thresholds: dict[str, Any], bad: Bad) -> Iterator[Problem]:
    share, words = thresholds.get("near_duplicate", 0.5), thresholds.get("paragraph_words", 1)
    if isinstance(share, float) and not 0 < share <= 1:
        yield bad("thresholds.near_duplicate", "expected a number above 0 and at most 1")
    if type(words) is int and words < 1:
        yield bad("thresholds.paragraph_words", "must be at least 1")
