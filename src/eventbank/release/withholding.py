"""The rows of a document without what its page says, and the same rows with it again: `withhold`, and its mirror `restore`.

What stands beside its own offsets becomes null. A string that stands in the text, but has no offsets beside it, becomes a place in it
(`release.places`), as do a title and a dateline. What people and programs wrote freely (answers, normal forms, notes, fields that Label
Studio does not define) stays if no word of it stands on the page or in the title, and becomes places otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from eventbank.document import Piece, assembled, sha256
from eventbank.errors import Code, EventBankError, Place
from eventbank.offsets import tokenize
from eventbank.release.places import Original, decode, encode, is_complete, quotes, words
from eventbank.tables import ANNOTATIONS, DOCUMENTS, EVENTS, SENTENCES, Table

NOT_ON_PAGE = Code(
    "E640",
    "a title or dateline to be withheld has letters that its page does not have",
    "Give it in sources.yaml as the page has it, or null: the holder of the page must be able to find it there.",
)
NO_PLACE = Code("E641", "a place in a withheld document leads nowhere", "Get the stand-off release again.")

Row = dict[str, Any]
Change = Callable[[str], str]

NAMES = (
    "from_name", "to_name", "type", "origin", "direction", "region", "from_id", "to_id", "model_version", "unique_id", "labels", "choices",
)  # fmt: skip
WRITTEN = ("answers", "created_at", "updated_at")
KEYS = ("keys", "value_keys")
"""The columns of `annotations` whose strings come from the export: names, what was written freely, and keys."""

_NAME = re.compile(r"[\w.:-]{1,48}")
_WORDS_OF_NAME = re.compile(r"[^\W_]+")
_LONGEST_WIDE = 8


@dataclass(frozen=True)
class Withheld:
    """A document whose text may not be passed on: its page and text, and what may not be quoted of them.

    `seen` keeps what became of strings, many of which stand in every row.
    """

    doc_id: str
    original: Original
    known: frozenset[str] = frozenset()
    seen: dict[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)


def allowed(row: Mapping[str, Any]) -> bool:
    """Whether the text of a row of `documents` may be passed on."""
    return (row["rights"] or {}).get("redistribute") is True


def original_of(row: Mapping[str, Any], page: str) -> Original:
    """The page of a row of `documents` and the text made from it.

    Raises:
        EventBankError: E641 if the alignment of the row does not lead from this page to its text.
    """
    text = assembled(page, [Piece(**piece) for piece in row["alignment"]])
    if sha256(text.encode("utf-8", "surrogatepass")) != row["text_sha256"]:
        found = f"the page gives a text with another SHA-256 than {row['text_sha256'][:12]}…"
        raise EventBankError(NO_PLACE.at(Place(file=DOCUMENTS.name, doc_id=row["doc_id"]), found))
    return Original(page, text)


def known_words(page: str, title: str | None) -> frozenset[str]:
    """What a free string may not quote: the words of the page and of the title."""
    return frozenset((*words(page), *words(title or "")))


def withhold(table: Table, row: Row, held: Withheld) -> Row:
    """The row without anything that the page says.

    Raises:
        EventBankError: E640 for a title or dateline that cannot be given as places on the page.
    """
    if table is ANNOTATIONS:
        surface = partial(_places, held=held, at=row["start"])
        return _annotation(row, surface, _remembered(held, "name", _name), _remembered(held, "free", _free), _remembered(held, "key", _key))
    if table is DOCUMENTS:
        return row | {"title": _facts(row, "title", held), "dateline": _facts(row, "dateline", held), "text": None}
    if table is SENTENCES:
        return _sentence_withheld(row, held)
    found = _spans(row, lambda _: None, lambda string: _free(string, held))
    return found | {"title": _facts(row, "title", held)} if table is EVENTS else found


def restore(table: Table, row: Row, held: Withheld) -> Row:
    """The row as it was before `withhold`.

    Raises:
        EventBankError: E641 if a place or an offset leads nowhere.
    """

    def back(string: str) -> str:
        return decode(string, held.original)

    try:
        if table is ANNOTATIONS:
            return _annotation(row, back, back, back, _remembered(held, "back", lambda key, _: _escaped(back(_unescaped(key)))))
        if table is DOCUMENTS:
            return row | {"title": _each(row["title"], back), "dateline": _each(row["dateline"], back), "text": held.original.text}
        if table is SENTENCES:
            return _sentence_restored(row, held.original.text, back)
        found = _spans(row, lambda span: _slice(span, held.original.text), back)
        return found | {"title": _each(row["title"], back)} if table is EVENTS else found
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise EventBankError(NO_PLACE.at(Place(file=table.name, doc_id=held.doc_id), str(error))) from None


def _facts(row: Row, name: str, held: Withheld) -> str | None:
    """A title or a dateline as places; there must be nothing left of it."""
    string = row[name]
    if string is None:
        return None
    found = encode(string, held.original)
    if not is_complete(found):
        raise EventBankError(NOT_ON_PAGE.at(Place(file=DOCUMENTS.name, doc_id=held.doc_id), name))
    return found


def _remembered(held: Withheld, kind: str, change: Callable[[str, Withheld], str]) -> Change:
    """A change of strings that is made once for each."""

    def changed(string: str) -> str:
        found = held.seen.get((kind, string))
        if found is None:
            found = held.seen[kind, string] = change(string, held)
        return found

    return changed


def _key(key: str, held: Withheld) -> str:
    """A name as `keys` and `value_keys` have it, escaped as in JSON."""
    return _escaped(_name(_unescaped(key), held))


def _places(string: str, held: Withheld, at: int | None = None) -> str:
    return encode(string, held.original, max(0, at or 0))


def _free(string: str, held: Withheld) -> str:
    """What someone wrote: it stays unless it quotes."""
    return string if string == held.doc_id or not quotes(string, held.known) else encode(string, held.original)


def _name(string: str, held: Withheld) -> str:
    """The name of a control, a label, a key: it stays if it has the form of a name, which no passage of a text has."""
    wide = len(string.encode("utf-8", "surrogatepass")) > 2 * len(string)
    few = len(_WORDS_OF_NAME.findall(string)) <= 3 and (not wide or len(string) <= _LONGEST_WIDE)
    return string if few and _NAME.fullmatch(string) else _free(string, held)


def _spans(row: Row, surface: Callable[[Row], str | None], free: Change) -> Row:
    """A row of `events`, `mentions` or `arguments` with other surfaces: the text of whatever has a start and an end."""

    def inside(value: Any) -> Any:
        if isinstance(value, list):
            return [inside(one) for one in value]
        if not isinstance(value, dict):
            return value
        found = {key: inside(one) for key, one in value.items()}
        if {"start", "end", "text"} <= found.keys():
            found["text"] = surface(found)
        elif "text" in found:
            found["text"] = surface({"start": 0, "end": None})
        if found.get("normalized") is not None:
            found["normalized"] = free(found["normalized"])
        return found

    return dict(inside(row))


def _slice(span: Row, text: str) -> str:
    start, end = span["start"], span["end"]
    if end is None:
        return text
    if not 0 <= start <= end <= len(text):
        raise ValueError(f"[{start},{end}) of {len(text)}")
    return text[start:end]


def _sentence_withheld(row: Row, held: Withheld) -> Row:
    """A sentence without its words: tokens and spans, whose own offsets count tokens, become places in the document's text."""
    first = [row["start"] + start for start, _ in tokenize(row["text"])]

    def placed(span: Row) -> Row:
        at = first[span["start"]] if 0 <= span["start"] < len(first) else row["start"]
        return span | {"text": _places(span["text"], held, at)}

    tokens = [_places(token, held, at) for token, at in zip(row["tokens"], [*first, *[0] * len(row["tokens"])], strict=False)]
    return _mentions(row, placed) | {"text": None, "tokens": tokens}


