"""Zones: cuts the plain text of a whole page into headline, body, menus and whatever else stands on it.

The rules look at lines and their neighbours; `docs/zones.md` says what each kind of zone is and how well the rules find the body.
Offsets are code points into the page as given, whatever its line ends are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from eventbank.articles.wording import (
    BIO,
    COMPANY,
    DATE_LINE,
    DATELINE,
    INITIALS,
    LABELLED,
    OFFER,
    OPENINGS,
    PARENTHESIS,
    RIGHTS,
    TAIL,
    TEASER,
    TRADE,
)
from eventbank.document import KEPT_KINDS, ZONE_KINDS, Zone
from eventbank.errors import Code, Problem, raise_errors

UNKNOWN_KIND = Code("E211", "no such kind of zone", "Write one of the kinds that docs/zones.md defines.")
BEYOND_PAGE = Code("E212", "the correction reaches beyond the page", "Count lines from 1 and code points from 0, both inside the page.")
ONE_RANGE = Code("E213", "a correction needs either lines or raw", "Give one of the two: `lines: [first, last]` or `raw: [start, end]`.")
BLANK_RANGE = Code("E214", "the correction covers nothing but white space", "Choose a range that holds text.")

TERMINAL, CLOSING = frozenset(".!?…。！？"), "\"'”’»)]*"
"""What a sentence ends with, and what may stand behind that."""

SHORT, SENTENCE, LONG, WHOLE = 25, 60, 100, 150
"""Code points below which a line is a menu's item, from which a sentence is the article's, from which a paragraph may lack its full stop,
and beyond which a paragraph counts no more."""

WINDOW, NEAR, LISTED = 30, 30, 6
"""Units before the body that may hold the headline, between a unit and its repetition, and of a list inside the body."""

AGAINST = {
    "list": -50, "comments": -150, "published": -150, "byline": -150, "copyright": -200, "imprint": -150, "credit": -60, "navigation": -60,
    "related": -25, "caption": -25, "advertisement": -10, "repeated": -40,
}  # fmt: skip
"""How much a unit with a mark speaks against being inside the article; a sentence speaks for it with its length."""

OUTSIDE = {"": "navigation", "list": "navigation", "comments": "navigation", "related": "navigation", "repeated": "caption"}
INSIDE = {"comments": "comment", "repeated": "caption"}
"""The kinds of marked units before and inside the body, where the mark itself is not the kind."""


@dataclass(frozen=True)
class Correction:
    """What a curator says of a part of a page: its kind, and either its lines (1-based, inclusive) or its code points."""

    kind: str
    lines: tuple[int, int] | None = None
    raw: tuple[int, int] | None = None


@dataclass(frozen=True)
class _Page:
    """A page's units, a unit being a line or a hard-wrapped paragraph: where each begins, its text, whether a blank line precedes."""

    starts: list[int]
    texts: list[str]
    apart: list[bool]


def zones(raw: str) -> tuple[Zone, ...]:
    """The zones of a decoded page of plain text: sorted, disjoint, without outer white space, and covering all other text.

    The same page always gives the same zones; the time taken grows with its length alone.
    """
    text = _unified(raw)
    page = _unwrapped(_lines(text), text)
    return _zones(page, _kinds(page.texts))


def _unified(raw: str) -> str:
    """The page with LF as its only line end and every other code point in its place."""
    return raw.replace("\r\n", " \n").replace("\r", "\n") if "\r" in raw else raw


def _lines(text: str) -> _Page:
    starts: list[int] = []
    texts: list[str] = []
    apart: list[bool] = []
    at, blank = 0, True
    for line in text.split("\n"):
        shown = line and line.strip()
        if shown:
            starts.append(at if line[0] == shown[0] else at + line.index(shown[0]))
            texts.append(shown)
            apart.append(blank)
        blank = not shown
        at += len(line) + 1
    return _Page(starts, texts, apart)


def _unwrapped(page: _Page, text: str) -> _Page:
    """The page with the lines of every hard-wrapped paragraph as one unit."""
    joined = _joined(page)
    if True not in joined:
        return page
    firsts = [at for at, join in enumerate(joined) if not join]
    ends = [page.starts[at - 1] + len(page.texts[at - 1]) for at in [*firsts[1:], len(joined)]]
    texts = [text[page.starts[at] : end] for at, end in zip(firsts, ends, strict=True)]
    return _Page([page.starts[at] for at in firsts], texts, [page.apart[at] for at in firsts])


