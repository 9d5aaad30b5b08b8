"""What changed between two releases: exactly that is named, by span and type, whatever the ids."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import LONG
from hypothesis import given
from hypothesis import strategies as st
from sketch import LAYERS, ONTOLOGY, layer_of

from eventbank import ontology as ontologies
from eventbank.build import build
from eventbank.cli import main
from eventbank.corpus import open_corpus
from eventbank.document import sha256
from eventbank.layer import Layer, Mention, numbered
from eventbank.release.diff import Diff, diff, lines
from eventbank.release.manifest import sealed
from eventbank.release.matching import Change, carried, changes
from eventbank.release.scheme import name_changes, scheme_changes
from eventbank.release.snapshot import row_of, snapshot
from eventbank.released import layer_of as layer_of_row

OLD = """
text: The navy fired a missile on Monday and it announced the launch. The state had fired two.
mentions:
  - {id: navy, type: MIL, level: NOM, quote: The navy}
  - {id: missile, type: WEA, level: NOM, quote: a missile}
  - {id: monday, type: TIME, quote: Monday}
  - {id: it, type: MIL, level: PRO, quote: it}
  - {id: state, type: GPE, level: NOM, quote: The state}
events:
  - {id: fired, type: Weapon.Launch, quote: fired, arguments: [Actor navy, Weapon missile, Time monday]}
  - {id: announced, type: Statement.Announce, quote: announced, arguments: [Actor it, Content launch]}
  - {id: launch, type: Weapon.Launch, quote: launch}
chains:
  - [navy, it]
  - [fired, launch]
