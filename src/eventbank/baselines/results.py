"""How good the baselines are on a corpus: computed by `make baselines` into `schema/baselines.yaml`, which `build` only reads.

Two figures for each model. *test* is the primary split: trained on train, scored on test. *crossed* leaves one story out at a time: each
story is labelled by a model of all others, so that a small corpus has more than one story to draw intervals from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from eventbank import yamlfile
from eventbank.baselines import models
from eventbank.baselines.windows import Labels, Window, labelled, record, windows
from eventbank.document import Document
from eventbank.errors import Code, Place, Problem, raise_errors
from eventbank.files import write_atomic
from eventbank.gamma import digest
from eventbank.layer import Layer, numbered
from eventbank.ontology import Ontology
from eventbank.scoring import Side, score
from eventbank.scoring.records import record_of, windows_of
from eventbank.splits import Placement

OLD = Code(
    "W715",
    "the baselines were scored on other labels than there are",
    "Remove the file, or run tools/baselines.py of EventBank's repository in the corpus.",
)

FILE = "schema/baselines.yaml"
TEST, CROSSED = "test", "crossed"

Example = tuple[Window, Labels]


def measure(
    documents: Iterable[Document], gold: Mapping[str, Layer], placements: Mapping[str, Placement], ontology: Ontology
) -> dict[str, Any]:
    """What stands in the file: for each model and way of scoring the six metrics of TextEE in percent, rounded to 2 decimals.

    Args:
        gold: the gold layer of every document that has one; the others are left out.

    Raises:
        EventBankError: E713 without scikit-learn.
    """
    found = {document.doc_id: _examples(document, gold[document.doc_id]) for document in documents if document.doc_id in gold}
    stories = {doc_id: placements[doc_id].story_id for doc_id in found}
    test = [doc_id for doc_id in found if placements[doc_id].splits[0] == TEST]
    train = [doc_id for doc_id in found if placements[doc_id].splits[0] == "train"]
    folds = [(test, train)] if test and train else []
    crossed = [
        ([doc_id for doc_id in found if stories[doc_id] == story], [doc_id for doc_id in found if stories[doc_id] != story])
        for story in sorted(set(stories.values()))
    ]
    return {
        "labels": digest(numbered(layer) for layer in gold.values()),
        "models": {
            kind: {
                name: _scores(kind, parts, found, stories, ontology)
                for name, parts in ((TEST, folds), (CROSSED, crossed if len(crossed) > 1 else []))
                if parts
            }
            for kind in models.KINDS
        },
    }


def _examples(document: Document, layer: Layer) -> list[Example]:
    return [(window, labelled(window, layer)) for window in windows(document.doc_id, document.text, document.language)]


def _scores(
    kind: str,
    folds: Sequence[tuple[Sequence[str], Sequence[str]]],
    examples: Mapping[str, Sequence[Example]],
    stories: Mapping[str, str],
    ontology: Ontology,
) -> dict[str, Any]:
    gold, pred = [], []
    for held, rest in folds:
        model = models.train(kind, [one for doc_id in rest for one in examples[doc_id]], ontology)
        for window, labels in (one for doc_id in held for one in examples[doc_id]):
            gold.append(record_of(record(window, labels)))
            pred.append(record_of(record(window, model.predict(window))))
    report = score(Side("gold", "gold", windows_of(gold), stories=stories), Side(kind, kind, windows_of(pred)))
    clusters = len({stories[doc_id] for held, _ in folds for doc_id in held})
    figures = {name: {key: _rounded(value) for key, value in one.to_dict().items()} for (_, name), one in report.figures.items()}
    return {"stories": clusters, "windows": len(gold), "scores": figures}


def _rounded(value: Any) -> Any:
    return round(value, 2) + 0.0 if isinstance(value, float) else value


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Writes what `measure` found."""
    head = "# Written by make baselines; not edited by hand.\n"
    write_atomic(path, (head + yaml.safe_dump(dict(found), sort_keys=False, width=120)).encode("ascii"))


def read(path: Path, gold: Mapping[str, Layer]) -> tuple[dict[str, Any] | None, list[Problem]]:
    """What the file says of these labels; None and W715 if it is of others, None without a file.

    Raises:
        EventBankError: E001 or E002 for a file of another shape.
    """
    if not path.exists():
        return None, []
    root = yamlfile.load(path, FILE)
    root.only(("labels", "models"))
    labels = root.get("labels").text(required=True)
    for _, model in root.get("models").entries():
        for _, way in model.entries():
            way.only(("stories", "windows", "scores"))
            for _, figures in way.get("scores").entries():
                figures.only(("pred_num", "gold_num", "match_num", "precision", "recall", "f1", "f1_low", "f1_high"))
    raise_errors(root.problems)
    if labels != digest(numbered(layer) for layer in gold.values()):
        return None, [OLD.at(Place(file=FILE))]
    return {"models": root.value["models"]}, []
