"""Marks: what a unit of a page says it is by its own words, and how much it speaks for the article.

A unit is a line or a hard-wrapped paragraph, without outer white space; nothing here looks at its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from eventbank.articles.wording import (
    BIO,
    CLOCK,
    COUNTED,
    DATE_LINE,
    DAYS,
    ELSEWHERE,
    INITIALS,
    ITEM,
    NUMBERED,
    OFFER,
    OPENINGS,
    PARENTHESIS,
    RIGHTS,
    TAIL,
    TEASER,
    TRADE,
)

TERMINAL, CLOSING = frozenset(".!?…。！？"), "\"'”’»)]*"
"""What a sentence ends with, and what may stand behind that."""

KNOWN = 40
"""Code points below which what a unit says is remembered: the pages of a site share their menus, not their headlines."""

SHORT, SENTENCE, LONG, LINE, WHOLE, PARAGRAPH = 25, 60, 100, 120, 150, 450
"""Code points below which a line is a menu's item, from which a sentence is the article's, from which a paragraph may lack its full stop,
up to which a line may be a date, beyond which a paragraph counts no more, and beyond which it is no caption and no teaser."""

CLAUSE = "、，"
"""What a clause of Chinese or Japanese ends with."""

MENU, ROW, WIDE = -25, 20, 2
"""The weight of a line that ends no sentence, and of a row of a list; how many code points one of an East Asian script counts for."""

WALL, STOP, ASIDE = -300, -40, -25
"""The weight of what never stands in an article, of what seldom does, and of what often does; benchmarks/zones.py chooses them."""

AGAINST = (
    dict.fromkeys(("comments", "published", "byline", "copyright", "imprint"), WALL)
    | dict.fromkeys(("list", "credit", "navigation", "repeated"), STOP)
    | dict.fromkeys(("related", "caption", "advertisement"), ASIDE)
)
"""How much a unit with a mark speaks against being inside the article; a sentence speaks for it with its length."""


def ends(text: str) -> bool:
    """Whether a text ends as a sentence does, as one that an agency's name in parentheses follows, or as one that introduces a list."""
    last = text[-1]
    if last in CLOSING:
        last = text[-8:].rstrip(CLOSING)[-1:]
        if text[-1] == ")" and last not in TERMINAL:
            last = text[-30:].rpartition("(")[0].rstrip(CLOSING + " ")[-1:]
    return last in TERMINAL or (last == ":" and len(text) > SENTENCE)


def _openings() -> dict[str, tuple[re.Pattern[str], list[str]]]:
    """The openings by their first three letters in any case: a pattern, and the kind that each of its groups stands for."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for kind, rest, openings in OPENINGS + ELSEWHERE:
        for opening in re.split(r",\s+", openings.lstrip()):
            rows.setdefault(opening[:3], []).append((kind, f"({opening}{rest})"))
    found: dict[str, tuple[re.Pattern[str], list[str]]] = {}
    for key, patterns in rows.items():
        row = re.compile("|".join(pattern for _, pattern in patterns)), [kind for kind, _ in patterns]
        found |= dict.fromkeys((key, key.upper(), key.capitalize()), row)
    return found


_OPENINGS = _openings()


def said(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """What every unit says it is by its own first or last words (a kind, `list`, `comments`, or nothing), and its weight.

    A weight above 0 speaks for the article, one below 0 against it.
    """
    found = [_known(text) if len(text) < KNOWN else _said(text) for text in texts]
    marks, weights = zip(*found, strict=True) if found else ((), ())
    return list(marks), list(weights)


@lru_cache(maxsize=2**16)
def _known(text: str) -> tuple[str, int]:
    """What a short unit says, remembered."""
    return _said(text)


def _said(text: str) -> tuple[str, int]:
    mark = _own_mark(text)
    return mark, AGAINST[mark] if mark else _weight(text)


def _own_mark(text: str) -> str:
    if text[0] in "([*-•+|":
        text = text.lstrip("([*-•+| ") or text
    row = _OPENINGS.get(text[:3])
    if row:
        found = row[0].match(text[:200].lower())
        if found:
            return row[1][(found.lastindex or 1) - 1]
    size = len(text)
    if text[0].isdigit() and size < LINE:
        low = text.lower()
        if DATE_LINE.match(low):
            return "published"
        if COUNTED.match(low):
            return "comments"
    if size < SHORT and "/" not in text and "©" not in text:
        return ""
    if size > PARAGRAPH:
        return ""
    head = text[:110]
    if ("©" in head or "ights" in head or "IGHTS" in head or "c) 20" in head) and RIGHTS.search(head):
        return "copyright"
    return _caption_mark(text) or (_line_mark(text) if size < LINE else "") or _teaser_mark(text)


def _caption_mark(text: str) -> str:
    tail = text[-90:]
    if tail[-1] == ")" or tail[-2:] == ").":
        return "caption" if PARENTHESIS.match(tail[max(0, tail.rfind("(") - 2) :].lower()) else ""
    # A search costs ten times what these tests do, and most paragraphs hold none of the words.
    if "/" in tail or "©" in tail or "hoto" in tail or "etty" in tail or "mage" in tail or "redit" in tail or "icture" in tail:
        return "caption" if TAIL.search(tail.lower()) else ""
    return ""


def _line_mark(text: str) -> str:
    colon = text.rfind(":")
    if colon > 0 and text[colon - 1].isdigit() and text[colon + 1 : colon + 2].isdigit() and not ends(text) and CLOCK.search(text):
        return "published"
    if "/" in text and INITIALS.match(text):
        return "credit"
    if "%" in text or "onus" in text or "romo" in text or "pins" in text:
        return "advertisement" if not ends(text) and OFFER.search(text.lower()) else ""
    return ""


def _teaser_mark(text: str) -> str:
    """Marks what breaks off: the first words of another article."""
    if text[-1] in "».…]eEgGyY" and text[-20:].lower().endswith(TEASER):
        # A paragraph may end with a French quotation.
        return "" if text[-1] == "»" and text[-3:-1].strip()[-1:] in TERMINAL else "related"
    return ""


def _weight(text: str) -> int:
    """How much a unit without a mark speaks for the article (above 0) or against it."""
    size = len(text)
    if "\u2e80" < text[0] < "\ufe00":
        size *= WIDE
        if text[-1] in CLAUSE:
            return min(size, WHOLE) if size >= SENTENCE else size // 2
    if text[0].isdigit() and NUMBERED.match(text) and not (size >= SENTENCE and ends(text)):
        return ROW
    if size < SHORT and text[-1].isalnum():
        return MENU
    if ends(text):
        if size < 2 * LONG and _speaks_to_reader(text):
            return MENU
        return min(size, WHOLE) if size >= SENTENCE else size // 2
    if size < LONG + 10 and text[:3] in DAYS and ITEM.match(text.lower()):
        return ROW
    return min(size, 2 * WHOLE) // 2 if size >= LONG and ". " in text else MENU


def _speaks_to_reader(text: str) -> bool:
    """Whether a sentence asks something of the one who reads the page."""
    # A loop over the words takes longer than this.
    return (
        "ewsletter" in text
        or "our email" in text
        or "rivacy" in text
        or "lease " in text
        or ("lick " in text and ("Click " in text or "click " in text))
    )


def is_bio(text: str) -> bool:
    """Whether a paragraph introduces the author."""
    return len(text) > 40 and BIO.match(text[:400]) is not None and TRADE.search(text[:300]) is not None