def _joined(page: _Page) -> list[bool]:
    """For every line, whether it goes on with the paragraph of the line before: that line had no room for its first word."""
    texts, apart = page.texts, page.apart
    joined = [False] * len(texts)
    width = 0
    for at in [at for at, text in enumerate(texts[:-1], 1) if 40 <= len(text) <= 110 and not apart[at]]:
        before, line = texts[at - 1], texts[at]
        goes_on = joined[at - 1] or ((line[0].islower() or _begins(page, at)) and not _ends(before))
        if goes_on and len(line) <= 110:
            width = max(width, len(before)) if joined[at - 1] else len(before)
            joined[at] = len(before) + 1 + len(line.split(None, 1)[0]) > max(width, len(line))
    return joined


def _begins(page: _Page, at: int) -> bool:
    """Whether a line that begins with a capital is itself gone on with by the next."""
    return len(page.texts[at]) >= 40 and at + 1 < len(page.texts) and not page.apart[at + 1] and page.texts[at + 1][0].islower()


def _ends(text: str) -> bool:
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
    for kind, rest, openings in OPENINGS:
        for opening in re.split(r",\s+", openings.lstrip()):
            rows.setdefault(opening[:3], []).append((kind, f"({opening}{rest})"))
    found: dict[str, tuple[re.Pattern[str], list[str]]] = {}
    for key, patterns in rows.items():
        row = re.compile("|".join(pattern for _, pattern in patterns)), [kind for kind, _ in patterns]
        found |= dict.fromkeys((key, key.upper(), key.capitalize()), row)
    return found


_OPENINGS = _openings()


def _mark(text: str) -> str:
    """What a unit says it is by its own first or last words: a kind, `list` or `comments`, or nothing."""
    return _known_mark(text) if len(text) < SENTENCE else _own_mark(text)


@lru_cache(maxsize=2**16)
def _known_mark(text: str) -> str:
    """The mark of a short unit, remembered: the pages of a site share their menus."""
    return _own_mark(text)


def _own_mark(text: str) -> str:
    if text[0] in "([*-•+|":
        text = text.lstrip("([*-•+| ") or text
    row = _OPENINGS.get(text[:3])
    if row:
        found = row[0].match(text[:200].lower())
        if found:
            return row[1][(found.lastindex or 1) - 1]
    size = len(text)
    if size < SHORT and "/" not in text and "©" not in text:
        return "published" if text[0].isdigit() and DATE_LINE.match(text.lower()) else ""
    if size > 3 * WHOLE:
        return _teaser_mark(text)
    head = text[:110]
    if ("©" in head or "ights" in head or "IGHTS" in head or "c) 20" in head) and RIGHTS.search(head):
        return "copyright"
    return _caption_mark(text) or (_line_mark(text) if size < 120 else "") or _teaser_mark(text)


def _caption_mark(text: str) -> str:
    tail = text[-90:]
    if tail[-1] == ")" or tail[-2:] == ").":
        return "caption" if PARENTHESIS.match(tail[max(0, tail.rfind("(") - 2) :].lower()) else ""
    # A search costs ten times what these tests do, and most paragraphs hold none of the words.
    if "/" in tail or "©" in tail or "hoto" in tail or "etty" in tail or "mage" in tail or "redit" in tail or "icture" in tail:
        return "caption" if TAIL.search(tail.lower()) else ""
    return ""


def _line_mark(text: str) -> str:
    if text[0].isdigit() and DATE_LINE.match(text.lower()):
        return "published"
    if "/" in text and INITIALS.match(text):
        return "credit"
    if "%" in text or "onus" in text or "romo" in text or "pins" in text:
        return "advertisement" if not _ends(text) and OFFER.search(text.lower()) else ""
    return ""


def _teaser_mark(text: str) -> str:
    """Marks what breaks off: the first words of another article."""
    return "related" if text[-1] in "».…]eEgGyY" and text[-20:].lower().endswith(TEASER) else ""


def _kinds(texts: Sequence[str]) -> list[str]:
    """The kind of every unit."""
    marks = [_mark(text) for text in texts]
    _mark_repeated(texts, marks)
    first, last = _stretch([AGAINST[mark] if mark else _weight(text) for text, mark in zip(texts, marks, strict=True)])
    last = next((at for at in range(max(first + 1, last - 4), last) if _is_bio(texts[at])), last)
    headline = _headline(texts, marks, first)
    kinds = [OUTSIDE.get(mark, mark) for mark in marks[:first]] + _within(texts, marks, first, last) + _after(texts, marks, last)
    for at in [at for at, text in enumerate(texts) if len(text) == len(headline) and text.casefold() == headline]:
        kinds[at] = kinds[at] if kinds[at] in ("related", "comment") else "headline"
    _name_imprint(texts, kinds, last)
    return kinds


