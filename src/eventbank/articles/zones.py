"""Zones: cuts the plain text of a whole page into headline, body, menus and whatever else stands on it.

The rules look at lines and their neighbours; `docs/zones.md` says what each kind of zone is and how well the rules find the body.
Offsets are code points into the page as given, whatever its line ends are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from eventbank.document import KEPT_KINDS, ZONE_KINDS, Zone
from eventbank.errors import Code, Problem, raise_errors

UNKNOWN_KIND = Code("E211", "no such kind of zone", "Write one of the kinds that docs/zones.md defines.")
BEYOND_PAGE = Code("E212", "the correction reaches beyond the page", "Count lines from 1 and code points from 0, both inside the page.")
ONE_RANGE = Code("E213", "a correction needs either lines or raw", "Give one of the two: `lines: [first, last]` or `raw: [start, end]`.")
BLANK_RANGE = Code("E214", "the correction covers nothing but white space", "Choose a range that holds text.")

TERMINAL = frozenset(".!?…。！？")
"""What a sentence ends with."""

CLOSING = "\"'”’»)]*"
"""What may stand after the end of a sentence."""

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = rf"(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}} {_MONTH}),? \d{{4}}"

OPENINGS = (
    ("list", r"\b[^\n.!?]{0,24}(?:\.\.\.|…)?$",
     "related|news related|other news|other stories|more from|more in|more on|more news|more stories|more articles|most read|most popular|most viewed"
     "|most recent|most commented|most shared|most watched|most discussed|must read|must-read|latest news|latest stories|latest from"
     "|latest in|latest video|recommended|recommendations|you may|you might|also read|read also|read more|read next|see also|trending"
     "|popular|top stories|top news|editor's pick|editors' pick|editor’s pick|editors’ pick|don't miss|don’t miss|around the web|other news|other stories"
     "|from around|from the web|sponsored|promoted|up next|what to read|next up|in other news|recent posts|recent articles|recent news"
     "|similar|explore more|keep reading|suggested|in case you missed|also on|watch next|stories for you|just in|headlines"),
    ("comments", r"\b[^\n.]{0,30}$",
     "comment|comments|leave a reply|leave a comment|post a comment|add a comment|add comment|join the discussion|join the conversation"
     "|view comments|view all|show comments|load comments|write a comment|reader comments|have your say|share your thoughts|top comments"
     "|be the first"),
    ("published", r"\b[^\n]{0,40}\d",
     "published|first published|date published|updated|last updated|posted|posted on|modified|created|date ?:"),
    ("published", rf"[a-z]*,? {_DATE}[^\n.]{{0,40}}$", "mon|tue|wed|thu|fri|sat|sun"),
    ("published", r"[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}\b[^\n.]{0,40}$", "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"),
    ("byline", r" *:? *\S[^\n!?]{2,80}(?<!\.)$", "by |by:|written by|reported by|story by|posted by|article by|words by|author:"),
    ("advertisement", r"\b[^\n.]{0,30}$", "advertisement|advertising|advert|ad:|ads by|story continues|article continues|continue reading below"),
    ("copyright", r"\b(?! (?:policy|notice|infring|law))", "copyright|all rights reserved|all content"),
    ("caption", r"s?(?: (?:credit|source|courtesy|caption))?s?(?: ?[:/]| by | released | courtesy | via |$)",
     "photo|file photo|handout photo|stock photo|photograph|image|file image|picture|graphic|illustration|screenshot|video|caption|credit"
     "|photo illustration"),
    ("caption", "", "above: |pictured|getty images|file - |image caption|in this photo|in this image|in this file|an artist's|an artist’s"),
    ("credit", r" ?:", "source|sources|via|with files from|story source"),
    ("credit", r"(?: and \w+)? (?:by|from|in)\b",
     "reporting|additional reporting|writing|editing|compiled|translated|edited|with files|with inputs|with reporting"),
    ("credit", "", "the associated press contributed|associated press writer|this story was|this article was originally|this story originally"),
    ("related", r"(?: (?:more|also|next|now|on|articles?|story|stories|news))* ?[:|»>]",
     "read|also read|and read|see|see also|watch|related|more|listen|explore|opinion|analysis|explainer"),
    ("related", r"\b", "related article|related articles|related story|related stories|related video|related links|read more|also read|read also|watch now"),
    ("imprint", r"[^\n:]{0,30} ?:", "address|tel|telephone|phone|fax|publisher|registration|online newspaper|date of registration|registered"),
    ("navigation", r"\b",
     "sign up|subscribe|login|log in|register|registered|follow us|follow him|follow her|follow them|follow me|follow the|follow @|follow"
     " \\w+ on|share this|share on|share the|download the|click here|we use|this site|this website|the site|by clicking|by signing|by"
     " continuing|by subscribing|by using|by submitting|by registering|please enable|please sign|please log|please read|please enter|please"
     " try|you must be|you can unsubscribe|you can find us|you have been|you have reached|you have success|thank you for s|thanks for s"
     "|thanks for watching|enter your|get the|get our|get all|get more|get breaking|get unlimited|get access|support our|support us|donate"
     "|skip to|cookie|cookies|your email|your browser|your account|your subscription|already a|already have|listen to|stay up|stay informed"
     "|stay connected|stay tuned|join us|join our|email|e-mail|print|tweet|facebook|whatsapp|pinterest|linkedin|like us|send us|have a tip"
     "|want more|need more|previous post|next post|previous article|older posts|no spam|save my name|notify me|an error|if you enjoyed|if you buy|sometimes we|some links|if you like|tell us"
     "|the information provided|this copy is|opinions expressed|the opinions|the views|views expressed|check out our|visit our"),
)  # fmt: skip
"""How a unit of a kind begins on the web at large: the kind, the openings (each begins with two letters that stand for themselves) and
what must follow one. `list` and `comments` are the headings over other articles and over readers' comments. The first that fits wins."""

