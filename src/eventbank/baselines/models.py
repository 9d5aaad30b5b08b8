"""Models of both kinds: trained on a release, written to a file, read from one, and asked about documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eventbank.baselines import dictionary, linear
from eventbank.baselines.dictionary import Dictionary
from eventbank.baselines.linear import Classifier, Linear
from eventbank.baselines.windows import Labels, Window, labelled, record, windows
from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place
from eventbank.files import write_atomic
from eventbank.labelstudio import codec, nodes
from eventbank.labelstudio.nodes import Task
from eventbank.layer import Layer, Mention
from eventbank.ontology import Ontology
from eventbank.released import Released, lacking, load_release, texts
from eventbank.scoring.lift import Sentence, lift
from eventbank.scoring.records import record_of
from eventbank.scoring.windows import Key

BAD_MODEL = Code("E714", "this is no model of a baseline", "Name dictionary, linear, or a file that eventbank predict --save has written.")

Model = Dictionary | Linear
KINDS = ("dictionary", "linear")

_PRONOUN = re.compile(r"(?i)(he|him|his|she|hers?|its?|they|them|theirs?|we|us|ours?|who|which|(him|her|it)self|themselves)")


def train(kind: str, examples: Sequence[tuple[Window, Labels]], ontology: Ontology) -> Model:
    """A model of a kind, `dictionary` or `linear`, from labelled windows.

    Raises:
        EventBankError: E713 for `linear` without scikit-learn.
    """
    return dictionary.train(examples, ontology) if kind == "dictionary" else linear.train(examples, ontology)


def examples(found: Released) -> list[tuple[Window, Labels]]:
    """The labelled sentences of a release."""
    return [
        (window, labelled(window, layer))
        for doc_id, layer in found.layers.items()
        for window in windows(doc_id, found.texts[doc_id], _language(found, doc_id))
    ]


def _language(found: Released, doc_id: str) -> str:
    return str(found.facts.get(doc_id, {}).get("language") or "en")


def dump(model: Model) -> bytes:
    """The model as JSON in ASCII, the same for the same model."""
    return (json.dumps({"kind": _kind(model), **model.to_dict()}, separators=(",", ":")) + "\n").encode("ascii")


def _kind(model: Model) -> str:
    return "dictionary" if isinstance(model, Dictionary) else "linear"


def load(data: bytes, file: str = "") -> Model:
    """A model as `dump` wrote it.

    Raises:
        EventBankError: E714 for anything else.
    """
    try:
        found = json.loads(data)
        if found["kind"] == "dictionary":
            return Dictionary(
                _texts(found["triggers"]), _texts(found["mentions"]), {kind: dict(one) for kind, one in found["roles"].items()}
            )
        triggers, mentions, roles = (_classifier(found[name]) for name in ("triggers", "mentions", "roles"))
        return Linear(triggers, mentions, roles, {kind: dict(one) for kind, one in found["fillers"].items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EventBankError(BAD_MODEL.at(Place(file=file), str(error).splitlines()[0] if str(error) else "")) from None


def _texts(found: Mapping[str, Any]) -> dict[str, str]:
    if not all(isinstance(value, str) for value in found.values()):
        raise ValueError("expected text")
    return dict(found)


def _classifier(found: Mapping[str, Any]) -> Classifier:
    bias = {label: float(one) for label, one in found["bias"].items()}
    weights = {feature: {label: float(one) for label, one in row.items()} for feature, row in found["weights"].items()}
    if any(label not in bias for row in weights.values() for label in row):
        raise ValueError("a label without bias")
    return Classifier(bias, weights)


def predict(model: Model, doc_id: str, text: str, language: str) -> Iterator[dict[str, Any]]:
    """What a model says of a document: a TextEE record for each sentence."""
    for window in windows(doc_id, text, language):
        yield record(window, model.predict(window))


def tasks(
    records: Iterable[Mapping[str, Any]], documents: Mapping[str, tuple[str, str | None, str]], name: str, ontology: Ontology
) -> list[Task]:
    """A Label Studio task for each document, with the predictions of a model as the annotator's start.

    Args:
        documents: text, title and language by `doc_id`.
        name: what the server shows as the model's version.
    """
    sentences: dict[Key, Sentence] = {
        (doc_id, one.wnd_id): one.sentence for doc_id, (text, _, lang) in documents.items() for one in windows(doc_id, text, lang)
    }
    values = [term.name for term in ontology.value_types]
    layers = lift((record_of(one) for one in records), sentences, documents, values)
    found = []
    for doc_id, layer in layers.items():
        text, title, _ = documents[doc_id]
        task = codec.encode(_whole(layer, text, ontology), text, title, ontology)
        (annotation,) = task["annotations"]
        found.append(task | {"annotations": [], "predictions": [{"model_version": name, "result": annotation["result"]}]})
    return found


def _whole(layer: Layer, text: str, ontology: Ontology) -> Layer:
    """The layer with everything that a label must have: levels, attributes and the text that it is of."""
    attributes = ontology.defaults()
    mentions = tuple(replace(one, level=_level(one)) if one.kind == "entity" else one for one in layer.mentions)
    events = tuple(replace(one, attributes=attributes, realis=ontology.realis(attributes)) for one in layer.events)
    return replace(layer, text_sha256=sha256(text.encode("utf-8")), annotator="prediction", mentions=mentions, events=events)


def _level(mention: Mention) -> str:
    """PRO for a pronoun, NAM where a word begins with a capital, else NOM."""
    if _PRONOUN.fullmatch(mention.text):
        return "PRO"
    return "NAM" if any(word[:1].isupper() and word.lower() not in ("the", "a", "an") for word in mention.text.split()) else "NOM"


@dataclass(frozen=True)
class Predicted:
    """What a model said of documents: TextEE records in order, and the model itself; `documents` have text, title and language."""

    name: str
    model: Model
    records: Sequence[Mapping[str, Any]]
    documents: Mapping[str, tuple[str, str | None, str]]
    ontology: Ontology

    def write(self, records: Path, tasks_file: Path | None = None, model: Path | None = None) -> None:
        """Writes the records as JSONL and, where they are asked for, the Label Studio tasks and the model."""
        if tasks_file is not None:
            write_atomic(tasks_file, nodes.dump(tasks(self.records, self.documents, self.name, self.ontology)))
        if model is not None:
            write_atomic(model, dump(self.model))
        write_atomic(records, "".join(f"{json.dumps(one)}\n" for one in self.records).encode("ascii"))


def predict_release(name: str, folder: Path, split: str | None, ontology: Ontology, training: Path) -> Predicted:
    """What a model says of the documents of a release.

    Args:
        name: a kind of model, which is trained on the train split of the release in `training`, or a file with a model.

    Raises:
        EventBankError: E714 for what is neither, E710 for a release that cannot be read, E713 for `linear` without scikit-learn, E741
            where there are no labels to learn from.
    """
    documents = texts(folder, split)
    if name in KINDS:
        learned = load_release(training, "train")
        if not learned.layers:
            raise EventBankError(lacking(training, "events", "train"))
        model = train(name, examples(learned), ontology)
    elif Path(name).is_file():
        model = load(Path(name).read_bytes(), name)
    else:
        raise EventBankError(BAD_MODEL.at(Place(file=name)))
    records = [found for doc_id, (text, _, language) in documents.items() for found in predict(model, doc_id, text, language)]
    called = name if name in KINDS else f"{_kind(model)}-{sha256(dump(model))[:8]}"
    return Predicted(called, model, records, documents, ontology)