def _sentence_restored(row: Row, text: str, back: Change) -> Row:
    found = _mentions(row, lambda span: span | {"text": back(span["text"])})
    return found | {"text": _slice(row, text), "tokens": [back(token) for token in row["tokens"]]}


def _mentions(row: Row, change: Callable[[Row], Row]) -> Row:
    events = [
        event | {"trigger": change(event["trigger"]), "arguments": [change(one) for one in event["arguments"]]}
        for event in row["event_mentions"]
    ]
    return row | {"entity_mentions": [change(one) for one in row["entity_mentions"]], "event_mentions": events}


def _annotation(row: Row, surface: Change, name: Change, free: Change, key: Change) -> Row:
    """A row of `annotations` with every string changed that comes from the export."""
    found = row | {"text": _each(row["text"], surface)}
    changes = dict.fromkeys(NAMES, name) | dict.fromkeys(WRITTEN, free) | dict.fromkeys(KEYS, key)
    for column, change in changes.items():
        found[column] = _each(row[column], change)
    return found | {"rest": _each(row["rest"], lambda string: _json(string, name, free))}


def _each(value: Any, change: Change) -> Any:
    if value is None:
        return None
    return [change(one) for one in value] if isinstance(value, list) else change(value)


def _unescaped(key: str) -> str:
    return str(json.loads(f'"{key}"'))


def _escaped(key: str) -> str:
    return json.dumps(key)[1:-1]


def _json(string: str, name: Change, free: Change) -> str:
    """The JSON of a node's other fields with its keys and strings changed, written as `labelstudio.nodes` writes it."""

    def inside(value: Any) -> Any:
        if isinstance(value, dict):
            return {name(key): inside(one) for key, one in value.items()}
        if isinstance(value, list):
            return [inside(one) for one in value]
        return free(value) if isinstance(value, str) else value

    return json.dumps(inside(json.loads(string)), separators=(",", ":"))