AGENCIES = "afp|ap|reuters|yonhap|kcna|epa|xinhua|kyodo|newsis|tass|bloomberg|anadolu|pti|ani|dpa|ians|efe"
PREFIX = "([*-•+| "
TAIL_CUES = ("/", "©", "hoto", "etty", "mage", "redit", "icture")
PARENTHESIS = re.compile(rf"..\((?:(?:photo|image|picture|credit|file|source)s?\b|[^()]*\bphoto\)|[^()]*/)|[^.!?”\"] ?\((?:{AGENCIES})\)$")
CAPTION_TAIL = re.compile(
    r"(?:photo|image|picture|credit|courtesy)s?(?: credit| by| of)? ?(?::|/|\.\.\.)[^.]{2,60}\.?$"
    rf"|/ ?(?:{AGENCIES}|getty|getty images|shutterstock|pool)\.?$|getty images\.?$|©[^.]{{2,60}}$"
    r"|(?:associated press|ap|afp|reuters|epa) photo\.?$|file photo\.?$"
)
"""How a caption ends: with the one who took the picture."""

CAPTION_BODY = re.compile(r"\bfile photo\b|, (?:left|right|center|centre|second from \w+),|\((?:l|r|left|right)\)|\bpictured\b|artist.s (?:concept|ill|impr)")
"""What a caption says of the people in a picture; looked for only beside the article's edges."""

TEASER_TAIL = ("read more »", "read more", "continue reading", "full story", "[...]", "[…]", "»", "...", "…")
"""How the first lines of another article end on a page that only advertises it."""

DATE_LINE = re.compile(rf"(?:{_DATE}|\d{{4}}[-./]\d\d[-./]\d\d|\d{{1,2}}/\d{{1,2}}/\d{{4}})[^\n.]{{0,40}}$")
OFFER = re.compile(r"\d% (?:off|bonus)\b|\b(?:deposit|welcome|casino|sign-up) bonus\b|\bpromo code\b|\bfree spins\b")
AGENCY_SIGNATURE = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,4})*/[a-z]{2,4}(?:[-/][a-z]{2,4})*$")
"""The initials under a story of Agence France-Presse: reporter, editor and desk."""

BIO = re.compile(
    r"(?:(?:[A-Z][\w.’'-]+ ){2,4}|(?:Mr|Ms|Mrs|Dr)\. \w+ |[Tt]he (?:author|writer) |About the |I )(?:\([^)]{1,40}\) )?(?:[Aa]uthor|am an?\b"
    r"|(?:is|was|are) (?:an?|the|currently|also|\w+[’']s?)\b|has (?:been|written|worked|covered)|writes|covers|reports|joined|works|teaches)"
)
TRADE = re.compile(r"(?i)\b(?:reporter|writer|correspondent|editor|journalist|columnist|author|contributor|professor|fellow|blogger|covers|writes)")
"""What the people are whom a page introduces as its authors."""

