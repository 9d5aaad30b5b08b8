"""The raw page of a document, zone by zone, each beside the paragraphs of the text that were taken from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventbank.document import Piece, from_raw
from eventbank.hub.book import Entry
from eventbank.hub.views import labelled, nothing

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Strip:
    """A zone of the raw page: its kind, its place, what stands there, and the paragraphs of the text that were taken from it."""

    kind: str
    start: int
    end: int
    raw: str
    paragraphs: tuple[Markup, ...]


def strips(page: str, entry: Entry) -> list[Strip]:
    """The zones of a raw page in order, what lies between them included where it is more than white space."""
    text, layer = entry.text, entry.layer
    alignment = [Piece(**piece) for piece in entry.row.get("alignment") or ()]
    found, at = [], 0
    for zone in sorted(entry.row.get("zones") or (), key=lambda one: (one["raw_start"], one["raw_end"])):
        low, high = zone["raw_start"], zone["raw_end"]
        if page[at:low].strip():
            found.append(Strip("", at, low, page[at:low].strip("\r\n"), ()))
        there = from_raw(alignment, low, high) if text is not None else None
        shown: tuple[Markup, ...] = ()
        if there is not None:
            shown = labelled(text, layer or nothing(str(entry.row["doc_id"])), there, prefix=f"z{len(found)}-").paragraphs
        found.append(Strip(zone["kind"], low, high, page[low:high], shown))
        at = max(at, high)
    if page[at:].strip():
        found.append(Strip("", at, len(page), page[at:].strip("\r\n"), ()))
    return found
