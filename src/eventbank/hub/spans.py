"""A text with its labels as HTML: nested and overlapping spans, every character that could mislead shown as what it is.

Two promises, tested for all texts: the words of a page are those of the text, code point for code point, and the elements nest. A span
that crosses another is cut into fragments where they cross; of triggers that overlap, which are links and cannot hold each other, the
shorter one is whole. Offsets are code points, half open.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markupsafe import Markup

Kind = Literal["entity", "value", "trigger"]
KINDS: tuple[Kind, ...] = ("entity", "value", "trigger")
"""What is outside when two spans are equal: an entity outside of a value outside of a trigger."""

BREAK = "\n\n"
"""What stands between two paragraphs of a text."""

DEEPEST = 64
"""How many spans may lie in each other; browsers end at some hundreds. What lies deeper is in the lists beside the text only."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""Controls, marks and overrides of direction, and characters without width but the joiners, which spell words and emoji."""


@dataclass(frozen=True)
class Mark:
    """A labelled span. `id` is that of its element, `classes` and `data` (for `data-…`) go onto every fragment, `href` makes it a link."""

    start: int
    end: int
    kind: Kind
    id: str = ""
    classes: tuple[str, ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    href: str = ""


@dataclass(frozen=True)
class Node:
    """A mark, or a fragment of one, with what lies in it; `first` and `last` say whether it begins and ends there."""

    mark: Mark
    start: int
    end: int
    first: bool
    last: bool
    inside: tuple[Node, ...] = ()

    @property
    def height(self) -> int:
        """How many lines are drawn below the words inside."""
        return max((node.height for node in self.inside), default=-1) + 1


def paragraphs(text: str) -> list[tuple[int, int]]:
    """The places of the paragraphs, which `BREAK` joins to the text again."""
    found, start = [], 0
    for part in text.split(BREAK):
        found.append((start, start + len(part)))
        start += len(part) + len(BREAK)
    return found


def nested(marks: Iterable[Mark], start: int, end: int) -> tuple[Node, ...]:
    """The marks in a part of a text as trees in order; what reaches beyond the part is cut there."""
    pieces = [piece for mark in _disjoint(list(marks)) if (piece := _cut(mark, start, end))]
    roots: list[_Open] = []
    open_: list[_Open] = []
    heap = [(*_order(piece), at, piece) for at, piece in enumerate(pieces)]
    heapq.heapify(heap)
    count = len(heap)
    while heap:
        piece = heapq.heappop(heap)[-1]
        while open_ and open_[-1].node.end <= piece.start:
            open_.pop()
        if len(open_) == DEEPEST:
            continue
        if open_ and open_[-1].node.end < piece.end:
            cut = open_[-1].node.end
            rest = replace(piece, start=cut, first=False)
            heapq.heappush(heap, (*_order(rest), count, rest))
            count += 1
            piece = replace(piece, end=cut, last=False)
        here = _Open(piece, [])
        (open_[-1].inside if open_ else roots).append(here)
        open_.append(here)
    return tuple(one.closed() for one in roots)


def html(text: str, marks: Sequence[Mark]) -> tuple[list[Markup], frozenset[str]]:
    """The paragraphs of a text, each as the inside of an element, and the ids in them.

    An id is given once, to the first fragment that is shown; a trigger that lies wholly below shorter ones has none.
    """
    given: set[str] = set()
    ordered = sorted(marks, key=lambda mark: mark.start)
    found, open_, at = [], list[Mark](), 0
    for start, end in paragraphs(text):
        while at < len(ordered) and ordered[at].start < end:
            open_.append(ordered[at])
            at += 1
        open_ = [mark for mark in open_ if mark.end > start]
        found.append(_inside(text, nested(open_, start, end), start, end, given))
    return found, frozenset(given)


def shown(string: str) -> Markup:
    """Text for the inside of an element: markup escaped, hidden characters by their number in a box."""
    from markupsafe import Markup, escape

    parts, at = [], 0
    for match in _HIDDEN.finditer(string):
        parts += [escape(string[at : match.start()]), Markup('<span class="ctl">{}</span>').format(_number(match[0]))]
        at = match.end()
    return Markup("").join([*parts, escape(string[at:])])


def plain(string: str) -> str:
    """Text for a place that holds no elements, such as a title: hidden characters by their number in brackets."""
    return _HIDDEN.sub(lambda match: f"[{_number(match[0])}]", string)


def _number(char: str) -> str:
    return f"U+{ord(char):04X}"


def _inside(text: str, nodes: Sequence[Node], start: int, end: int, given: set[str]) -> Markup:
    from markupsafe import Markup

    parts, at = [], start
    for node in nodes:
        parts += [shown(text[at : node.start]), _element(text, node, given)]
        at = node.end
    return Markup("").join([*parts, shown(text[at:end])])


def _element(text: str, node: Node, given: set[str]) -> Markup:
    from markupsafe import Markup, escape

    mark = node.mark
    again = bool(mark.id) and mark.id in given
    names = ["m", mark.kind, f"h{min(node.height, 4)}", *mark.classes]
    names += ["cut-before"] * (not node.first) + ["cut-after"] * (not node.last)
    attributes = {"class": " ".join(names), **{f"data-{key}": value for key, value in mark.data.items() if not again or key != "n"}}
    if mark.id and not again:
        attributes["id"] = mark.id
        given.add(mark.id)
    if mark.title:
        attributes["title"] = plain(mark.title)
    if mark.href:
        attributes |= {"href": mark.href} | ({"tabindex": "-1"} if again else {})
    tag = "a" if mark.href else "span"
    said = Markup("").join(Markup(' {}="{}"').format(Markup(key), escape(value)) for key, value in attributes.items())
    return Markup("<{tag}{said}>{inside}</{tag}>").format(
        tag=Markup(tag), said=said, inside=_inside(text, node.inside, node.start, node.end, given)
    )


@dataclass
class _Open:
    """A node that may still get others inside."""

    node: Node
    inside: list[_Open]

    def closed(self) -> Node:
        return replace(self.node, inside=tuple(one.closed() for one in self.inside))


def _cut(node: Node, start: int, end: int) -> Node | None:
    low, high = max(node.start, start), min(node.end, end)
    if low >= high:
        return None
    return replace(node, start=low, end=high, first=node.first and low == node.start, last=node.last and high == node.end)


def _order(node: Node) -> tuple[int, int, int, int]:
    return node.start, -node.end, KINDS.index(node.mark.kind), node.mark.start


def _disjoint(marks: Sequence[Mark]) -> Iterator[Node]:
    """Every mark as a node, links as fragments that do not overlap: where several are, the shortest is shown."""
    links = [mark for mark in marks if mark.href]
    yield from (Node(mark, mark.start, mark.end, True, True) for mark in marks if not mark.href)
    edges = sorted({edge for mark in links for edge in (mark.start, mark.end)})
    last: Node | None = None
    for low, high in pairwise(edges):
        there = [mark for mark in links if mark.start <= low and high <= mark.end]
        if not there:
            continue
        shortest = min(there, key=lambda mark: (mark.end - mark.start, -mark.start))
        if last and last.mark is shortest and last.end == low:
            last = replace(last, end=high, last=high == shortest.end)
        else:
            if last:
                yield last
            last = Node(shortest, low, high, low == shortest.start, high == shortest.end)
    if last:
        yield last
