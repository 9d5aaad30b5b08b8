"""Markdown for the card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; bars and line ends in cells are made harmless."""

    def line(cells: Iterable[object]) -> str:
        return "| " + " | ".join(" ".join(str(cell).split()).replace("\\", "\\\\").replace("|", "\\|") for cell in cells) + " |"

    return "\n".join((line(head), "|" + "---|" * len(head), *map(line, rows)))