def _mark_repeated(texts: Sequence[str], marks: list[str]) -> None:
    """Marks long units that stand twice within a few units: captions, and teasers of other articles."""
    seen: dict[str, int] = {}
    for at in [at for at, text in enumerate(texts) if len(text) >= SENTENCE and not marks[at]]:
        text = texts[at]
        if at - seen.get(text, -NEAR) < NEAR:
            marks[at] = marks[seen[text]] = "repeated"
        seen[text] = at


def _weight(text: str) -> int:
    """How much a unit without a mark speaks for the article (above 0) or against it."""
    size = len(text)
    if size < SHORT and text[-1].isalnum():
        return -20
    if _ends(text):
        return min(size, WHOLE) if size >= SENTENCE else size // 2
    return min(size, 2 * WHOLE) // 2 if size >= LONG and ". " in text else -20


def _stretch(weights: Sequence[int]) -> tuple[int, int]:
    """The run of units [first, last) with the greatest sum of weights; (0, 0) when none is above 0."""
    best, first, last, total, start = 0, 0, 0, 0, 0
    for at, weight in enumerate(weights):
        if total <= 0:
            total, start = 0, at
        total += weight
        if total > best:
            best, first, last = total, start, at + 1
    return first, last


def _is_bio(text: str) -> bool:
    """Whether a paragraph introduces the author."""
    return len(text) > 40 and BIO.match(text[:400]) is not None and TRADE.search(text[:300]) is not None


def _headline(texts: Sequence[str], marks: Sequence[str], first: int) -> str:
    """The headline, case-folded, or nothing: the line before the body that shares most words with it."""
    words = {word for word in " ".join(texts[first : first + 8])[:1500].casefold().split() if len(word) > 3}
    best, found = 0.0, ""
    for at in range(max(0, first - WINDOW), first):
        text = texts[at]
        if marks[at] not in ("", "repeated", "list") or not 12 <= len(text) <= 250 or text.count(" ") < 2:
            continue
        own = set(text.casefold().split())
        shared = len(own & words)
        # Where no line shares a word with the body, the last one beside it is taken.
        score = shared + 2 * shared / (len(own) + 1) + 0.01 * (at - first) + (at > first - 4)
        if score > best:
            best, found = score, text.casefold()
    return found


def _within(texts: Sequence[str], marks: Sequence[str], first: int, last: int) -> list[str]:
    """The kinds of the units among the article's paragraphs."""
    kinds: list[str] = []
    listed = 0
    for at in range(first, last):
        text, mark = texts[at], marks[at]
        sentence = _ends(text) or len(text) >= LONG
        listed = LISTED if mark == "list" else 0 if sentence else max(0, listed - 1)
        if listed:
            kinds.append("related")
        elif mark:
            kinds.append(INSIDE.get(mark, mark))
        elif at == first and len(text) < SENTENCE and DATELINE.match(text):
            kinds.append("dateline")
        elif sentence:
            kinds.append("body")
        elif _is_heading(texts, marks, at, last):
            kinds.append("heading")
        else:
            kinds.append("body" if text[0].isalnum() or text[-1].isalnum() else "navigation")
    return kinds


def _is_heading(texts: Sequence[str], marks: Sequence[str], at: int, last: int) -> bool:
    """Whether a short line heads the paragraph that follows it."""
    if len(texts[at]) > 90 or texts[at][-1] in ",;" or texts[at][0].islower():
        return False
    after = at + 1
    while after < last and after < at + 4 and marks[after]:
        after += 1
    return after < last and (_ends(texts[after]) or len(texts[after]) >= LONG)


def _after(texts: Sequence[str], marks: Sequence[str], last: int) -> list[str]:
    """The kinds of the units behind the article; the heading of a list or of comments holds until the next, or the page's foot."""
    kinds: list[str] = []
    names = {text[3:].strip() for text, mark in zip(texts, marks, strict=True) if mark == "byline" and text[:3].lower() == "by "}
    area = "navigation"
    for at in range(last, len(texts)):
        mark = marks[at]
        if mark in ("copyright", "imprint", "credit"):
            area = "navigation"
        elif mark == "comments":
            area = "comment"
        elif mark == "list":
            area = "related" if _heads_articles(texts, marks, at) else "navigation"
        kinds.append(_behind(texts[at], mark, area, names))
    return kinds


def _heads_articles(texts: Sequence[str], marks: Sequence[str], at: int) -> bool:
    """Whether headlines follow the heading of a list, not a menu."""
    after = at + 1
    while after < len(texts) and after < at + 4 and marks[after] == "list":
        after += 1
    return after < len(texts) and len(texts[after]) >= SHORT and texts[after].count(" ") > 2


