"""Where an article begins and ends: the run of units with the greatest sum of weights, without the words behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from eventbank.articles.marks import is_bio
from eventbank.articles.wording import AFTERWORD, AFTERWORDS

BUTTON, BUTTONS = -200, 3
"""The weight of a button that stands at least so often on a page: it parts the cards of a list."""

ANSWERS, WITHIN, ENOUGH, HEADINGS = 2, 25, 200, 8
"""The dates that follow a heading over comments within so many units, and the weight of the article before it, where it ends the search;
how many such headings are looked at (a page may consist of them)."""

TAIL, BIO, REST = 30, 4, 0.6
"""Units at the end of the run in which an afterword may begin, and a biography; the greatest share of the weight before it that an
afterword may cut off."""


def stretch(texts: Sequence[str], marks: Sequence[str], weights: Sequence[int]) -> tuple[int, int]:
    """The units [first, last) between which the article stands; (0, 0) when nothing speaks for one.

    `marks` and `weights` are what `eventbank.articles.marks.said` finds for `texts`, the units of the page.
    """
    weighed = list(weights)
    _part_cards(texts, marks, weighed)
    first, last = _before_comments(marks, weighed) or _heaviest(weighed)
    return first, _afterword(texts, marks, weighed, first, last)


def _part_cards(texts: Sequence[str], marks: Sequence[str], weights: list[int]) -> None:
    """Lets a button that stands under every card of a list part them."""
    if marks.count("navigation") >= BUTTONS:
        buttons = [at for at, mark in enumerate(marks) if mark == "navigation"]
        counts = Counter(texts[at] for at in buttons)
        for at in buttons:
            if counts[texts[at]] >= BUTTONS:
                weights[at] = BUTTON


def _before_comments(marks: Sequence[str], weights: Sequence[int]) -> tuple[int, int] | None:
    """The article that readers' comments follow; comments carry a date each."""
    if "comments" not in marks:
        return None
    for at in [at for at, mark in enumerate(marks) if mark == "comments"][:HEADINGS]:
        if _answers(marks[at : at + WITHIN], weights[at : at + WITHIN]) >= ANSWERS:
            first, last = _heaviest(weights[:at])
            if sum(weights[first:last]) > ENOUGH:
                return first, last
    return None


def _answers(marks: Sequence[str], weights: Sequence[int]) -> int:
    """How many dates there are that a sentence parts from the one before; what an article was published and changed is one."""
    found, said = 0, True
    for mark, weight in zip(marks, weights, strict=True):
        if mark == "published":
            found, said = found + said, False
        elif weight > 0:
            said = True
    return found


def _heaviest(weights: Sequence[int]) -> tuple[int, int]:
    """The run of units [first, last) with the greatest sum of weights; (0, 0) when none is above 0."""
    best, first, last, total, start = 0, 0, 0, 0, 0
    for at, weight in enumerate(weights):
        if total <= 0:
            total, start = 0, at
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
