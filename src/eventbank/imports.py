"""`import_`: files of another format to what a corpus takes in, articles with their sources.yaml and a Label Studio export.

What has no place in a layer, and every mending, is reported beside them in `report.json`.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from eventbank.articles.zones import Correction, corrected
from eventbank.corpus import open_corpus
from eventbank.document import assemble, check_text, from_raw, sha256
from eventbank.errors import Code, EventBankError, Place, Problem
from eventbank.exports import REPORT as LOSSES
from eventbank.exports import TAKEN, Folder
from eventbank.files import staged
from eventbank.formats.draft import OUTSIDE, TWICE
from eventbank.formats.registry import FORMATS
from eventbank.formats.sample import UNHELD, Options, Sample
from eventbank.inputs import read_ontology
from eventbank.labelstudio import codec
from eventbank.labelstudio.nodes import dump as dump_tasks
from eventbank.layer import Event, Mention
from eventbank.ontology import Ontology

REPORT = "report.json"
"""The report beside what an import has written."""

NOTHING = Code(
    "E731", "there is nothing of this format", "Name the file or the folder that holds it; docs/formats.md says what a format consists of."
)
RENAMED = Code("W731", "a document has another id now", "Nothing to do; ids of a corpus are letters, digits, '.', '_' and '-'.")
FOREIGN = Code("W732", "a name is not in the ontology", "Add it to schema/ontology.yaml, or rename it in the export, before you build.")

_ID = re.compile(r"[^A-Za-z0-9._-]+")
_BOM = "\ufeff"


@dataclass(frozen=True)
class Imported:
    """What an import has written: the number of documents, mentions and events, and every problem that was met."""

    format: str
    documents: int
    mentions: int
    events: int
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """The report for machines."""
        counts = Counter(problem.code for problem in self.problems)
        facts = {"format": self.format, "documents": self.documents, "mentions": self.mentions, "events": self.events}
        return facts | {"counts": dict(sorted(counts.items())), "problems": [problem.to_dict() for problem in self.problems]}


def import_(
    path: str | os.PathLike[str],
    name: str,
    out: str | os.PathLike[str],
    root: str | os.PathLike[str],
    *,
    annotator: str = "annotator-1",
    repair: bool = False,
) -> Imported:
    """Reads a file or a folder of a format and writes what a corpus takes in to the folder `out`, in one step.

    `out/articles` holds a text for each document and `sources.yaml` with what the format knows of it; its zones say that all of the text is
    body. `out/annotations/NAME.json` is a Label Studio export of the labels, `out/report.json` the report. A document or label that
    cannot be used is set aside and reported.

    Args:
        path: the file, or the folder with the files.
        name: a format of `FORMATS`.
        out: a new folder, an empty one, or that of an earlier import, which is replaced.
        root: the corpus, whose ontology tells values from entities and whose language the texts are in.
        repair: shift the spans of a document back when all of them are shifted alike.

    Raises:
        EventBankError: E729 for a folder that holds something else, E731 if there is nothing of the format, and whatever is wrong
            with the corpus.
    """
    path, out = Path(path), Path(out).resolve()
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / REPORT).is_file())):
        raise EventBankError(TAKEN.at(Place(file=out.name)))
    corpus = open_corpus(root)
    ontology = read_ontology(corpus)
    options = Options(frozenset(term.name for term in ontology.value_types), corpus.language, annotator, repair)
    samples, problems = _read(path, name, options)
    if not samples and not problems:
        raise EventBankError(NOTHING.at(Place(file=path.name), name))
    problems += _foreign(samples, ontology)
    done = Imported(
        name,
        len(samples),
        sum(len(sample.layer.mentions) for sample in samples),
        sum(len(sample.layer.events) for sample in samples),
        tuple(problems),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    with staged(out) as folder:
        _write(samples, name, ontology, folder)
        (folder / REPORT).write_text(f"{json.dumps(done.to_dict(), indent=1)}\n", encoding="utf-8")
    return done


def _read(path: Path, name: str, options: Options) -> tuple[list[Sample], list[Problem]]:
    """The samples as a corpus can store them, and all problems."""
    inside = [path.name]
    if path.is_dir():
        found = (one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file())
        inside = sorted(name for name in found if name != LOSSES)
    samples: dict[str, Sample] = {}
    problems: list[Problem] = []
    for sample in FORMATS[name].load(Folder(path if path.is_dir() else path.parent, inside), options):
        if isinstance(sample, Problem):
            problems.append(sample)
            continue
        place = Place(file=sample.layer.source, doc_id=sample.doc_id)
        doc_id = _ID.sub("-", sample.doc_id) or "-"
        if doc_id != sample.doc_id:
            problems.append(RENAMED.at(place, doc_id))
        if doc_id in samples:
            problems.append(TWICE.at(place, doc_id))
            continue
        try:
            check_text(sample.text, place)
        except EventBankError as error:
            problems += error.problems
            continue
        samples[doc_id], lost = _storable(replace(sample, layer=replace(sample.layer, doc_id=doc_id)))
        problems += lost
    return list(samples.values()), problems


def _storable(sample: Sample) -> tuple[Sample, list[Problem]]:
    """The sample as the corpus will read it, and its spans that have no place there.

    A corpus has LF as its line end, no white space around a text, and no byte order mark in it. `Sample.text` stays as it is delivered;
    only the layer moves.
    """
    text, pieces, base = article_text(sample.text)
    if text == sample.text:
        return sample, []
    layer, problems = sample.layer, []
    moved: dict[str, Mention | Event] = {}
    for span in layer.spans():
        at = from_raw(pieces, span.start - base, span.end - base)
        if at is None:
            place = Place(layer.source, 0, layer.doc_id, "", span.start, span.end)
            problems.append(OUTSIDE.at(place, "it begins or ends in white space around the text or in a line end"))
        else:
            moved[span.id] = replace(span, start=at[0], end=at[1], text=text[slice(*at)])
    kept = [span for span in moved.values() if isinstance(span, Event)]
    chains = [tuple(left for chain in group if (left := chain & moved.keys())) for group in (layer.entities, layer.happenings)]
    mentions = tuple(span for span in moved.values() if isinstance(span, Mention))
    events = tuple(replace(one, arguments=tuple(argument for argument in one.arguments if argument.ref in moved)) for one in kept)
    digest = sha256(text.encode("utf-8"))
    new = replace(layer, text_sha256=digest, mentions=mentions, events=events, entities=chains[0], happenings=chains[1])
    return replace(sample, layer=new), problems


def article_text(delivered: str) -> tuple[str, tuple[Any, ...], int]:
    """The text of an article that is body as a whole, its alignment, and the length of the byte order mark before it."""
    raw = delivered.removeprefix(_BOM)
    text, pieces = assemble(raw, corrected(raw, (), (Correction("body", raw=(0, len(raw))),)))
    return text, pieces, len(delivered) - len(raw)


def _foreign(samples: Sequence[Sample], ontology: Ontology) -> Iterator[Problem]:
    """W732 for each type and role that the ontology does not have, with how often it occurs; W728 for attributes."""
    known = {
        "entity": {term.name for term in ontology.entity_types},
        "value": {term.name for term in ontology.value_types},
        "event": set(ontology.events),
        "role": {term.name for term in ontology.roles},
    }
    count: Counter[tuple[str, str]] = Counter()
    for layer in (sample.layer for sample in samples):
        count.update((mention.kind, mention.type) for mention in layer.mentions)
        count.update(("event", event.type) for event in layer.events)
        count.update(("role", argument.role) for event in layer.events for argument in event.arguments)
        count.update(("attribute", name) for event in layer.events for name in event.attributes)
    own = {attribute.name for attribute in ontology.attributes}
    for (kind, name), times in sorted(count.items()):
        if kind == "attribute":
            if name not in own:
                yield UNHELD.at(None, f"the attribute {name!r} of {times} events")
        elif name not in known[kind]:
            yield FOREIGN.at(None, f"{kind} {name!r}, {times} times")


def _write(samples: Sequence[Sample], name: str, ontology: Ontology, folder: Path) -> None:
    articles, annotations = folder / "articles", folder / "annotations"
    articles.mkdir()
    annotations.mkdir()
    entries: dict[str, Mapping[str, Any]] = {}
    tasks = []
    for sample in samples:
        raw = sample.text.encode("utf-8")
        (articles / f"{sample.doc_id}.txt").write_bytes(raw)
        entries[sample.doc_id] = _entry(sample, sha256(raw), name)
        tasks.append(codec.encode(sample.layer, article_text(sample.text)[0], sample.title, ontology))
    text = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=120)
    (articles / "sources.yaml").write_text(text, encoding="utf-8", newline="\n")
    (annotations / f"{name}.json").write_bytes(dump_tasks(tasks))


def _entry(sample: Sample, digest: str, name: str) -> Mapping[str, Any]:
    """The entry of a document in sources.yaml. Where the format has no date of publication, a build will ask for a date."""
    entry: dict[str, Any] = {"file": f"{sample.doc_id}.txt", "sha256": digest, "title": sample.title, "url": sample.url}
    if sample.published is not None:
        entry |= {"published": sample.published, "evidence": {"published": f"stated in the {name} file"}}
    length = len(sample.text.removeprefix(_BOM))
    return entry | {"zones": [{"kind": "body", "raw": [0, length]}]}
