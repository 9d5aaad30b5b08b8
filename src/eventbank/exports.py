"""`export`: the labels of a corpus, a release or one Label Studio export in another format, with a report of what that format loses.

The report is measured: what was written is read back and held against what went in. POLECAT records, which nothing comes back from, are
the exception.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from eventbank import ontology
from eventbank.corpus import open_corpus
from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place, raise_errors
from eventbank.files import staged
from eventbank.formats import polecat
from eventbank.formats.draft import TWICE
from eventbank.formats.losses import Loss, losses
from eventbank.formats.registry import FORMATS, POLECAT, Format
from eventbank.formats.sample import Options, Sample, value_types
from eventbank.inputs import read, read_documents, read_ontology
from eventbank.labelstudio import codec
from eventbank.layer import numbered
from eventbank.ontology import Ontology
from eventbank.release import manifest
from eventbank.release.content import ONTOLOGY
from eventbank.released import EVENT_COLUMNS, UNLABELLED, codes, lacking, layer_of, load_release, rows

REPORT = "losses.json"
"""The report beside the files of an export."""

ONLY_READ = Code("E720", "the format is only read", "Choose another; docs/formats.md says which are written, too.")
TAKEN = Code("E729", "the folder to write to holds something else", "Name a new folder, or that of an earlier export.")
NO_RELEASE = Code("E740", "the format is made of a release", "Name a release folder, or a corpus that has been built.")
NOT_BACK = Code("E730", "what was written cannot be read back", "Report this: the writer of the format is at fault.")


@dataclass(frozen=True)
class Exported:
    """What an export has written: the number of documents, the files in order, and everything that the format lost."""

    format: str
    documents: int
    files: tuple[str, ...]
    losses: tuple[Loss, ...]

    @property
    def counts(self) -> dict[str, int]:
        """The number of losses by aspect, the most frequent first."""
        return dict(Counter(loss.aspect for loss in self.losses).most_common())

    def to_dict(self) -> dict[str, Any]:
        """The report for machines. Offsets are code points into the text of the document; -1 for what hangs on no span."""
        return {
            "format": self.format,
            "documents": self.documents,
            "files": list(self.files),
            "counts": self.counts,
            "losses": [asdict(loss) for loss in self.losses],
        }


def export(path: str | os.PathLike[str], name: str, out: str | os.PathLike[str], split: str = "") -> Exported:
    """Writes labels in a format of `FORMATS`, or events as `polecat`, to the folder `out`, in one step, with the report `losses.json`.

    POLECAT records hold no offsets and are not read back: their report lists the events that have no PLOVER category.

    Args:
        path: a corpus, whose gold labels are taken, a release folder, or a Label Studio export inside a corpus; for `polecat` a release
            folder, or a corpus, whose `dataset/` is taken.
        out: a new folder, an empty one, or that of an earlier export, which is replaced.
        split: only documents of this split; of a Label Studio export there is none.

    Raises:
        EventBankError: E720 for a format without a writer, E729 for a folder that holds something else, E740 for POLECAT records of no
            release, E741 where there are no labels to write, and whatever hinders reading.
    """
    form, path, out = FORMATS.get(name), Path(path), Path(out).resolve()
    if name != POLECAT and (form is None or form.dump is None):
        raise EventBankError(ONLY_READ.at(Place(), name))
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / REPORT).is_file())):
        raise EventBankError(TAKEN.at(Place(file=out.name)))
    make = _events(path, split) if form is None else _labels(form, path, split)
    out.parent.mkdir(parents=True, exist_ok=True)
    with staged(out) as folder:
        done = make(folder)
        (folder / REPORT).write_text(f"{json.dumps(done.to_dict(), indent=1)}\n", encoding="utf-8")
    return done


def _labels(form: Format, path: Path, split: str) -> Callable[[Path], Exported]:
    """Reads labels; what comes out writes them into a folder."""
    samples = read_samples(path, split)
    if not samples and (path / manifest.NAME).is_file():
        raise EventBankError(lacking(path, "events", split or None))
    if not samples:
        raise EventBankError(UNLABELLED.at(Place(file=str(path)), f"none in the split {split}" if split else ""))
    scheme = read_scheme(path) if form.dump_by is not None else None

    def make(folder: Path) -> Exported:
        files = _write(form, samples, folder, scheme)
        return Exported(form.name, len(samples), files, tuple(_losses(form, samples, folder, files)))

    return make


def _events(path: Path, split: str) -> Callable[[Path], Exported]:
    """Reads a release; what comes out writes its events as POLECAT records into a folder."""
    if path.is_file():
        raise EventBankError(NO_RELEASE.at(Place(file=path.name), POLECAT))
    release = path if (path / manifest.NAME).is_file() else open_corpus(path).dataset
    if not (release / manifest.NAME).is_file():
        raise EventBankError(NO_RELEASE.at(Place(file=str(path)), f"{release.name}/ is not there"))
    raise_errors(manifest.verify(release))
    found, known = load_release(release, split or None), codes(release, split or None)
    if not found.layers:
        raise EventBankError(lacking(release, "events", split or None))
    lost = [
        Loss(doc_id, "event", event.start, event.end, f"{event.type} {event.text!r}")
        for doc_id, layer in found.layers.items()
        for event in layer.events
        if known[event.id].plover is None
    ]

    def make(folder: Path) -> Exported:
        (folder / polecat.FILE).write_bytes(polecat.dump(found, known).data)
        return Exported(POLECAT, len(found.layers), (polecat.FILE,), tuple(lost))

    return make


def _write(form: Format, samples: Sequence[Sample], folder: Path, scheme: Ontology | None) -> tuple[str, ...]:
    assert form.dump is not None
    files: dict[str, None] = {}
    for name, data in form.dump(samples) if form.dump_by is None else form.dump_by(samples, scheme):
        with (folder / name).open("ab" if name in files else "wb") as file:
            file.write(data)
        files[name] = None
    return tuple(files)


def _losses(form: Format, samples: Sequence[Sample], folder: Path, files: Sequence[str]) -> Iterator[Loss]:
    back: dict[str, Sample] = {}
    wrong = []
    for found in form.load(Folder(folder, files), Options(value_types(samples))):
        if isinstance(found, Sample):
            back[found.doc_id] = found
        elif not found.is_warning:
            wrong.append(NOT_BACK.at(found.place, f"{found.code} {found.message}"))
    if wrong:
        raise EventBankError(wrong)
    for sample in samples:
        yield from losses(sample, back.get(sample.doc_id))


class Folder(Mapping[str, bytes]):
    """Files of a folder by name, each read when it is asked for."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder, self.names = folder, tuple(names)

    def __getitem__(self, name: str) -> bytes:
        if name not in self.names:
            raise KeyError(name)
        return (self.folder / name).read_bytes()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def read_samples(path: Path, split: str = "") -> list[Sample]:
    """The samples of a corpus (its gold labels), a release folder, or a Label Studio export inside a corpus; with a split, those in it.

    Raises:
        EventBankError: whatever hinders reading; E723 for an export that has several passes of a document.
    """
    if (path / manifest.NAME).is_file():
        return _of_release(path, split)
    if path.is_file():
        return _of_export(path)
    found = read(open_corpus(path))
    documents = {document.doc_id: document for document in found.documents}
    chosen = {doc_id: layer for doc_id, layer in found.gold.items() if split in ("", found.placements[doc_id].splits[0])}
    return [
        Sample(one.text, numbered(layer), one.language, one.title, one.published, one.url)
        for doc_id, layer in sorted(chosen.items())
        for one in (documents[doc_id],)
    ]


