"""Columns with BIO tags: sentences of a file, and the labels that its tags spell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from eventbank.errors import Place, Problem
from eventbank.formats.sample import MALFORMED
from eventbank.offsets import Span

OUT = "O"
DOCUMENT, LANGUAGE, START = "# doc_id = ", "# language = ", "-DOCSTART-"
_TAG = re.compile(r"O|[BIES]-.+")
_NUMBER = re.compile(r"[0-9]{1,12}")


class Row(NamedTuple):
    """A line: its token, its code points in the document if it tells them, and its tags."""

    line: int
    token: str
    place: Span | None
    tags: tuple[str, ...]


class Block(NamedTuple):
    """A sentence of a file; without rows it is the heading of a document."""

    file: str
    doc_id: str
    language: str | None
    rows: tuple[Row, ...]

    @property
    def tokens(self) -> list[tuple[str, Span | None]]:
        """The tokens with their places."""
        return [(row.token, row.place) for row in self.rows]


def table(text: str, tokens: Sequence[Span], *columns: Sequence[tuple[Span, str]]) -> bytes:
    """The lines of a sentence: token, first code point, code point after the last, and a column of tags for each list of labels."""
    tags = [[OUT] * len(tokens) for _ in columns]
    for column, labels in zip(tags, columns, strict=True):
        for (first, last), name in labels:
            column[first:last] = [f"{'I' if at else 'B'}-{name}" for at in range(last - first)]
    rows = ("\t".join((text[start:end], str(start), str(end), *own)) for (start, end), *own in zip(tokens, *tags, strict=True))
    return "".join(f"{row}\n" for row in (*rows, "")).encode()


def blocks_of(text: str, file: str) -> Iterator[Block | Problem]:
    """The sentences of a file in order. A line that cannot be read is reported, and its sentence goes on without it."""
    doc_id, language, documents = PurePosixPath(file).stem, None, 0
    rows: list[Row] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        line = line.removesuffix("\r")
        if line.strip() and not line.startswith((DOCUMENT, LANGUAGE, START)):
            row = _row(line, number)
            if isinstance(row, str):
                if line.startswith("# "):
                    continue
                yield MALFORMED.at(Place(file=file, line=number), row)
            elif row and rows and (len(row.tags), row.place is None) != (len(rows[0].tags), rows[0].place is None):
                yield MALFORMED.at(Place(file=file, line=number), "other columns than in the lines before")
            elif row and row.place and rows and rows[-1].place and row.place[0] < rows[-1].place[1]:
                yield MALFORMED.at(Place(file=file, line=number), "the token stands before the one above")
            elif row:
                rows.append(row)
            continue
        if rows:
            yield Block(file, doc_id, language, tuple(rows))
            rows = []
        if line.startswith(DOCUMENT):
            doc_id, language = line.removeprefix(DOCUMENT), None
        elif line.startswith(LANGUAGE):
            language = line.removeprefix(LANGUAGE)
            yield Block(file, doc_id, language, ())
        elif line.startswith(START):
            documents += 1
            doc_id = f"{PurePosixPath(file).stem}-{documents}"


def labels_of(rows: Sequence[Row], column: int) -> list[tuple[int, int, str]]:
    """The labels in a column of tags: first row, row after the last, and name. An I that continues nothing begins a label, as in IOB1."""
    found: list[tuple[int, int, str]] = []
    for at, row in enumerate(rows):
        mark, _, name = row.tags[column].partition("-")
        if mark in ("I", "E") and found and found[-1][1:] == (at, name):
            found[-1] = (found[-1][0], at + 1, name)
        elif mark != OUT:
            found.append((at, at + 1, name))
    return found


def _row(line: str, number: int) -> Row | str:
    """The row in a line, or what is wrong with it."""
    columns = line.split("\t") if "\t" in line else line.split()
    if len(columns) < 2 or not columns[0]:
        return "a line needs a token and a tag"
    placed = len(columns) > 3 and all(_NUMBER.fullmatch(column) for column in columns[1:3])
    tags = tuple(columns[3:]) if placed else (columns[-1],)
    wrong = next((tag for tag in tags if not _TAG.fullmatch(tag)), None)
    if wrong is not None:
        return f"the tag {wrong!r} is neither O nor B-TYPE or I-TYPE"
    place = (int(columns[1]), int(columns[2])) if placed else None
    if place and place[1] - place[0] != len(columns[0]):
        return f"[{place[0]},{place[1]}) is not as long as {columns[0]!r}"
    return Row(number, columns[0], place, tags)
