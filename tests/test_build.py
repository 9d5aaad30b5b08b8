"""The build: what it refuses, that it changes all or nothing, and that the same inputs give the same bytes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import LONG, ROOT, copy_inputs

from eventbank.build import build, check, make_tables
from eventbank.cli import main
from eventbank.corpus import open_corpus
from eventbank.document import sha256
from eventbank.errors import EventBankError
from eventbank.inputs import read

EXPORT = "pass-1.json"
FIRST = "000_82e5072b32c6064b"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def edit(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_bytes().decode("utf-8")
    assert old in text
    path.write_bytes(text.replace(old, new, count).encode("utf-8"))


def check_digest(root: Path) -> str:
    return str(json.loads((root / "dataset" / "manifest.json").read_text("utf-8"))["digest"])


def tasks_of(root: Path) -> list[dict]:
    return json.loads((root / "annotations" / EXPORT).read_text("utf-8"))


def save(root: Path, tasks: object) -> None:
    (root / "annotations" / EXPORT).write_text(json.dumps(tasks), "utf-8")


def results(root: Path) -> tuple[list[dict], list[dict]]:
    tasks = tasks_of(root)
    return tasks, next(task for task in tasks if task["data"]["doc_id"] == FIRST)["annotations"][0]["result"]


def not_utf8(root: Path) -> None:
    path = root / "articles" / f"{FIRST}.txt"
    path.write_bytes(path.read_bytes() + b"\xff")


def empty(root: Path) -> None:
    (root / "articles" / f"{FIRST}.txt").write_bytes(b" \n")


def not_listed(root: Path) -> None:
    (root / "articles" / "new.txt").write_text("Something new.", "utf-8")


def not_there(root: Path) -> None:
    (root / "articles" / f"{FIRST}.txt").unlink()


def changed_bytes(root: Path) -> None:
    edit(root / "articles" / f"{FIRST}.txt", "two short-range", "six short-range")


def another_reader(root: Path) -> None:
    (root / "articles" / "page.html").write_text("<p>Hello</p>", "utf-8")


def one_id_twice(root: Path) -> None:
    shutil.copy(root / "articles" / f"{FIRST}.txt", root / "articles" / f"{FIRST}.text")


def unknown_key(root: Path) -> None:
    edit(root / "articles" / "sources.yaml", "  dated_by: text", "  dated_by: text\n  mood: calm")


def no_date(root: Path) -> None:
    edit(root / "articles" / "sources.yaml", "  dated: 2022-01-27\n  dated_by: text\n", "")


def bad_zone(root: Path) -> None:
    edit(root / "articles" / "sources.yaml", "  evidence:", "  zones: [{kind: sidebar, lines: [1, 1]}]\n  evidence:")


def zone_beyond_page(root: Path) -> None:
    edit(root / "articles" / "sources.yaml", "  evidence:", "  zones: [{kind: caption, lines: [900, 901]}]\n  evidence:")


def contact_in_body(root: Path) -> None:
    path = root / "articles" / f"{FIRST}.txt"
    old = sha256(path.read_bytes())
    edit(path, "consulted on an in-person meeting", "consulted by mail to jane.doe@example.org on an in-person meeting")
    edit(root / "articles" / "sources.yaml", old, sha256(path.read_bytes()))
    (root / "annotations" / EXPORT).unlink()


def contact_in_a_fact(root: Path) -> None:
    edit(root / "articles" / "sources.yaml", "  author: null", "  author: Jane Doe jane.doe@example.org")


def published_by_nobody(root: Path) -> None:
    edit(root / "articles" / "sources.yaml", "  published: null", "  published: 2022-01-28")


def folder_of_articles(root: Path) -> None:
    (root / "articles" / "more.txt").mkdir()


def row_of_splits_edited(root: Path) -> None:
    path = root / "schema" / "splits.csv"
    edit(path, ",validation,", ",train,")


def splits_of_another_header(root: Path) -> None:
    (root / "schema" / "splits.csv").write_text("doc_id,story_id\n", "utf-8")


def names_reordered(root: Path) -> None:
    path = root / "schema" / "ontology.yaml"
    text = path.read_text("utf-8")
    start, end = text.index("  - name: PER\n"), text.index("  - name: ORG\n")
    moved = text[:start] + text[end:]
    at = moved.index("value_types:")
    path.write_text(moved[:at].rstrip() + "\n" + text[start:end] + "\n" + moved[at:], "utf-8")


def no_ontology(root: Path) -> None:
    (root / "schema" / "ontology.yaml").unlink()


def foreign_dataset(root: Path) -> None:
    shutil.rmtree(root / "dataset")
    (root / "dataset").write_text("mine", "utf-8")


def foreign_file_in_dataset(root: Path) -> None:
    (root / "dataset" / "notes.txt").write_text("mine", "utf-8")


def address_in_a_title(root: Path) -> None:
    tasks = tasks_of(root)
    tasks[0]["data"]["title"] = "call jane.doe@example.org"
    save(root, tasks)


def a_name_as_pseudonym(root: Path) -> None:
    tasks = tasks_of(root)
    tasks[0]["annotations"][0]["completed_by"] = {"id": 7, "email": "jane.doe@annotators.invalid", "display_name": "Jane"}
    save(root, tasks)


def cut_off(root: Path) -> None:
    path = root / "annotations" / EXPORT
    path.write_bytes(path.read_bytes()[:5000])


def other_project(root: Path) -> None:
    save(root, [{"data": {"text": "Somebody else's text."}, "annotations": []}])


def no_such_document(root: Path) -> None:
    tasks = tasks_of(root)
    tasks[0]["data"]["doc_id"] = "nobody"
    save(root, tasks)


def other_text(root: Path) -> None:
    tasks = tasks_of(root)
    tasks[0]["data"]["text"] = "X" + tasks[0]["data"]["text"]
    tasks[0]["data"]["text_sha256"] = sha256(tasks[0]["data"]["text"].encode())
    save(root, tasks)


def beyond_text(root: Path) -> None:
    tasks, found = results(root)
    region = next(result for result in found if result.get("from_name") == "entity")
    for result in found:
        if result.get("id") == region["id"]:
            result["value"]["start"] += 100_000
            result["value"]["end"] += 100_000
    save(root, tasks)


def other_surface(root: Path) -> None:
    tasks, found = results(root)
    next(result for result in found if result.get("from_name") == "entity")["value"]["text"] = "South Chorea"
    save(root, tasks)


def wrong_role(root: Path) -> None:
    tasks, found = results(root)
    fired = next(result["id"] for result in found if result.get("value", {}).get("labels") == ["Weapon.Launch"])
    next(result for result in found if result.get("from_id") == fired and result["labels"] != ["same"])["labels"] = ["Host"]
    save(root, tasks)


def wrong_filler(root: Path) -> None:
    tasks, found = results(root)
    fired = next(result["id"] for result in found if result.get("value", {}).get("labels") == ["Weapon.Launch"])
    next(result for result in found if result.get("from_id") == fired and result["labels"] == ["Actor"])["labels"] = ["Weapon"]
    save(root, tasks)


def address(root: Path) -> None:
    tasks = tasks_of(root)
    tasks[0]["annotations"][0]["completed_by"] = {"id": 7, "email": "jane.doe@example.org", "first_name": "", "last_name": ""}
    save(root, tasks)


BAD = {
    not_utf8: {"E101"},
    empty: {"E102"},
    not_listed: {"E103"},
    not_there: {"E104"},
    changed_bytes: {"E105"},
    one_id_twice: {"E106", "E109"},
    another_reader: {"E109"},
    no_date: {"E110"},
    unknown_key: {"E002"},
    bad_zone: {"E211"},
    zone_beyond_page: {"E212"},
    contact_in_body: {"E221"},
    cut_off: {"E302"},
    other_project: {"E306"},
    no_such_document: {"E307"},
    other_text: {"E308"},
    beyond_text: {"E313"},
    other_surface: {"E314"},
    wrong_role: {"E432"},
    wrong_filler: {"E433"},
    address: {"E330"},
    contact_in_a_fact: {"E221"},
    published_by_nobody: {"E111"},
    folder_of_articles: {"E109"},
    row_of_splits_edited: {"E505"},
    splits_of_another_header: {"E502"},
    names_reordered: {"E405"},
    no_ontology: {"E006"},
    foreign_dataset: {"E614"},
    foreign_file_in_dataset: {"E603"},
    address_in_a_title: {"E330"},
    a_name_as_pseudonym: {"E330", "E331"},
}


@pytest.mark.parametrize("spoil", BAD, ids=lambda spoil: spoil.__name__)
def test_bad_input_is_refused_with_its_code_and_changes_nothing(built_root: Path, spoil: Callable[[Path], None]) -> None:
    spoil(built_root)
    before = bytes_of(built_root)
    run = CliRunner().invoke(main, ["build", "--json", "--corpus", str(built_root)])
    assert run.exit_code == 1, run.output
    assert isinstance(run.exception, SystemExit)
    found = json.loads(run.stdout)["problems"]
    assert {problem["code"] for problem in found if problem["code"].startswith("E")} >= BAD[spoil]
    assert all(problem["place"] and problem["remedy"] for problem in found)
    assert bytes_of(built_root) == before


def shuffled(root: Path) -> None:
    """The same inputs in another order: files made anew in reverse, entries, rows and settings turned round, other times and modes."""
    for folder in (root / "articles", root / "annotations"):
        held = {path: path.read_bytes() for path in folder.iterdir()}
        for path in held:
            path.unlink()
        for path, data in sorted(held.items(), reverse=True):
            path.write_bytes(data)
            os.utime(path, (0, 0))
            path.chmod(0o600)
    sources = root / "articles" / "sources.yaml"
    head, *entries = re.split(r"^(?=[0-9a-z_]+:$)", sources.read_text("utf-8"), flags=re.MULTILINE)
    sources.write_text(head + "".join(entry.rstrip() + "\n" for entry in reversed(entries)), "utf-8")
    frozen = root / "schema" / "splits.csv"
    first, *rows = frozen.read_text("utf-8").splitlines(keepends=True)
    frozen.write_text(first + "".join(reversed(rows)), "utf-8")
    settings = root / "eventbank.toml"
    before, *sections = re.split(r"^(?=\[)", settings.read_text("utf-8"), flags=re.MULTILINE)
    settings.write_text(before + "\n".join(section.rstrip() + "\n" for section in reversed(sections)), "utf-8")


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes_in_another_folder_locale_time_and_order(tmp_path: Path) -> None:
    ascii_only = {"TZ": "UTC", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "1", "USER": "one"}
    elsewhere = {"TZ": "Asia/Seoul", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2", "USER": "two", "HOME": str(tmp_path)}
    outputs = []
    for name, environment in (("one", ascii_only), ("deeper/two", elsewhere)):
        root = copy_inputs(tmp_path / name)
        if name != "one":
            shuffled(root)
        run = subprocess.run(
            [sys.executable, "-m", "eventbank", "build"],
            cwd=root,
            env=os.environ | environment,
            timeout=300,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        outputs.append(bytes_of(root / "dataset"))
    assert outputs[0]["manifest.json"] == outputs[1]["manifest.json"]
    assert outputs[0] == outputs[1]


def test_the_committed_dataset_is_what_the_inputs_give(release: Path) -> None:
    assert bytes_of(ROOT / "dataset") == bytes_of(release)


def test_splits_that_a_killed_build_had_no_time_to_freeze_are_taken_from_the_dataset(built_root: Path) -> None:
    frozen = (built_root / "schema" / "splits.csv").read_bytes()
    (built_root / "schema" / "splits.csv").unlink()
    edit(built_root / "eventbank.toml", "validation_from = 2024-01-01", "validation_from = 2020-01-01")
    build(open_corpus(built_root))
    assert (built_root / "schema" / "splits.csv").read_bytes() == frozen


@pytest.mark.parametrize("name", ["pass-1.JSON", "old"])
def test_what_lies_unread_among_the_labels_is_reported(built_root: Path, name: str) -> None:
    export = built_root / "annotations" / EXPORT
    export.rename(built_root / "annotations" / name) if "." in name else (built_root / "annotations" / name).mkdir()
    codes = [problem.code for problem in build(open_corpus(built_root)).problems]
    assert codes == (["W340", "W465"] if "." in name else ["W340"])  # gamma is of two passes


def test_w451_documents_without_labels_are_told_and_built(corpus_root: Path) -> None:
    for path in (corpus_root / "annotations").glob("*.json"):
        path.unlink()
    (corpus_root / "annotations" / "gamma.yaml").unlink()
    (corpus_root / "schema" / "baselines.yaml").unlink()
    built = build(open_corpus(corpus_root))
    assert [problem.code for problem in built.problems] == ["W451"]
    assert (built.rows["documents"]["train"], built.rows["events"]["train"]) == (3, 0)


def test_a_second_build_changes_nothing(corpus_root: Path) -> None:
    assert build(open_corpus(corpus_root)).changed
    before = bytes_of(corpus_root)
    again = build(open_corpus(corpus_root))
    assert not again.changed
    assert not again.new_documents
    assert bytes_of(corpus_root) == before


def test_a_new_document_is_frozen_and_old_rows_stay(small: Callable[..., Path]) -> None:
    root = small({name: LONG * 4 + f"Then {name} spoke about {name} and other {name} matters of the day.\n" for name in ("ash", "birch")})
    build(open_corpus(root))
    frozen = (root / "schema" / "splits.csv").read_text("utf-8").splitlines()
    text = "A wholly different report about the weather in the northern valleys, which stayed cold all week long. It snowed on Tuesday.\n"
    (root / "articles" / "cedar.txt").write_text(text, "utf-8")
    with (root / "articles" / "sources.yaml").open("a", encoding="utf-8") as file:
        file.write(f"cedar:\n  file: cedar.txt\n  sha256: {sha256(text.encode())}\n")
        file.write("  dated: 2024-08-01\n  dated_by: text\n  evidence: {dated: made for a test}\n")
    assert build(open_corpus(root)).new_documents == ("cedar",)
    after = (root / "schema" / "splits.csv").read_text("utf-8").splitlines()
    assert after[: len(frozen)] == frozen
    assert after[-1].startswith("cedar,cedar,test,")


def test_documents_of_one_story_share_a_split_whatever_their_dates(small: Callable[..., Path]) -> None:
    texts = {"wire": LONG * 3 + "The mayor agreed.\n", "copy": LONG * 3 + "The mayor declined.\n"}
    root = small(texts, dated={"wire": "2023-12-30", "copy": "2024-09-01"})
    build(open_corpus(root))
    rows = [line.split(",") for line in (root / "schema" / "splits.csv").read_text("utf-8").splitlines()[1:]]
    assert [(row[0], row[1], row[2]) for row in rows] == [("copy", "copy", "train"), ("wire", "copy", "train")]


def test_a_corpus_without_articles_builds(small: Callable[..., Path]) -> None:
    root = small({})
    built = build(open_corpus(root))
    assert not any(count for parts in built.rows.values() for count in parts.values())
    assert {problem.code for problem in check(open_corpus(root))} == {"W011"}


def test_articles_without_cut_dates_are_refused_with_a_proposal(small: Callable[..., Path]) -> None:
    names = [f"day{at}" for at in range(1, 6)]
    dates = {name: f"2023-03-0{at}" for at, name in enumerate(names, 1)}
    root = small(
        {name: f"In the town of {name} the council of {name} met for the {name} fair, and {name} was glad." for name in names}, dates
    )
    edit(root / "eventbank.toml", "validation_from", "# validation_from")
    edit(root / "eventbank.toml", "test_from", "# test_from")
    with pytest.raises(EventBankError, match=r"E501.*2023-03-04 and 2023-03-05"):
        build(open_corpus(root))


@pytest.mark.slow
def test_a_released_version_cannot_get_other_rows(built_root: Path) -> None:
    corpus_root, digest = built_root, check_digest(built_root)
    releases = corpus_root / "schema" / "releases.csv"
    version = open_corpus(corpus_root).version
    releases.write_text(f"version,digest,date\n{version},{digest},2026-01-01\n", "utf-8")
    build(open_corpus(corpus_root))
    releases.write_text(f"version,digest,date\n{version},0000,2026-01-01\n", "utf-8")
    with pytest.raises(EventBankError, match="E611"):
        build(open_corpus(corpus_root))


@pytest.mark.parametrize(
    "content", [b"version;digest\n0.1.0;00\n", b"\xff\xfe", b"version,digest\n0.1.0\n"], ids=["other columns", "not UTF-8", "a field short"]
)
def test_a_list_of_releases_that_cannot_be_read_is_refused(built_root: Path, content: bytes) -> None:
    (built_root / "schema" / "releases.csv").write_bytes(content)
    with pytest.raises(EventBankError, match="E612"):
        build(open_corpus(built_root))


def test_two_passes_without_gold_are_refused(corpus_root: Path) -> None:
    text = (corpus_root / "annotations" / EXPORT).read_text("utf-8").replace("annotator-1@", "annotator-2@")
    (corpus_root / "annotations" / "pass-2.json").write_text(text, "utf-8")
    (corpus_root / "annotations" / "gold.json").unlink()
    with pytest.raises(EventBankError, match="E450"):
        build(open_corpus(corpus_root))


def test_one_annotator_in_two_files_is_refused(corpus_root: Path) -> None:
    shutil.copy(corpus_root / "annotations" / EXPORT, corpus_root / "annotations" / "copy.json")
    with pytest.raises(EventBankError, match="E309"):
        build(open_corpus(corpus_root))


def test_a_table_that_breaks_its_schema_is_refused_before_anything_is_written(corpus_root: Path) -> None:
    inputs = read(open_corpus(corpus_root))
    layer = inputs.gold[FIRST]
    spoilt = replace(layer, mentions=tuple(replace(mention, type="THING") for mention in layer.mentions))
    with pytest.raises(EventBankError, match=rf"E610 mentions {FIRST}: .*: type \(isin\): 'THING' and \d+ more"):
        make_tables(replace(inputs, gold={FIRST: spoilt}))


def test_an_adjudicated_file_is_gold_beside_passes(corpus_root: Path) -> None:
    text = (corpus_root / "annotations" / EXPORT).read_text("utf-8").replace("annotator-1@", "adjudicator-1@")
    (corpus_root / "annotations" / "gold.json").write_text(text, "utf-8")
    build(open_corpus(corpus_root))
    assert json.loads((corpus_root / "dataset" / "manifest.json").read_text("utf-8"))["gold"] == "adjudicated"
