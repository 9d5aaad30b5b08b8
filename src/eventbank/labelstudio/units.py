"""In which unit the offsets of an annotation count, where its own text tells.

Label Studio counts a `Text` in code points; versions before about 1.6, and what is made in JavaScript, count UTF-16 code units. The two
differ only behind a character beyond the Basic Multilingual Plane, such as an emoji. Nothing is converted here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from eventbank.labelstudio.results import squash
from eventbank.offsets import utf16_ruler

CODE_POINT, UTF16_UNIT = "code point", "utf16"
ANY = ""
"""Stands for every object where no labelling config says which key of the data it shows."""

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")

Quoted = tuple[int, int, str]
_END = itemgetter(1)


def telling_texts(data: object, objects: Mapping[str, str] | None) -> dict[str, str]:
    """The texts of a task in which the two units differ, by the name of the object that shows each.

    Args:
        data: the task's `data`.
        objects: the key of the data by the name of each `Text`; without it every object shows `text`.
    """
    if not isinstance(data, dict):
        return {}
    shown = {name: data.get(key) for name, key in ({ANY: "text"} if objects is None else objects).items()}
    return {name: text for name, text in shown.items() if type(text) is str and not text.isascii() and _ASTRAL.search(text)}


def text_of(result: Mapping[str, Any], texts: Mapping[str, str]) -> str | None:
    """The telling text that a result labels by whole-numbered offsets, if it does."""
    value, name = result.get("value"), result.get("to_name")
    if type(value) is not dict or type(value.get("start")) is not int or type(value.get("end")) is not int:
        return None
    return texts.get(name if type(name) is str else ANY, texts.get(ANY))


def offset_unit(results: Sequence[Mapping[str, Any]], texts: Mapping[str, str]) -> str | None:
    """The unit that fits the words of every region of an annotation, if just one does.

    A region tells if it quotes its words in `value.text`; they are compared without white space, which Label Studio does not keep.
    """
    quoted: dict[str, list[Quoted]] = {}
    for result in results:
        text = text_of(result, texts)
        if text is not None and type(result["value"].get("text")) is str:
            quoted.setdefault(text, []).append((result["value"]["start"], result["value"]["end"], result["value"]["text"]))
    if not quoted:
        return None
    if all(_fits(text, *one) for text, regions in quoted.items() for one in regions):
        telling = any(not _fits_utf16(text[: one[1]], *one) for text, regions in quoted.items() for one in sorted(regions, key=_END))
        return CODE_POINT if telling else None
    return UTF16_UNIT if all(_all_fit_utf16(text, regions) for text, regions in quoted.items()) else None


def _fits(text: str, start: int, end: int, words: str) -> bool:
    if not 0 <= start < end <= len(text):
        return False
    here = text[start:end]
    return here == words or squash(here) == squash(words)


def _fits_utf16(text: str, start: int, end: int, words: str) -> bool:
    return not _ASTRAL.search(text) or _all_fit_utf16(text, [(start, end, words)])


def _all_fit_utf16(text: str, regions: Sequence[Quoted]) -> bool:
    ruler = utf16_ruler(text)
    try:
        return all(_fits(text, ruler.to_code_points(start), ruler.to_code_points(end), words) for start, end, words in regions)
    except ValueError:
        return False
