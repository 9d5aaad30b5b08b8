"""Sentences of a text, as spans of code points."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from eventbank.document import JOINT
from eventbank.offsets import Span


def sentences(text: str, language: str) -> list[Span]:
    """The sentences of a document in order: half-open code point spans without outer white space.

    Each paragraph is split by `sentencex` on its own, so that no sentence crosses from one paragraph, or from a cross-heading, into
    the next; whatever is not white space lies in exactly one sentence.
    """
    from sentencex import get_sentence_boundaries

    spans: list[Span] = []
    at = 0
    for paragraph in text.split(JOINT):
        for found in get_sentence_boundaries(language, paragraph):
            start, end = at + found["start_index"], at + found["end_index"]
            piece = text[start:end]
            if piece.strip():
                start += len(piece) - len(piece.lstrip())
                spans.append((start, start + len(piece.strip())))
        at += len(paragraph) + len(JOINT)
    return spans


def sentence_of(spans: Sequence[Span], at: int) -> int:
    """The index of the sentence that holds a code point, or of the last one that begins before it (the first, if none does)."""
    return max(0, bisect.bisect_right(spans, at, key=lambda span: span[0]) - 1)
