"""The main job: the inputs of a corpus in, a release out, whole or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from eventbank import leaks
from eventbank.corpus import Corpus
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.files import write_atomic, writing
from eventbank.gold import DECISIONS, read_decisions
from eventbank.inputs import Inputs, agreement_of, read
from eventbank.layer import numbered
from eventbank.ontology import Ontology
from eventbank.release import folder, history, manifest
from eventbank.release.content import AGREEMENT, BASELINES, LEAKS, Release
from eventbank.release.datasheet import DATASHEET, datasheet, read_answers, unanswered
from eventbank.release.facts import facts
from eventbank.release.rows import Labelled, Row, argument_rows, document_row, event_row, mention_rows, sentence_rows
from eventbank.schemas import json_schema, label_names, pandera_schema
from eventbank.splits import to_csv
from eventbank.tables import ANNOTATIONS, ARGUMENTS, DOCUMENTS, EVENTS, MENTIONS, SENTENCES, SPLITS, TABLES, Table

BAD_TABLE = Code("E610", "a table of the release breaks its schema", "Report this with the document it names: a check before it has a gap.")
RELEASED = Code("E611", "this version has been released with other rows", "Raise the version in eventbank.toml.")
OLD = Code("W631", "a JSON Schema of a table is not what the ontology gives", "Run eventbank build.")
OLD_DATASHEET = Code("W672", "the datasheet is not what the answers and the data give", "Run eventbank build.")
STALE = Code("W613", "dataset/ is not what the inputs give", "Run eventbank build.")
SINGLE = "single pass, not adjudicated"
ADJUDICATED = "adjudicated"


@dataclass(frozen=True)
class Built:
    """What a build did. `changed` says whether `dataset/` has other bytes now; `rows` counts rows by config and split."""

    digest: str
    changed: bool
    rows: Mapping[str, Mapping[str, int]]
    new_documents: tuple[str, ...]
    problems: tuple[Problem, ...] = field(default=())


def build(corpus: Corpus) -> Built:
    """Makes `dataset/` from the inputs of a corpus, freezes the splits of new documents in `schema/splits.csv` and writes `schema/tables/`.

    `dataset/` is replaced in one step; whatever ends the process before leaves it as it was. What goes to `schema/` is written after that:
    should the process die in between, the next build takes the new rows of `splits.csv` from the dataset. A corpus with answers for a
    datasheet gets a copy of it beside `dataset/`.

    Raises:
        EventBankError: any problem of the inputs, and a `dataset/` that holds what no build wrote; nothing on disk has changed then.
    """
    with writing(corpus.root):
        return put(*prepare(corpus))


def prepare(corpus: Corpus) -> tuple[Inputs, Release]:
    """The inputs of a corpus and the release that they give; nothing is written.

    Raises:
        EventBankError: as `build`.
    """
    inputs = read(corpus)
    release = make_release(inputs)
    _refuse_released(corpus, release.digest)
    folder.refuse_foreign(corpus.dataset, corpus.relative(corpus.dataset))
    return inputs, release


def put(inputs: Inputs, release: Release) -> Built:
    """Puts what `prepare` gave in its place. Call it under `files.writing`."""
    corpus = inputs.corpus
    changed = folder.replace(release, corpus.dataset)
    for path, data in _generated(inputs):
        if not path.exists() or path.read_bytes() != data:
            write_atomic(path, data)
    if release.answers and _datasheets(release, corpus):
        write_atomic(corpus.datasheet, datasheet(release.answers, corpus.title))
    new = tuple(sorted(inputs.placements.keys() - inputs.frozen.keys()))
    return Built(release.digest, changed, release.rows, new, inputs.problems)


def make_release(inputs: Inputs) -> Release:
    """The release that the inputs of a corpus give.

    Raises:
        EventBankError: E610 if a table breaks its own schema, E630 if two splits share what must be in one, E670 for answers of the
            datasheet that cannot be used.
    """
    tables, left_out = make_tables(inputs)
    agreement = agreement_of(inputs)
    held = [doc_id for doc_id, placement in sorted(inputs.placements.items()) if placement.splits[0] not in SPLITS]
    shared = leaks.report(tables, inputs.corpus.thresholds, None if held else inputs.pairs)
    raise_errors(leaks.problems(shared))
    release = Release(
        settings=inputs.corpus,
        names=label_names(inputs.ontology),
        tables=tables,
        gold=ADJUDICATED if inputs.adjudicated else SINGLE if inputs.gold else "no labels yet",
        held=held,
        left_out=dict(sorted(left_out.items())),
        ontology=inputs.corpus.ontology.read_bytes(),
        reports={LEAKS: shared}
        | ({} if agreement is None else {AGREEMENT: agreement.to_dict()})
        | ({} if inputs.baselines is None else {BASELINES: inputs.baselines}),
    )
    return replace(release, answers=_answers(release, inputs.corpus))


def _answers(release: Release, corpus: Corpus) -> dict[str, str]:
    """The answers of a corpus to the questions of a datasheet; a corpus without a file of answers has none."""
    if not corpus.answers.is_file():
        return {}
    decided = sum(bool(one.take or one.instead) for found in read_decisions(corpus.root / DECISIONS).values() for one in found)
    return read_answers(corpus.answers, corpus.relative(corpus.answers), facts(release, decided))


def _datasheets(release: Release, corpus: Corpus) -> list[Path]:
    """The copies of the datasheet that are missing or old."""
    page = datasheet(release.answers, corpus.title)
    return [path for path in (corpus.datasheet, corpus.dataset / DATASHEET) if not path.is_file() or path.read_bytes() != page]


def make_tables(inputs: Inputs) -> tuple[dict[Table, dict[str, pa.Table]], Counter[str]]:
    """The tables of a release by split, without those that have no rows, and what `sentences` had to leave out.

    Raises:
        EventBankError: E610 if a table breaks its own schema.
    """
    left_out: Counter[str] = Counter()
    labelled = {
        document.doc_id: Labelled.of(document, numbered(inputs.gold[document.doc_id]))
        for document in inputs.documents
        if document.doc_id in inputs.gold
    }
    released = [document for document in inputs.documents if inputs.placements[document.doc_id].splits[0] in SPLITS]
    makers: dict[Table, Callable[[Labelled], Iterable[Row]]] = {
        EVENTS: lambda one: [event_row(one)],
        MENTIONS: lambda one: mention_rows(one, inputs.ontology),
        ARGUMENTS: argument_rows,
        SENTENCES: lambda one: sentence_rows(one, left_out),
    }
    rows: dict[Table, dict[str, list[Row]]] = {table: {split: [] for split in SPLITS} for table in TABLES}
    for document in released:
        split = inputs.placements[document.doc_id].splits[0]
        rows[DOCUMENTS][split].append(document_row(document, inputs.placements[document.doc_id]))
        if document.doc_id in labelled:
            for table, make in makers.items():
                rows[table][split].extend(make(labelled[document.doc_id]))
    for split, node in _placed(inputs):
        rows[ANNOTATIONS][split].append(node)
    tables = {table: {split: table.table(found) for split, found in parts.items() if found} for table, parts in rows.items()}
    for table, parts in tables.items():
        _validate(table, parts, inputs.ontology)
    return {table: parts for table, parts in tables.items() if parts}, +left_out


def check(corpus: Corpus) -> list[Problem]:
    """Every problem of a corpus: its inputs, its release, and whether the release is what the inputs give."""
    try:
        inputs = read(corpus)
        release = make_release(inputs)
        _refuse_released(corpus, release.digest)
    except EventBankError as error:
        return list(error.problems)
    problems = list(inputs.problems)
    if not corpus.dataset.exists():
        return [*problems, STALE.at(Place(file="dataset"), "it does not exist")]
    generated = [(path, data) for path, data in _generated(inputs) if path != corpus.frozen_splits]
    problems += [OLD.at(Place(file=corpus.relative(path))) for path, data in generated if not path.exists() or path.read_bytes() != data]
    if release.answers:
        problems += unanswered(release.answers, corpus.relative(corpus.answers)) if release.tables else ()
        problems += [OLD_DATASHEET.at(Place(file=corpus.relative(path))) for path in _datasheets(release, corpus)]
    try:
        found = list(manifest.verify(corpus.dataset))
        problems += found
        facts = manifest.read(corpus.dataset)
        if facts["digest"] != release.digest:
            problems.append(STALE.at(Place(file="dataset")))
        elif facts["version"] != corpus.version:
            problems.append(STALE.at(Place(file="dataset"), f"it is version {facts['version']}, eventbank.toml says {corpus.version}"))
        elif not found and folder.read(corpus.dataset).reports != release.reports:
            problems.append(STALE.at(Place(file="dataset"), "its reports"))
    except EventBankError as error:
        problems += error.problems
    return problems


def _generated(inputs: Inputs) -> Iterator[tuple[Path, bytes]]:
    """What a build writes into `schema/`: the frozen splits and the JSON Schema of every table."""
    yield inputs.corpus.frozen_splits, to_csv(inputs.placements)
    for table in TABLES:
        found = json.dumps(json_schema(table, inputs.ontology), indent=1, ensure_ascii=False)
        yield inputs.corpus.table_schemas / f"{table.name}.schema.json", f"{found}\n".encode()


def _placed(inputs: Inputs) -> Iterable[tuple[str, Row]]:
    """The nodes of the exports with the split of their document; a file's own node goes with its first task that is in a split."""
    files: dict[str, str] = {}
    splits: list[str | None] = []
    for node in inputs.nodes:
        placement = inputs.placements.get(node.get("doc_id") or "")
        split = placement.splits[0] if placement is not None and placement.splits[0] in SPLITS else None
        splits.append(split)
        if split is not None:
            files.setdefault(node["source"], split)
    for node, split in zip(inputs.nodes, splits, strict=True):
        found = files.get(node["source"]) if node["node"] == "file" else split
        if found is not None:
            yield found, node


