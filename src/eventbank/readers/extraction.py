"""The text of an HTML page and its head: by trafilatura, or many times as fast and less precisely by resiliparse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from eventbank.errors import EventBankError
from eventbank.readers.markup import Head
from eventbank.readers.record import NO_CONTENT, NO_EXTRA, TOO_DEEP

DEEPEST = 1000
"""Elements inside each other, beyond which a page is refused; libxml2 gives up at 2048, the time of other parsers grows with the square."""

_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_BARE = frozenset(b"area base br col embed hr img input link meta source track wbr p li dt dd tr td th option param tbody thead".split())
"""Elements that have no end, or need none, save those of a table that hold tables."""


_SELECTED = "time[pubdate], [itemprop=datePublished], .published, .dt-published"
_CLASSES = "contains(concat(' ', normalize-space(@class), ' '), ' {} ')"
_TIMES = f"//time[@pubdate] | //*[@itemprop='datePublished' or {_CLASSES.format('published')} or {_CLASSES.format('dt-published')}]"
"""What marks the time of publication in HTML 5, schema.org and microformats, as a selector and as a path."""


def depth(data: bytes) -> int:
    """How deep the elements of a page stand in each other, at most; an upper bound where it is below `DEEPEST`."""
    import numpy as np

    raw = np.frombuffer(data, np.uint8)
    opens = np.flatnonzero(raw[:-1] == 60)
    after = raw[opens + 1] if len(opens) else opens
    steps = np.where(after == 47, -1, np.where((after | 32) - 97 < 26, 1, 0))
    sums = np.cumsum(steps)
    rough = int((sums - np.minimum.accumulate(sums)).max()) + 1 if len(sums) else 0
    return rough if rough <= DEEPEST else _exact(data)


def _exact(data: bytes) -> int:
    """The depth, with elements without an end left out; tables in tables count twice, for their rows and cells."""
    deepest = now = 0
    for found in _TAG.finditer(data):
        name = found[2].lower()
        if name in _BARE:
            continue
        step = 3 if name == b"table" else 1
        now = max(0, now - step) if found[1] else now + step
        deepest = max(deepest, now)
    return deepest


def extract(html: str, *, fast: bool = False) -> tuple[str, Head]:
    """The main text of a page, its paragraphs parted by blank lines, and what its head states.

    The text is what trafilatura 2 gives without comments (with `fast`, what resiliparse gives as main content), line for line.

    Raises:
        EventBankError: E807 for a page without text, E810 for one that is nested too deep, E811 without the extra.
    """
    deep = depth(html.encode("utf-8", "surrogatepass"))
    if deep > DEEPEST:
        raise EventBankError(TOO_DEEP.at(None, f"{deep:,} elements in each other"))
    text, head = _resiliparse(html) if fast else _trafilatura(html)
    lines = [line.strip() for line in text.splitlines()]
    text = "\n\n".join(line for line in lines if line)
    if not text:
        raise EventBankError(NO_CONTENT.at())
    return text, head


def _trafilatura(html: str) -> tuple[str, Head]:
    try:
        from trafilatura import extract as main_text
        from trafilatura import load_html
    except ImportError:
        raise EventBankError(NO_EXTRA.at(None, "pip install 'eventbank[html]'")) from None

    tree = load_html(html)
    if tree is None:
        return "", Head()
    head = _head(tree)
    return main_text(tree, include_comments=False) or "", head


def _head(tree: Any) -> Head:
    """The head of a tree of lxml."""
    metas, scripts, canonical = [], [], None
    for node in tree.iter("meta", "script", "link"):
        if node.tag == "meta":
            metas.append((_name(node.get), node.get("content") or ""))
        elif node.tag == "link":
            canonical = canonical or (node.get("href") if (node.get("rel") or "").lower() == "canonical" else None)
        elif (node.get("type") or "").lower() == "application/ld+json" and node.text:
            scripts.append(node.text)
    title = tree.find(".//title")
    return Head(
        metas=metas,
        scripts=scripts,
        canonical=canonical,
        language=tree.get("lang"),
        title=title.text if title is not None else None,
        headings=["".join(node.itertext()) for node in tree.iter("h1")],
        times=[found for node in tree.xpath(_TIMES) for found in _times(node.tag, node.get)],
    )


def _name(get: Callable[[str], str | None]) -> str:
    return (get("property") or get("name") or get("itemprop") or get("http-equiv") or "").lower()


def _times(tag: str, get: Callable[[str], str | None]) -> list[tuple[str, str]]:
    """The time that an element states for machines: in its first attribute of these."""
    return [(f"{tag} {name}", value) for name in ("datetime", "content", "title") if (value := get(name))][:1]


def _resiliparse(html: str) -> tuple[str, Head]:
    try:
        from resiliparse.extract.html2text import extract_plain_text
        from resiliparse.parse.html import HTMLTree
    except ImportError:
        raise EventBankError(NO_EXTRA.at(None, "pip install 'eventbank[scale]'")) from None

    tree = HTMLTree.parse(html)
    root: Any = tree.document
    metas = [(_name(node.getattr), node.getattr("content") or "") for node in root.query_selector_all("meta")]
    canonical = root.query_selector('link[rel="canonical"]')
    page = root.query_selector("html")
    head = Head(
        metas=metas,
        scripts=[node.text for node in root.query_selector_all('script[type="application/ld+json"]')],
        canonical=canonical.getattr("href") if canonical else None,
        language=page.getattr("lang") if page else None,
        title=tree.title or None,
        headings=[node.text for node in root.query_selector_all("h1")],
        times=[found for node in root.query_selector_all(_SELECTED) for found in _times(node.tag, node.getattr)],
    )
    return extract_plain_text(tree, main_content=True, alt_texts=False, links=False, comments=False), head
