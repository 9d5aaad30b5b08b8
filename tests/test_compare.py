"""What Label Studio's page rewrites when it saves is no change of labels; everything else is one."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_transfer import ANNOTATION

from eventbank.labelstudio.compare import same_labels

REGION = {
    "id": "t1",
    "from_name": "trigger",
    "to_name": "text",
    "type": "labels",
    "origin": "manual",
    "value": {"start": 9, "end": 17, "text": "attacked", "labels": ["Attack"]},
    "meta": {"text": ["note"]},
    "parentID": "e1",
    "score": 0.87,
    "hidden": True,
    "new": 1,
}
OTHER = {"id": "e1", "from_name": "entity", "to_name": "text", "type": "labels", "value": {"start": "0", "end": "6", "labels": ["PER"]}}
CHOICE = {"id": "t1", "from_name": "tense", "to_name": "text", "type": "choices", "value": {"start": 9, "end": 17, "choices": ["Past"]}}
NOTE = {"id": "t1", "from_name": "note", "to_name": "text", "type": "textarea", "value": {"start": 9, "end": 17, "text": ["a", "b"]}}
TOPIC = {"id": "d1", "from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": ["War"]}}
ACTOR = {"id": "x", "type": "relation", "from_id": "t1", "to_id": "e1", "direction": "right", "labels": ["Actor"]}
SAME = {"type": "relation", "from_id": "e1", "to_id": "t1", "direction": "bi"}
ONE = {"id": 5, "result": [ACTOR, REGION, CHOICE, OTHER, SAME, NOTE, TOPIC], "lead_time": 1.5, "was_cancelled": False}


def saved(annotation: dict[str, Any]) -> dict[str, Any]:
    """The annotation as the page writes it again on Update (docs/label-studio.md)."""
    results = copy.deepcopy([one for one in annotation["result"] if one["type"] != "relation"])
    regions = {one["id"]: one for one in reversed(results) if one["type"].endswith("labels")}
    for one in results:
        for key in ("hidden", "locked", "readonly", "new"):
            one.pop(key, None)
        region = regions.get(one["id"], {})
        for key in ("meta", "parentID"):
            if key in region and one is not region:
                one.setdefault(key, region[key])
        value = one["value"]
        for key in ("start", "end"):
            if str(value.get(key)).isdigit():
                value[key] = int(value[key])
        if "start" in value and one["type"] != "textarea":
            value.setdefault("text", "filled in")
        if "globalOffsets" in value:
            value["start"] = value["end"] = "/span[1]/text()[1]"
    relations = [{key: item for key, item in one.items() if key != "id"} for one in annotation["result"] if one["type"] == "relation"]
    return annotation | {"result": [*results, *relations], "lead_time": 99.5, "updated_by": 2, "updated_at": "2026-11-22"}


def test_a_save_in_the_page_is_no_change() -> None:
    again = saved(ONE)
    assert again["result"] != ONE["result"]
    assert same_labels(ONE, again)
    task = {"data": {"text": "x"}, "annotations": [ONE], "predictions": []}
    assert same_labels([task], [{"id": 3, "annotations": [again], "data": {"text": "x"}}])


@given(ANNOTATION)
def test_a_save_of_any_annotation_is_no_change(annotation: dict[str, Any]) -> None:
    assert same_labels(annotation, saved(annotation))
    assert same_labels(saved(annotation), annotation)


@given(ANNOTATION, st.data())
def test_a_result_more_or_less_is_a_change(annotation: dict[str, Any], data: st.DataObject) -> None:
    if annotation["result"]:
        at = data.draw(st.integers(0, len(annotation["result"]) - 1))
        fewer = annotation | {"result": [one for number, one in enumerate(annotation["result"]) if number != at]}
        assert not same_labels(annotation, saved(fewer))
        assert not same_labels(saved(fewer), annotation)


@pytest.mark.parametrize(
    ("at", "change"),
    [
        (0, {"labels": ["Target"]}),
        (0, {"direction": "left"}),
        (0, {"to_id": "t1"}),
        (1, {"score": 0.5}),
        (1, {"origin": "prediction"}),
        (1, {"id": "t2"}),
        (1, {"parentID": "e2"}),
        (1, {"value": REGION["value"] | {"end": 18}}),
        (1, {"value": REGION["value"] | {"end": 17.0}}),
        (1, {"value": REGION["value"] | {"text": "defended"}}),
        (2, {"value": {"choices": ["Present"]}}),
        (3, {"value": OTHER["value"] | {"labels": ["PER", "GPE"]}}),
        (5, {"value": NOTE["value"] | {"text": ["b", "a"]}}),
        (6, {"from_name": "mood"}),
    ],
)
def test_any_other_change_is_one(at: int, change: dict[str, Any]) -> None:
    results = [one | change if number == at else one for number, one in enumerate(ONE["result"])]
    assert not same_labels(ONE, ONE | {"result": results})
    assert not same_labels(saved(ONE), saved(ONE | {"result": results}))


def test_cancelling_another_text_and_another_number_of_annotations_are_changes() -> None:
    task = {"data": {"text": "x"}, "annotations": [ONE]}
    assert not same_labels(ONE, ONE | {"was_cancelled": True})
    assert not same_labels(task, task | {"data": {"text": "y"}})
    assert not same_labels(task, task | {"annotations": [ONE, ONE]})
    assert not same_labels([task], [task, task])


@pytest.mark.parametrize("odd", [None, 1, "x", [], {}, {"result": None}, {"result": [1]}, [{"result": 3}], {"data": 1, "annotations": 2}])
def test_odd_values_are_only_the_same_as_themselves(odd: Any) -> None:
    assert same_labels(odd, copy.deepcopy(odd))
    assert not same_labels(odd, ONE)
    assert not same_labels(ONE, odd)
