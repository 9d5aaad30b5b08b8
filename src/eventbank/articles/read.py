"""Reading articles: raw files and their entries in sources.yaml, matched, verified and decoded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from eventbank.articles.sources import Source
from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place, Problem

NOT_UTF8 = Code("E101", "the article is not UTF-8", "Convert the file to UTF-8 and give its new SHA-256 in sources.yaml.")
EMPTY = Code("E102", "the article is empty", "Deliver the article again, or take the file and its entry out.")
NOT_LISTED = Code("E103", "the article is missing from sources.yaml", "Add an entry with file, sha256 and what is known of it.")
NOT_THERE = Code("E104", "the article is listed but there is no such file", "Put the file into articles/, or take its entry out.")
CHANGED = Code(
    "E105", "the bytes of the article have changed", "Restore the file; if the change is meant, give its new SHA-256 and rebase its labels."
)
SAME_ID = Code("E106", "two articles have one id", "Rename one file: the id is the name without the suffix.")
NO_READER = Code(
    "E109", "no reader takes this", "Articles are plain text files that end in .txt and lie in articles/ itself; move anything else away."
)

SUFFIXES = (".txt",)
SOURCES = "sources.yaml"


@dataclass(frozen=True)
class Article:
    """A raw page. `raw` is the decoded text, without a byte order mark; all raw offsets are code points into it."""

    doc_id: str
    name: str
    raw_sha256: str
    raw: str


def decode(doc_id: str, name: str, data: bytes, file: str) -> Article:
    """The article in the bytes of a file; `file` names it in messages.

    Raises:
        EventBankError: E101 or E102.
    """
    try:
        raw = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte {error.start} (0x{data[error.start]:02x}): {error.reason}"
        raise EventBankError(NOT_UTF8.at(Place(file=file, doc_id=doc_id), found)) from None
    if not raw.strip():
        raise EventBankError(EMPTY.at(Place(file=file, doc_id=doc_id)))
    return Article(doc_id, name, sha256(data), raw)


def read_articles(folder: Path, sources: dict[str, Source], file: str) -> tuple[list[Article], list[Problem]]:
    """Every article of a folder that fits its entry, by id, and the problems of all that do not. `file` names the folder in messages."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith(".") and path.name != SOURCES)
    digests = {name: sha256((folder / name).read_bytes()) for name in names if (folder / name).is_file()}
    problems = list(_unmatched(names, digests, sources, file))
    articles: list[Article] = []
    for source in sources.values():
        if source.file not in digests or Path(source.file).suffix not in SUFFIXES:
            continue
        place = f"{file}/{source.file}"
        data = (folder / source.file).read_bytes()
        try:
            article = decode(source.doc_id, source.file, data, place)
        except EventBankError as error:
            problems.extend(error.problems)
            continue
        if article.raw_sha256 != source.sha256:
            found = f"listed {source.sha256[:12]}…, found {article.raw_sha256[:12]}… ({len(data)} bytes)"
            problems.append(CHANGED.at(Place(file=place, doc_id=source.doc_id), found))
        else:
            articles.append(article)
    return sorted(articles, key=lambda article: article.doc_id), problems


def _unmatched(names: Iterable[str], digests: Mapping[str, str], sources: dict[str, Source], file: str) -> Iterable[Problem]:
    listed = {source.file for source in sources.values()}
    stems: dict[str, str] = {}
    for name in names:
        place = Place(file=f"{file}/{name}", doc_id=Path(name).stem)
        first = stems.setdefault(Path(name).stem, name)
        if Path(name).suffix not in SUFFIXES or name not in digests:
            yield NO_READER.at(place)
        elif name not in listed and Path(name).stem not in sources:
            yield NOT_LISTED.at(place, f"sha256 {digests[name]}")
        if first != name:
            yield SAME_ID.at(place, f"{first} and {name}")
    for source in sources.values():
        if source.file and source.file not in digests:
            yield NOT_THERE.at(Place(file=f"{file}/sources.yaml", line=source.line, doc_id=source.doc_id), source.file)
