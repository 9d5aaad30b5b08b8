"""A document: the text of an article with its zones, its alignment to the raw page, and what is known of it.

Offsets are code points, half open. `Document.text` is the kept zones of the page, verbatim but for line ends, joined by a blank
line; `Document.alignment` leads every part of it back to the decoded raw page.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from eventbank.errors import Code, EventBankError, Place

ZONE_KINDS = (
    "advertisement",
    "bio",
    "body",
    "byline",
    "caption",
    "comment",
    "copyright",
    "credit",
    "dateline",
    "heading",
    "headline",
    "imprint",
    "navigation",
    "published",
    "related",
)
"""What a part of a page can be. The list is closed; `docs/zones.md` defines each."""

KEPT_KINDS = frozenset({"body", "dateline", "heading"})
"""The kinds of zone whose text becomes the text of the document."""

JOINT = "\n\n"
"""What stands between two kept zones in the text."""

LONE_SURROGATE = Code(
    "E201", "the text holds a lone surrogate", "Deliver the article again as well-formed Unicode; half a character cannot be stored."
)
NO_TEXT = Code(
    "E202", "no line of the page was kept as text", "Mark the body in sources.yaml, under zones, with the lines that belong to it."
)
NUL = Code("E203", "the text holds a NUL character", "Take it out of the article; databases behind Label Studio refuse it.")


class Zone(NamedTuple):
    """A part of the decoded raw page: code points `[raw_start, raw_end)` without outer white space."""

    raw_start: int
    raw_end: int
    kind: str


class Piece(NamedTuple):
    """`text[start:start+length]` is `raw[raw_start:raw_start+length]`, but for line ends."""

    start: int
    raw_start: int
    length: int


@dataclass(frozen=True)
class Rights:
    """Whose text it is, in the page's own words, and whether it may be passed on."""

    holder: str | None = None
    statement: str | None = None
    redistribute: bool = False


@dataclass(frozen=True)
class Document:
    """An article as data. Everything but `text` and what is made from it may be unknown (None).

    `text` is what labels point into, by code points, half open. `zones` are the parts of the decoded raw page, `alignment` leads each piece
    of the text back to it.
    """

    doc_id: str
    text: str
    language: str
    zones: tuple[Zone, ...]
    alignment: tuple[Piece, ...]
    raw_name: str
    raw_sha256: str
    title: str | None = None
    published: dt.date | None = None
    dated: dt.date | None = None
    dated_by: str | None = None
    publisher: str | None = None
    agency: str | None = None
    author: str | None = None
    dateline: str | None = None
    url: str | None = None
    rights: Rights = Rights()

    @property
    def text_sha256(self) -> str:
        """SHA-256 (hex) of the text in UTF-8: what labels are bound to."""
        return sha256(self.text.encode("utf-8"))


def sha256(data: bytes) -> str:
    """The SHA-256 of bytes, in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def assemble(raw: str, zones: Iterable[Zone], kept: frozenset[str] = KEPT_KINDS) -> tuple[str, tuple[Piece, ...]]:
    """The text of a page and its alignment: the zones of the kinds in `kept`, in order, with LF as their line ends.

    A CR LF pair becomes one LF, which points to the LF; a lone CR becomes an LF that points to the CR. So every piece has the
    length of the raw text that it points to.
    """
    parts: list[str] = []
    pieces: list[Piece] = []
    at = 0
    for zone in sorted(zones):
        if zone.kind not in kept:
            continue
        if parts:
            parts.append(JOINT)
            at += len(JOINT)
        start = zone.raw_start
        while start < zone.raw_end:
            crlf = raw.find("\r\n", start, zone.raw_end)
            stop = zone.raw_end if crlf < 0 else crlf
            if stop > start:
                parts.append(raw[start:stop].replace("\r", "\n"))
                pieces.append(Piece(at, start, stop - start))
                at += stop - start
            start = stop if crlf < 0 else crlf + 1
    return "".join(parts), tuple(pieces)


def assembled(raw: str, alignment: Iterable[Piece]) -> str:
    """The text that an alignment makes of a page: that of `assemble`, if both are of this page."""
    parts: list[str] = []
    at = 0
    for piece in alignment:
        if piece.start > at:
            parts.append(JOINT)
        parts.append(raw[piece.raw_start : piece.raw_start + piece.length].replace("\r", "\n"))
        at = piece.start + piece.length
    return "".join(parts)


def to_raw(alignment: Sequence[Piece], start: int, end: int) -> tuple[int, int] | None:
    """The raw place of a span of the text, or None when its first or last code point is none of the page's (a joint)."""
    if start >= end:
        return None
    first, last = _lookup(alignment, start), _lookup(alignment, end - 1)
    return None if first is None or last is None else (first, last + 1)


def from_raw(alignment: Sequence[Piece], raw_start: int, raw_end: int) -> tuple[int, int] | None:
    """The place in the text of a span of the raw page, or None when its first or last code point was not kept."""
    if raw_start >= raw_end:
        return None
    turned = [Piece(piece.raw_start, piece.start, piece.length) for piece in alignment]
    return to_raw(turned, raw_start, raw_end)


def _lookup(alignment: Sequence[Piece], at: int) -> int | None:
    for piece in alignment:
        if piece.start <= at < piece.start + piece.length:
            return piece.raw_start + at - piece.start
    return None


def check_text(text: str, place: Place) -> None:
    """Refuses a text that cannot be stored or labelled.

    Raises:
        EventBankError: E201 for a lone surrogate, E202 for no text at all, E203 for a NUL.
    """
    if not text.strip():
        raise EventBankError(NO_TEXT.at(place))
    for code, at in ((LONE_SURROGATE, _surrogate(text)), (NUL, text.find("\0"))):
        if at >= 0:
            raise EventBankError(code.at(replace(place, start=at, end=at + 1), f"U+{ord(text[at]):04X}"))


def _surrogate(text: str) -> int:
    """Where the first half of a character stands that cannot be stored, or -1."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return error.start
    return -1
