"""A new corpus: an empty one of the same shape, ready to build."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from eventbank.corpus import MARK, Corpus, open_corpus
from eventbank.errors import Code, EventBankError, Place
from eventbank.files import write_atomic
from eventbank.labelstudio.config import label_config
from eventbank.ontology import load

NOT_EMPTY = Code("E007", "the folder is not empty", "Choose a new or an empty folder.")

_LAYOUT = {
    "gitattributes": ".gitattributes",
    "gitignore": ".gitignore",
    "sources.yaml": "articles/sources.yaml",
    "guidelines.md": "annotations/guidelines.md",
    "ontology.yaml": "schema/ontology.yaml",
    "datasheet.yaml": "schema/datasheet.yaml",
    "eventbank.toml": MARK,
}


def init(folder: Path) -> Corpus:
    """Starts a corpus in a new or empty folder and names it after the folder. The mark is written last.

    Raises:
        EventBankError: E007 if the folder holds anything.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise EventBankError(NOT_EMPTY.at(Place(file=str(folder))))
    name = re.sub(r"[^a-z0-9._-]+", "-", folder.resolve().name.lower()).strip("-._") or "corpus"
    templates = files("eventbank.templates")
    for template, path in _LAYOUT.items():
        text = templates.joinpath(template).read_text(encoding="utf-8").replace("$name", name)
        write_atomic(folder / path, text.encode("utf-8"))
        if path.endswith("ontology.yaml"):
            write_atomic(folder / "schema" / "label-studio.xml", label_config(load(folder / path)).encode("utf-8"))
    return open_corpus(folder)
