"""A sample: what goes from one format to another, a text with one layer and what is known of it.

A format gives and takes files as bytes by name; it reads and writes no folder itself. `dump` gives the files of some samples, where a name
that comes again goes on in the same file; `load` gives samples, and a problem for whatever it cannot use.
"""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place, Problem
from eventbank.layer import Layer, numbered

MALFORMED = Code("E721", "the file is not of its format", "Mend the line that is named, or get the file again.")
NO_EXTRA = Code("E722", "the format needs a library that is not installed", "Install it: pip install 'eventbank[formats]'")
UNHELD = Code(
    "W728",
    "something has no place in a layer and is left out",
    "Nothing to do if it is not needed; the report beside the output lists all.",
)


@dataclass(frozen=True)
class Sample:
    """A text with one layer of labels. Offsets are code points into `text`; what is not known is None."""

    text: str
    layer: Layer
    language: str = "en"
    title: str | None = None
    published: dt.date | None = None
    url: str | None = None

    @property
    def doc_id(self) -> str:
        """The document that the layer is of."""
        return self.layer.doc_id


@dataclass(frozen=True)
class Options:
    """What a file does not say itself.

    `values` names the types that are values and no entities. `language` is a BCP 47 tag. `repair` shifts the spans of a document back when
    all of them are shifted alike.
    """

    values: frozenset[str] = frozenset()
    language: str = "en"
    annotator: str = "annotator-1"
    repair: bool = False


Files = Mapping[str, bytes]
Dump = Callable[[Sequence[Sample]], Iterator[tuple[str, bytes]]]
Load = Callable[[Files, Options], Iterator[Sample | Problem]]


def canonical(sample: Sample) -> Sample:
    """The sample with the ids of a release and without the name of annotator and file: equal labels give equal samples."""
    digest = sha256(sample.text.encode("utf-8"))
    return replace(sample, layer=replace(numbered(sample.layer), annotator="", source="", text_sha256=digest))


def value_types(samples: Sequence[Sample]) -> frozenset[str]:
    """The types of all values in the samples, as `Options` wants them."""
    return frozenset(mention.type for sample in samples for mention in sample.layer.mentions if mention.kind == "value")


def chain_names(chains: Sequence[frozenset[str]], letter: str) -> dict[str, str]:
    """A short name for the chain of every member: `N1`, `N2`… in the order of the chains."""
    return {member: f"{letter}{at}" for at, chain in enumerate(chains, 1) for member in chain}


def joined(files: Iterator[tuple[str, bytes]]) -> dict[str, bytes]:
    """The files of a dump, each whole."""
    parts: dict[str, list[bytes]] = {}
    for name, data in files:
        parts.setdefault(name, []).append(data)
    return {name: b"".join(found) for name, found in parts.items()}


def decoded(data: bytes, file: str) -> str:
    """A file as text, a byte order mark taken off.

    Raises:
        EventBankError: E721 with the line, if it is not UTF-8.
    """
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EventBankError(MALFORMED.at(Place(file=file, line=line), f"byte {error.start} is not UTF-8")) from None


def texts(files: Files, suffixes: str | tuple[str, ...]) -> Iterator[tuple[str, str] | Problem]:
    """Name and text of each file with one of some endings, in the order of their names; E721 for one that is not UTF-8."""
    for name in sorted(files):
        if name.endswith(suffixes):
            try:
                yield name, decoded(files[name], name)
            except EventBankError as error:
                yield from error.problems


def extra(module: str) -> Any:
    """A module of the extra `formats`.

    Raises:
        EventBankError: E722 if it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise EventBankError(NO_EXTRA.at(None, str(error))) from None
