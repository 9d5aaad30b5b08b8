"""Zones: cuts the plain text of a whole page into headline, body, menus and whatever else stands on it.

The rules look at lines and their neighbours; `docs/zones.md` says what each kind of zone is and how well the rules find the body.
Offsets are code points into the page as given, whatever its line ends are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eventbank.articles.marks import AGAINST, LONG, SENTENCE, SHORT, ends, is_bio, said
from eventbank.articles.stretch import stretch
from eventbank.articles.wording import COMPANY, DATELINE, LABELLED
from eventbank.document import KEPT_KINDS, ZONE_KINDS, Zone
from eventbank.errors import Code, Problem, raise_errors

UNKNOWN_KIND = Code("E211", "no such kind of zone", "Write one of the kinds that docs/zones.md defines.")
BEYOND_PAGE = Code("E212", "the correction reaches beyond the page", "Count lines from 1 and code points from 0, both inside the page.")
ONE_RANGE = Code("E213", "a correction needs either lines or raw", "Give one of the two: `lines: [first, last]` or `raw: [start, end]`.")
BLANK_RANGE = Code("E214", "the correction covers nothing but white space", "Choose a range that holds text.")

WINDOW, NEAR, LISTED = 30, 30, 6
"""Units before the body that may hold the headline, between a unit and its repetition, and of a list inside the body."""

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
    stops = [page.starts[at - 1] + len(page.texts[at - 1]) for at in [*firsts[1:], len(joined)]]
    texts = [text[page.starts[at] : end] for at, end in zip(firsts, stops, strict=True)]
    return _Page([page.starts[at] for at in firsts], texts, [page.apart[at] for at in firsts])


def _joined(page: _Page) -> list[bool]:
    """For every line, whether it goes on with the paragraph of the line before: that line had no room for its first word."""
    texts, apart = page.texts, page.apart
    joined = [False] * len(texts)
    width = 0
    for at in [at for at, text in enumerate(texts[:-1], 1) if 40 <= len(text) <= 110 and not apart[at]]:
        before, line = texts[at - 1], texts[at]
        goes_on = joined[at - 1] or ((line[0].islower() or _begins(page, at)) and not ends(before))
        if goes_on and len(line) <= 110:
            width = max(width, len(before)) if joined[at - 1] else len(before)
            joined[at] = len(before) + 1 + len(line.split(None, 1)[0]) > max(width, len(line))
    return joined


def _begins(page: _Page, at: int) -> bool:
    """Whether a line that begins with a capital is itself gone on with by the next."""
    return len(page.texts[at]) >= 40 and at + 1 < len(page.texts) and not page.apart[at + 1] and page.texts[at + 1][0].islower()


def _kinds(texts: Sequence[str]) -> list[str]:
    """The kind of every unit."""
    marks, weights = said(texts)
    _mark_repeated(texts, marks, weights)
    first, last = stretch(texts, marks, weights)
    headline = _headline(texts, marks, first)
    kinds = [OUTSIDE.get(mark, mark) for mark in marks[:first]] + _within(texts, marks, first, last) + _after(texts, marks, last)
    size = len(headline)
    for at in [at for at, text in enumerate(texts) if len(text) == size and text.casefold() == headline]:
        kinds[at] = kinds[at] if kinds[at] in ("related", "comment") else "headline"
    _name_imprint(texts, kinds, last)
    return kinds


def _mark_repeated(texts: Sequence[str], marks: list[str], weights: list[int]) -> None:
    """Marks long units that stand twice within a few units: captions, and teasers of other articles."""
    seen: dict[str, int] = {}
    for at in [at for at, text in enumerate(texts) if len(text) >= SENTENCE and not marks[at]]:
        text = texts[at]
        if at - seen.get(text, -NEAR) < NEAR:
            marks[at] = marks[seen[text]] = "repeated"
            weights[at] = weights[seen[text]] = AGAINST["repeated"]
        seen[text] = at


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
        sentence = ends(text) or len(text) >= LONG
        listed = LISTED if mark == "list" else 0 if sentence else max(0, listed - 1)
        if listed:
            kinds.append("related")
        elif mark:
            kinds.append(INSIDE.get(mark, mark))
        elif text.isdigit() and not any(side[0].isdigit() for side in (*texts[at - 1 : at], *texts[at + 1 : at + 2])):
            kinds.append("navigation")
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
    return after < last and (ends(texts[after]) or len(texts[after]) >= LONG)


def _after(texts: Sequence[str], marks: Sequence[str], last: int) -> list[str]:
    """The kinds of the units behind the article; the heading of a list or of comments holds until the next, or the page's foot."""
    kinds: list[str] = []
    names = _names(texts, marks) if "byline" in marks else set()
    area = "navigation"
    for at in range(last, len(texts)):
        text, mark = texts[at], marks[at]
        if not mark and area == "navigation" and len(text) < SHORT and text not in names:
            kinds.append("navigation")
            continue
        if mark in ("copyright", "imprint", "credit"):
            area = "navigation"
        elif mark == "comments":
            area = "comment"
        elif mark == "list":
            area = "related" if _heads_articles(texts, marks, at) else "navigation"
        kinds.append(_behind(text, mark, area, names))
    return kinds


def _names(texts: Sequence[str], marks: Sequence[str]) -> set[str]:
    """Who wrote the article, by the lines that say so."""
    return {text[3:].strip() for text, mark in zip(texts, marks, strict=True) if mark == "byline" and text[:3].lower() == "by "}


def _heads_articles(texts: Sequence[str], marks: Sequence[str], at: int) -> bool:
    """Whether headlines follow the heading of a list, not a menu."""
    after = at + 1
    while after < len(texts) and after < at + 4 and marks[after] == "list":
        after += 1
    return after < len(texts) and len(texts[after]) >= SHORT and texts[after].count(" ") > 2


def _behind(text: str, mark: str, area: str, names: set[str]) -> str:
    if len(text) < SHORT and mark == "navigation":
        return "navigation"
    if mark == "list" or area == "comment" or (area == "related" and text.count(" ") > 1):
        return area
    if mark and mark != "repeated":
        return mark
    if text in names:
        return "byline"
    if is_bio(text):
        return "bio"
    return "related" if len(text) >= SHORT and text.count(" ") > 3 and not text.isupper() else "navigation"


def _name_imprint(texts: Sequence[str], kinds: list[str], last: int) -> None:
    """Names the lines beside a copyright line that say who publishes the page."""
    for at in range(last, len(texts)) if "copyright" in kinds else ():
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
