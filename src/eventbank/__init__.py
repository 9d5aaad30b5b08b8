"""EventBank: raw news articles and Label Studio labels to a versioned dataset of events, and what a researcher does with it next.

Read a release with `load_release`, score predictions with `read_side` and `score`, write other formats with `export`; make a release of a
corpus with `open_corpus`, `build_release` and `check`. Offsets are code points of `Document.text` (indices of a Python `str`), half open,
everywhere. What is wrong with an input is an `EventBankError` with a `Problem` for each thing found: its code, its place, what to do.

A name is loaded when it is first used, so that `import eventbank` takes no time. The modules behind these names are public, too.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventbank.agreement import Agreement as Agreement
    from eventbank.agreement import agree as agree
    from eventbank.build import Built as Built
    from eventbank.build import build as build_release
    from eventbank.corpus import Corpus as Corpus
    from eventbank.corpus import open_corpus as open_corpus
    from eventbank.document import Document as Document
    from eventbank.errors import EventBankError as EventBankError
    from eventbank.errors import Place as Place
    from eventbank.errors import Problem as Problem
    from eventbank.exports import Exported as Exported
    from eventbank.exports import export as export
    from eventbank.imports import Imported as Imported
    from eventbank.imports import import_ as import_
    from eventbank.inputs import measure_agreement as measure_agreement
    from eventbank.inputs import read_documents as read_documents
    from eventbank.layer import Argument as Argument
    from eventbank.layer import Event as Event
    from eventbank.layer import Layer as Layer
    from eventbank.layer import Mention as Mention
    from eventbank.ontology import Ontology as Ontology
    from eventbank.ontology import load as load_ontology
    from eventbank.released import Released as Released
    from eventbank.released import load_release as load_release
    from eventbank.scoring.report import Paired as Paired
    from eventbank.scoring.report import Report as Report
    from eventbank.scoring.report import compare as compare
    from eventbank.scoring.report import score as score
    from eventbank.scoring.sides import Side as Side
    from eventbank.scoring.sides import of_layers as side_of_layers
    from eventbank.scoring.sides import read as read_side
    from eventbank.verify import check as check

__all__ = [
    "Agreement",
    "Argument",
    "Built",
    "Corpus",
    "Document",
    "Event",
    "EventBankError",
    "Exported",
    "Imported",
    "Layer",
    "Mention",
    "Ontology",
    "Paired",
    "Place",
    "Problem",
    "Released",
    "Report",
    "Side",
    "agree",
    "build_release",
    "check",
    "compare",
    "export",
    "import_",
    "load_ontology",
    "load_release",
    "measure_agreement",
    "open_corpus",
    "read_documents",
    "read_side",
    "score",
    "side_of_layers",
]

_HOMES = {
    "agreement": ("Agreement", "agree"),
    "build": ("Built", "build as build_release"),
    "corpus": ("Corpus", "open_corpus"),
    "document": ("Document",),
    "errors": ("EventBankError", "Place", "Problem"),
    "exports": ("Exported", "export"),
    "imports": ("Imported", "import_"),
    "inputs": ("measure_agreement", "read_documents"),
    "layer": ("Argument", "Event", "Layer", "Mention"),
    "ontology": ("Ontology", "load as load_ontology"),
    "released": ("Released", "load_release"),
    "scoring.report": ("Paired", "Report", "compare", "score"),
    "scoring.sides": ("Side", "of_layers as side_of_layers", "read as read_side"),
    "verify": ("check",),
}
"""Where each name is defined, and under which name there. No name here is that of a module, which would take its place once loaded."""


def __getattr__(name: str) -> Any:
    """The public name, from the module that defines it."""
    for module, names in _HOMES.items():
        for one in names:
            theirs, _, ours = one.partition(" as ")
            if name == (ours or theirs):
                found = globals()[name] = getattr(import_module(f"eventbank.{module}"), theirs)
                return found
    raise AttributeError(f"module 'eventbank' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names and what is loaded already."""
    return sorted({*globals(), *__all__})
