"""`eventbank adjudicate`: the decisions of a corpus, and the gold labels that follow from them and the passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from eventbank import yamlfile
from eventbank.adjudication import TAKES, UNDECIDED, Adjudicated, Decision, Take, adjudicate
from eventbank.checks import check_layer
from eventbank.corpus import Corpus
from eventbank.document import Document
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.files import write_atomic, writing
from eventbank.inputs import read_documents, read_labels, read_ontology
from eventbank.labelstudio import codec
from eventbank.labelstudio.nodes import dump, layer_of
from eventbank.layer import Layer
from eventbank.ontology import Ontology

NOT_TWO = Code(
    "E473", "a document has not exactly two passes", "Adjudication is between two; keep the exports of the two annotators in annotations/."
)
OLD_GOLD = Code("W474", "annotations/gold.json is not what the passes and the decisions give", "Run eventbank adjudicate.")

OTHER_DECISION = Code(
    "W478",
    "a difference was decided in another way before; that decision stays",
    "Empty take, as and reason in annotations/decisions.yaml, if the new one should hold, and pull again.",
)

DECISIONS = "annotations/decisions.yaml"
GOLD = "annotations/gold.json"


@dataclass(frozen=True)
class Outcome:
    """What `adjudicate_corpus` found: differences by document, how many of them are open, and the problems of the decisions."""

    differences: Mapping[str, int]
    open: int
    problems: tuple[Problem, ...]

    @property
    def whole(self) -> bool:
        """Whether gold was written: nothing is open and no decision is refused."""
        return all(problem.is_warning for problem in self.problems)


def adjudicate_corpus(corpus: Corpus) -> Outcome:
    """Brings `annotations/decisions.yaml` up to date, and writes `annotations/gold.json` if every difference is decided.

    New differences are added to the file without a decision; the decisions in it stay as they are. Gold depends on the two passes
    and the decisions alone, so that the same files give the same gold.

    Raises:
        EventBankError: E473 for a document without exactly two passes, and if none has any; problems of the articles, the ontology and the
            exports.
    """
    with writing(corpus.root):
        case = read_case(corpus)
        if not case.found:
            raise EventBankError(NOT_TWO.at(Place(file="annotations"), "no document has any"))
        write_atomic(corpus.root / DECISIONS, _dump(case))
        problems = [problem for one in case.found.values() for problem in one.problems] or _checked(case, corpus)
        left = sum(problem.code == UNDECIDED.id for problem in problems)
        outcome = Outcome({doc_id: len(one.differences) for doc_id, one in case.found.items()}, left, tuple(problems))
        if outcome.whole:
            write_atomic(corpus.root / GOLD, _gold(case))
    return outcome


def check_gold(corpus: Corpus) -> list[Problem]:
    """W474 if `annotations/gold.json` is there and is not what the passes and the decisions give; nothing if there are no decisions."""
    if not (corpus.root / GOLD).exists() or not (corpus.root / DECISIONS).exists():
        return []
    case = read_case(corpus)
    whole = not any(one.problems for one in case.found.values()) and (corpus.root / GOLD).read_bytes() == _gold(case)
    return [] if whole else [OLD_GOLD.at(Place(file=GOLD))]


@dataclass(frozen=True)
class Case:
    """The passes of a corpus, adjudicated by the decisions."""

    documents: Mapping[str, Document]
    ontology: Ontology
    decisions: Mapping[str, Sequence[Decision]]
    found: Mapping[str, Adjudicated]


def read_case(corpus: Corpus, decisions: Mapping[str, Sequence[Decision]] | None = None) -> Case:
    """The passes of a corpus and the decisions about them, by default those in its file, with every difference that shows so far.

    Raises:
        EventBankError: E473 for a document without exactly two passes; problems of the articles, the ontology, the exports, the decisions.
    """
    documents, _ = read_documents(corpus)
    ontology = read_ontology(corpus)
    layers, _, problems = read_labels(corpus, documents, ontology)
    raise_errors(problems)
    decisions = read_decisions(corpus.root / DECISIONS) if decisions is None else decisions
    by_id = {document.doc_id: document for document in documents}
    found = {
        doc_id: adjudicate(*pair, decisions.get(doc_id, ()), by_id[doc_id].text, ontology)
        for doc_id, pair in sorted(_passes(layers).items())
    }
    return Case(by_id, ontology, decisions, found)


def add_decisions(corpus: Corpus, made: Mapping[str, Sequence[Decision]]) -> list[Problem]:
    """Puts decisions into `annotations/decisions.yaml` where it has none yet, and lists the open differences there.

    Returns:
        W478 for each difference of which the file says something else; it stays as it is.
    """
    case = read_case(corpus)
    problems = []
    merged: dict[str, dict[str, Decision]] = {
        doc_id: {one.key: one for one in case.decisions.get(doc_id, ())} for doc_id in (*case.found, *case.decisions)
    }
    for doc_id, decisions in made.items():
        own = merged.setdefault(doc_id, {})
        for decision in decisions:
            before = own.get(decision.key)
            if before is None or not before.made:
                own[decision.key] = decision
            elif before != decision:
                said = " and ".join(repr(one.instead or one.take) for one in (before, decision))
                problems.append(OTHER_DECISION.at(Place(file=DECISIONS, doc_id=doc_id), f"{decision.key}: {said}"))
    decided = {doc_id: tuple(own.values()) for doc_id, own in merged.items()}
    write_atomic(corpus.root / DECISIONS, _dump(read_case(corpus, decided)))
    return problems


def read_decisions(path: Path) -> dict[str, list[Decision]]:
    """The decisions in a file by document; no file is no decisions.

    Raises:
        EventBankError: E001 or E002 for a file of another shape.
    """
    if not path.exists():
        return {}
    root = yamlfile.load(path, DECISIONS)
    decisions: dict[str, list[Decision]] = {}
    for doc_id, node in root.entries():
        decisions[doc_id] = [_decision(item) for item in node.items()]
    raise_errors(root.problems)
    return decisions


def _decision(node: yamlfile.Node) -> Decision:
    node.only(("at", "words", "one", "other", "take", "as", "reason"))
    take = node.get("take").text()
    if take not in (None, *TAKES):
        node.get("take").refuse(f"expected one of {', '.join(TAKES)}")
    one, other, instead = (node.get(key).text() for key in ("one", "other", "as"))
    return Decision(node.get("at").name(), one, other, cast(Take | None, take), instead, node.get("reason").text() or "")


def _passes(layers: Sequence[Layer]) -> dict[str, tuple[Layer, Layer]]:
    groups: dict[str, list[Layer]] = {}
    for layer in sorted(layers, key=lambda layer: layer.annotator):
        if layer_of("annotation", layer.source) != "gold":
            groups.setdefault(layer.doc_id, []).append(layer)
    raise_errors(NOT_TWO.at(Place(doc_id=doc_id), str(len(group))) for doc_id, group in groups.items() if len(group) != 2)
    return {doc_id: (group[0], group[1]) for doc_id, group in groups.items()}


def _dump(case: Case) -> bytes:
    """The file of decisions: for each document the differences in order with what was decided, then decisions that fit none."""
    content: dict[str, list[dict[str, Any]]] = {}
    for doc_id, outcome in case.found.items():
        made = {decision.key: decision for decision in case.decisions.get(doc_id, ())}
        rows = []
        for difference in outcome.differences:
            decision = made.pop(difference.key, Decision(difference.key, difference.one, difference.other, None, None, ""))
            rows.append(_row(decision, case.documents[doc_id].text[difference.start : difference.end]))
        content[doc_id] = rows + [_row(decision, "") for decision in made.values()]
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120).encode("utf-8")


def _row(decision: Decision, words: str) -> dict[str, Any]:
    row = {"at": decision.key, "words": words or None, "one": decision.one, "other": decision.other, "take": decision.take}
    return row | ({"as": decision.instead} if decision.instead is not None else {}) | {"reason": decision.reason or None}


def _checked(case: Case, corpus: Corpus) -> list[Problem]:
    return [
        problem
        for doc_id, outcome in case.found.items()
        for problem in check_layer(outcome.layer, case.documents[doc_id].text, case.ontology, corpus.language)
    ]


def _gold(case: Case) -> bytes:
    """The gold labels as a Label Studio export."""
    documents = case.documents
    return dump(
        [
            codec.encode(outcome.layer, documents[doc_id].text, documents[doc_id].title, case.ontology, ground_truth=True)
            for doc_id, outcome in case.found.items()
        ]
    )
