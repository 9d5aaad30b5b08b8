"""The head of a noun phrase without a parser.

The rule follows Zhou, Su, Zhang and Zhang ("Exploring Various Knowledge in Relation Extraction", ACL 2005), who set the heads of ACE
mentions by it: the last word, or, where there is a preposition in the mention, the last word before it, "University" in "University of
Michigan". What a word is, the list of prepositions, that the first of several counts and that those at the very beginning do not, are
decisions made here, so a head need not be theirs in every case. It suits spans that end before relative and participle clauses, as the
guidelines here have them. It is a rule for English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from eventbank.layer import Layer, Mention
from eventbank.offsets import Span

_LISTED = """
aboard about above across after against along amid among around as at before behind below beneath beside besides between
beyond by concerning despite down during except for from in inside into like near of off on onto opposite out outside
over past per regarding since through throughout to toward towards under underneath until up upon versus via with within
without
"""
PREPOSITIONS = frozenset(_LISTED.split())

_WORD = re.compile(r"(?<!['\u2019])\b[^\W_]+(?:[-\u2010\u2011.,/][^\W_]+)*")
"""A word with what hyphens and dots join to it; what follows an apostrophe is none."""


def head(start: int, text: str) -> Span:
    """The head of a phrase, as a span of code points of the document.

    Args:
        start: where the phrase begins in the document.
        text: the phrase.

    Returns:
        Its last word before the first preposition; prepositions at the very beginning ("up to 20") are passed over. A phrase without a word
        is its own head.
    """
    words = [match.span() for match in _WORD.finditer(text)]
    if not words:
        return start, start + len(text)
    prepositions = [text[first:last].lower() in PREPOSITIONS for first, last in words]
    begin = next((at for at, found in enumerate(prepositions) if not found), 0)
    cut = next((at for at in range(begin, len(words)) if prepositions[at] and at > begin), len(words))
    first, last = words[cut - 1]
    return start + first, start + last


def by_heads(layer: Layer) -> Layer:
    """The layer with every mention shrunk to its head; triggers stay as they are, which are but one word or a verb with its particle."""
    return replace(layer, mentions=tuple(_shrunk(layer.mentions)))


def _shrunk(mentions: Iterable[Mention]) -> Iterable[Mention]:
    for mention in mentions:
        start, end = head(mention.start, mention.text)
        yield replace(mention, start=start, end=end, text=mention.text[start - mention.start : end - mention.start])