def read_scheme(path: Path) -> Ontology | None:
    """The ontology of what `read_samples` reads; None for a release that was made before releases held it.

    Raises:
        EventBankError: whatever hinders reading.
    """
    if (path / manifest.NAME).is_file():
        return ontology.load(path / ONTOLOGY, ONTOLOGY) if (path / ONTOLOGY).is_file() else None
    return read_ontology(open_corpus(path.resolve().parent if path.is_file() else path))


def _of_export(path: Path) -> list[Sample]:
    corpus = open_corpus(path.resolve().parent)
    documents = {document.doc_id: document for document in read_documents(corpus)[0]}
    texts = {doc_id: document.text for doc_id, document in documents.items()}
    layers, problems = codec.layers(codec.parse(path.read_bytes(), path.name), path.name, read_ontology(corpus), texts)
    passes = Counter(layer.doc_id for layer in layers)
    problems += [TWICE.at(Place(file=path.name, doc_id=doc_id), f"{n} passes") for doc_id, n in passes.items() if n > 1]
    if problems:
        raise EventBankError(problems)
    return [
        Sample(one.text, numbered(layer), one.language, one.title, one.published, one.url)
        for layer in sorted(layers, key=lambda layer: layer.doc_id)
        for one in (documents[layer.doc_id],)
    ]


def _of_release(folder: Path, split: str) -> list[Sample]:
    raise_errors(manifest.verify(folder))
    about = {row["doc_id"]: row for _, row in rows(folder, "documents", ("doc_id", "title", "language", "published", "url"), split or None)}
    samples = []
    for _, row in rows(folder, "events", EVENT_COLUMNS, split or None):
        known = about[row["doc_id"]]
        layer = replace(layer_of(row), text_sha256=sha256(row["text"].encode("utf-8")))
        samples.append(Sample(row["text"], numbered(layer), known["language"], known["title"], known["published"], known["url"]))
    return sorted(samples, key=lambda sample: sample.doc_id)
