"""Strings of a withheld document as places: where they stand in its text or on its page, instead of what they say.

`@text:[[12,5]]` is five code points of the document's text from code point 12 on, `@page:[[3,20]," ",[40,2]]` parts of the decoded raw
page with something between them that stands nowhere on it. Whoever has the page can read such a string; whoever has not learns nothing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Set
from dataclasses import dataclass

TEXT, PAGE = "@text:", "@page:"
"""What a string that is given as places begins with. A string that begins so by itself is given as places, too."""

_WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"[^\W\d_]")
_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff]")
"""Scripts that put no space between words."""
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")

Part = list[int] | str


@dataclass(frozen=True)
class Original:
    """What the places of a document lead to: the decoded raw page and the text made from it."""

    page: str
    text: str


def encode(string: str, original: Original, at: int = 0) -> str:
    """The string as places, the fewest that were found; an empty string stays.

    Args:
        at: code point of the text from which on the string should stand there, if it does.
    """
    if not string:
        return string
    start = original.text.find(string, at)
    start = start if start >= 0 else original.text.find(string)
    if start >= 0:
        return _code(TEXT, [[start, len(string)]])
    in_text, on_page = _parts(string, original.text), _parts(string, original.page)
    if len(in_text) <= len(on_page) and not has_words(in_text):
        return _code(TEXT, in_text)
    return _code(PAGE, on_page)


def decode(string: str, original: Original) -> str:
    """The string that was given as places; any other string stays.

    Raises:
        ValueError: if it begins like places and is none, or leads out of the text or page.
    """
    if not is_places(string):
        return string
    source = original.text if string.startswith(TEXT) else original.page
    return "".join(part if isinstance(part, str) else source[part[0] : part[0] + part[1]] for part in _read(string, len(source)))


def is_places(string: str) -> bool:
    """Whether a string of a withheld document is given as places."""
    return string.startswith((TEXT, PAGE))


def is_complete(string: str) -> bool:
    """Whether places hold no letter or digit themselves: all of them stand on the page."""
    return not has_words(_read(string, None)) if is_places(string) else not _WORD.search(string)


def has_words(parts: list[Part]) -> bool:
    """Whether what stands between the places has a letter or a digit."""
    return any(isinstance(part, str) and _WORD.search(part) for part in parts)


def words(string: str) -> Iterator[str]:
    """The words of two letters or more, folded so that case, width and invisible characters make no difference; numbers are none.

    In scripts without spaces between words every two neighbours count as one.
    """
    folded = _UNSEEN.sub("", unicodedata.normalize("NFKC", string)).casefold()
    for word in _WORD.findall(folded):
        if _WIDE.search(word):
            yield from (word[at : at + 2] for at in range(max(1, len(word) - 1)))
        elif len(word) > 1 and _LETTER.search(word):
            yield word


def quotes(string: str, known: Set[str]) -> bool:
    """Whether a string has a word that is known; `known` are the `words` of a page."""
    return is_places(string) or any(word in known for word in words(string))


def _code(base: str, parts: list[Part]) -> str:
    return base + json.dumps(parts, separators=(",", ":"))


def _parts(string: str, source: str) -> list[Part]:
    """The string as the longest pieces of the source, from the front; what stands nowhere in the source stays as it is."""
    parts: list[Part] = []
    at = 0
    while at < len(string):
        size = _longest(string, at, source)
        if size:
            parts.append([source.find(string[at : at + size]), size])
        elif parts and isinstance(parts[-1], str):
            parts[-1] += string[at]
        else:
            parts.append(string[at])
        at += size or 1
    return parts


def _longest(string: str, at: int, source: str) -> int:
    """The length of the longest piece of the string from `at` on that stands in the source."""
    low, high = 0, 1
    while at + high <= len(string) and string[at : at + high] in source:
        low, high = high, 2 * high
    high = min(high, len(string) - at + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if string[at : at + middle] in source:
            low = middle
        else:
            high = middle
    return low


def _read(string: str, size: int | None) -> list[Part]:
    """The parts of places; with a `size` none may lead beyond it.

    Raises:
        ValueError: if they are no parts, or lead out of the source.
    """
    parts = json.loads(string[len(TEXT) :])
    if not isinstance(parts, list):
        raise ValueError("no list of places")
    for part in parts:
        if isinstance(part, str):
            continue
        if not (isinstance(part, list) and len(part) == 2 and all(type(number) is int and number >= 0 for number in part)):
            raise ValueError("no place")
        if size is not None and sum(part) > size:
            raise ValueError(f"a place ends at {sum(part)} of {size}")
    return parts
