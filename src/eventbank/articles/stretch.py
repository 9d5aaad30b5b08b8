"""Where an article begins and ends: the run of units with the greatest sum of weights, without the words behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from eventbank.articles.marks import MENU, is_bio
from eventbank.articles.wording import AFTERWORD, AFTERWORDS

BUTTON, BUTTONS = -200, 3
"""The weight of a button that stands at least so often on a page: it parts the cards of a list."""

GAP = 6
"""Lines in a row that end no sentence, beyond which each counts twice: a menu or a table of names, not an article's heading."""

COMMENTS, ANSWERS, WITHIN, ENOUGH, READER, HEADINGS = -600, 2, 25, 500, 0.3, 8
"""The weight of a heading over comments if so many dates follow it within so many units and an article of enough weight precedes it;
what a reader's sentence then counts; and how many such headings are looked at (a page may consist of them)."""

TAIL, BIO, REST = 12, 4, 0.6
"""Units at the end of the run in which an afterword may begin, and a biography; the greatest share of the weight before it that an
afterword may cut off."""


def stretch(texts: Sequence[str], marks: Sequence[str], weights: Sequence[int]) -> tuple[int, int]:
    """The units [first, last) between which the article stands; (0, 0) when nothing speaks for one.

    `marks` and `weights` are what `eventbank.articles.marks.said` finds for `texts`, the units of the page.
    """
    weighed = list(weights)
    _part_cards(texts, marks, weighed)
    _discount_readers(marks, weighed)
    first, last = _heaviest(weighed)
    return first, _afterword(texts, marks, weighed, first, last)


def _part_cards(texts: Sequence[str], marks: Sequence[str], weights: list[int]) -> None:
    """Lets a button that stands under every card of a list part them."""
    if marks.count("navigation") >= BUTTONS:
        buttons = [at for at, mark in enumerate(marks) if mark == "navigation"]
        counts = Counter(texts[at] for at in buttons)
        for at in buttons:
            if counts[texts[at]] >= BUTTONS:
                weights[at] = BUTTON


def _discount_readers(marks: Sequence[str], weights: list[int]) -> None:
    """Lets what readers say below an article count less than the article; comments carry a date each."""
    if "comments" not in marks:
        return
    for at in [at for at, mark in enumerate(marks) if mark == "comments"][:HEADINGS]:
        if sum(mark == "published" for mark in marks[at : at + WITHIN]) >= ANSWERS:
            first, last = _heaviest(weights[:at])
            if sum(weights[first:last]) > ENOUGH:
                weights[at:] = [COMMENTS] + [int(weight * READER) if weight > 0 else weight for weight in weights[at + 1 :]]
                return


def _heaviest(weights: Sequence[int]) -> tuple[int, int]:
    """The run of units [first, last) with the greatest sum of weights; (0, 0) when none is above 0."""
    best, first, last, total, start, gap = 0, 0, 0, 0, 0, 0
    for at, weight in enumerate(weights):
        if total <= 0:
            total, start = 0, at
        if weight == MENU:
            gap += 1
            total += weight if gap <= GAP else 2 * weight
        else:
            gap = 0
            total += weight
            if total > best:
                best, first, last = total, start, at + 1
    return first, last


def _afterword(texts: Sequence[str], marks: Sequence[str], weights: Sequence[int], first: int, last: int) -> int:
    """Where the article ends: before a biography, a heading "About …", or words that send the reader elsewhere."""
    for at in range(max(first + 1, last - TAIL), last):
        text = texts[at]
        if at >= last - BIO and is_bio(text):
            return at
        if text[:3] in AFTERWORDS and not marks[at] and AFTERWORD.match(text[:160].lower()):
            after = sum(weight for weight in weights[at:last] if weight > 0)
            if after <= REST * sum(weight for weight in weights[first:at] if weight > 0):
                return at
    return last
