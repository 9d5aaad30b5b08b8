"""Prompts: the right answer says the record again, and whatever a model says is a record or a problem."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import loaded, problems, samples
from test_cli import call

from eventbank import ontology
from eventbank.exports import export
from eventbank.formats import prompts, textee
from eventbank.formats.sample import Options, Sample, canonical
from eventbank.segmentation import sentences

ASKED = {"doc_id": "d", "wnd_id": "d-0", "start": 10, "lang": "en", "input": "The navy fired; the navy's missile fired."}


def answer(**parts: Any) -> str:
    return json.dumps(parts)


def spans(record: dict[str, Any]) -> list[tuple[str, int, int]]:
    return [(one["text"], one["start"], one["end"]) for one in record["entity_mentions"]]


def codes(found: list[Any]) -> list[str]:
    return [problem.code for problem in found]


def bare(record: dict[str, Any]) -> dict[str, Any]:
    """A record without the names of its labels and without words beside offsets, which are no part of what it says."""
    at = {one["id"]: number for number, one in enumerate(record["entity_mentions"])}

    def place(one: dict[str, Any]) -> tuple[int, int]:
        return one["start"], one["end"]

    mentions = [(one["entity_type"], *place(one)) for one in record["entity_mentions"]]
    events = [
        (
            one["event_type"],
            place(one["trigger"]),
            [(filled["role"], at[filled["entity_id"]], *place(filled)) for filled in one["arguments"]],
        )
        for one in record["event_mentions"]
    ]
    return {**record, "entity_mentions": mentions, "event_mentions": events}


@given(samples())
def test_the_right_answer_says_the_record_again(sample: Sample) -> None:
    whole = canonical(sample)
    parts = sentences(whole.text, whole.language) or [(0, 0)]
    for record in textee.records(whole.layer, whole.text, whole.language, parts, Counter()):
        asked = prompts.prompt(record, "Find.")
        found, wrong = prompts.record(asked, asked["output"])
        assert (bare(found), wrong) == (bare(record), [])


@given(
    st.text(max_size=30)
    | st.recursive(
        st.none() | st.integers() | st.sampled_from(["navy", "fired", "", "\ud800"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["mentions", "events", "text", "type", "trigger", "role", "arguments", "nth", "mention"]), inner, max_size=5
            )
        ),
        max_leaves=20,
    ).map(json.dumps)
)
def test_whatever_a_model_says_is_a_record_or_a_problem(said: str) -> None:
    found, wrong = prompts.record(ASKED, said)
    size = len(found["tokens"])
    for one in (*found["entity_mentions"], *(event["trigger"] for event in found["event_mentions"])):
        assert 0 <= one["start"] < one["end"] <= size
    assert set(codes(wrong)) <= {"E735", "W736"}
    json.dumps(found).encode()
    assert all(
        isinstance(one, (Sample, type(wrong[0]) if wrong else Sample))
        for one in loaded({"a.jsonl": (json.dumps({**ASKED, "output": said}) + "\n").encode()}, "prompts")
    )


def test_a_quote_is_the_place_that_its_number_says_and_ends_where_tokens_end() -> None:
    said = answer(
        mentions=[{"text": "navy", "type": "MIL"}, {"text": "navy", "type": "MIL", "nth": 2}, {"text": "The navy", "type": "MIL"}]
    )
    found, wrong = prompts.record(ASKED, said)
    assert (spans(found), wrong) == ([("navy", 1, 2), ("navy", 5, 6), ("The navy", 0, 2)], [])
    for words, nth in (("navy", 3), ("navy", 0), ("navy", -1), ("avy", 1), ("Navy", 1), ("", 1), (" ", 1), ("army", 1)):
        found, wrong = prompts.record(ASKED, answer(mentions=[{"text": words, "type": "MIL", "nth": nth}]))
        assert (spans(found), codes(wrong)) == ([], ["W736"])


def test_an_argument_is_the_mention_of_its_words_and_has_a_span_of_its_own_without_one() -> None:
    event = {"type": "Weapon.Launch", "trigger": "fired", "nth": 2, "arguments": [{"role": "Actor", "text": "navy", "nth": 2}]}
    found, wrong = prompts.record(ASKED, answer(mentions=[{"text": "navy", "type": "MIL"}], events=[event]))
    assert found["event_mentions"] == [
        {
            "id": "E1",
            "event_type": "Weapon.Launch",
            "trigger": {"text": "fired", "start": 8, "end": 9},
            "arguments": [{"role": "Actor", "text": "navy", "start": 5, "end": 6}],
        }
    ]
    assert wrong == []
    asked = {**ASKED, "output": answer(mentions=[{"text": "navy", "type": "MIL"}], events=[event])}
    sample, left = sorted(loaded({"a.jsonl": json.dumps(asked).encode()}, "prompts"), key=lambda one: not isinstance(one, Sample))
    assert isinstance(sample, Sample)
    assert (left.code, sample.layer.events[0].arguments) == ("W736", ())


def test_two_mentions_on_one_span_are_told_apart_by_their_number() -> None:
    two = [{"text": "navy", "type": "MIL"}, {"text": "navy", "type": "ORG"}]
    event = {"type": "Weapon.Launch", "trigger": "fired", "arguments": [{"role": "Actor", "text": "navy", "mention": 2}]}
    found, _ = prompts.record(ASKED, answer(mentions=two, events=[event]))
    assert found["event_mentions"][0]["arguments"][0]["entity_id"] == "M2"
    assert '"mention": 2' in prompts.prompt(found, "")["output"]


@pytest.mark.parametrize(
    "said",
    ["", "none", "[1]", "{", '{"mentions": [', '{"mentions": {}}', "{}", '{"a": 1}', '{"a":' * 100_000, '{"events": [1' + "0" * 5000],
)
def test_e735_an_answer_that_is_no_answer_leaves_a_sentence_without_labels(said: str) -> None:
    found, wrong = prompts.record(ASKED, said)
    assert (found["entity_mentions"], found["event_mentions"], codes(wrong)) == ([], [], ["E735"])
    assert (found["start"], found["end"], len(found["tokens"])) == (10, 51, 10)
    rows = loaded({"a.jsonl": b"\n" + json.dumps({**ASKED, "output": said}).encode()}, "prompts", Options())
    assert problems(rows) == [("E735", "a.jsonl", 2)]
    assert [one.text.strip() for one in rows if isinstance(one, Sample)] == [ASKED["input"]]


@pytest.mark.parametrize(
    "said",
    [
        'Here it is:\n```json\n{"mentions": [{"text": "navy", "type": "MIL"}]}\n```\nDone.',
        '{"mentions": [{"text": "navy", "type": "MIL"}, {"text": 1}, 2, {"type": "MIL"}], "events": null}',
    ],
)
def test_what_surrounds_the_json_and_parts_of_another_form_do_no_harm(said: str) -> None:
    found, _ = prompts.record(ASKED, said)
    assert spans(found) == [("navy", 1, 2)]


def test_the_instruction_is_the_ontology_without_what_is_retired(release: Path) -> None:
    scheme = ontology.load(release / "ontology.yaml")
    asked = prompts.instruction(scheme)
    assert all(f"\n- {kind.name}: {kind.definition} Roles: " in asked for kind in scheme.event_types)
    assert all(f"\n- {term.name}: " in asked for term in (*scheme.entity_types, *scheme.value_types))
    from dataclasses import replace

    old = replace(scheme, event_types=(replace(scheme.event_types[0], retired=True), *scheme.event_types[1:]))
    assert f"\n- {scheme.event_types[0].name}: " not in prompts.instruction(old)


def test_the_export_asks_for_the_ontology_of_the_release_or_else_for_what_it_has(release: Path, tmp_path: Path) -> None:
    export(release, "prompts", tmp_path / "one", "test")
    rows = [json.loads(line) for line in (tmp_path / "one" / prompts.FILE).read_text("utf-8").splitlines()]
    assert {row["instruction"] for row in rows} == {prompts.instruction(ontology.load(release / "ontology.yaml"))}
    done = call("export", "prompts", str(release), "--split", "test", "--out", str(tmp_path / "two"))
    assert (done.exit_code, (tmp_path / "two" / prompts.FILE).read_bytes()) == (0, (tmp_path / "one" / prompts.FILE).read_bytes())
    sample = next(one for one in loaded({"a.jsonl": (tmp_path / "one" / prompts.FILE).read_bytes()}, "prompts") if isinstance(one, Sample))
    (_, data), *_ = prompts.dump([sample])
    assert f"Types of events: {', '.join(sorted({event.type for event in sample.layer.events}))}" in json.loads(data)["instruction"]
