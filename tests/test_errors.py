"""Coded problems: how they read, how they sort, and that every code is told apart."""

import importlib
import pickle
import pkgutil
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import eventbank
from eventbank.errors import CODES, CONTEXT, Code, EventBankError, Place, Problem, excerpt, raise_errors

PROBLEM = Problem("E999", Place("a.txt", 3, "d1", "p1", 4, 9, "a word"), "it is wrong", "Mend it.")
WARNING = Problem("W999", Place(), "it is odd", "Look at it.")


def test_problem_reads_as_code_place_finding_and_remedy() -> None:
    assert str(PROBLEM) == "E999 a.txt:3 d1 p1 [4,9) 'a word': it is wrong. Mend it."
    assert str(WARNING) == "W999 it is odd. Look at it."


def test_problem_for_machines_leaves_out_what_is_unknown_but_keeps_offset_zero() -> None:
    assert PROBLEM.to_dict()["place"] == {
        "file": "a.txt", "line": 3, "doc_id": "d1", "annotator": "p1", "start": 4, "end": 9, "context": "a word"
    }  # fmt: skip
    assert Problem("E999", Place(doc_id="d1", start=0, end=0), "", "").to_dict()["place"] == {"doc_id": "d1", "start": 0, "end": 0}
    assert WARNING.to_dict()["place"] == {}


def test_code_with_an_id_that_is_taken_is_refused() -> None:
    with pytest.raises(ValueError, match="E009"):
        Code("E009", "taken", "No.")


def test_code_adds_what_was_found_and_takes_another_remedy() -> None:
    problem = CODES["E009"].at(Place(file="x"), "disk full", remedy="Buy a disk.")
    assert (problem.code, problem.message, problem.remedy) == ("E009", "the operating system refused: disk full", "Buy a disk.")


def test_every_code_has_a_number_a_title_and_a_remedy_that_is_a_sentence() -> None:
    for module in pkgutil.walk_packages(eventbank.__path__, "eventbank."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for code in CODES.values():
        assert re.fullmatch(r"[EW]\d{3}", code.id)
        assert code.title and not code.title.endswith(".")
        assert code.remedy[0].isupper()


def test_warnings_are_given_back_and_errors_are_raised_with_all_problems() -> None:
    assert raise_errors([WARNING]) == [WARNING]
    assert raise_errors(iter(())) == []
    with pytest.raises(EventBankError) as caught:
        raise_errors(iter([PROBLEM, WARNING]))
    assert set(caught.value.problems) == {PROBLEM, WARNING}


@given(st.permutations([PROBLEM, WARNING, Problem("E999", PROBLEM.place, "another", ""), Problem("E998", Place(line=2), "", "")]))
def test_error_holds_its_problems_in_one_order_however_they_were_found(problems: list[Problem]) -> None:
    assert EventBankError(problems).problems == EventBankError(problems[::-1]).problems


def test_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(EventBankError([PROBLEM, WARNING])))
    assert error.problems == EventBankError([PROBLEM, WARNING]).problems


@given(st.text(max_size=90), st.integers(-200, 200), st.integers(-200, 200))
def test_excerpt_is_a_part_of_the_text_around_the_span(text: str, start: int, end: int) -> None:
    found = excerpt(text, start, end)
    assert found in text
    if 0 <= start <= end <= len(text):
        assert text[start:end] in found
        assert len(found) <= end - start + 2 * CONTEXT
