"""JSON read strictly and record by record, so that memory holds one record of an export and not the export.

A file is a list, whose members are its records, or one object, which is its only record. Whatever `json.loads` would quietly change is
refused: a key that stands twice, a byte order mark, bytes that are not UTF-8. Errors are the same at every size of block.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from eventbank.errors import Code, EventBankError, Place

NOT_JSON = Code("E301", "the export is not JSON", "Export it again from Label Studio as JSON.")
CUT_OFF = Code("E302", "the export is cut off", "Export or copy it again; this file ends too early.")
DUPLICATE_KEY = Code(
    "E303", "an object of the export has a key twice", "Keep one of the two; a program that reads JSON would drop the other."
)

BLOCK = 1 << 20
"""Bytes read at once; a record that is larger is read in ever larger blocks."""

_BLANK = re.compile(r"[ \t\n\r]*")
_LITERALS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_NUMBER_GOES_ON = re.compile(r"\.|[eE][+-]?")
_LOOK_AHEAD = 4
"""Characters after a number that decide whether it has ended (`1e+5`)."""


@dataclass(frozen=True)
class Record:
    """A member of the list, or the one object of the file, with the line and column (from 1) where it begins."""

    line: int
    column: int
    value: Any


@dataclass
class _Window:
    """The part of a file that is in memory: `at` is the next character to read, `line` and `column` (from 0) are those of `origin`."""

    file: BinaryIO
    source: str
    block: int
    text: str = ""
    at: int = 0
    origin: int = 0
    line: int = 1
    column: int = 0
    size: int = 0
    ended: bool = False
    broken: EventBankError | None = None
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def more(self) -> bool:
        """Reads on, and says whether there was anything to read; what has been taken is forgotten."""
        if self.broken:
            raise self.broken
        if self.ended:
            return False
        self.reach(self.at)
        self.text, self.at, self.origin = self.text[self.at :], 0, 0
        data = self.file.read(max(self.block, len(self.text)))
        self.ended = not data
        held = len(self.decoder.getstate()[0])
        try:
            self.text += self.decoder.decode(data, self.ended)
        except UnicodeDecodeError as error:
            self._break(error, self.size - held)
        self.size += len(data)
        return True

    def place(self, at: int) -> tuple[int, int]:
        """The line (from 1) and column (from 0) of a character that does not stand before `origin`."""
        lines = self.text.count("\n", self.origin, at)
        return self.line + lines, at - self.text.rindex("\n", self.origin, at) - 1 if lines else self.column + at - self.origin

    def reach(self, at: int) -> None:
        """Makes a character the new `origin`, so that no line is counted twice."""
        (self.line, self.column), self.origin = self.place(at), at

    def refuse(self, code: Code, at: int, message: str = "") -> EventBankError:
        """The problem that is found at a character in memory."""
        line, column = self.place(at)
        return EventBankError(code.at(Place(file=self.source, line=line), f"column {column + 1}: {message}"))

    def next(self) -> str:
        """The next character that is no white space, not taken yet; empty at the end of the file."""
        while True:
            self.at = _BLANK.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def _break(self, error: UnicodeDecodeError, before: int) -> None:
        """Keeps what is sound before bytes that are not UTF-8; the problem waits until the text before them is used up."""
        self.text += error.object[: error.start].decode("utf-8")
        line, _ = self.place(len(self.text))
        cut = error.reason == "unexpected end of data"
        problem = (CUT_OFF if cut else NOT_JSON).at(Place(file=self.source, line=line), f"byte {before + error.start} is not UTF-8")
        self.broken = EventBankError(problem)


class _TwiceError(Exception):
    """A key that stands twice in an object."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [key for key, _ in pairs]
        raise _TwiceError(next(key for key in names if names.count(key) > 1))
    return found


_decode = json.JSONDecoder(object_pairs_hook=_unique).raw_decode


def read(file: BinaryIO, source: str = "", block: int = BLOCK) -> tuple[bool, Iterator[Record]]:
    """Whether the file is a list, and its records, each read when its turn comes.

    The values are those of `json.loads`: NaN, Infinity, integers of any size up to Python's limit and lone surrogates in escaped form
    are kept, keys are in order.

    Args:
        file: open for reading bytes.
        source: names the file in problems.
        block: how many bytes are read at once.

    Raises:
        EventBankError: at once or while reading on: E301 not JSON or not UTF-8 (a byte order mark too), E302 cut off, E303 a key twice.
    """
    window = _Window(file, source, block)
    while not window.text and window.more():
        pass
    if window.text.startswith("\ufeff"):
        found, remedy = "it begins with a byte order mark", "Save it as UTF-8 without a byte order mark."
        raise EventBankError(NOT_JSON.at(Place(file=source, line=1), found, remedy=remedy))
    if window.next() == "[":
        return True, _members(window)
    return False, _only(window)


def _only(window: _Window) -> Iterator[Record]:
    yield _record(window)
    _finish(window)


def _members(window: _Window) -> Iterator[Record]:
    window.at += 1
    mark = window.next()
    while mark != "]":
        yield _record(window)
        mark = window.next()
        if mark not in (",", "]"):
            raise window.refuse(NOT_JSON if mark else CUT_OFF, window.at, "Expecting ',' delimiter")
        if mark == ",":
            window.at += 1
            window.next()
    window.at += 1
    _finish(window)


def _finish(window: _Window) -> None:
    if window.next():
        raise window.refuse(NOT_JSON, window.at, "Extra data")


def _record(window: _Window) -> Record:
    """The value that begins at the window's next character; the window moves behind it."""
    while True:
        try:
            value, end = _decode(window.text, window.at)
        except json.JSONDecodeError as error:
            cut = _is_cut(window.text, error)
            if cut and window.more():
                continue
            raise window.refuse(CUT_OFF if cut else NOT_JSON, error.pos, error.msg) from None
        except _TwiceError as twice:
            raise window.refuse(DUPLICATE_KEY, window.at, ascii(twice.args[0])) from None
        except RecursionError:
            raise window.refuse(NOT_JSON, window.at, "it is nested too deep") from None
        except ValueError as error:
            raise window.refuse(NOT_JSON, window.at, str(error).partition(";")[0]) from None
        if isinstance(value, int | float) and len(window.text) - end < _LOOK_AHEAD and window.more():
            continue
        window.reach(window.at)
        window.at = end
        return Record(window.line, window.column + 1, value)


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """Whether more text could mend the error: it stands at the end, or in a string, number or literal that reaches the end."""
    left = text[error.pos :]
    if error.msg.startswith("Unterminated string") or len(left) > len("-Infinity"):
        return error.msg.startswith("Unterminated string") or not left.strip()
    blank = left.strip()
    return (
        not blank
        or any(literal.startswith(blank) for literal in _LITERALS)
        or ("escape" in error.msg and len(left) < len("\\ud800"))
        or _NUMBER_GOES_ON.fullmatch(left) is not None
    )
