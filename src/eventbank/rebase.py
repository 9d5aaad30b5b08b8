"""Labels of another text moved to the present one: old text → raw page → new text."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from eventbank.document import JOINT, Document, Piece, from_raw, sha256, to_raw
from eventbank.errors import Code, EventBankError, Place, Problem, excerpt
from eventbank.labelstudio.nodes import LISTS, Task, annotator_of

NO_PLACE = Code(
    "W350", "a label has no place in the present text", "Look at the words; label them again where they stand now, if they should be."
)
NOT_OF_PAGE = Code("E351", "the text of a task is not a part of its raw page", "Restore the article that the labels were made on.")
NO_ARTICLE = Code("E352", "a task names a document that is not in the corpus", "Add the article, or take the task out.")

Alignment = Sequence[Piece]


def rebase(
    tasks: Sequence[Task], documents: Mapping[str, Document], raws: Mapping[str, str], known: Mapping[str, Alignment], source: str
) -> tuple[list[Task], list[Problem]]:
    """The tasks with every region at its place in the present text of its document, and W350 for each that has none.

    A region without a place is left out, with its results per region and its relations. Tasks of the present text keep their
    labels as they are. The tasks that go in are not changed.

    Args:
        tasks: as `labelstudio.nodes.parse` gives them; their data hold `doc_id` and the `text` that was labelled.
        documents: the present documents by id.
        raws: the decoded raw pages by document id.
        known: alignments of earlier texts by their SHA-256, as an earlier release has them; an alignment that is not known is found by
            looking for the paragraphs of the old text in the page, in order.
        source: name of the file, for messages.

    Raises:
        EventBankError: E351 if an old text cannot be found in the page, E352 for a document that does not exist.
    """
    moved: list[Task] = []
    problems: list[Problem] = []
    for task in copy.deepcopy(list(tasks)):
        data = task["data"]
        doc_id, old = data.get("doc_id"), data.get("text")
        place = Place(file=source, doc_id=str(doc_id))
        document = documents.get(doc_id) if isinstance(doc_id, str) else None
        if document is None:
            raise EventBankError(NO_ARTICLE.at(place))
        if not isinstance(old, str):
            raise EventBankError(NOT_OF_PAGE.at(place, "the task does not hold its text"))
        moved.append(task)
        if old == document.text:
            if "text_sha256" in data:
                data["text_sha256"] = document.text_sha256
            continue
        alignment = known.get(sha256(old.encode("utf-8", "surrogatepass"))) or locate(old, raws[document.doc_id])
        if alignment is None:
            raise EventBankError(NOT_OF_PAGE.at(place))
        for name in LISTS:
            for entry in task.get(name) or ():
                if not isinstance(entry, dict) or not isinstance(entry.get("result"), list):
                    continue
                where = replace(place, annotator=annotator_of(entry) or "")
                entry["result"], lost = _results(entry["result"], old, alignment, document)
                problems += (NO_PLACE.at(replace(where, start=s, end=e, context=excerpt(old, s, e)), repr(old[s:e])) for s, e in lost)
        data["text"], data["text_sha256"] = document.text, document.text_sha256
    return moved, problems


def locate(text: str, raw: str) -> tuple[Piece, ...] | None:
    """The alignment of a text that was put together from paragraphs of a page, in their order; None if one of them is not there.

    A paragraph that stands in the page twice is taken at its first place after the paragraph before it.
    """
    page, marks = _line_ends(raw)
    pieces: list[Piece] = []
    at = found = 0
    for paragraph in text.split(JOINT):
        found = page.find(paragraph, found)
        if found < 0:
            return None
        pieces += _pieces(at, found, len(paragraph), marks)
        at += len(paragraph) + len(JOINT)
        found += len(paragraph)
    return tuple(pieces)


def _line_ends(raw: str) -> tuple[str, list[int]]:
    """The page with LF as line ends, and where each of its code points stands in the raw page."""
    marks = [at for at, char in enumerate(raw) if not (char == "\r" and raw[at + 1 : at + 2] == "\n")]
    return "".join(raw[at] for at in marks).replace("\r", "\n"), marks


def _pieces(start: int, found: int, length: int, marks: Sequence[int]) -> Iterator[Piece]:
    """The pieces of a paragraph: one for each stretch without a dropped CR."""
    first = 0
    for at in range(1, length + 1):
        if at == length or marks[found + at] != marks[found + at - 1] + 1:
            yield Piece(start + first, marks[found + first], at - first)
            first = at


def _results(
    results: Sequence[dict[str, Any]], old: str, alignment: Alignment, document: Document
) -> tuple[list[dict[str, Any]], list[tuple[int, int]]]:
    """The results with their spans moved, and the old spans of the regions that have no place."""
    kept: list[dict[str, Any]] = []
    lost: dict[str, tuple[int, int]] = {}
    for result in results:
        value = result.get("value") if isinstance(result, dict) else None
        if not isinstance(value, dict) or not isinstance(value.get("start"), int) or not isinstance(value.get("end"), int):
            kept.append(result)
            continue
        start, end = value["start"], value["end"]
        span = _moved(start, end, old, alignment, document)
        if span is None:
            lost[str(result.get("id"))] = (start, end)
        else:
            value["start"], value["end"] = span
            kept.append(result)
    return [result for result in kept if not isinstance(result, dict) or lost.keys().isdisjoint(_regions(result))], sorted(
        set(lost.values())
    )


def _moved(start: int, end: int, old: str, alignment: Alignment, document: Document) -> tuple[int, int] | None:
    """The span in the present text, None unless the same words stand there."""
    raw = to_raw(alignment, start, end)
    span = from_raw(document.alignment, *raw) if raw else None
    return span if span and document.text[span[0] : span[1]] == old[start:end] else None


def _regions(result: Mapping[str, Any]) -> set[str]:
    """The regions that a result is about: its own, or the two ends of a relation."""
    return {str(result[key]) for key in ("id", "from_id", "to_id") if result.get(key) is not None}
