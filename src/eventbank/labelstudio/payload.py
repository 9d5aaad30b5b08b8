"""What is to be on a server, made from documents and exports, and refused when a server or its pages could not bear it.

A server checks nothing of what it imports: a dangling relation blanks the labelling screen, half a character breaks every later export
of the project, a second relation between two regions is dropped at the next save. All of that is found here.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eventbank.document import Document
from eventbank.errors import Code, Place, Problem, raise_errors
from eventbank.labelstudio import codec, manifest
from eventbank.labelstudio.nodes import DOMAIN, NOT_EXPORT, Task, annotator_of
from eventbank.labelstudio.persons import SURROGATE
from eventbank.ontology import Ontology

NUMBER = Code("E375", "a number is none that every server can keep", "Write it as text: integers have 64 bits, and JSON knows no NaN.")

Data = dict[str, Any]
Exports = Mapping[str, Sequence[Task]]
"""Tasks by the name of their file."""

Key = tuple[str, str, str, str]
UNNAMED = "unnamed"
"""The model version of a prediction that has none."""

_KEPT = ("id", "result", "was_cancelled", "ground_truth", "lead_time", "score")


@dataclass(frozen=True)
class Entry:
    """An annotation or a prediction to be on the server: `who` is its annotator or model version, `node` what is sent."""

    kind: str
    doc_id: str
    who: str
    node: Data

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return key_of(self.kind, self.doc_id, self.who, self.node)


@dataclass(frozen=True)
class Wanted:
    """All that a push leaves on the server: the data of each task, its entries, and what the server would drop of them.

    `data` and `records` are by the name of the task, which stands in its data under the key `name`.
    """

    data: Mapping[str, Data]
    entries: Sequence[Entry] = ()
    records: Mapping[str, Sequence[manifest.Record]] = field(default_factory=dict)
    name: str = "doc_id"


def key_of(kind: str, doc_id: str, who: str, node: Mapping[str, Any]) -> Key:
    """An annotator has one annotation of a document; cancelled ones and predictions differ in their results, too."""
    is_open = kind == "annotations" and node.get("was_cancelled") is not True
    return kind, doc_id, who, "" if is_open else digest(node.get("result"))


def digest(result: object) -> str:
    """A digest of results as JSON, whatever the order of keys."""
    return hashlib.sha256(json.dumps(result, sort_keys=True).encode("ascii")).hexdigest()


def wanted(
    documents: Iterable[Document], ontology: Ontology, annotations: Exports, predictions: Exports, model_version: str = ""
) -> Wanted:
    """A task for each document, with the entries of the exports.

    Args:
        annotations: exports whose annotations and predictions stay what they are.
        predictions: exports whose annotations become predictions, too.
        model_version: of all entries of `predictions`; if empty their own, or the annotator's name.

    Raises:
        EventBankError: E304, E306 to E324 for labels that cannot be used, on predictions too; E330, E331 for persons; E375 for numbers.
    """
    texts = {document.doc_id: document.text for document in documents}
    data = {
        document.doc_id: {
            "doc_id": document.doc_id,
            "title": document.title or "",
            "text": document.text,
            "text_sha256": document.text_sha256,
        }
        for document in documents
    }
    entries: list[Entry] = []
    records: dict[str, list[manifest.Record]] = {}
    problems = [problem for task in data.values() for problem in _poison({"data": task}, "")]
    for exports, only_predictions in ((annotations, False), (predictions, True)):
        for source, tasks in exports.items():
            problems += codec.persons(tasks, source)
            for task in tasks:
                problems += _poison(task, source)
                found, wrong = _entries(task, source, ontology, texts, only_predictions, model_version)
                problems += wrong
                entries += found
                if found and not only_predictions:
                    records.setdefault(found[0].doc_id, []).extend(manifest.records(task, ("annotations", "predictions")))
    problems += _twice(entries)
    raise_errors(problems)
    return Wanted(data, entries, records)


def _entries(
    task: Task, source: str, ontology: Ontology, texts: Mapping[str, str], only_predictions: bool, model_version: str
) -> tuple[list[Entry], list[Problem]]:
    """The entries of a task, and the problems of each as if it were an annotation: cancelled ones and predictions are shown, too."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    place = Place(file=source, doc_id=str(task["data"].get("doc_id")))
    for kind in ("annotations", "predictions"):
        for node in task.get(kind) or ():
            if not isinstance(node, dict):
                problems.append(
                    NOT_EXPORT.at(place, f"its {kind} are not objects", remedy="Pull it with eventbank label pull, which has them in full.")
                )
                continue
            who = annotator_of(node) if kind == "annotations" else str(node.get("model_version") or UNNAMED)
            if who is None:
                problems.append(codec.NOBODY.at(place))
                continue
            seen = {"completed_by": {"email": f"{who if kind == 'annotations' else 'prediction'}@{DOMAIN}"}, "result": node.get("result")}
            _, wrong = codec.layers([{"data": task["data"], "annotations": [seen]}], source, ontology, texts)
            problems += wrong
            kept = {key: node[key] for key in _KEPT if node.get(key) is not None}
            if kind == "annotations" and not only_predictions:
                entries.append(Entry(kind, place.doc_id, who, {"was_cancelled": False, "ground_truth": False} | kept))
            else:
                sent = {key: kept[key] for key in ("result", "score") if key in kept}
                name = (model_version or who) if only_predictions else who
                entries.append(Entry("predictions", place.doc_id, name, sent | {"model_version": name}))
    return entries, problems


def _twice(entries: Iterable[Entry]) -> Iterator[Problem]:
    """E309: one annotator's two annotations of a document, in one file or in two."""
    seen: set[Key] = set()
    for entry in entries:
        if entry.key in seen and entry.key[3] == "":
            yield codec.TWO_PASSES.at(Place(doc_id=entry.doc_id, annotator=entry.who))
        seen.add(entry.key)


def _poison(task: Task, source: str) -> Iterator[Problem]:
    """E324 for half characters, E375 for numbers that JSON or 64 bits cannot hold."""
    for problem in codec.surrogates([task], source):
        yield replace(
            problem, message=SURROGATE.title.replace("the export", "what would be pushed"), remedy="Mend the character in the file."
        )
    stack: list[tuple[str, Any]] = [("", task)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            stack.extend((f"{path}.{key}", one) for key, one in value.items())
        elif isinstance(value, list):
            stack.extend((f"{path}[{at}]", one) for at, one in enumerate(value))
        elif (type(value) is int and not -(2**63) <= value < 2**63) or (isinstance(value, float) and not math.isfinite(value)):
            yield NUMBER.at(Place(file=source, doc_id=str(task["data"].get("doc_id"))), f"at {path.lstrip('.')}")
