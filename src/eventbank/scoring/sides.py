"""What is scored: gold and predictions as read from TextEE records, a release or its Parquet, and whether the two belong together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path

from eventbank import released
from eventbank.errors import Code, EventBankError, Place, Problem
from eventbank.layer import Layer, refuse_unsound
from eventbank.scoring.columns import read_windows
from eventbank.scoring.lift import OTHER_TEXT, Sentence, lift
from eventbank.scoring.records import MOST, Record, read_jsonl, record_of, windows_of
from eventbank.scoring.windows import Key, Windows

OTHER_DOCUMENTS = Code(
    "E701",
    "gold and predictions are of different documents",
    "Predict every document and window of the gold and no other; --split takes one split of a release.",
)
NOTHING = Code(
    "E703",
    "there is nothing that both sides have",
    "Compare windows with windows or documents with documents; a release folder has both.",
)


@dataclass(frozen=True)
class Side:
    """Gold, or the labels of one system.

    Attributes:
        name: what messages call it.
        seal: what the signature calls it, as far as known with a digest of its content.
        windows: the events of its windows, in tokens; None for documents only.
        layers: its labels by document, in code points; None for windows only.
        texts: the text of every document of `layers`, as far as known.
        stories: the story of every document, as far as known.
        languages: the language of every document, as far as known.
        whole: whether the layers have attributes and chains.
        records: the records of `windows`, for which `layers` can be made where the windows are sentences of a release.
        places: the sentences of a release, which lead its windows back to its documents.
        values: the types of a release that are values and no entities.
    """

    name: str
    seal: str
    windows: Windows | None = None
    layers: Mapping[str, Layer] | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    stories: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
    records: Path | None = None
    places: Mapping[Key, Sentence] = field(default_factory=dict)
    values: frozenset[str] = frozenset()


def read(path: str | os.PathLike[str], split: str | None = None) -> Side:
    """A side from a TextEE JSONL file, a release folder, or a Parquet file or folder of a release's `events` or `sentences`.

    Args:
        split: one split of a release folder; other inputs have no splits and are read whole.

    Raises:
        EventBankError: E700 for records, E710 for a release or Parquet that cannot be read, E741 for a release without labels, E742 for a
            split that it does not have, E743 without documents.
    """
    path = Path(path)
    if path.is_dir() and (released.is_release(path) or any((path / config).is_dir() for config in ("events", "sentences"))):
        return _release(path, split)
    if path.is_dir() or path.suffix == ".parquet":
        return _tables(path, split)
    return Side(str(path), f"sha256-{_digest([path])}", windows=read_windows(path), records=path)


def of_layers(name: str, layers: Iterable[Layer], stories: Mapping[str, str] | None = None, texts: Mapping[str, str] | None = None) -> Side:
    """A side from layers in memory, one for each document.

    Args:
        name: what messages and the signature call it.
        stories: the story of every document, over which intervals are drawn; documents by default.
        texts: the text of every document; predictions are held against those of the gold.

    Raises:
        EventBankError: E400 for a layer that does not hold together: an argument or chain member that is not there, an id taken twice.
    """
    found = {layer.doc_id: layer for layer in layers}
    for layer in found.values():
        refuse_unsound(layer)
    return Side(name, name, layers=found, stories=stories or {}, texts=texts or {}, whole=True)


def _release(path: Path, split: str | None) -> Side:
    name, version, digest = released.seal(path)
    seal = f"{name}-{version}+{digest[:8]}" if digest else f"sha256-{_digest(sorted(path.glob('*/*.parquet')))}"
    layers: dict[str, Layer] | None = None
    windows: Windows | None = None
    places: dict[Key, Sentence] = {}
    texts, stories, languages = {}, {}, {}
    if (path / "events").is_dir():
        found = released.load_release(path, split)
        layers, texts, stories = dict(found.layers), dict(found.texts), found.stories
        languages = {doc_id: row["language"] for doc_id, row in found.facts.items()}
    if released.files(path, "sentences", split):
        rows = [row for _, row in released.rows(path, "sentences", (*released.WINDOW_COLUMNS, "start", "text"), split)]
        windows = windows_of(_records(rows, path / "sentences"))
        places = {(row["doc_id"], row["wnd_id"]): Sentence(row["start"], row["text"], tuple(row["tokens"])) for row in rows}
    if not layers and windows is None:
        raise EventBankError(released.lacking(path, "events", split))
    values = frozenset(mention.type for layer in (layers or {}).values() for mention in layer.mentions if mention.kind == "value")
    return Side(str(path), seal, windows, layers, texts, stories, languages, True, None, places, values)


def _tables(path: Path, split: str | None) -> Side:
    files = sorted(path.glob(f"{split or '*'}-*.parquet") or path.glob("*.parquet")) if path.is_dir() else [path]
    if not files:
        held = sorted({file.name.partition("-")[0] for file in path.glob("*-*.parquet")})
        found = f"nothing in the split {split}; there is {', '.join(held)}" if held else "it holds no Parquet file"
        raise EventBankError((released.NO_PART if held else released.UNREADABLE).at(Place(file=str(path)), found))
    seal = f"sha256-{_digest(files)}"
    import pyarrow.parquet as pq

    try:
        columns = set(pq.read_schema(files[0]).names)
    except (OSError, ValueError) as error:
        raise EventBankError(released.UNREADABLE.at(Place(file=str(files[0])), str(error).splitlines()[0])) from None
    if "event_mentions" in columns:
        rows = (row for file in files for row in released.table(file, released.WINDOW_COLUMNS).to_pylist())
        return Side(str(path), seal, windows=windows_of(_records(rows, path)))
    events = [row for file in files for row in released.table(file, released.EVENT_COLUMNS).to_pylist()]
    layers = {row["doc_id"]: released.layer_of(row) for row in events}
    return Side(str(path), seal, layers=layers, texts={row["doc_id"]: row["text"] for row in events}, whole=True)


def _records(rows: Iterable[Mapping[str, object]], path: Path) -> Iterator[Record]:
    for row in rows:
        try:
            yield record_of(row)
        except ValueError as error:
            raise EventBankError(released.UNREADABLE.at(Place(file=str(path), doc_id=str(row.get("doc_id"))), str(error))) from None


def _digest(files: Iterable[Path]) -> str:
    found = sha256()
    for file in files:
        with file.open("rb") as data:
            while block := data.read(1 << 20):
                found.update(block)
    return found.hexdigest()[:8]


def together(pred: Side, gold: Side) -> tuple[bool, Mapping[str, Layer] | None]:
    """Whether windows can be compared, and the layers of `pred` if documents can be.

    Raises:
        EventBankError: E701 that names the documents and windows of one side alone, E702 for other tokens or another text, E703 if there is
            nothing to compare.
    """
    problems: list[Problem] = []
    windows = gold.windows is not None and pred.windows is not None
    if gold.windows is not None and pred.windows is not None:
        problems += _same_windows(pred.windows, gold.windows, pred.name)
    if gold.layers is not None and pred.layers is not None:
        alone = [(doc_id, pred.name) for doc_id in gold.layers if doc_id not in pred.layers]
        alone += [(doc_id, gold.name) for doc_id in pred.layers if doc_id not in gold.layers]
        problems += [OTHER_DOCUMENTS.at(Place(doc_id=doc_id), f"{name} does not have it") for doc_id, name in alone]
        other = (doc_id for doc_id in gold.layers if pred.texts.get(doc_id, gold.texts.get(doc_id)) != gold.texts.get(doc_id))
        problems += [OTHER_TEXT.at(Place(file=pred.name, doc_id=doc_id)) for doc_id in other]
    if problems:
        raise EventBankError(problems)
    if gold.layers is not None and pred.layers is not None:
        return windows, pred.layers
    if gold.layers is not None and gold.places and windows and pred.records is not None:
        return windows, lift(read_jsonl(pred.records), gold.places, gold.layers, gold.values)
    if not windows:
        raise EventBankError(NOTHING.at(Place(file=pred.name)))
    return windows, None


def _same_windows(pred: Windows, gold: Windows, name: str) -> Iterator[Problem]:
    """One problem for each document that has windows on one side only, and one for each window with other tokens."""
    alone: dict[str, dict[str, list[Key]]] = {}
    for side, other, what in ((gold, pred, "missing"), (pred, gold, "not in the gold")):
        for key, at in side.keys.items():
            found = other.keys.get(key)
            if found is None or side.times[at] > other.times[found]:
                alone.setdefault(key[0], {}).setdefault(what, []).append(key)
    for doc_id, parts in islice(sorted(alone.items()), MOST):
        said = (
            f"{what} {', '.join(str(key[1]) for key in keys[:5])}{f' and {len(keys) - 5} more' * (len(keys) > 5)}"
            for what, keys in parts.items()
        )
        yield OTHER_DOCUMENTS.at(Place(file=name, doc_id=doc_id), f"windows {'; '.join(said)}")
    if len(alone) > MOST:
        yield OTHER_DOCUMENTS.at(Place(file=name), f"and {len(alone) - MOST} more documents: {', '.join(sorted(alone)[MOST:])}")
    common = ((key, pred.tokens[at], gold.tokens[gold.keys[key]]) for key, at in pred.keys.items() if key in gold.keys)
    other_tokens = (key for key, ours, theirs in common if ours is not None and theirs is not None and ours != theirs)
    yield from (OTHER_TEXT.at(Place(file=name, doc_id=key[0]), f"the tokens of window {key[1]}") for key in islice(other_tokens, MOST))
