"""Texts of windows: sentences with their tokens, and a document put together from them again."""

from __future__ import annotations

from collections.abc import Sequence

from eventbank.offsets import Span


def located(tokens: Sequence[str], text: str) -> list[Span] | None:
    """Where tokens stand in a text, one behind the other; None if one of them does not."""
    spans: list[Span] = []
    at = 0
    for token in tokens:
        start = text.find(token, at)
        if start < 0 or not token:
            return None
        at = start + len(token)
        spans.append((start, at))
    return spans


def assembled(windows: Sequence[tuple[int | None, str]]) -> tuple[str, list[int]] | None:
    """A document put together from the starts and the texts of its windows, and where each window stands in it.

    What stands between windows is not known: a gap of one becomes a space, a larger one that many line feeds. Without starts, windows
    follow on lines of their own. None if windows overlap.
    """
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for start, text in windows:
        gap = (1 if places else 0) if start is None else start - at
        if gap < 0:
            return None
        parts.append("\n" * gap if start is None or gap > 1 else " " * gap)
        parts.append(text)
        places.append(at + gap)
        at += gap + len(text)
    return "".join(parts), places
