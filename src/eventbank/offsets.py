"""Positions in text: code points, UTF-16 code units, UTF-8 bytes and tokens, and the ways between them.

EventBank counts in Unicode code points, which are the indices of a Python ``str``. JavaScript and Java count UTF-16 code units
(an emoji is two), files count bytes, and models count tokens. Whoever needs one of those converts here and nowhere else.
All spans are half open: ``[start, end)``.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import eq
from unicodedata import combining

Span = tuple[int, int]

LARGEST_SHIFT = 40
"""How far spans may be shifted together for the shift to be recognised, in code points."""


@dataclass(frozen=True)
class Ruler:
    """Two scales of one text side by side: `marks[i]` is the position of code point `i` on the other scale; the last is the end."""

    marks: tuple[int, ...]

    def from_code_points(self, at: int) -> int:
        """The position on the other scale. Raises IndexError outside the text."""
        if at < 0:
            raise IndexError(at)
        return self.marks[at]

    def to_code_points(self, at: int) -> int:
        """The code point at a position of the other scale.

        Raises:
            ValueError: if the position is outside the text or inside a character.
        """
        index = bisect.bisect_left(self.marks, at)
        if index == len(self.marks) or self.marks[index] != at:
            raise ValueError(f"position {at} is outside the text or inside a character")
        return index


def utf16_ruler(text: str) -> Ruler:
    """Code points against UTF-16 code units, as JavaScript and Java count."""
    return Ruler((0, *accumulate(2 if char > "\uffff" else 1 for char in text)))


def utf8_ruler(text: str) -> Ruler:
    """Code points against bytes of UTF-8. A lone surrogate counts as the three bytes that WTF-8 gives it."""
    return Ruler((0, *accumulate(1 if char < "\x80" else 2 if char < "\u0800" else 3 if char < "\U00010000" else 4 for char in text)))


_TOKEN = re.compile(
    r"""
      \d+(?![^\W_])(?:[.,:]\d+(?![^\W_]))*             # numbers, times and amounts keep their inner marks: 5,500  7:10  2.5
    | (?:[^\W\d_]\.){2,}                               # initials and abbreviations of single letters: U.S.  a.m.
    | [^\W_][^\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\W_\u0300-\u036f]*)*(?:['\u2019][^\W\d_]+)?   # words, with what follows an apostrophe
    | \S                                               # any other visible character stands alone
    """,
    re.VERBOSE,
)


def tokenize(text: str) -> list[Span]:
    """The tokens of a text as code point spans, in order and without overlap.

    The scheme is reversible: tokens are substrings, every code point that is not white space is in exactly one of them, and the spans
    say where. A token is a number with its inner marks, single-letter initials with their dots, a word, or one other visible
    character. A possessive or contracted ending is cut from its word ("Korea" + "'s"), as is every hyphen, so that a label
    that ends inside a hyphenated or possessive word has a token boundary to end at.
    """
    spans: list[Span] = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        cut = next((at for at in range(start + 1, end) if text[at] in "'\u2019"), end)
        spans.append((start, cut))
        if cut < end:
            spans.append((cut, end))
    return spans


def token_span(tokens: Sequence[Span], start: int, end: int) -> Span | None:
    """The half-open range of tokens that touch the code points `[start, end)`, or None when there is none.

    The range covers the span, and is larger where the span begins or ends inside a token.
    """
    first = bisect.bisect_right(tokens, start, key=lambda token: token[1])
    last = bisect.bisect_left(tokens, end, key=lambda token: token[0])
    return (first, last) if first < last and start < end else None


def char_span(tokens: Sequence[Span], first: int, last: int) -> Span:
    """The code points that the tokens `[first, last)` cover. Raises IndexError for tokens that are not there or an empty range."""
    if not 0 <= first < last <= len(tokens):
        raise IndexError((first, last))
    return tokens[first][0], tokens[last - 1][1]


def inside_word(text: str, at: int) -> bool:
    """Whether a boundary at `at` cuts a run of letters or of digits, or a mark from its letter.

    Scripts that do not set words apart are left alone.
    """
    if not 0 < at < len(text):
        return False
    if combining(text[at]):
        return True
    base = at - 1
    while base and combining(text[base]):
        base -= 1
    one, other = text[base], text[at]
    if max(one, other) >= "\u0590":
        return False
    return (one.isalpha() and other.isalpha()) or (one.isdigit() and other.isdigit())


def uniform_shift(quoted: Sequence[tuple[int, int, str]], text: str, same: Callable[[str, str], bool] = eq) -> int:
    """By how many code points spans are shifted together: the one distance that, taken back, puts every span on the words that it quotes.

    Args:
        quoted: start, end and the words of each span.
        same: whether the text at a span is what the span quotes.

    Returns:
        The distance, at most `LARGEST_SHIFT` either way; 0 if there are fewer than two spans, if half of them stand where they say, or
        if no one distance fits all of them.
    """

    def fits(start: int, end: int, words: str) -> bool:
        return (
            0 <= start < end <= len(text) and same(text[start:end], words) and not inside_word(text, start) and not inside_word(text, end)
        )

    if len(quoted) < 2 or sum(fits(*span) for span in quoted) * 2 > len(quoted):
        return 0
    shifts = (sign * size for size in range(1, LARGEST_SHIFT + 1) for sign in (1, -1))
    return next((shift for shift in shifts if all(fits(start - shift, end - shift, words) for start, end, words in quoted)), 0)
