"""`export` and `import` as commands: folders, reports, and the way into a corpus."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import LONG
from test_cli import call

from eventbank.corpus import open_corpus
from eventbank.errors import EventBankError
from eventbank.exports import export, read_samples
from eventbank.formats.registry import FORMATS
from eventbank.formats.sample import canonical
from eventbank.imports import import_
from eventbank.inputs import read_documents, read_ontology
from eventbank.labelstudio import codec
from eventbank.layer import numbered

SLOW = ("cas-xmi", "cas-json", "docbin")
WRITTEN = [name for name, form in FORMATS.items() if form.dump is not None]
ANN = "T1\tGPE 0 5\tSeoul\nT2\tWeapon.Launch 6 11\tfired\nE1\tWeapon.Launch:T2 Actor:T1\n"


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in WRITTEN])
def test_the_gold_goes_to_every_format_and_back(name: str, release: Path, tmp_path: Path) -> None:
    """An export of the gold loses only what its format is said to lose, and says so; imported again it has all other events."""
    out = tmp_path / name
    samples = read_samples(release)
    done = export(release, name, out)
    assert done.documents == len(samples) > 0
    assert set(done.counts) <= FORMATS[name].loses
    report = json.loads((out / "losses.json").read_text("utf-8"))
    assert (report["counts"], len(report["losses"])) == (done.counts, len(done.losses))
    assert sorted(path.name for path in out.iterdir()) == sorted({*done.files, "losses.json"})
    imported = import_(out, name, tmp_path / "again", release.parent)
    assert imported.problems == ()
    assert imported.documents == done.documents
    assert imported.events == sum(len(sample.layer.events) for sample in samples) - done.counts.get("event", 0)


@pytest.mark.slow
def test_a_release_holds_the_same_labels_as_its_corpus(built_root: Path) -> None:
    bare = [canonical(replace(one, layer=replace(one.layer, status=None))) for one in read_samples(built_root)]
    assert [canonical(one) for one in read_samples(built_root / "dataset")] == bare


def test_a_split_is_exported_alone(release: Path) -> None:
    parts = [read_samples(release, split) for split in ("train", "validation", "test")]
    assert [one.doc_id for part in parts for one in part] != []
    assert sorted(one.doc_id for part in parts for one in part) == [one.doc_id for one in read_samples(release)]


@pytest.mark.slow
def test_a_split_of_a_corpus_is_that_of_its_release(built_root: Path) -> None:
    for split in ("train", "validation", "test"):
        assert [one.doc_id for one in read_samples(built_root, split)] == [
            one.doc_id for one in read_samples(built_root / "dataset", split)
        ]


def test_one_label_studio_export_is_exported_alone(release: Path) -> None:
    export_file = min((release.parent / "annotations").glob("pass-*.json"))
    assert [one.doc_id for one in read_samples(export_file)] == [one.doc_id for one in read_samples(release)]


def test_an_export_replaces_an_export_and_nothing_else(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(release, "brat", out)
    (out / "old.ann").write_text("")
    export(release, "brat", out)
    assert not (out / "old.ann").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("precious")
    found = call("export", "brat", str(release), "--out", str(tmp_path / "mine"))
    assert (found.exit_code, "E729" in found.stderr) == (1, True)
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "precious"


def test_an_export_without_labels_is_refused_and_writes_nothing_e741(unlabelled: Path, tmp_path: Path) -> None:
    for name, path in (("brat", unlabelled), ("brat", unlabelled.parent), ("polecat", unlabelled)):
        for split in ("", "train"):
            with pytest.raises(EventBankError, match="E741"):
                export(path, name, tmp_path / "out", split)
    assert not (tmp_path / "out").exists()


def test_a_format_that_is_only_read_is_not_written(release: Path, tmp_path: Path) -> None:
    with pytest.raises(EventBankError, match="E720"):
        export(release, "casie", tmp_path / "out")
    assert call("export", "casie", str(release), "--out", str(tmp_path / "out")).exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_read_back_is_not_left_behind(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(FORMATS["brat"], dump=lambda _: iter([("a.txt", b"Seoul"), ("a.ann", b"T1 spoilt")]))
    monkeypatch.setitem(FORMATS, "brat", broken)
    with pytest.raises(EventBankError, match=r"E730 a\.ann:1"):
        export(release, "brat", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_sums_up_what_is_lost(release: Path, tmp_path: Path) -> None:
    found = call("export", "brat", str(release), "--out", str(tmp_path / "out"))
    assert found.exit_code == 0
    assert "not held:" in found.stderr
    assert "title" in found.stderr
    done = call("export", "brat", str(release), "--out", str(tmp_path / "out"), "--json")
    assert json.loads(done.stdout)["counts"]["title"] > 0


def folder_of(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "theirs"
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_bytes(text.encode("utf-8"))
    return folder


def test_what_is_imported_is_what_a_corpus_takes_in(small: Callable[..., Path], tmp_path: Path) -> None:
    """Line ends, white space around the text and a byte order mark are another thing in a corpus; the labels follow."""
    root = small({"old": LONG * 3})
    text = "\ufeff\r\n  Seoul fired.\r\nIt did.  \r\n"
    theirs = folder_of(tmp_path, a_txt=text, a_ann=ANN.replace(" 0 5", " 5 10").replace(" 6 11", " 11 16"))
    done = import_(theirs, "brat", tmp_path / "new", root)
    assert (done.documents, done.mentions, done.events) == (1, 1, 1)
    (root / "articles" / "a.txt").write_bytes((tmp_path / "new" / "articles" / "a.txt").read_bytes())
    sources = root / "articles" / "sources.yaml"
    entry = (tmp_path / "new" / "articles" / "sources.yaml").read_text("utf-8")
    entry += "  dated: 2024-01-31\n  dated_by: curator\n  evidence: {dated: told}\n"
    sources.write_text(sources.read_text("utf-8") + entry, "utf-8")
    corpus = open_corpus(root)
    texts = {document.doc_id: document.text for document in read_documents(corpus)[0]}
    assert texts["a"] == "Seoul fired.\nIt did."
    tasks = codec.parse((tmp_path / "new" / "annotations" / "brat.json").read_bytes())
    layers, problems = codec.layers(tasks, "", read_ontology(corpus), texts)
    assert Counter(problem.code for problem in problems) <= Counter({"E312": 2, "E319": 1})
    assert numbered(layers[0]).doc_id == "a"


def test_names_that_the_ontology_lacks_are_counted(small: Callable[..., Path], tmp_path: Path) -> None:
    theirs = folder_of(tmp_path, a_txt="Seoul fired.", a_ann=ANN.replace("GPE", "Stadt"))
    done = import_(theirs, "brat", tmp_path / "new", small({"old": LONG * 3}))
    assert any(problem.code == "W732" and "'Stadt', 1 times" in problem.message for problem in done.problems)


def test_ids_that_a_corpus_cannot_have_are_changed_and_told(small: Callable[..., Path], tmp_path: Path) -> None:
    theirs = folder_of(tmp_path)
    for name in ("a b", "a+b"):
        (theirs / f"{name}.txt").write_text("Seoul fired.")
        (theirs / f"{name}.ann").write_text(ANN)
    done = import_(theirs, "brat", tmp_path / "new", small({"old": LONG * 3}))
    assert done.documents == 1
    assert [problem.code for problem in done.problems if problem.code != "W732"] == ["W731", "W731", "E723"]
    assert sorted(path.name for path in (tmp_path / "new" / "articles").iterdir()) == ["a-b.txt", "sources.yaml"]


def test_a_span_in_the_white_space_around_a_text_has_no_place(small: Callable[..., Path], tmp_path: Path) -> None:
    theirs = folder_of(tmp_path, a_txt=" Seoul fired.", a_ann="T1\tGPE 0 6\t Seoul\n")
    done = import_(theirs, "brat", tmp_path / "new", small({"old": LONG * 3}))
    assert [problem.code for problem in done.problems if problem.code != "W732"] == ["E725"]


def test_an_import_of_nothing_says_so(small: Callable[..., Path], tmp_path: Path) -> None:
    root = small({"old": LONG * 3})
    found = call("import", "brat", str(folder_of(tmp_path, a_md="x")), "--out", str(tmp_path / "new"), "--corpus", str(root))
    assert (found.exit_code, "E731" in found.stderr) == (1, True)
    assert not (tmp_path / "new").exists()


def test_an_empty_text_is_set_aside(small: Callable[..., Path], tmp_path: Path) -> None:
    theirs = folder_of(tmp_path, a_txt=" \n", a_ann="")
    found = call("import", "brat", str(theirs), "--out", str(tmp_path / "new"), "--corpus", str(small({"old": LONG * 3})), "--json")
    assert (found.exit_code, json.loads(found.stdout)["counts"]) == (1, {"E202": 1})
