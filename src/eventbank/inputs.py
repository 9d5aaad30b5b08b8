"""The inputs of a corpus: articles, ontology, labels and frozen splits, read and checked in stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from eventbank import gamma
from eventbank import ontology as ontologies
from eventbank.agreement import Agreement, agree, passes
from eventbank.articles.convert import convert
from eventbank.articles.read import read_articles
from eventbank.articles.sources import read_sources
from eventbank.baselines import results
from eventbank.checks import check_document, check_layer
from eventbank.corpus import Corpus, placeholders
from eventbank.document import Document, Piece
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.files import write_atomic, writing
from eventbank.labelstudio import codec
from eventbank.labelstudio.nodes import dump, layer_of
from eventbank.layer import Layer
from eventbank.nearduplicates import Pair, pairs
from eventbank.ontology import Ontology
from eventbank.rebase import rebase
from eventbank.release import manifest
from eventbank.release.rows import Row
from eventbank.schemas import label_names
from eventbank.splits import FIELDS, Placement, assign, held, leaks, read_frozen
from eventbank.stories import stories

NO_FOLDER = Code("E006", "a part of the corpus is missing", "Put it back; eventbank init DIR shows what a corpus holds.")
MOVED = Code(
    "E405",
    "a name of the ontology that was built is gone or has moved",
    "Put it back in its place; new names go to the end, old ones are retired.",
)
UNREAD = Code("W340", "something in annotations/ is not read", "Labels are files that end in .json and lie in annotations/ itself.")
NO_LABELS = Code("W451", "documents have no labels", "Nothing to do if they are still to be labelled; they are in no table but documents.")
THAWED = Code(
    "E505",
    "a document stands in another split or story than in the dataset",
    "Restore schema/splits.csv; before the first release, remove dataset/ to freeze anew.",
)
NO_GOLD = Code("E450", "a document has several passes and no gold layer", "Adjudicate them, or keep one export for the document.")
BESIDE = ("guidelines.md", "decisions.yaml", "gamma.yaml")
"""What lies in annotations/ beside the labels."""
SECONDARY_COLUMNS = FIELDS[3:]


@dataclass(frozen=True)
class Inputs:
    """Everything a release is made from, read and checked. `problems` are the warnings."""

    corpus: Corpus
    ontology: Ontology
    documents: tuple[Document, ...]
    passes: tuple[Layer, ...]
    gold: Mapping[str, Layer]
    gamma: Mapping[str, Any] | None
    baselines: Mapping[str, Any] | None
    nodes: tuple[Row, ...]
    frozen: Mapping[str, Placement]
    placements: Mapping[str, Placement]
    adjudicated: bool
    pairs: tuple[Pair, ...]
    problems: tuple[Problem, ...]


def read(corpus: Corpus) -> Inputs:
    """The inputs of a corpus, read and checked in stages: articles, ontology, labels, splits.

    Raises:
        EventBankError: every problem of the first stage that has any.
    """
    documents, doubts = read_documents(corpus)
    ontology = read_ontology(corpus)
    layers, nodes, problems = read_labels(corpus, documents, ontology)
    doubts += raise_errors(problems)
    gold, made = _gold(layers), tuple(passes(layers))
    found_gamma, stale = gamma.read(corpus.root / gamma.FILE, made)
    baselines, outdated = results.read(corpus.root / results.FILE, gold)
    doubts += [*placeholders(corpus), *stale, *outdated]
    if len(gold) < len(documents):
        doubts.append(NO_LABELS.at(Place(file="annotations"), f"{len(documents) - len(gold)} of {len(documents)}"))
    found = pairs(documents, corpus.thresholds)
    frozen = _frozen(corpus)
    clusters = stories(documents, corpus.thresholds, [(pair.one, pair.other) for pair in found])
    placements = assign(documents, clusters, frozen, corpus.splits)
    doubts += raise_errors([*leaks(placements, found, corpus.thresholds), *held(placements, frozen)])
    adjudicated = bool(gold) and all(_is_gold(layer) for layer in gold.values())
    return Inputs(
        corpus,
        ontology,
        tuple(documents),
        made,
        gold,
        found_gamma,
        baselines,
        tuple(nodes),
        frozen,
        placements,
        adjudicated,
        tuple(found),
        tuple(doubts),
    )


def read_documents(corpus: Corpus) -> tuple[list[Document], list[Problem]]:
    """The documents of a corpus by id, and the warnings about them.

    Raises:
        EventBankError: every problem of articles and sources.yaml.
    """
    if not corpus.articles.is_dir() or not corpus.sources.is_file():
        missing = corpus.sources if corpus.articles.is_dir() else corpus.articles
        raise EventBankError(NO_FOLDER.at(Place(file=corpus.relative(missing))))
    sources, problems = read_sources(corpus.sources, corpus.relative(corpus.sources))
    articles, unread = read_articles(corpus.articles, sources, corpus.relative(corpus.articles))
    problems = problems + unread
    documents = []
    for article in articles:
        try:
            document, doubts = convert(article, sources[article.doc_id], corpus.language, corpus.kept_kinds)
        except EventBankError as error:
            problems.extend(error.problems)
            continue
        documents.append(document)
        problems += [*doubts, *check_document(document, article.raw)]
    return documents, raise_errors(problems)


def read_ontology(corpus: Corpus) -> Ontology:
    """The ontology of a corpus, whose names stand where the release in `dataset/` has them, new ones behind.

    Raises:
        EventBankError: E006 if there is none, E001 to E404 for its content, E405 if a name that was released is gone or has moved.
    """
    if not corpus.ontology.is_file():
        raise EventBankError(NO_FOLDER.at(Place(file=corpus.relative(corpus.ontology))))
    ontology = ontologies.load(corpus.ontology, corpus.relative(corpus.ontology))
    names = label_names(ontology)
    for kind, before in release_facts(corpus).get("names", {}).items():
        now = names.get(kind, [])
        if now[: len(before)] != before:
            place = Place(file=corpus.relative(corpus.ontology))
            moved = next(name for at, name in enumerate(before) if now[at : at + 1] != [name])
            raise EventBankError(MOVED.at(place, f"{kind}: {moved}"))
    return ontology


def read_labels(corpus: Corpus, documents: Sequence[Document], ontology: Ontology) -> tuple[list[Layer], list[Row], list[Problem]]:
    """The layers of all exports in `annotations/`, their rows for the table of that name, and every problem of both."""
    texts = {document.doc_id: document.text for document in documents}
    layers: list[Layer] = []
    nodes: list[Row] = []
    problems: list[Problem] = []
    for path in sorted(corpus.annotations.iterdir()) if corpus.annotations.is_dir() else ():
        source = corpus.relative(path)
        if path.suffix != ".json" or not path.is_file():
            if path.name not in BESIDE and not path.name.startswith("."):
                problems.append(UNREAD.at(Place(file=source)))
            continue
        try:
            tasks = codec.parse(path.read_bytes(), source)
        except EventBankError as error:
            problems.extend(error.problems)
            continue
        problems += codec.persons(tasks, source)
        found, refused = codec.layers(tasks, source, ontology, texts)
        problems += refused
        layers += found
        nodes += codec.to_rows(tasks, path.name)
    first: dict[tuple[str, str, bool], Layer] = {}
    for layer in layers:
        known = first.setdefault((layer.doc_id, layer.annotator, _is_gold(layer)), layer)
        if known is not layer:
            problems.append(codec.TWO_PASSES.at(Place(layer.source, 0, layer.doc_id, layer.annotator), f"also in {known.source}"))
        problems += check_layer(layer, texts[layer.doc_id], ontology, corpus.language)
    return layers, nodes, problems


def measure_agreement(corpus: Corpus, *, with_gamma: bool = False) -> Agreement:
    """Agreement between the annotators of a corpus, with gamma as far as `annotations/gamma.yaml` has it of these labels.

    Args:
        with_gamma: compute gamma anew, and write it into that file.

    Raises:
        EventBankError: problems of the articles, the ontology and the exports; what `agree` raises; E464 without the extra `gamma`.
    """
    documents, _ = read_documents(corpus)
    ontology = read_ontology(corpus)
    layers, _, problems = read_labels(corpus, documents, ontology)
    raise_errors(problems)
    made, path = passes(layers), corpus.root / gamma.FILE
    found = agree(made, ontology)
    if with_gamma:
        with writing(corpus.root):
            gamma.write(path, gamma.measure(made))
    return replace(found, gamma=gamma.read(path, made)[0])


def agreement_of(inputs: Inputs) -> Agreement | None:
    """Agreement between the annotators of a corpus that has been read; None if no document has two passes."""
    labelled = [layer.doc_id for layer in inputs.passes]
    if len(labelled) == len(set(labelled)):
        return None
    return replace(agree(inputs.passes, inputs.ontology), gamma=inputs.gamma)


def rebase_labels(corpus: Corpus, export: Path, *, drop: bool = False) -> list[Problem]:
    """Moves the labels of an export to the present texts, and replaces the file unless labels would be lost.

    Args:
        export: a Label Studio export, inside the corpus or not.
        drop: replace the file even so; the labels that are returned as W350 are no longer in it then.

    Raises:
        EventBankError: for an export that cannot be read, a document that is not there, or a text that is not of its page.
    """
    with writing(corpus.root):
        documents, _ = read_documents(corpus)
        sources, _ = read_sources(corpus.sources, corpus.relative(corpus.sources))
        articles, _ = read_articles(corpus.articles, sources, corpus.relative(corpus.articles))
        known: dict[str, list[Piece]] = {}
        for path in sorted(corpus.dataset.glob("documents/*.parquet")):
            for row in pq.read_table(path, columns=["text_sha256", "alignment"]).to_pylist():
                known[row["text_sha256"]] = [Piece(**piece) for piece in row["alignment"]]
        tasks = codec.parse(export.read_bytes(), export.name)
        texts = {document.doc_id: document for document in documents}
        moved, lost = rebase(tasks, texts, {article.doc_id: article.raw for article in articles}, known, export.name)
        if moved != tasks and (drop or not lost):
            write_atomic(export, dump(moved))
    return lost


def _gold(layers: Iterable[Layer]) -> dict[str, Layer]:
    """The gold layer of each document: the adjudicated one, or the only pass.

    Raises:
        EventBankError: E450 for each document with several passes and no adjudicated layer.
    """
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        groups.setdefault(layer.doc_id, []).append(layer)
    gold: dict[str, Layer] = {}
    problems = []
    for doc_id, group in groups.items():
        candidates = [layer for layer in group if _is_gold(layer)] or group
        if len(candidates) > 1:
            problems.append(NO_GOLD.at(Place(doc_id=doc_id), ", ".join(f"{layer.annotator} in {layer.source}" for layer in candidates)))
        gold[doc_id] = candidates[0]
    raise_errors(problems)
    return gold


def _is_gold(layer: Layer) -> bool:
    return layer_of("annotation", layer.source) == "gold"


def release_facts(corpus: Corpus) -> dict[str, Any]:
    """The manifest of the release in `dataset/`; nothing if there is none that can be read."""
    try:
        return manifest.read(corpus.dataset)
    except EventBankError:
        return {}


def _frozen(corpus: Corpus) -> dict[str, Placement]:
    """The frozen rows: those of `schema/splits.csv`, and those of the dataset that a build had no time to write there.

    Raises:
        EventBankError: E502 for a file that cannot be read, E505 for each row that is another than in the dataset.
    """
    frozen = read_frozen(corpus.frozen_splits)
    problems = []
    for path in sorted(corpus.dataset.glob("documents/*.parquet")) if release_facts(corpus) else ():
        for row in pq.read_table(path, columns=["doc_id", "story_id", "split", *SECONDARY_COLUMNS]).to_pylist():
            built = Placement(row["doc_id"], row["story_id"], tuple(row[name] for name in ("split", *SECONDARY_COLUMNS)))
            known = frozen.setdefault(built.doc_id, built)
            if known != built:
                found = f"{', '.join(known.splits)} of {known.story_id}; in the dataset {', '.join(built.splits)} of {built.story_id}"
                problems.append(THAWED.at(Place(file=corpus.relative(corpus.frozen_splits), doc_id=built.doc_id), found))
    raise_errors(problems)
    return frozen