def _behind(text: str, mark: str, area: str, names: set[str]) -> str:
    if len(text) < SHORT and (mark == "navigation" or (area == "navigation" and not mark and text not in names)):
        return "navigation"
    if mark == "list" or area == "comment" or (area == "related" and text.count(" ") > 1):
        return area
    if mark and mark != "repeated":
        return mark
    if text in names:
        return "byline"
    if _is_bio(text):
        return "bio"
    return "related" if len(text) >= SHORT and text.count(" ") > 3 and not text.isupper() else "navigation"


def _name_imprint(texts: Sequence[str], kinds: list[str], last: int) -> None:
    """Names the lines beside a copyright line that say who publishes the page."""
    for at in range(last, len(texts)):
        if kinds[at] == "copyright":
            for side in (at - 1, at + 1):
                if last <= side < len(texts) and kinds[side] in ("navigation", "related") and COMPANY.search(texts[side][:120]):
                    kinds[side] = "imprint"
        elif kinds[at] in ("navigation", "related") and kinds[at - 1] in ("copyright", "imprint") and LABELLED.match(texts[at][:60]):
            kinds[at] = "imprint"


def _zones(page: _Page, kinds: Sequence[str]) -> tuple[Zone, ...]:
    """Zones from the kinds of units: one for each unit that is kept, one for neighbours of another kind."""
    found: list[Zone] = []
    start, end, kind = 0, 0, ""
    for at, text, apart, new in zip(page.starts, page.texts, page.apart, kinds, strict=True):
        if new != kind or apart or new in KEPT_KINDS:
            if kind:
                found.append(Zone(start, end, kind))
            start, kind = at, new
        end = at + len(text)
    return (*found, Zone(start, end, kind)) if kind else ()


def corrected(raw: str, zones: Sequence[Zone], corrections: Sequence[Correction]) -> tuple[Zone, ...]:
    """The zones of a page after a curator's corrections, a later one over an earlier one; a zone that one overlaps is cut.

    Corrected lines of a kept kind become a zone each, every other correction becomes one zone.

    Raises:
        EventBankError: E211 to E214, for all corrections that cannot be applied.
    """
    if not corrections:
        return tuple(zones)
    lines = _line_spans(raw)
    raise_errors(problem for correction in corrections for problem in _wrong(raw, lines, correction))
    found = list(zones)
    for correction in corrections:
        start, end = _span(lines, correction)
        each = correction.lines is not None and correction.kind in KEPT_KINDS
        spans = lines[correction.lines[0] - 1 : correction.lines[1]] if correction.lines and each else [(start, end)]
        added = [zone for span in spans for zone in _stripped(raw, *span, correction.kind)]
        found = [part for zone in found for part in _outside(raw, zone, start, end)] + added
    return tuple(sorted(found))


def _line_spans(raw: str) -> list[tuple[int, int]]:
    spans, at = [], 0
    for line in _unified(raw).split("\n"):
        spans.append((at, at + len(line)))
        at += len(line) + 1
    return spans


def _span(lines: Sequence[tuple[int, int]], correction: Correction) -> tuple[int, int]:
    """The code points that a correction covers."""
    if correction.lines:
        return lines[correction.lines[0] - 1][0], lines[correction.lines[1] - 1][1]
    return correction.raw or (0, 0)


def _wrong(raw: str, lines: Sequence[tuple[int, int]], correction: Correction) -> list[Problem]:
    """What hinders a correction: nothing, or one problem."""
    if correction.kind not in ZONE_KINDS:
        return [UNKNOWN_KIND.at(None, repr(correction.kind))]
    if (correction.lines is None) == (correction.raw is None):
        return [ONE_RANGE.at(None, f"lines {correction.lines}, raw {correction.raw}")]
    if correction.lines and not 1 <= correction.lines[0] <= correction.lines[1] <= len(lines):
        return [BEYOND_PAGE.at(None, f"lines {correction.lines} of {len(lines)}")]
    if correction.raw and not 0 <= correction.raw[0] < correction.raw[1] <= len(raw):
        return [BEYOND_PAGE.at(None, f"code points {correction.raw} of {len(raw)}")]
    start, end = _span(lines, correction)
    return [] if raw[start:end].strip() else [BLANK_RANGE.at(None, f"code points [{start},{end})")]


def _outside(raw: str, zone: Zone, start: int, end: int) -> list[Zone]:
    """What is left of a zone outside of `[start, end)`."""
    if zone.raw_end <= start or end <= zone.raw_start:
        return [zone]
    return _stripped(raw, zone.raw_start, start, zone.kind) + _stripped(raw, end, zone.raw_end, zone.kind)


def _stripped(raw: str, start: int, end: int, kind: str) -> list[Zone]:
    """The zone of a range without its outer white space; none when there is nothing else in it."""
    text = raw[start:end] if start < end else ""
    shown = text.strip()
    at = start + text.index(shown[0]) if shown else start
    return [Zone(at, at + len(shown), kind)] if shown else []
