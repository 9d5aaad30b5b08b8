"""Baseline (b): linear support vector machines over words: for triggers, for mentions, and for the role of a mention in an event.

Triggers and mentions are labelled word by word (B, I, O); of nested mentions the outermost is learned. A role is chosen for every pair of a
trigger and a mention of the window, and kept where the ontology allows it. Predicting needs no library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventbank.baselines.windows import Labels, Window, outermost
from eventbank.errors import Code, EventBankError
from eventbank.offsets import Span
from eventbank.ontology import Ontology

NO_SKLEARN = Code("E713", "the package scikit-learn is not installed", "Install the extra: pip install 'eventbank[baselines]'.")

OUT = "O"
STRENGTH, ROUNDS, SMALLEST = 1.0, 5000, 0.001
"""Inverse strength of the regularisation, most iterations, and the weight below which a feature is dropped."""


@dataclass(frozen=True)
class Classifier:
    """Weights by feature and label, and what every label has without a feature."""

    bias: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]

    def best(self, features: Iterable[str]) -> str:
        """The label with the largest sum; of equals the first in the alphabet."""
        score = dict(self.bias)
        for feature in features:
            for label, weight in self.weights.get(feature, {}).items():
                score[label] += weight
        return min(score, key=lambda label: (-score[label], label)) if score else OUT


@dataclass(frozen=True)
class Linear:
    """The three classifiers, and what may fill each role of each event type."""

    triggers: Classifier
    mentions: Classifier
    roles: Classifier
    fillers: Mapping[str, Mapping[str, Sequence[str]]]

    def predict(self, window: Window) -> Labels:
        """What the model says of a window."""
        found = [list(word_features(window, at)) for at in range(len(window.sentence.tokens))]
        triggers = _spans([self.triggers.best(one) for one in found])
        mentions = _spans([self.mentions.best(one) for one in found])
        arguments = []
        for trigger, kind in triggers.items():
            for mention, type_ in mentions.items():
                role = self.roles.best(pair_features(window, trigger, kind, mention, type_))
                if type_ in self.fillers.get(kind, {}).get(role, ()):
                    arguments.append((trigger, role, mention))
        return Labels(mentions, triggers, arguments)

    def to_dict(self) -> dict[str, Any]:
        """The model for JSON."""
        parts = {name: {"bias": dict(one.bias), "weights": {f: dict(w) for f, w in one.weights.items()}} for name, one in self._parts()}
        return parts | {"fillers": {kind: {role: list(types) for role, types in roles.items()} for kind, roles in self.fillers.items()}}

    def _parts(self) -> tuple[tuple[str, Classifier], ...]:
        return (("triggers", self.triggers), ("mentions", self.mentions), ("roles", self.roles))


def train(examples: Sequence[tuple[Window, Labels]], ontology: Ontology) -> Linear:
    """The model of labelled windows.

    Raises:
        EventBankError: E713 without scikit-learn.
    """
    words = [(window, at) for window, _ in examples for at in range(len(window.sentence.tokens))]
    features = [list(word_features(*word)) for word in words]
    triggers = [tag for window, labels in examples for tag in _tags(labels.triggers, len(window.sentence.tokens))]
    mentions = [tag for window, labels in examples for tag in _tags(labels.mentions, len(window.sentence.tokens))]
    pairs, roles = [], []
    for window, labels in examples:
        given = {(trigger, mention): role for trigger, role, mention in labels.arguments}
        for trigger, kind in labels.triggers.items():
            for mention, type_ in labels.mentions.items():
                pairs.append(list(pair_features(window, trigger, kind, mention, type_)))
                roles.append(given.get((trigger, mention), OUT))
    names = [term.name for term in (*ontology.entity_types, *ontology.value_types)]
    fillers = {
        kind.name: {role: [name for name in names if ontology.may_fill(kind.name, role, name)] for role in kind.roles}
        for kind in ontology.event_types
    }
    return Linear(_fit(features, triggers), _fit(features, mentions), _fit(pairs, roles), fillers)


def _fit(features: Sequence[Sequence[str]], labels: Sequence[str]) -> Classifier:
    try:
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.svm import LinearSVC
    except ImportError:
        raise EventBankError(NO_SKLEARN.at()) from None
    if len(set(labels)) < 2:
        return Classifier(dict.fromkeys(labels, 0.0), {})
    vectorizer = DictVectorizer()
    table = vectorizer.fit_transform([dict.fromkeys(one, 1.0) for one in features])
    # scipy 1.17 counts in 64 bits here, which liblinear does not take.
    table.indices, table.indptr = table.indices.astype("int32"), table.indptr.astype("int32")
    model = LinearSVC(C=STRENGTH, max_iter=ROUNDS, class_weight="balanced", random_state=0).fit(table, labels)
    classes, rows, bias = list(map(str, model.classes_)), model.coef_, model.intercept_
    if len(classes) == 2:  # one row of weights, for the second label
        rows, bias = [-rows[0] / 2, rows[0] / 2], [-bias[0] / 2, bias[0] / 2]
    weights: dict[str, dict[str, float]] = {}
    for label, row in zip(classes, rows, strict=True):
        for feature, weight in zip(vectorizer.get_feature_names_out(), row, strict=True):
            if abs(weight) >= SMALLEST:
                weights.setdefault(str(feature), {})[label] = round(float(weight), 4)
    return Classifier({label: round(float(one), 4) for label, one in zip(classes, bias, strict=True)}, weights)


def word_features(window: Window, at: int) -> Iterable[str]:
    """What is known of a token: itself, its beginning, end and shape, and two words on each side."""
    tokens, words = window.sentence.tokens, window.words
    word = words[at]
    yield from (f"word={word}", f"begin={word[:3]}", f"end={word[-3:]}", f"shape={_shape(tokens[at])}", f"first={at == 0}")
    for distance in (-2, -1, 1, 2):
        there = at + distance
        yield f"{distance:+d}={words[there] if 0 <= there < len(words) else '-'}"
    yield f"before={words[at - 1] if at else '-'} {word}"


def pair_features(window: Window, trigger: Span, kind: str, mention: Span, type_: str) -> Iterable[str]:
    """What is known of a mention as an argument: types, order, distance, the words at their edges."""
    words = window.words
    after = mention[0] >= trigger[1]
    apart = mention[0] - trigger[1] if after else trigger[0] - mention[1]
    near = "in" if apart < 0 else min(apart, 10) // 2
    edge = words[mention[0] - 1] if mention[0] else "-"
    yield from (f"kind={kind}", f"type={type_}", f"kind={kind} type={type_}", f"kind={kind} type={type_} after={after}", f"near={near}")
    yield from (
        f"after={after} near={near}",
        f"trigger={' '.join(words[slice(*trigger)])}",
        f"last={words[mention[1] - 1]}",
        f"edge={edge}",
    )
    yield f"type={type_} edge={edge}"


def _shape(token: str) -> str:
    if token.isdigit():
        return "9"
    if token.isupper():
        return "A" if len(token) == 1 else "AA"
    return "Aa" if token[:1].isupper() else "a" if token[:1].isalpha() else "."


def _tags(labels: Mapping[Span, str], size: int) -> list[str]:
    tags = [OUT] * size
    for start, end in outermost(labels):
        tags[start:end] = [f"B-{labels[start, end]}", *[f"I-{labels[start, end]}"] * (end - start - 1)]
    return tags


def _spans(tags: Sequence[str]) -> dict[Span, str]:
    """The spans that tags say; an I that follows no B or I of its label begins a span."""
    spans: dict[Span, str] = {}
    start, label = 0, ""
    for at, tag in enumerate([*tags, OUT]):
        head, _, name = tag.partition("-")
        if label and (head != "I" or name != label):
            spans[start, at] = label
            label = ""
        if head in ("B", "I") and not label:
            start, label = at, name
    return spans
