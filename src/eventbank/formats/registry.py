"""The formats by name, with what each loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventbank.formats import brat, cas, casie, conll, docbin, mavenarg, prompts, textee, wikievents
from eventbank.formats.sample import Dump, Load, Sample

if TYPE_CHECKING:
    from eventbank.ontology import Ontology

_DOCUMENT = frozenset({"title", "published", "url", "language", "status"})
_SENTENCES = frozenset({"text", "mention", "event", "span", "argument", "event argument"})
_DETAILS = frozenset({"level", "normalized", "attributes"})
_CHAINS = frozenset({"entity chain", "event chain"})


POLECAT = "polecat"
"""The name of POLECAT records, which are made of a release and its codes, not of samples: `formats.polecat`."""


@dataclass(frozen=True)
class Format:
    """A format: its name on the command line, whose it is, the files of an export, and the aspects (`losses.ASPECTS`) that it may lose.

    `dump` is None for a format that is only read. A format that says what may be labelled has `dump_by`, which is given the ontology, too.
    """

    name: str
    about: str
    files: str
    load: Load
    dump: Dump | None = None
    loses: frozenset[str] = frozenset()
    dump_by: Callable[[Sequence[Sample], Ontology | None], Iterator[tuple[str, bytes]]] | None = None


FORMATS = {
    one.name: one
    for one in (
        Format(
            "textee",
            "TextEE records",
            "a `.jsonl` with a sentence on each line",
            textee.load,
            textee.dump,
            _DOCUMENT - {"language"} | _SENTENCES | _DETAILS | _CHAINS,
        ),
        Format(
            "maven-arg",
            "MAVEN-Arg",
            "a `.jsonl` with a document on each line",
            mavenarg.load,
            mavenarg.dump,
            _DOCUMENT - {"title"} | {"mention", "event argument", "filler"} | _DETAILS,
        ),
        Format("brat", "brat standoff", "an `.ann` and a `.txt` for each document", brat.load, brat.dump, _DOCUMENT),
        Format(
            "cas-xmi",
            "UIMA CAS as XMI",
            "an `.xmi` for each document and a `TypeSystem.xml`",
            cas.load_xmi,
            cas.dump_xmi,
            frozenset({"document"}),
        ),
        Format("cas-json", "UIMA CAS as JSON", "a `.json` for each document", cas.load_json, cas.dump_json),
        Format(
            "conll",
            "CoNLL columns with BIO tags",
            "a `.conll` for each layer",
            conll.load,
            conll.dump,
            _DOCUMENT - {"language"} | _SENTENCES | _DETAILS | _CHAINS,
        ),
        Format(
            "prompts",
            "prompts for models that write",
            "a `.jsonl` with a sentence on each line",
            prompts.load,
            prompts.dump,
            _DOCUMENT - {"language"} | _SENTENCES | _DETAILS | _CHAINS,
            prompts.dump,
        ),
        Format("docbin", "spaCy's DocBin", "a `.spacy` with all documents", docbin.load, docbin.dump, frozenset({"span"})),
        Format(
            "wikievents",
            "WikiEvents",
            "a `.jsonl` with a document on each line, a `.jsonlines` with its coreference",
            wikievents.load,
        ),
        Format("casie", "CASIE", "a `.json` for each document", casie.load),
    )
}
