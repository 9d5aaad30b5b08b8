"""The datasheet: all questions, no empty answer, and every number counted from the data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import LONG, ROOT
from hypothesis import given
from hypothesis import strategies as st

from eventbank import yamlfile
from eventbank.build import build, check
from eventbank.corpus import open_corpus
from eventbank.errors import EventBankError
from eventbank.release import folder
from eventbank.release.content import AGREEMENT
from eventbank.release.datasheet import DATASHEET, SILENCE, datasheet, parse, questions, read_answers
from eventbank.release.facts import facts
from eventbank.tables import DOCUMENTS, EVENTS

PAGE = ROOT / DATASHEET
ANSWERS = ROOT / "schema" / "datasheet.yaml"
TYPED = ("SHA-256", "Apache License 2.0")
"""Names with digits in them, which are no numbers of the data."""
NUMBER = re.compile(r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|dozen|hundreds?|thousands?|both|twice)\b", re.IGNORECASE)


def keys(problems: list[object]) -> list[str]:
    return [getattr(problem, "code", "") for problem in problems]


def test_the_form_has_seven_sections_and_57_questions() -> None:
    sections = [question.section for question in questions()]
    assert [sections.count(section) for section in dict.fromkeys(sections)] == [4, 16, 12, 4, 6, 7, 8]
    assert [question.number for question in questions()] == list(range(1, 58))
    assert len({question.key for question in questions()}) == 57


def test_the_page_of_the_project_has_every_heading_and_no_empty_answer() -> None:
    text = PAGE.read_text("utf-8")
    headings = re.findall(r"^### (\d+)\. (.+)$", text, re.MULTILINE)
    assert headings == [(str(question.number), question.words) for question in questions()]
    found = parse(PAGE.read_bytes())
    assert [question.key for question in questions() if len(found.get(question.key, "")) < 2] == []
    assert SILENCE not in text
    assert "$" not in text
    assert not re.search(r"^\d+[.)] ", text, re.MULTILINE), "a number at the head of a line would become a list"


def test_the_page_of_the_project_is_what_its_answers_and_its_data_give(release: Path) -> None:
    assert PAGE.read_bytes() == (release / DATASHEET).read_bytes() == (release.parent / DATASHEET).read_bytes()


@pytest.mark.parametrize("path", [ANSWERS, ROOT / "src/eventbank/release/datasheet.yaml", ROOT / "src/eventbank/templates/datasheet.yaml"])
def test_no_number_is_typed_in_an_answer(path: Path) -> None:
    def answers(node: yamlfile.Node) -> list[str]:
        inside = [node.get("answer")] if "asks" in node else [child for _, child in node.entries()] if isinstance(node.value, dict) else []
        return [text for child in inside for text in answers(child)] if inside else [str(node.value or "")]

    for text in answers(yamlfile.load(path, path.name)):
        prose = re.sub(r"`[^`]+`", "", text)
        for name in TYPED:
            prose = prose.replace(name, "")
        assert not NUMBER.search(prose), text


def test_numbers_are_those_of_the_tables(release: Path) -> None:
    found = facts(folder.read(release))
    tables = {
        name: pq.read_table(release / name, partitioning=None).to_pylist() for name in ("events", "documents", "sentences", "annotations")
    }
    rows = tables["events"]
    expected = {
        "documents": len(tables["documents"]),
        "words": sum(len(row["text"].split()) for row in tables["documents"]),
        "sentences": len(tables["sentences"]),
        "nodes": len(tables["annotations"]),
        "events": sum(len(row["events"]) for row in rows),
        "happenings": sum(len({event["chain_id"] for event in row["events"]}) for row in rows),
        "arguments": sum(len(event["arguments"]) for row in rows for event in row["events"]),
        "entities": sum(len(row["entities"]) for row in rows),
        "entity_mentions": sum(len(entity["mentions"]) for row in rows for entity in row["entities"]),
        "values": sum(len(row["values"]) for row in rows),
        "event_types_used": len({event["type"] for row in rows for event in row["events"]}),
        "redistributable": sum(row["rights"]["redistribute"] for row in tables["documents"]),
        "annotators": len({row["annotator"] for row in tables["annotations"] if row["layer"] == "pass"} - {None}),
    }
    assert {name: found[name] for name in expected} == {name: f"{number:,}" for name, number in expected.items()}
    answers = parse((release / DATASHEET).read_bytes())
    assert all(f"{expected[name]:,}" in answers["numbers"] for name in ("documents", "words", "events", "arguments", "entities", "nodes"))


def test_other_data_give_other_numbers(release: Path) -> None:
    whole = folder.read(release)
    less = replace(
        whole, tables={table: {split: part for split, part in parts.items() if split != "test"} for table, parts in whole.tables.items()}
    )
    one, other = (read_answers(ANSWERS, "datasheet.yaml", facts(found)) for found in (whole, less))
    assert {"numbers", "splits", "missing", "timeframe"} <= {key for key in one if one[key] != other[key]}
    assert f"{whole.rows[EVENTS.name]['test']}" in one["splits"]
    assert "test 0" in other["splits"]


def test_agreement_and_decisions_are_told_where_there_are_any(release: Path) -> None:
    content = replace(folder.read(release), reports={})
    assert facts(content)["agreement"] == "Agreement has not been measured."
    assert facts(content)["adjudication"] == "Nothing has been adjudicated."
    scores = {
        name: {"exact": {"f1": {"value": value}}}
        for name, value in (("entity_cls", 0.9), ("trigger_cls", 0.8), ("argument_attached_cls", None))
    }
    found = facts(replace(content, reports={AGREEMENT: {"overall": {"scores": scores}}}), 41)
    assert "0.900 for entity mentions with their type" in found["agreement"]
    assert "nothing to compare for arguments" in found["agreement"]
    assert "41 decisions" in found["adjudication"]


def test_a_page_is_read_as_it_was_written(release: Path) -> None:
    found = folder.read(release)
    assert datasheet(parse((release / DATASHEET).read_bytes()), found.settings.title) == (release / DATASHEET).read_bytes()


LINES = (
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="#\u2028\u2029\x85"), min_size=1).map(str.strip).filter(bool)
)


@given(st.dictionaries(st.sampled_from([question.key for question in questions()]), st.lists(LINES, min_size=1).map("\n\n".join)))
def test_answers_come_back_from_the_page(answers: dict[str, str]) -> None:
    assert parse(datasheet(answers, "Some")) == {key: answer for key, answer in answers.items() if answer != SILENCE}


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("There are $documets.", "E670", "$documets is no number"),
        ("It costs 5 $.", "E670", "dollar sign"),
        ("|-\n  Yes.\n  ## More", "E670", "heading"),
        ("[1, 2]", "E002", "expected text"),
    ],
)
def test_e670_an_answer_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, answer: str, code: str, said: str) -> None:
    path = tmp_path / "datasheet.yaml"
    path.write_text(f"funding: Nobody.\nsample: {answer}\n", "utf-8")
    with pytest.raises(EventBankError) as caught:
        read_answers(path, "schema/datasheet.yaml", {"documents": "5"})
    (problem,) = [one for one in caught.value.problems if one.message.partition(": ")[2].startswith("sample") and one.code == code]
    assert said in problem.message
    assert (problem.place.file, problem.place.line >= 2) == ("schema/datasheet.yaml", True)


def test_a_question_that_the_form_does_not_have_is_refused(tmp_path: Path) -> None:
    (tmp_path / "datasheet.yaml").write_text("colour: blue\n", "utf-8")
    with pytest.raises(EventBankError, match="unknown key"):
        read_answers(tmp_path / "datasheet.yaml", "datasheet.yaml", {})


def test_w671_a_new_corpus_gets_a_datasheet_that_says_what_is_open(small: Callable[..., Path]) -> None:
    root = small({"a": LONG * 3})
    corpus = open_corpus(root)
    build(corpus)
    text = (root / DATASHEET).read_text("utf-8")
    assert text.count(SILENCE) == sum(question.answer is None for question in questions())
    assert "Articles: 1," in text
    assert "peninsula" not in text.lower()
    (problem,) = [one for one in check(corpus) if one.code == "W671"]
    assert "purpose" in problem.message
    path = root / "schema" / "datasheet.yaml"
    path.write_text("\n".join(f"{question.key}: We say $$ $documents." for question in questions() if question.answer is None), "utf-8")
    assert "W672" in keys(check(corpus))
    build(corpus)
    assert "We say $ 1." in (root / DATASHEET).read_text("utf-8")
    assert not {"W671", "W672"} & set(keys(check(corpus)))


def test_w672_a_datasheet_that_was_edited_by_hand_is_found(built_root: Path) -> None:
    (built_root / DATASHEET).write_text("mine", "utf-8")
    assert "W672" in keys(check(open_corpus(built_root)))
    build(open_corpus(built_root))
    assert (built_root / DATASHEET).read_bytes() == PAGE.read_bytes()


def test_a_corpus_without_answers_has_no_datasheet_and_keeps_its_own(small: Callable[..., Path]) -> None:
    root = small({"a": LONG * 3})
    (root / "schema" / "datasheet.yaml").unlink()
    (root / DATASHEET).write_text("mine", "utf-8")
    build(open_corpus(root))
    assert (root / DATASHEET).read_text("utf-8") == "mine"
    assert not (root / "dataset" / DATASHEET).exists()
    assert folder.read(root / "dataset").answers == {}


def test_every_number_that_an_answer_can_name_is_documented(release: Path) -> None:
    text = (ROOT / "docs" / "corpus.md").read_text("utf-8")
    assert [name for name in facts(folder.read(release)) if f"`${name}`" not in text] == []


def test_an_empty_release_has_facts_too(release: Path) -> None:
    found = facts(replace(folder.read(release), tables={}))
    assert (found["documents"], found["events"], found["passes"]) == ("0", "0", "0")
    assert DOCUMENTS.name in folder.read(release).rows
