"""Labels follow their words when zones or settings change the text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from eventbank.build import build
from eventbank.cli import main
from eventbank.corpus import open_corpus
from eventbank.document import Document, Zone, assemble, sha256
from eventbank.errors import EventBankError
from eventbank.inputs import read_documents, rebase_labels
from eventbank.rebase import locate, rebase

EXPORT = "pass-1.json"


def set_captions(root: Path, keep: bool) -> None:
    path = root / "eventbank.toml"
    path.write_text(
        path.read_text("utf-8").replace(f"keep_captions = {str(not keep).lower()}", f"keep_captions = {str(keep).lower()}"), "utf-8"
    )


def surfaces(tasks: list[dict]) -> list[tuple[str, str]]:
    """What each region of each task says, by its offsets."""
    return [
        (result["id"], task["data"]["text"][result["value"]["start"] : result["value"]["end"]])
        for task in tasks
        for entry in task["annotations"]
        for result in entry["result"]
        if "start" in result.get("value", {})
    ]


def load(root: Path) -> list[dict]:
    return json.loads((root / "annotations" / EXPORT).read_text("utf-8"))


def with_captions(root: Path) -> list[dict]:
    """Moves the labels of the corpus to the texts with captions; one more label stands in a caption then."""
    set_captions(root, True)
    assert rebase_labels(open_corpus(root), root / "annotations" / EXPORT) == []
    tasks = load(root)
    task = next(task for task in tasks if task["data"]["doc_id"].startswith("000"))
    start = task["data"]["text"].index("Vehicles")
    result = task["annotations"][0]["result"]
    template = next(one for one in result if one.get("from_name") == "entity")
    value = {"start": start, "end": start + len("Vehicles"), "text": "Vehicles", "labels": ["VEH"]}
    result.insert(0, {**template, "id": "caption", "value": value})
    result.append({"type": "relation", "from_id": result[1]["id"], "to_id": "caption", "direction": "right", "labels": ["same"]})
    (root / "annotations" / EXPORT).write_text(json.dumps(tasks), "utf-8")
    return tasks


def test_labels_made_with_captions_kept_move_to_the_default_text_on_their_old_words(corpus_root: Path) -> None:
    before = surfaces(load(corpus_root))
    tasks = with_captions(corpus_root)
    set_captions(corpus_root, False)
    lost = rebase_labels(open_corpus(corpus_root), corpus_root / "annotations" / EXPORT, drop=True)
    assert [(problem.code, problem.message.partition(": ")[2]) for problem in lost] == [("W350", "'Vehicles'")]
    assert surfaces(load(corpus_root)) == before == [pair for pair in surfaces(tasks) if pair[0] != "caption"]
    assert not [
        result
        for task in load(corpus_root)
        for result in task["annotations"][0]["result"]
        if "caption" in (result.get("id"), result.get("to_id"))
    ]
    build(open_corpus(corpus_root))


def test_a_rebase_that_would_lose_labels_changes_nothing_unless_told_to(corpus_root: Path) -> None:
    with_captions(corpus_root)
    set_captions(corpus_root, False)
    export = corpus_root / "annotations" / EXPORT
    before = export.read_bytes()
    run = CliRunner().invoke(main, ["label", "rebase", str(export)])
    assert run.exit_code == 1
    assert "W350" in run.output
    assert export.read_bytes() == before
    assert CliRunner().invoke(main, ["label", "rebase", "--drop", str(export)]).exit_code == 0
    assert export.read_bytes() != before


def test_labels_made_under_a_shifted_zone_move_to_the_default_text(corpus_root: Path) -> None:
    sources = corpus_root / "articles" / "sources.yaml"
    default, before = sources.read_text("utf-8"), surfaces(load(corpus_root))
    sources.write_text(default.replace("  evidence:", "  zones: [{kind: body, lines: [1, 6]}]\n  evidence:", 1), "utf-8")
    export = corpus_root / "annotations" / EXPORT
    assert rebase_labels(open_corpus(corpus_root), export) == []
    assert load(corpus_root)[0]["data"]["text"].startswith("North Korea continues")
    assert surfaces(load(corpus_root)) == before
    sources.write_text(default, "utf-8")
    assert rebase_labels(open_corpus(corpus_root), export) == []
    assert load(corpus_root) == json.loads((ROOT / "annotations" / EXPORT).read_text("utf-8"))


def test_labels_of_the_present_text_stay_as_they_are(corpus_root: Path) -> None:
    export = corpus_root / "annotations" / EXPORT
    before = export.read_bytes()
    assert rebase_labels(open_corpus(corpus_root), export) == []
    assert export.read_bytes() == before


def test_a_text_that_is_not_of_the_page_is_refused(corpus_root: Path) -> None:
    documents = {document.doc_id: document for document in read_documents(open_corpus(corpus_root))[0]}
    task = {"data": {"doc_id": next(iter(documents)), "text": "Words from elsewhere."}, "annotations": []}
    with pytest.raises(EventBankError, match="E351"):
        rebase([task], documents, dict.fromkeys(documents, "The page."), {}, "x.json")
    with pytest.raises(EventBankError, match="E352"):
        rebase([{"data": {"doc_id": "nobody", "text": ""}}], documents, {}, {}, "x.json")


words = st.text(alphabet="ab 💩é", max_size=8).map(lambda text: f"x{text}x")


@pytest.mark.parametrize("data", [{"text_sha256": "0"}, {"text": None}, {"text": 5}, {"text": "x", "doc_id": [1]}])
def test_a_task_without_its_text_is_refused(corpus_root: Path, data: dict) -> None:
    documents = {document.doc_id: document for document in read_documents(open_corpus(corpus_root))[0]}
    task = {"data": {"doc_id": next(iter(documents))} | data}
    with pytest.raises(EventBankError, match=r"E35[12]"):
        rebase([task], documents, dict.fromkeys(documents, "The page."), {}, "x.json")


def test_a_stale_hash_beside_the_present_text_is_put_right(corpus_root: Path) -> None:
    export = corpus_root / "annotations" / EXPORT
    tasks = load(corpus_root)
    tasks[0]["data"]["text_sha256"] = "0" * 64
    export.write_text(json.dumps(tasks), "utf-8")
    assert rebase_labels(open_corpus(corpus_root), export) == []
    assert load(corpus_root) == json.loads((ROOT / "annotations" / EXPORT).read_text("utf-8"))


paragraphs = st.lists(words, min_size=1, max_size=6)


@given(st.lists(st.lists(words, min_size=1, max_size=3), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n", "\r"]))
def test_locate_finds_an_alignment_of_the_same_pieces_as_assemble(blocks: list[list[str]], end: str) -> None:
    raw, zones = "", []
    for at, line in enumerate(end.join(block) for block in blocks):
        zones.append(Zone(len(raw), len(raw) + len(line), "body" if at % 2 == 0 else "caption"))
        raw += line + end
    text, alignment = assemble(raw, zones)
    found = locate(text, raw)
    assert found is not None
    assert [(piece.start, piece.length) for piece in found] == [(piece.start, piece.length) for piece in alignment]
    for piece in found:
        assert text[piece.start : piece.start + piece.length] == raw[piece.raw_start : piece.raw_start + piece.length].replace("\r", "\n")


@given(paragraphs)
def test_every_region_keeps_its_words_or_is_reported(lines: list[str]) -> None:
    raw, zones = "", []
    for line in lines:
        zones.append(Zone(len(raw), len(raw) + len(line), "body"))
        raw += line + "\n"
    old, _ = assemble(raw, zones)
    text, alignment = assemble(raw, [zone for at, zone in enumerate(zones) if at != 1])
    document = Document("d", text, "en", tuple(zones), alignment, "d.txt", sha256(raw.encode()))
    regions = [{"id": str(at), "value": {"start": at, "end": at + 1}} for at in range(len(old))]
    (moved,), lost = rebase(
        [{"data": {"doc_id": "d", "text": old}, "annotations": [{"result": regions}]}], {"d": document}, {"d": raw}, {}, "x"
    )
    kept = moved["annotations"][0]["result"]
    assert len(kept) + len(lost) == len(regions)
    assert all(text[one["value"]["start"]] == old[int(one["id"])] for one in kept)
