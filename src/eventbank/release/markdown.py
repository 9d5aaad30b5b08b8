"""Markdown for the card."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_HEADING = re.compile(r"(#{1,6}) \S")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; bars and line ends in cells are made harmless."""

    def line(cells: Iterable[object]) -> str:
        return "| " + " | ".join(" ".join(str(cell).split()).replace("\\", "\\\\").replace("|", "\\|") for cell in cells) + " |"

    return "\n".join((line(head), "|" + "---|" * len(head), *map(line, rows)))


def joined(blocks: Iterable[str]) -> str:
    """Blocks with a blank line between them, without the empty ones and without headings that have nothing below them."""
    kept: list[str] = []
    for block in reversed([found for block in blocks if (found := block.strip("\n")).strip()]):
        heading = _HEADING.match(block)
        below = _HEADING.match(kept[-1]) if kept else None
        bare = heading is not None and "\n" not in block and (not kept or (below is not None and len(below[1]) <= len(heading[1])))
        if not bare:
            kept.append(block)
    return "\n\n".join(reversed(kept))
