"""Sentences of a text, as spans of code points."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from typing import Any

from eventbank.offsets import Span

_BLANK = re.compile(r"\n\s*\n")
_WIDE_SPACE = re.compile(r"(?![\x00-\x7f])\s")


def sentences(text: str, language: str) -> list[Span]:
    """The sentences of a document in order: half-open code point spans without outer white space.

    Each paragraph is split by `sentencex` on its own, so that no sentence crosses a blank line, from one paragraph or from a
    cross-heading into the next; whatever is not white space lies in exactly one sentence.
    """
    spans: list[Span] = []
    for first, last in _paragraphs(text):
        for found in _boundaries(text[first:last], language):
            start, end = first + found["start_index"], first + found["end_index"]
            piece = text[start:end]
            if piece.strip():
                start += len(piece) - len(piece.lstrip())
                spans.append((start, start + len(piece.strip())))
    return spans


def _boundaries(paragraph: str, language: str) -> list[dict[str, Any]]:
    """What sentencex finds. It is given a plain space in place of any other, since one before a full stop makes version 1.0.32 panic."""
    from sentencex import get_sentence_boundaries

    found: list[dict[str, Any]] = get_sentence_boundaries(language, _WIDE_SPACE.sub(" ", paragraph))
    return found


def sentence_of(spans: Sequence[Span], at: int) -> int:
    """The index of the sentence that holds a code point, or of the last one that begins before it (the first, if none does)."""
    return max(0, bisect.bisect_right(spans, at, key=lambda span: span[0]) - 1)


def _paragraphs(text: str) -> Iterator[Span]:
    """What blank lines part."""
    at = 0
    for blank in _BLANK.finditer(text):
        yield at, blank.start()
        at = blank.end()
    yield at, len(text)
