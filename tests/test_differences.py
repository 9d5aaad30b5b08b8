"""Differences as tasks of Label Studio, and answers as decisions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.adjudication import Decision, Difference
from eventbank.corpus import open_corpus
from eventbank.gold import DECISIONS, add_decisions, read_case, read_decisions
from eventbank.labelstudio import differences
from eventbank.labelstudio.config import read_config

KEY = "argument 10-15 Actor entity 0-9"
DATA = {"difference": f"d {KEY} (Actor / None)", "doc_id": "d", "key": KEY, "one": "Actor", "other": None}


def answered(*results: Mapping[str, Any], by: int = 1, at: str = "2026-01-01", **node: Any) -> dict[str, Any]:
    return {"completed_by": {"id": by}, "updated_at": at, "result": list(results), **node}


def take(value: str) -> dict[str, Any]:
    return {"from_name": "take", "to_name": "passage", "type": "choices", "value": {"choices": [value]}}


def words(name: str, *answers: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "passage", "type": "textarea", "value": {"text": list(answers)}}


def answers(*annotations: Mapping[str, Any]) -> list[Any]:
    found = differences._answers([{"data": DATA, "annotations": list(annotations)}], "host")
    return [one[1] if isinstance(one, tuple) else one.code for one in found]


def test_a_choice_and_a_reason_are_a_decision() -> None:
    assert answers(answered(take("one"), words("reason", "R11.2:", "the doer"))) == [
        Decision(KEY, "Actor", None, "one", None, "R11.2: the doer")
    ]
    assert answers(answered(words("as", "Target"), words("reason", "R9.1"))) == [Decision(KEY, "Actor", None, None, "Target", "R9.1")]


def test_only_the_last_answer_of_an_adjudicator_counts_and_cancelled_ones_do_not() -> None:
    first, last = answered(take("one"), words("reason", "a"), at="1"), answered(take("other"), words("reason", "b"), at="2")
    gone = answered(take("both"), words("reason", "c"), by=2, was_cancelled=True)
    assert answers(last, first, gone) == [Decision(KEY, "Actor", None, "other", None, "b")]
    assert answers(gone) == []


def test_w476_an_answer_without_decision_or_reason() -> None:
    assert answers(answered(take("one"))) == answers(answered(words("reason", "x"))) == answers(answered({"value": None})) == ["W476"]
    assert answers(answered(take("perhaps"), words("reason", "x"))) == ["W476"]


def test_e475_two_adjudicators_at_odds() -> None:
    one, other = answered(take("one"), words("reason", "x")), answered(take("other"), words("reason", "y"), by=2)
    assert answers(one, other) == ["E475"]
    assert len(answers(one, answered(take("one"), words("reason", "z"), by=2))) == 1


def test_the_page_asks_for_what_is_read_back() -> None:
    found = read_config(differences.config())
    assert {differences.TAKE, differences.INSTEAD, differences.REASON} <= {control.name for control in found.controls}
    assert next(control.labels for control in found.controls if control.name == "take") == ("one", "other", "both", "neither")


@given(st.text(min_size=1, max_size=60), st.data())
def test_a_passage_is_the_text_with_its_place_marked_whatever_the_text_holds(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    html = differences._passage(text, Difference(f"entity {start}-{end}", start, end, "GPE", None))
    marked = "".join(re.findall("<mark>(.*?)</mark>", html, re.DOTALL))
    assert unescape(marked.replace("<br>", "\n")).replace("\n", "") == unescape(_safe(text[start:end]))
    assert not re.search("<(?!/?(?:p|mark|u|br|div)>|div style)", html)


def _safe(words: str) -> str:
    """The words as HTML shows them again: unescape turns references to forbidden characters into others, so both sides go through it."""
    from html import escape

    return escape(words).replace("\n", "")


def test_a_task_names_places_by_their_words(two_passes: Path) -> None:
    ((name, data),) = differences.tasks(read_case(open_corpus(two_passes)))
    assert name.endswith("(Past / Present)")
    assert (data["question"], data["one_says"], data["other_says"], data["decided"]) == ("tense “fired”", "Past", "Present", False)
    assert "<mark>fired</mark>" in data["passage"]


def test_w478_a_decision_in_the_file_stays(two_passes: Path) -> None:
    corpus = open_corpus(two_passes)
    ((_, data),) = differences.tasks(read_case(corpus))
    first, second = (Decision(data["key"], "Past", "Present", take, None, "R10.6") for take in ("one", "other"))  # type: ignore[arg-type]
    assert add_decisions(corpus, {data["doc_id"]: [first]}) == add_decisions(corpus, {data["doc_id"]: [first]}) == []
    assert [problem.code for problem in add_decisions(corpus, {data["doc_id"]: [second]})] == ["W478"]
    assert read_decisions(two_passes / DECISIONS)[data["doc_id"]] == [first]
    ((_, data),) = differences.tasks(read_case(corpus))
    assert data["decided"]


@pytest.mark.parametrize("text", ["a\n\nb <script>x</script>\n\nc", "a & b"])
def test_markup_in_an_article_is_shown_as_text(text: str) -> None:
    html = differences._passage(text, Difference("entity 3-6", 3, 5, None, None))
    assert "<script" not in html