DATELINE = re.compile(r"[A-Z][A-Z]{2,}[A-Za-z .,'’-]{0,40}(?:\d{1,2})?,? ?(?:\([A-Z][\w ]{1,20}\))? ?(?:[—–]|--?)?$")
LABELLED = re.compile(r"[\w .,&/’'-]{2,45} ?: ?\S")
COMPANY = re.compile(r"\b(?:Inc|Ltd|LLC|GmbH|Corp|Corporation|Company|PLC|Pty|Limited|Media Group)\b")

SHORT, SENTENCE, LONG, WINDOW = 25, 60, 100, 40
"""Code points below which a line is a menu's item, from which a sentence is the article's, from which it may lack its end; the units
before the body among which the headline is sought."""

AGAINST = {
    "list": -150, "comments": -400, "published": -90, "byline": -90, "copyright": -200, "imprint": -150, "credit": -60, "navigation": -60,
    "related": -25, "caption": -10, "advertisement": -10, "repeated": -40,
}  # fmt: skip
"""How much a unit with a mark speaks against being inside the article; a sentence speaks for it with its length."""


OUTSIDE = {"": "navigation", "list": "navigation", "comments": "navigation", "related": "navigation", "repeated": "caption"}
"""The kinds of units before the body by their marks, where the mark itself is not the kind."""


@dataclass(frozen=True)
class Correction:
    """What a curator says of a part of a page: its kind, and either its lines (1-based, inclusive) or its code points."""

    kind: str
    lines: tuple[int, int] | None = None
    raw: tuple[int, int] | None = None


@dataclass
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
    return _zones(page, _kinds(page))


def _unified(raw: str) -> str:
    """The page with LF as its only line end and every code point where it was."""
    return raw.replace("\r\n", " \n").replace("\r", "\n") if "\r" in raw else raw


def _lines(text: str) -> _Page:
    page = _Page([], [], [])
    at, blank = 0, True
    for line in text.split("\n"):
        shown = line.strip()
        if shown:
            page.starts.append(at if line[0] == shown[0] else at + line.index(shown[0]))
            page.texts.append(shown)
            page.apart.append(blank)
        blank = not shown
        at += len(line) + 1
    return page


def _unwrapped(page: _Page, text: str) -> _Page:
    """The page with the lines of every hard-wrapped paragraph as one unit."""
    joined = _joined(page)
    if not any(joined):
        return page
    firsts = [at for at, join in enumerate(joined) if not join]
    lasts = [at - 1 for at in firsts[1:]] + [len(joined) - 1]
    texts = [
        page.texts[first] if first == last else text[page.starts[first] : page.starts[last] + len(page.texts[last])]
        for first, last in zip(firsts, lasts, strict=True)
    ]
    return _Page([page.starts[at] for at in firsts], texts, [page.apart[at] for at in firsts])


def _joined(page: _Page) -> list[bool]:
    """For every line, whether it goes on with the paragraph of the line before."""
    joined = [False] * len(page.texts)
    width = 0
    for at in range(1, len(joined)):
        before, line = page.texts[at - 1], page.texts[at]
        if page.apart[at] or not 45 <= len(before) <= 110 or len(line) > 110:
            continue
        width = max(width, len(before)) if joined[at - 1] else len(before)
        full = len(before) + 1 + len(line.split(None, 1)[0]) > max(width, len(line))
        if not full:
            continue
        if line[0].islower():
            joined[at] = not _ends(before)
        elif joined[at - 1]:
            joined[at] = True
        elif at + 1 < len(joined) and not page.apart[at + 1] and page.texts[at + 1][0].islower():
            joined[at] = len(line) >= 45 and not _ends(before)
    return joined


def _ends(text: str) -> bool:
    """Whether a text ends as a sentence does."""
    last = text[-1]
    if last in CLOSING:
        last = text[-8:].rstrip(CLOSING)[-1:]
    return last in TERMINAL