def _validate(table: Table, parts: Mapping[str, pa.Table], ontology: Ontology) -> None:
    from pandera.errors import SchemaErrors

    if not parts:
        return
    whole = pa.concat_tables(parts.values())
    if whole.schema != table.schema:
        raise EventBankError(BAD_TABLE.at(Place(file=table.name), "the Arrow schema is another"))
    try:
        pandera_schema(table, ontology).validate(whole, lazy=True)
    except SchemaErrors as errors:
        raise EventBankError(_broken(table, whole, errors.failure_cases.to_pylist())) from None


def _broken(table: Table, whole: pa.Table, failures: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """One problem for each column and check, at the first row that has the value: pandera names no row."""
    cases: dict[tuple[str, str], list[str]] = {}
    for failure in failures:
        kind = str(failure["check"]).partition("(")[0]
        cases.setdefault((str(failure["column"]), kind), []).append(str(failure["failure_case"]))
    for (column, kind), values in cases.items():
        held = [str(value) for value in whole[column].to_pylist()] if column in whole.column_names else []
        doc_id = whole["doc_id"][held.index(values[0])].as_py() if values[0] in held else ""
        place = Place(file=table.name, doc_id=doc_id or "")
        yield BAD_TABLE.at(place, f"{column} ({kind}): {values[0]!r}{f' and {len(values) - 1} more' if len(values) > 1 else ''}")


def _refuse_released(corpus: Corpus, digest: str) -> None:
    """E611 if the version stands in schema/releases.csv with another digest, E612 if that file cannot be read."""
    for one in history.read(corpus.releases, corpus.relative(corpus.releases)):
        if str(one.version) == corpus.version and one.digest != digest:
            raise EventBankError(RELEASED.at(Place(file=corpus.relative(corpus.releases)), corpus.version))