"""


def stay(start: int, end: int) -> tuple[int, int]:
    return start, end


def edited(*edits: tuple[str, str]) -> list[tuple[str, str]]:
    """What `changes` says after the sketch was edited, as (what, how)."""
    return [(one.what, one.how) for one in changed(*edits)]


def changed(*edits: tuple[str, str]) -> list[Change]:
    new = OLD
    for old, put in edits:
        assert old in new
        new = new.replace(old, put)
    return changes(numbered(layer_of(OLD)[0]), numbered(layer_of(new)[0]), stay)


def test_equal_layers_do_not_differ() -> None:
    assert edited() == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("quote: The navy}", "quote: navy}", ("mention", "moved")),
        ("{id: navy, type: MIL", "{id: navy, type: GPE", ("mention", "retyped")),
        ("level: PRO, quote: it", "level: NOM, quote: it", ("mention", "changed")),
        ("  - {id: state, type: GPE, level: NOM, quote: The state}\n", "", ("mention", "removed")),
        ("events:\n", "  - {id: two, type: WEA, level: NOM, quote: two}\nevents:\n", ("mention", "added")),
        ("quote: fired, arg", "quote: fired a, arg", ("event", "moved")),
        ("type: Weapon.Launch, quote: fired", "type: Statement.Announce, quote: fired", ("event", "retyped")),
        ("quote: launch}", "quote: launch, attributes: {tense: Future}}", ("event", "changed")),
        ("chains:\n", "  - {id: two, type: Weapon.Launch, quote: two}\nchains:\n", ("event", "added")),
        ("Weapon missile, Time monday", "Time monday", ("argument", "removed")),
        ("quote: launch}", "quote: launch, arguments: [Actor state]}", ("argument", "added")),
        ("Actor it,", "Content it,", ("argument", "retyped")),
        ("  - [navy, it]\n", "", ("chain", "changed")),
        ("  - [navy, it]", "  - [navy, it, state]", ("chain", "changed")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_one_edit_is_one_change(old: str, new: str, found: tuple[str, str]) -> None:
    assert edited((old, new)) == [found]


def test_a_filler_that_is_another_mention_at_an_overlapping_place_moved() -> None:
    both = ("events:\n", "  - {id: bare, type: WEA, level: NOM, quote: missile}\nevents:\n")
    assert edited(both, ("Weapon missile", "Weapon bare")) == [("mention", "added"), ("argument", "moved")]


def test_what_hangs_on_a_label_that_is_gone_goes_with_it_but_for_arguments_of_other_events() -> None:
    gone = ("  - {id: announced, type: Statement.Announce, quote: announced, arguments: [Actor it, Content launch]}\n", "")
    (one,) = changed(gone)
    assert (one.what, one.how, one.label["arguments"]) == ("event", "removed", 2)


def test_two_chains_that_were_joined_are_one_that_grew_and_one_that_is_gone() -> None:
    apart = replace(layer_of(OLD)[0], entities=(frozenset({"navy", "it"}), frozenset({"missile", "state"})))
    joined = replace(apart, entities=(frozenset({"navy", "it", "missile", "state"}),))
    found = changes(numbered(apart), numbered(joined), stay)
    assert [(change.how, len(change.label.get("joined", ()))) for change in found] == [("changed", 2), ("removed", 0)]


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """Mentions at drawn places of a text of 30 code points, some of them in chains."""
    spans = draw(st.sets(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=8))
    mentions = [
        Mention(
            f"m{at}",
            "entity",
            draw(st.sampled_from(["MIL", "GPE"])),
            start,
            start + length,
            "x" * length,
            draw(st.sampled_from(["NAM", "NOM"])),
        )
        for at, (start, length) in enumerate(sorted(spans))
    ]
    of = [draw(st.integers(0, 3)) for _ in mentions]
    chains = [frozenset(one.id for one, chain in zip(mentions, of, strict=True) if chain == at) for at in range(4)]
    return numbered(Layer("d", "a", "0" * 64, tuple(mentions), (), tuple(chain for chain in chains if chain)))


@given(layers(), st.randoms())
def test_ids_and_order_do_not_matter(layer: Layer, chance: Any) -> None:
    names = [one.id for one in layer.mentions]
    other = dict(zip(names, chance.sample(names, len(names)), strict=True))
    mentions = [replace(one, id=other[one.id]) for one in layer.mentions]
    chance.shuffle(mentions)
    entities = tuple(frozenset(other[member] for member in chain) for chain in layer.entities)
    assert changes(layer, replace(layer, mentions=tuple(mentions), entities=entities), stay) == []


@given(layers(), layers())
def test_backwards_what_was_added_is_removed(one: Layer, other: Layer) -> None:
    turned = {"added": "removed", "removed": "added"}
    there = sorted((change.what, turned.get(change.how, change.how)) for change in changes(one, other, stay) if change.what == "mention")
    back = sorted((change.what, change.how) for change in changes(other, one, stay) if change.what == "mention")
    assert there == back


@given(layers(), layers())
def test_every_mention_is_accounted_for(one: Layer, other: Layer) -> None:
    found = [change for change in changes(one, other, stay) if change.what == "mention"]
    added, removed = (sum(change.how == how for change in found) for how in ("added", "removed"))
    assert len(one.mentions) + added - removed == len(other.mentions)


@pytest.mark.parametrize(
    ("old", "new", "span", "found"),
    [
        ("one two three", "one two three", (4, 7), (4, 7)),
        ("one two three", "zero one two three", (4, 7), (9, 12)),
        ("one two three", "one three", (4, 7), None),
        ("one two three", "one 2 three", (8, 13), (6, 11)),
        ("one two three", None, (4, 7), (4, 7)),
        ("aé two", "ä aé two", (3, 6), (5, 8)),
    ],
)
def test_spans_are_carried_to_a_changed_text(old: str, new: str | None, span: tuple[int, int], found: tuple[int, int] | None) -> None:
    assert carried(old, new)(*span) == found


# The scheme


def test_schemes_that_are_the_same_do_not_differ() -> None:
    assert scheme_changes(ONTOLOGY, ONTOLOGY) == []


@pytest.mark.parametrize(
    ("old", "new", "told", "breaks"),
    [
        ('"An armed force."', '"A party under arms."', "entity type MIL redefined", True),
        ("name: GPE, definition", "name: GPE, retired: true, definition", "entity type GPE retired", True),
        ("value_types:\n", 'value_types:\n  - {name: QTY, definition: "How many."}\n', "value type", None),
        (
            "Actor: [MIL, GPE]\n      Weapon",
            "Actor: [MIL]\n      Weapon",
            "event type Weapon.Launch narrowed: Actor no longer takes GPE",
            True,
        ),
        ("Weapon: [WEA]", "Weapon: [WEA, MIL]", "event type Weapon.Launch widened: Weapon takes MIL", False),
        ("triggers: [fire]", "triggers: [fire, shoot]", None, None),
    ],
    ids=["redefined", "retired", "added", "narrowed", "widened", "triggers"],
)
def test_a_change_of_the_scheme_is_named_with_whether_it_breaks(
    tmp_path: Path, old: str, new: str, told: str | None, breaks: bool | None
) -> None:
    text = (LAYERS / "ontology.yaml").read_text("utf-8")
    assert old in text
    (tmp_path / "ontology.yaml").write_text(text.replace(old, new, 1), "utf-8")
    found = scheme_changes(ONTOLOGY, ontologies.load(tmp_path / "ontology.yaml"))
    assert bool(found) == (told is not None)
    if told:
        assert str(found[0]).startswith(told)
    if breaks is not None:
        assert [one.breaks for one in found] == [breaks]


def test_without_an_ontology_the_names_of_the_manifests_are_compared() -> None:
    found = name_changes({"roles": ["A", "B"]}, {"roles": ["A", "C", "B"]})
    assert [str(one) for one in found] == ["role C added", "role B changed: place 1 → 2"]


# Made pairs of whole releases


def told(old: Path, new: Path) -> Diff:
    return diff(snapshot(str(old)), snapshot(str(new)))


def export_of(root: Path) -> tuple[Path, list[dict[str, Any]]]:
    path = root / "annotations" / "gold.json"
    return path, json.loads(path.read_text("utf-8"))


def lone_region(results: list[dict[str, Any]], words: str, label: str) -> str:
    """The id of an entity mention alone in its chain, whose text fits a pattern, and whose rest without the first word is no mention."""
    linked = {result[key] for result in results if result.get("labels") == ["same"] for key in ("from_id", "to_id")}
    regions = [result for result in results if result.get("from_name") == "entity"]
    spans = {(result["value"]["start"], result["value"]["end"]) for result in regions}
    for result in regions:
        start, end, text = (result["value"][key] for key in ("start", "end", "text"))
        rest = (start + len(text.partition(" ")[0]) + 1, end)
        if (
            result["id"] not in linked
            and re.fullmatch(words, text)
            and re.fullmatch(label, *result["value"]["labels"])
            and rest not in spans
        ):
            return str(result["id"])
    raise AssertionError("no region fits")


def relabel(root: Path, change: Callable[[dict[str, Any]], None], words: str = ".+", label: str = "PER") -> str:
    """Changes every result of one region, builds, and returns the document."""
    path, tasks = export_of(root)
    results = tasks[0]["annotations"][0]["result"]
    region = lone_region(results, words, label)
    for result in results:
        if result.get("id") == region:
            change(result)
    path.write_text(json.dumps(tasks), "utf-8")
    build(open_corpus(root))
    return str(tasks[0]["data"]["doc_id"])


def cut_first_word(result: dict[str, Any]) -> None:
    first, _, rest = result["value"]["text"].partition(" ")
    result["value"]["start"] += len(first) + 1
    result["value"]["text"] = rest


def retype(result: dict[str, Any]) -> None:
    if result["from_name"] == "entity":
        result["value"]["labels"] = ["ORG"]


def test_one_label_moved_is_exactly_that(built_root: Path, release: Path) -> None:
    doc_id = relabel(built_root, cut_first_word, r"\w+ \w+", ".+")
    found = told(release, built_root / "dataset")
    assert [(one.doc_id, one.how, dict(one.fields)) for one in found.documents] == [(doc_id, "changed", {})]
    assert [(one.what, one.how) for one in found.documents[0].labels] == [("mention", "moved")]
    assert (found.splits, found.scheme, found.columns) == ((), (), {})


def test_one_label_retyped_is_exactly_that(built_root: Path, release: Path) -> None:
    doc_id = relabel(built_root, retype)
    found = told(release, built_root / "dataset")
    assert [(one.doc_id, [(label.what, label.how) for label in one.labels]) for one in found.documents] == [
        (doc_id, [("mention", "retyped")])
    ]
    assert found.count() == {("document", "changed"): 1, ("mention", "retyped"): 1}
    assert (found.splits, found.scheme, found.columns) == ((), (), {})


def add_document(root: Path, name: str = "cedar", date: str = "2024-08-01", text: str = "") -> None:
    text = text or f"A wholly different report by {name} about the weather in the northern valleys, which stayed cold all week long.\n"
    (root / "articles" / f"{name}.txt").write_text(text, "utf-8")
    with (root / "articles" / "sources.yaml").open("a", encoding="utf-8") as file:
        file.write(f"{name}:\n  file: {name}.txt\n  sha256: {sha256(text.encode())}\n")
        file.write(f"  dated: {date}\n  dated_by: text\n  evidence: {{dated: made for a test}}\n")


def test_one_document_added_is_exactly_that(built_root: Path, release: Path) -> None:
    add_document(built_root)
    build(open_corpus(built_root))
    found = told(release, built_root / "dataset")
    assert [(one.doc_id, one.how, one.labels) for one in found.documents] == [("cedar", "added", ())]
    assert (found.splits, found.scheme, found.columns, found.tables) == ((), (), {}, ("documents",))
    back = told(built_root / "dataset", release)
    assert [(one.doc_id, one.how) for one in back.documents] == [("cedar", "removed")]


def test_one_split_moved_is_exactly_that(built_root: Path, release: Path) -> None:
    splits = built_root / "schema" / "splits.csv"
    text = splits.read_text("utf-8")
    rows = [line.split(",") for line in text.splitlines()]
    row = next(row for row in rows if row[2] == "validation")
    doc_id, row[2] = row[0], "train"
    moved = "".join(",".join(row) + "\n" for row in rows)
    splits.write_text(moved, "utf-8")
    shutil.rmtree(built_root / "dataset")
    build(open_corpus(built_root))
    found = told(release, built_root / "dataset")
    assert [(one.doc_id, one.column, one.old, one.new) for one in found.splits] == [(doc_id, "split", "validation", "train")]
    assert (found.documents, found.scheme, found.columns) == ((), (), {})


def test_a_title_and_a_text_that_changed_are_named_and_labels_stay(small: Callable[..., Path]) -> None:
    root = small({"ash": LONG * 2 + "The mayor agreed.\n"})
    build(open_corpus(root))
    old = snapshot(str(root))
    path = root / "articles" / "ash.txt"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"The mayor", b"The old mayor"))
    sources = root / "articles" / "sources.yaml"
    sources.write_text(sources.read_text("utf-8").replace(sha256(before), sha256(path.read_bytes())) + "  title: A harbour\n", "utf-8")
    build(open_corpus(root))
    (one,) = diff(old, snapshot(str(root))).documents
    assert (one.how, set(one.fields), one.labels) == ("changed", {"title", "text", "raw_sha256", "zones"}, ())


def test_the_layer_of_a_row_is_the_layer_that_was_built(built_root: Path) -> None:
    from eventbank.inputs import read

    inputs = read(open_corpus(built_root))
    for doc_id, row in snapshot(str(built_root)).labelled.items():
        assert changes(numbered(inputs.gold[doc_id]), layer_of_row(row_of(row)), stay) == []


# The command


def call(*words: str) -> Result:
    found = CliRunner().invoke(main, words)
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=Maintainer", "-c", "user.email=maintainer@example.org")
    return subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.slow
def test_revisions_of_a_repository_and_folders_compare_alike(built_root: Path, release: Path) -> None:
    git(built_root, "init", "-q")
    git(built_root, "add", "-A")
    git(built_root, "commit", "-q", "-m", "First")
    git(built_root, "tag", "v0")
    relabel(built_root, retype)
    by_tag = json.loads(call("diff", "v0", "--corpus", str(built_root), "--json").stdout)
    by_folder = json.loads(call("diff", str(release), str(built_root / "dataset"), "--json").stdout)
    assert by_tag["documents"] == by_folder["documents"]
    assert by_tag["count"] == {"document": {"changed": 1}, "mention": {"retyped": 1}}
    git(built_root, "commit", "-q", "-a", "-m", "Second")
    assert json.loads(call("diff", "v0", "HEAD", "--corpus", str(built_root), "--json").stdout)["documents"] == by_tag["documents"]


def test_lines_name_what_changed_and_count_it(built_root: Path, release: Path) -> None:
    relabel(built_root, retype)
    printed = list(lines(told(release, built_root / "dataset")))
    assert printed[1].startswith("document changed: ")
    assert re.match(r"  mention retyped: \w+ → \w+ '.+' \[\d+,\d+\)", printed[2])
    assert printed[3:] == ["in all: 1 document changed, 1 mention retyped"]


def test_releases_that_are_the_same_are_told_so(release: Path) -> None:
    assert call("diff", str(release), str(release)).stdout.splitlines()[1:] == ["no row differs"]


@pytest.mark.parametrize("name", ["nowhere", "--upload-pack=x", "."])
def test_what_is_no_release_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    found = call("diff", "--", name, name)
    assert (found.exit_code, "E650" in found.stderr) == (1, True)


def test_a_revision_without_a_release_is_refused(corpus_root: Path) -> None:
    git(corpus_root, "init", "-q")
    git(corpus_root, "add", "-A")
    git(corpus_root, "commit", "-q", "-m", "First")
    assert (
        "E650 HEAD: there is no release to compare: the commit holds no dataset/"
        in call("diff", "HEAD", "--corpus", str(corpus_root)).stderr
    )
    assert "no such folder, commit or tag" in call("diff", "v9", "--corpus", str(corpus_root)).stderr


def test_a_repository_that_git_refuses_to_read_is_a_problem(corpus_root: Path) -> None:
    (corpus_root / ".git").write_text("gitdir: elsewhere", "utf-8")
    found = call("diff", "HEAD", "--corpus", str(corpus_root))
    assert (found.exit_code, "E652" in found.stderr) == (1, True), found.stderr


def test_a_release_that_is_not_whole_and_a_table_that_is_none_are_refused(built_root: Path) -> None:
    path = built_root / "dataset" / "events" / "train-00000-of-00001.parquet"
    path.write_bytes(b"PAR1 nothing PAR1")
    assert "E602" in call("diff", str(built_root), str(built_root)).stderr
    manifest = built_root / "dataset" / "manifest.json"
    facts = json.loads(manifest.read_text("utf-8"))
    for entry in facts["files"]:
        if entry["path"] == "events/train-00000-of-00001.parquet":
            entry["sha256"] = sha256(path.read_bytes())
    manifest.write_bytes(sealed(facts))
    assert "E615" in call("diff", str(built_root), str(built_root)).stderr
