"""Records in JSON: files and lines of them, held against the shape that a format gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from eventbank.errors import Place, Problem
from eventbank.formats.sample import MALFORMED, Files, texts

Shape = Any
"""A type, `[shape]` for a list, `{key: shape}` for an object (a key that ends in "?" may be missing or null), or a tuple of shapes for a
list of that length."""

_NAMES = {str: "text", int: "a whole number", list: "a list", dict: "an object"}
_SURROGATE = re.compile("[\ud800-\udfff]")


def lines(files: Files, shape: Shape, suffixes: tuple[str, ...] = (".jsonl", ".json")) -> Iterator[tuple[Place, Any] | Problem]:
    """The records of files that hold one on each line, each with its place; E721 for a line that is none.

    A file whose first character is `[` is a list of records instead, as some distribute them; the line is then that of the list.
    """
    for found in texts(files, suffixes):
        if isinstance(found, Problem):
            yield found
            continue
        name, text = found
        if text.lstrip().startswith("["):
            whole = _parsed(text, Place(file=name, line=1))
            for one in whole if isinstance(whole, list) else [whole]:
                yield one if isinstance(one, Problem) else _checked(one, shape, Place(file=name, line=1))
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                place = Place(file=name, line=number)
                record = _parsed(line, place)
                yield record if isinstance(record, Problem) else _checked(record, shape, place)


def wholes(files: Files, shape: Shape, suffix: str = ".json") -> Iterator[tuple[Place, Any] | Problem]:
    """The records of files that hold one each; E721 for a file that is none."""
    for found in texts(files, suffix):
        if isinstance(found, Problem):
            yield found
        else:
            name, text = found
            record = _parsed(text, Place(file=name, line=1))
            yield record if isinstance(record, Problem) else _checked(record, shape, Place(file=name, line=1))


def misfit(value: Any, shape: Shape, path: str = "") -> str:
    """Where a value has another shape, and what is there; empty if it fits. A number with a fraction of 0 is no whole number."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return f"{path or 'the record'} is {_kind(value)}, not an object"
        for key, inner in shape.items():
            name = key.removesuffix("?")
            if value.get(name) is None:
                if not key.endswith("?"):
                    return f"{path}.{name} is missing".lstrip(".")
                continue
            found = misfit(value[name], inner, f"{path}.{name}".lstrip("."))
            if found:
                return found
        return ""
    if isinstance(shape, list | tuple):
        if not isinstance(value, list):
            return f"{path} is {_kind(value)}, not a list"
        if isinstance(shape, tuple) and len(value) != len(shape):
            return f"{path} has {len(value)} members, not {len(shape)}"
        inners = shape if isinstance(shape, tuple) else shape * len(value)
        return next((found for at, inner in enumerate(inners) if (found := misfit(value[at], inner, f"{path}[{at}]"))), "")
    if type(value) is not shape:
        return f"{path} is {_kind(value)}, not {_NAMES[shape]}"
    if shape is str and _SURROGATE.search(value):
        return f"{path} holds a lone surrogate"
    return ""


def _checked(record: Any, shape: Shape, place: Place) -> tuple[Place, Any] | Problem:
    found = misfit(record, shape)
    return MALFORMED.at(place, found) if found else (place, record)


def _parsed(text: str, place: Place) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        return MALFORMED.at(Place(file=place.file, line=place.line + error.lineno - 1), f"column {error.colno}: {error.msg}")
    except (ValueError, RecursionError) as error:
        found = "it is nested too deep" if isinstance(error, RecursionError) else str(error).partition(";")[0]
        return MALFORMED.at(place, found)


def _kind(value: Any) -> str:
    return "null" if value is None else _NAMES.get(type(value), type(value).__name__)
