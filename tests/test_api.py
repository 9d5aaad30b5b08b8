"""`import eventbank`: its names, their types and pages, and a release in the hand."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import ROOT

import eventbank
from eventbank.corpus import open_corpus
from eventbank.document import Document
from eventbank.errors import EventBankError
from eventbank.inputs import read_documents

PACKAGE = ROOT / "src" / "eventbank"
SPANS = ("Document", "Event", "Layer", "Mention", "Released")
NEVER_FAIL = {"check"}


def test_every_name_is_what_type_checkers_see() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname: (node.module, alias.name) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert sorted(seen) == eventbank.__all__ == sorted(eventbank.__all__)
    for name, (module, theirs) in seen.items():
        assert module is not None
        assert getattr(eventbank, name) is getattr(sys.modules[module], theirs)


def test_no_name_is_that_of_a_module_which_would_take_its_place() -> None:
    assert not {path.stem for path in PACKAGE.iterdir()} & set(eventbank.__all__)


def test_importing_loads_nothing_and_an_unknown_name_is_none() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import sys; known = set(sys.modules); import eventbank; print(*sys.modules.keys() - known)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not [name for name in run.stdout.split() if name.startswith("eventbank.")]
    assert not {"pyarrow", "numpy", "datasets"} & set(run.stdout.split())
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        eventbank.nothing_of_the_kind  # noqa: B018
    assert set(eventbank.__all__) <= set(dir(eventbank))


def test_docstrings_tell_units_and_errors() -> None:
    for name in eventbank.__all__:
        thing = getattr(eventbank, name)
        said = inspect.getdoc(thing) or ""
        assert len(said) > 30, name
        if inspect.isfunction(thing) and name not in NEVER_FAIL:
            assert "Raises:" in said, name
    for name in SPANS:
        assert "code points" in (inspect.getdoc(getattr(eventbank, name)) or ""), name


@pytest.mark.slow
def test_every_name_has_its_docstring_on_the_page(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "api.py", tmp_path], check=True, capture_output=True)
    page = (tmp_path / "eventbank.html").read_text("utf-8")
    sections = dict(re.findall(r'<section id="(\w+)">(.*?)</section>', page, re.DOTALL))
    assert set(eventbank.__all__) <= sections.keys()
    for name in eventbank.__all__:
        first = re.findall(r"\w+", (inspect.getdoc(getattr(eventbank, name)) or "").split("\n\n")[0])
        shown = re.findall(r"\w+", re.sub("<[^>]+>", "", sections[name]))
        assert " ".join(first[:5]) in " ".join(shown), name
    assert str(ROOT) not in page


PROGRAM = """
import eventbank
release: eventbank.Released = eventbank.load_release("dataset")
text: str = release.documents["d"].text
events: tuple[eventbank.Event, ...] = release.layers["d"].events
report: eventbank.Report = eventbank.score(eventbank.read_side("dataset"), eventbank.read_side("p.jsonl"))
built: eventbank.Built = eventbank.build_release(eventbank.open_corpus())
wrong: int = eventbank.check(built)
"""


@pytest.mark.slow
def test_programs_are_checked_against_the_types(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "mypy", str(tmp_path / "program.py")]  # with the settings of the project, and what it knows already
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    found = [line.partition("error:")[2] for line in run.stdout.splitlines() if "program.py:8: error" in line]
    assert len(found) == 2, run.stdout + run.stderr
    assert "Path" in "".join(found)
    assert "Found 2 errors in 1 file" in run.stdout


def test_a_release_gives_its_documents_back_as_they_were(release: Path) -> None:
    found = eventbank.load_release(release)
    made, _ = read_documents(open_corpus(release.parent))
    assert found.documents == {document.doc_id: document for document in made if document.doc_id in found.documents}
    assert len(found.documents) == len(found.facts) > 0
    assert list(found.documents) == list(found.split_of) == [doc_id for ids in found.splits.values() for doc_id in ids]


def test_spans_of_a_release_are_the_text_at_their_offsets(release: Path) -> None:
    found = eventbank.load_release(release)
    spans = [(doc_id, span) for doc_id, layer in found.layers.items() for span in layer.by_id.values()]
    assert all(found.documents[doc_id].text[span.start : span.end] == span.text for doc_id, span in spans)
    fillers = [layer.by_id[argument.ref] for layer in found.layers.values() for event in layer.events for argument in event.arguments]
    assert len(fillers) == found.table("arguments").num_rows > 0


def test_a_split_has_the_rows_of_its_documents_alone(release: Path) -> None:
    parts = [eventbank.load_release(release, split) for split in eventbank.load_release(release).splits]
    assert sum(part.table("mentions").num_rows for part in parts) == eventbank.load_release(release).table("mentions").num_rows
    assert all(set(part.table("mentions")["doc_id"].to_pylist()) <= part.documents.keys() for part in parts)


def test_names_and_ontology_are_those_of_the_labels(release: Path) -> None:
    found = eventbank.load_release(release)
    used = {event.type for layer in found.layers.values() for event in layer.events}
    assert used <= set(found.ontology.events)
    assert any(used <= set(names) for names in found.names.values())


def test_what_a_release_does_not_hold_is_said(release: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    (tmp_path / "events").mkdir()
    (tmp_path / "documents").mkdir()
    source = next((release / "events").glob("*.parquet"))
    (tmp_path / "events" / source.name).write_bytes(source.read_bytes())
    bare = eventbank.load_release(tmp_path)
    assert (bare.name, bare.names, bare.documents) == ("", {}, {})
    pq.write_table(pa.table({"doc_id": ["d"]}), tmp_path / "documents" / source.name)
    asked = (lambda: bare.ontology, "E710"), (lambda: bare.table("mentions"), "E742"), (lambda: eventbank.load_release(tmp_path), "E710")
    for ask, code in asked:
        with pytest.raises(EventBankError) as caught:
            ask()
        assert caught.value.problems[0].code == code


def test_a_release_without_labels_is_one_and_says_what_it_lacks(unlabelled: Path, tmp_path: Path) -> None:
    found = eventbank.load_release(unlabelled)
    assert (found.layers, len(found.documents), found.table("documents").num_rows) == ({}, 2, 2)
    for ask, said in (
        (lambda: found.table("events"), "E741 .*no labels yet"),
        (lambda: found.table("bogus"), "E742 .*no config bogus; there are events, documents, "),
        (lambda: eventbank.load_release(unlabelled, "tset"), "E742 .*nothing in the split tset; there is train, test"),
        (lambda: eventbank.load_release(tmp_path / "none"), "E710"),
    ):
        with pytest.raises(EventBankError, match=said):
            ask()
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "manifest.json").write_bytes((unlabelled / "manifest.json").read_bytes())
    assert eventbank.load_release(empty).split_of == {}
    with pytest.raises(EventBankError, match="E743"):
        eventbank.load_release(empty).table("documents")


def test_every_path_may_be_text_or_anything_that_stands_for_a_path(release: Path, tmp_path: Path) -> None:
    calls: dict[str, Callable[[Callable[[Path], Any]], object]] = {
        "check": lambda as_: eventbank.check(as_(release)),
        "export": lambda as_: eventbank.export(as_(release), "brat", as_(tmp_path / "brat")),
        "import_": lambda as_: eventbank.import_(as_(tmp_path / "brat"), "brat", as_(tmp_path / "back"), as_(release.parent)),
        "load_ontology": lambda as_: eventbank.load_ontology(as_(release / "ontology.yaml")),
        "load_release": lambda as_: eventbank.load_release(as_(release)).digest,
        "open_corpus": lambda as_: eventbank.open_corpus(as_(release.parent)),
        "read_side": lambda as_: eventbank.read_side(as_(release)).seal,
    }
    takes = set()
    for name in eventbank.__all__:
        if inspect.isfunction(thing := getattr(eventbank, name)):
            kinds = [str(one.annotation) for one in inspect.signature(thing).parameters.values()]
            assert not [kind for kind in kinds if "Path" in kind.replace("str | os.PathLike[str]", "")], name
            takes |= {name} if any("PathLike" in kind for kind in kinds) else set()
    assert takes == calls.keys()
    for name, ask in calls.items():
        assert ask(str) == ask(Path) == ask(Standing), name


class Standing:
    """Something that stands for a path and has none of its methods."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


def test_a_row_of_documents_of_another_shape_is_said(release: Path) -> None:
    from eventbank.released import document_of

    row = next(iter(eventbank.load_release(release).table("documents").to_pylist()))
    assert isinstance(document_of(row), Document)
    assert document_of(row | {"text": None}).text == ""
    for name in (one.name for one in fields(Document)):
        with pytest.raises(EventBankError) as caught:
            document_of({key: value for key, value in row.items() if key != name})
        assert caught.value.problems[0].code == "E710"