def _openings() -> dict[str, tuple[re.Pattern[str], list[str]]]:
    """The openings by their first three letters in any case, each a pattern whose last group's number gives the kind."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for kind, rest, openings in OPENINGS:
        for opening in openings.split("|"):
            rows.setdefault(opening[:3], []).append((kind, f"({opening}{rest})"))
    found: dict[str, tuple[re.Pattern[str], list[str]]] = {}
    for key, patterns in rows.items():
        row = re.compile("|".join(pattern for _, pattern in patterns)), [kind for kind, _ in patterns]
        found |= dict.fromkeys((key, key.upper(), key.title(), key.capitalize()), row)
    return found


_OPENINGS = _openings()


def _mark(text: str) -> str:
    """What a unit says it is by its own first or last words: a kind, `list` or `comments`, or nothing."""
    start = text[:3]
    if start[0] in PREFIX:
        text = text.lstrip(PREFIX) or "-"
        start = text[:3]
    row = _OPENINGS.get(start)
    found = row and row[0].match(text[:110].lower())
    if row and found:
        return row[1][(found.lastindex or 1) - 1]
    size = len(text)
    if size < SHORT and "/" not in text:
        return "published" if start[0].isdigit() and DATE_LINE.match(text.lower()) else ""
    if "©" in text[:110] or "ights reserved" in (low := text[:110].lower()) or "c) 20" in low:
        return "caption" if size > 60 and "ights" not in text else "copyright"
    return _caption_mark(text) or (_line_mark(text) if size < 120 else "") or _teaser_mark(text)


def _caption_mark(text: str) -> str:
    tail = text[-90:]
    if tail[-1] == ")" or tail[-2:] == ").":
        return "caption" if PARENTHESIS.match(tail[tail.rfind("(") - 2 :].lower()) else ""
    for cue in TAIL_CUES:
        if cue in tail:
            return "caption" if CAPTION_TAIL.search(tail.lower()) else ""
    return ""


def _line_mark(text: str) -> str:
    if text[0].isdigit() and DATE_LINE.match(text.lower()):
        return "published"
    if "/" in text and AGENCY_SIGNATURE.match(text):
        return "credit"
    return "advertisement" if not _ends(text) and OFFER.search(text.lower()) else ""


def _teaser_mark(text: str) -> str:
    """Marks what breaks off: the first words of another article."""
    return "related" if text[-1] in "».…]eEgGyY" and text[-20:].lower().endswith(TEASER_TAIL) else ""


def _kinds(page: _Page) -> list[str]:
    """The kind of every unit."""
    texts = page.texts
    marks = [_mark(text) for text in texts]
    _mark_repeated(texts, marks)
    first, last = _stretch([AGAINST[mark] if mark else _weight(text) for text, mark in zip(texts, marks, strict=True)])
    last = _without_bio(texts, first, last)
    headline = _headline(texts, marks, first)
    kinds = [OUTSIDE.get(mark, mark) for mark in marks[:first]]
    kinds += _within(texts, marks, first, last)
    kinds += _after(texts, marks, last)
    _name_headline(texts, kinds, headline)
    _name_imprint(texts, kinds, last)
    return kinds


def _mark_repeated(texts: Sequence[str], marks: list[str]) -> None:
    """Marks long units that stand on the page more than once: captions, and teasers of other articles."""
    if len(set(texts)) == len(texts):
        return
    seen: dict[str, int] = {}
    for at, text in enumerate(texts):
        if len(text) >= SENTENCE and not marks[at]:
            if text in seen:
                marks[at] = marks[seen[text]] = "repeated"
            else:
                seen[text] = at


def _weight(text: str) -> int:
    """How much a unit without a mark speaks for the article (above 0) or against it."""
    size = len(text)
    if _ends(text):
        return min(size, 300) if size >= SENTENCE else size // 3
    if size < SHORT:
        return -12
    if size >= LONG and ". " in text:
        return min(size, 200) // 2
    return -15


def _stretch(weights: Sequence[int]) -> tuple[int, int]:
    """The run of units [first, last) with the greatest sum of weights; (0, 0) when none is above 0."""
    best, first, last = 0, 0, 0
    total, start = 0, 0
    for at, weight in enumerate(weights):
        if total <= 0:
            total, start = 0, at
        total += weight
        if total > best:
            best, first, last = total, start, at + 1
    return first, last


def _without_bio(texts: Sequence[str], first: int, last: int) -> int:
    """The end of the body without the paragraphs at its end that introduce the author."""
    for at in range(max(first + 1, last - 4), last):
        if _is_bio(texts[at]):
            return at
    return last


def _is_bio(text: str) -> bool:
    return len(text) > 40 and BIO.match(text) is not None and TRADE.search(text[:300]) is not None


def _headline(texts: Sequence[str], marks: Sequence[str], first: int) -> str:
    """The headline, case-folded, or nothing: the line before the body that shares most words with it."""
    words = set(" ".join(texts[first : first + 8])[:2500].casefold().split())
    best, found = 0.0, ""
    for at in range(max(0, first - WINDOW), first):
        text = texts[at]
        if marks[at] not in ("", "repeated", "list") or not 12 <= len(text) <= 250 or text.count(" ") < 2:
            continue
        own = {word for word in text.casefold().split() if len(word) > 3}
        shared = len(own & words)
        score = shared + 2 * shared / (len(own) + 1) + 0.01 * (at - first)
        if score > best:
            best, found = score, text.casefold()
    return found


def _within(texts: Sequence[str], marks: Sequence[str], first: int, last: int) -> list[str]:
    """The kinds of the units among the article's paragraphs."""
    kinds: list[str] = []
    listed = False
    for at in range(first, last):
        text, mark = texts[at], marks[at]
        sentence = _ends(text) or len(text) >= LONG
        listed = mark == "list" or (listed and not sentence)
        if listed:
            kinds.append("related")
        elif mark:
            kinds.append({"comments": "comment", "repeated": "caption"}.get(mark, mark))
        elif sentence:
            kinds.append("dateline" if at == first and _is_dateline(text) else "body")
        elif at == first and _is_dateline(text):
            kinds.append("dateline")
        else:
            kinds.append("heading" if _is_heading(texts, marks, at, last) else "navigation")
    return kinds


def _is_dateline(text: str) -> bool:
    return len(text) < SENTENCE and DATELINE.match(text) is not None


def _is_heading(texts: Sequence[str], marks: Sequence[str], at: int, last: int) -> bool:
    """Whether a short line heads the paragraph that follows it."""
    if len(texts[at]) > 90 or texts[at][-1] in ",;" or texts[at][0].islower():
        return False
    after = at + 1
    while after < last and after < at + 4 and (marks[after] or texts[after] == texts[at]):
        after += 1
    return after < last and (_ends(texts[after]) or len(texts[after]) >= LONG)


def _after(texts: Sequence[str], marks: Sequence[str], last: int) -> list[str]:
    """The kinds of the units behind the article."""
    kinds: list[str] = []
    names = {text[3:].strip() for text, mark in zip(texts, marks, strict=True) if mark == "byline" and text[:3] in ("By ", "by ", "BY ")}
    area = "navigation"
    for at in range(last, len(texts)):
        text, mark = texts[at], marks[at]
        if mark == "comments":
            area = "comment"
        elif mark == "list":
            area = "related" if _heads_articles(texts, marks, at) else "navigation"
        elif mark in ("copyright", "imprint", "credit"):
            area = "navigation"
            kinds.append(mark)
            continue
        kinds.append(_behind(text, mark, area, names))
    return kinds


def _heads_articles(texts: Sequence[str], marks: Sequence[str], at: int) -> bool:
    """Whether headlines follow the heading of a list, not a menu."""
    after = at + 1
    while after < len(texts) and after < at + 4 and marks[after] == "list":
        after += 1
    return after < len(texts) and len(texts[after]) >= SHORT and texts[after].count(" ") > 2


def _behind(text: str, mark: str, area: str, names: set[str]) -> str:
    if mark == "navigation" and len(text) < SHORT:
        return mark
    if mark == "list" or area == "comment" or (area == "related" and text.count(" ") > 1):
        return area
    if mark and mark != "repeated":
        return mark
    if text in names:
        return "byline"
    if _is_bio(text):
        return "bio"
    return "related" if len(text) >= SHORT and text.count(" ") > 3 and not text.isupper() else "navigation"


def _name_headline(texts: Sequence[str], kinds: list[str], headline: str) -> None:
    """Names the headline wherever it stands again."""
    if headline:
        for at, text in enumerate(texts):
            if len(text) == len(headline) and text.casefold() == headline and kinds[at] not in ("related", "comment"):
                kinds[at] = "headline"


def _name_imprint(texts: Sequence[str], kinds: list[str], last: int) -> None:
    """Names the lines beside a copyright line that say who publishes the page."""
    for at in range(last, len(texts)):
        if kinds[at] != "copyright":
            continue
        for side in (at - 1, at + 1):
            if last <= side < len(texts) and kinds[side] in ("navigation", "related") and COMPANY.search(texts[side][:120]):
                kinds[side] = "imprint"
        side = at + 1
        while side < len(texts) and kinds[side] in ("imprint", "navigation", "related") and LABELLED.match(texts[side][:60]):
            kinds[side] = "imprint"
            side += 1


def _zones(page: _Page, kinds: Sequence[str]) -> tuple[Zone, ...]:
    """Zones from the kinds of units: one for each unit that is kept, one for neighbours of another kind."""
    found: list[Zone] = []
    start, end, open_kind = 0, 0, ""
    for at, kind in enumerate(kinds):
        if kind == open_kind and not page.apart[at] and kind not in KEPT_KINDS:
            end = page.starts[at] + len(page.texts[at])
            continue
        if open_kind:
            found.append(Zone(start, end, open_kind))
        start, open_kind = page.starts[at], kind
        end = start + len(page.texts[at])
    if open_kind:
        found.append(Zone(start, end, open_kind))
    return tuple(found)


def corrected(raw: str, zones: Sequence[Zone], corrections: Sequence[Correction]) -> tuple[Zone, ...]:
    """The zones of a page after a curator's corrections, the later before the earlier; a zone that one overlaps is cut.

    Corrected lines of a kept kind become a zone each, all other corrections one zone.

    Raises:
        EventBankError: E211 to E214, for every correction that cannot be applied.
    """
    lines = _line_spans(raw)
    problems: list[Problem] = []
    found = list(zones)
    for correction in corrections:
        wrong = _wrong(raw, lines, correction)
        if wrong:
            problems.append(wrong)
        elif not problems:
            added = _corrections_zones(raw, lines, correction)
            found = [part for zone in found for part in _cut(raw, zone, added[0].raw_start, added[-1].raw_end)] + added
    raise_errors(problems)
    return tuple(sorted(found))


def _line_spans(raw: str) -> list[tuple[int, int]]:
    spans, at = [], 0
    for line in _unified(raw).split("\n"):
        spans.append((at, at + len(line)))
        at += len(line) + 1
    return spans


def _wrong(raw: str, lines: Sequence[tuple[int, int]], correction: Correction) -> Problem | None:
    if correction.kind not in ZONE_KINDS:
        return UNKNOWN_KIND.at(None, repr(correction.kind))
    if (correction.lines is None) == (correction.raw is None):
        return ONE_RANGE.at(None, f"lines {correction.lines}, raw {correction.raw}")
    if correction.lines and not 1 <= correction.lines[0] <= correction.lines[1] <= len(lines):
        return BEYOND_PAGE.at(None, f"lines {correction.lines} of {len(lines)}")
    if correction.raw and not 0 <= correction.raw[0] < correction.raw[1] <= len(raw):
        return BEYOND_PAGE.at(None, f"code points {correction.raw} of {len(raw)}")
    start, end = _span(lines, correction)
    if not raw[start:end].strip():
        return BLANK_RANGE.at(None, f"code points [{start},{end})")
    return None


def _span(lines: Sequence[tuple[int, int]], correction: Correction) -> tuple[int, int]:
    """The code points that a correction covers."""
    if correction.lines:
        return lines[correction.lines[0] - 1][0], lines[correction.lines[1] - 1][1]
    return correction.raw or (0, 0)


def _corrections_zones(raw: str, lines: Sequence[tuple[int, int]], correction: Correction) -> list[Zone]:
    spans = [_span(lines, correction)]
    if correction.lines and correction.kind in KEPT_KINDS:
        spans = list(lines[correction.lines[0] - 1 : correction.lines[1]])
    return [zone for start, end in spans for zone in _stripped(raw, start, end, correction.kind)]


def _cut(raw: str, zone: Zone, start: int, end: int) -> list[Zone]:
    """What is left of a zone outside of `[start, end)`."""
    if zone.raw_end <= start or end <= zone.raw_start:
        return [zone]
    return _stripped(raw, zone.raw_start, start, zone.kind) + _stripped(raw, end, zone.raw_end, zone.kind)


def _stripped(raw: str, start: int, end: int, kind: str) -> list[Zone]:
    """The zone of a range without its outer white space; none when there is nothing else in it."""
    text = raw[start:end] if start < end else ""
    shown = text.strip()
    if not shown:
        return []
    start += text.index(shown[0])
    return [Zone(start, start + len(shown), kind)]
