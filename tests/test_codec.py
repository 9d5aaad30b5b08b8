"""Label Studio exports: read strictly, kept without loss, understood as layers, and written again."""

import json
import string
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labels.scheme import ONTOLOGY

from eventbank.document import sha256
from eventbank.errors import Code, EventBankError
from eventbank.labelstudio import codec, config, jsonfile, nodes, persons, results, transfer
from eventbank.layer import Argument, Event, Layer, Mention, closed, numbered
from eventbank.tables import ANNOTATIONS

LABELS = Path(__file__).parent / "labels"
TEXT = "North Korea 💥 fired two missiles on Monday.\nIt said the launch was a test."
TEXTS = {"d1": TEXT}
MODULES = (codec, config, jsonfile, nodes, persons, results, transfer)
OWN_CODES = [code for module in MODULES for code in vars(module).values() if isinstance(code, Code)]


def read(name: str) -> list[codec.Task]:
    return codec.parse((LABELS / name).read_bytes(), name)


def codes(name: str) -> list[str]:
    """Every code that an export gives on its way to layers."""
    try:
        tasks = read(name)
        return [problem.code for problem in (*codec.persons(tasks, name), *codec.layers(tasks, name, ONTOLOGY, TEXTS)[1])]
    except EventBankError as error:
        return [problem.code for problem in error.problems]


def region(id_: object, control: str, label: str, surface: str, **value: object) -> dict[str, object]:
    start = TEXT.index(surface)
    place = {"start": start, "end": start + len(surface), "text": surface, "labels": [label]}
    return {"id": id_, "from_name": control, "to_name": "text", "type": "labels", "value": place | value}


def relation(tail: str, head: str, *names: str, direction: str = "right") -> dict[str, object]:
    return {"type": "relation", "from_id": tail, "to_id": head, "direction": direction, "labels": list(names)}


def understood(*results: dict[str, object], **annotation: object) -> tuple[Layer, list[str]]:
    whole = {"completed_by": 1, "result": list(results)} | annotation
    found, problems = codec.layers([{"data": {"doc_id": "d1", "text": TEXT}, "annotations": [whole]}], "x.json", ONTOLOGY, TEXTS)
    return found[0], [problem.code for problem in problems]


FIRED = region("t1", "trigger", "Weapon.Launch", "fired")
LAUNCH = region("t2", "trigger", "Weapon.Launch", "launch")
SAID = region("t3", "trigger", "Statement.Announce", "said")
KOREA = region("e1", "entity", "GPE", "North Korea")
IT = region("e2", "entity", "GPE", "It")
MONDAY = region("v1", "value", "TIME", "Monday")


# Problems


@pytest.mark.parametrize("name", sorted(path.name for path in LABELS.glob("E*.json") if path.name[:4] != transfer.NO_TASK.id))
def test_each_bad_export_gives_its_code_and_only_that(name: str) -> None:
    assert set(codes(name)) == {name[:4]}


def test_every_code_of_the_codec_has_a_bad_file() -> None:
    found_in_paths = {"E334"}
    assert {code.id for code in OWN_CODES} == {path.name[:4] for path in LABELS.glob("[EW]*")} | found_in_paths


def test_a_good_export_gives_no_problem() -> None:
    assert codes("good.json") == []


def test_a_problem_names_file_document_annotator_offsets_and_context() -> None:
    _, problems = codec.layers(read("E312-unknown-label.json"), "a.json", ONTOLOGY, TEXTS)
    place = problems[0].place
    assert (place.file, place.doc_id, place.annotator, place.start, place.end) == ("a.json", "d1", "annotator-1", 14, 19)
    assert "fired" in place.context and problems[0].remedy


def test_a_cut_off_export_is_reported_with_its_line_wherever_it_is_cut() -> None:
    whole = (LABELS / "good.json").read_bytes().rstrip()
    for cut in range(len(whole)):
        data = whole[:cut].decode("utf-8", errors="ignore").encode()
        with pytest.raises(EventBankError) as error:
            codec.parse(data, "x.json")
        assert error.value.problems[0].code == "E302" and error.value.problems[0].place.line


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf[]", "[]".encode("utf-16"), b'["\xff"]', b"[" * 100_000 + b"]" * 100_000, b"[" + b"9" * 5000 + b"]"]
)
def test_a_byte_order_mark_and_bytes_that_are_not_utf8_are_refused(data: bytes) -> None:
    with pytest.raises(EventBankError) as error:
        codec.parse(data)
    assert error.value.problems[0].code == "E301"


@pytest.mark.parametrize("value", ["[1]", '[{"data": 1}]', '[{"annotations": []}]', "{}", "null", '{"data": {}, "annotations": []}'])
def test_anything_but_a_list_of_tasks_is_no_export(value: str) -> None:
    with pytest.raises(EventBankError) as error:
        codec.parse(value.encode())
    assert error.value.problems[0].code == "E304"


@pytest.mark.parametrize("value", [None, {}, "x", [1], [{"id": 1}], [{"result": None}], [{"result": ["x"]}]])
def test_annotations_of_another_shape_are_reported_by_the_interpretation(value: object) -> None:
    found, problems = codec.layers([{"data": {"doc_id": "d1", "text": TEXT}, "annotations": value}], "x", ONTOLOGY, TEXTS)
    assert not found and [problem.code for problem in problems] == ["E304"]


@pytest.mark.parametrize("value", [None, 1, 1.5, True, "x", [], {}, ["x"], [None], {"x": 1}, [[]]])
@pytest.mark.parametrize("key", ["id", "from_name", "to_name", "type", "value", "labels", "from_id", "direction", "start", "end", "text"])
def test_a_value_of_the_wrong_type_never_crashes_the_interpretation(key: str, value: object) -> None:
    results = [
        FIRED,
        KOREA,
        {"id": "t1", "from_name": "tense", "to_name": "text", "type": "choices", "value": {"choices": ["Past"]}},
        relation("t1", "e1", "Actor"),
    ]
    for at, result in enumerate(results):
        for wrong in (result | {key: value}, result | {"value": result.get("value", {}) | {key: value}}):
            understood(*results[:at], wrong, *results[at + 1 :])


def test_the_address_of_a_person_is_found_anywhere_but_in_the_document_and_not_repeated() -> None:
    task = {
        "data": {"text": "write to a@b.org", "title": "Title", "doc_id": "d1"},
        "drafts": [{"result": [{"kim@example.com": ["kim@example.com"]}]}],
    }
    problems = codec.persons([task], "x.json")
    assert [problem.code for problem in problems] == ["E330", "E330"]
    assert not any("kim" in str(problem) for problem in problems)


@pytest.mark.parametrize("name", ["", "annotator-3", " annotator-3@annotators.invalid, 3"])
def test_pseudonyms_are_no_persons(name: str) -> None:
    assert codec.persons([{"data": {}, "drafts": [{"user": "annotator-3@annotators.invalid", "created_username": name}]}]) == []


# Interpretation


def test_an_attribute_that_was_not_given_has_its_default() -> None:
    layer, problems = understood(FIRED)
    assert (problems, layer.events[0].attributes, layer.events[0].realis) == ([], {"polarity": "Positive", "tense": "Past"}, "Actual")


def test_results_per_region_belong_to_the_region_whose_id_they_share() -> None:
    polarity = {"id": "t1", "from_name": "polarity", "to_name": "text", "type": "choices", "value": {"choices": ["Negative"]}}
    level = {"id": "e1", "from_name": "level", "to_name": "text", "type": "choices", "value": {"choices": ["NAM"]}}
    normal = {"id": "v1", "from_name": "normalized", "to_name": "text", "type": "textarea", "value": {"text": ["2022-01-17"]}}
    note = {"id": "t1", "from_name": "note", "to_name": "text", "type": "textarea", "value": {"text": ["a", "b"]}}
    layer, problems = understood(polarity, level, normal, note, FIRED, KOREA, MONDAY)
    assert problems == []
    assert layer.events[0].attributes["polarity"] == "Negative" and layer.events[0].realis == "Other"
    assert [(mention.level, mention.normalized) for mention in layer.mentions] == [("NAM", None), (None, "2022-01-17")]


def test_an_attribute_on_a_region_of_another_kind_or_given_twice_does_not_fit() -> None:
    polarity = {"from_name": "polarity", "to_name": "text", "type": "choices", "value": {"choices": ["Negative"]}}
    assert understood(KOREA, polarity | {"id": "e1"})[1] == ["E317"]
    assert understood(FIRED, polarity | {"id": "t1"}, polarity | {"id": "t1"})[1] == ["E317"]


def test_a_role_drawn_backwards_with_direction_left_is_the_same_role() -> None:
    forth, _ = understood(FIRED, KOREA, relation("t1", "e1", "Actor"))
    back, problems = understood(FIRED, KOREA, relation("e1", "t1", "Actor", direction="left"))
    assert forth == back and not problems and forth.events[0].arguments == (Argument("Actor", "mention", "e1"),)


def test_one_relation_may_carry_several_roles_and_an_event_may_fill_one() -> None:
    layer, problems = understood(FIRED, SAID, KOREA, relation("t3", "t1", "Content"), relation("t1", "e1", "Actor", "Weapon"))
    assert problems == []
    assert [[(one.role, one.kind) for one in event.arguments] for event in layer.events] == [
        [("Actor", "mention"), ("Weapon", "mention")],
        [("Content", "event")],
    ]


def test_same_is_undirected_and_closed_transitively_and_everything_else_is_alone() -> None:
    other = region("e3", "entity", "PER", "test")
    layer, problems = understood(
        KOREA, IT, other, FIRED, LAUNCH, MONDAY, relation("e2", "e1", "same", direction="bi"), relation("t2", "t1", "same")
    )
    assert problems == []
    assert set(layer.entities) == {frozenset({"e1", "e2"}), frozenset({"e3"})}
    assert set(layer.happenings) == {frozenset({"t1", "t2"})}


def test_same_between_values_or_across_kinds_is_a_problem() -> None:
    two = region("v2", "value", "QTY", "two")
    assert understood(MONDAY, two, relation("v1", "v2", "same"))[1] == ["E322"]
    assert understood(MONDAY, KOREA, relation("v1", "e1", "same"))[1] == ["E322"]


def test_what_hangs_on_a_region_with_a_problem_is_not_reported_again() -> None:
    bad = region("t1", "trigger", "Weapon.Polish", "fired")
    tense = {"id": "t1", "from_name": "tense", "to_name": "text", "type": "choices", "value": {"choices": ["Past"]}}
    assert understood(bad, tense, KOREA, relation("t1", "e1", "Actor"))[1] == ["E312"]


def test_cancelled_annotations_drafts_and_predictions_give_no_layer() -> None:
    entry = {"completed_by": 1, "result": [FIRED]}
    task = {
        "data": {"doc_id": "d1", "text": TEXT},
        "annotations": [entry | {"was_cancelled": True}],
        "drafts": [entry],
        "predictions": [entry],
    }
    assert codec.layers([task], "x.json", ONTOLOGY, TEXTS) == ([], [])


def test_white_space_and_escaped_line_ends_in_the_surface_do_not_count() -> None:
    layer, problems = understood(region("v1", "value", "TIME", "Monday.\nIt", text="Monday.\\nIt"))
    assert problems == [] and layer.mentions[0].text == "Monday.\nIt"
    assert understood(region("v1", "value", "TIME", "Monday", text="Mon  day"))[1] == []
    assert understood(region("v1", "value", "TIME", "Monday", text=None))[1] == []
    assert understood(region("v1", "value", "TIME", "Monday", text="monday"))[1] == ["E314"]


def test_utf16_offsets_are_reported_once_and_never_changed() -> None:
    found, problems = codec.layers(read("E315-utf16-offsets.json"), "x", ONTOLOGY, TEXTS)
    assert [problem.code for problem in problems] == ["E315"]
    assert [span.text for span in found[0].spans()] == ["North Korea"]


def test_a_uniform_shift_is_reported_once_with_its_distance() -> None:
    (problem,) = codec.layers(read("E325-shifted-as-a-whole.json"), "x", ONTOLOGY, TEXTS)[1]
    assert (problem.code, "+2 code points, 3 regions" in problem.message) == ("E325", True)


def test_a_number_as_id_is_an_id() -> None:
    layer, problems = understood(FIRED | {"id": 5}, KOREA | {"id": 6}, {"type": "relation", "from_id": 5, "to_id": 6, "labels": ["Actor"]})
    assert problems == [] and layer.events[0].arguments == (Argument("Actor", "mention", "6"),)


def test_retired_types_are_still_understood() -> None:
    assert understood(region("t1", "trigger", "Weapon.Gone", "fired"))[1] == []


def test_the_annotator_is_the_local_part_of_the_pseudonym_or_the_number() -> None:
    who = {"id": 4, "email": "annotator-2@annotators.invalid"}
    assert understood(FIRED, completed_by=who)[0].annotator == "annotator-2"
    assert understood(FIRED, completed_by=7)[0].annotator == "annotator-7"


# Encoding


WORDS = st.text(st.sampled_from("ab \n\r\t\\né💥한\u200d"), min_size=1, max_size=30)


@st.composite
def layers(draw: st.DrawFn) -> tuple[Layer, str]:
    text = draw(WORDS)
    spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda span: span[0] != span[1])
    mentions, events = [], []
    for at, span in enumerate(draw(st.lists(spans, max_size=8, unique_by=frozenset))):
        start, end = sorted(span)
        place = (start, end, text[start:end])
        kind = draw(st.sampled_from(["entity", "value", "event"]))
        if kind == "event":
            name = draw(st.sampled_from(["Weapon.Launch", "Statement.Announce"]))
            attributes = {one.name: draw(st.sampled_from([term.name for term in one.values])) for one in ONTOLOGY.attributes}
            events.append(Event(f"r{at}", name, *place, attributes, ONTOLOGY.realis(attributes)))
        elif kind == "entity":
            name, level = draw(st.sampled_from(["PER", "GPE", "WEA"])), draw(st.sampled_from(["NAM", "NOM", "PRO", None]))
            mentions.append(Mention(f"r{at}", "entity", name, *place, level=level))
        else:
            normal = draw(st.none() | WORDS)
            mentions.append(Mention(f"r{at}", "value", draw(st.sampled_from(["TIME", "QTY"])), *place, normalized=normal))
    fillers = [Argument(role, "mention", one.id) for one in mentions for role in ("Actor", "Weapon")]
    fillers += [Argument(role, "event", one.id) for one in events for role in ("Content", "Actor")]
    if events:
        chosen = st.lists(st.sampled_from(fillers), max_size=4, unique=True)
        events = [replace(event, arguments=tuple(draw(chosen))) for event in events]

    def chains(ids: list[str]) -> tuple[frozenset[str], ...]:
        pairs = st.tuples(st.sampled_from(ids), st.sampled_from(ids)) if ids else st.nothing()
        return closed(ids, draw(st.lists(pairs, max_size=3)) if ids else [])

    entities = chains([mention.id for mention in mentions if mention.kind == "entity"])
    happenings = chains([event.id for event in events])
    annotator = draw(st.sampled_from(["annotator-1", "annotator-22", "adjudicator-1"]))
    status = draw(st.sampled_from([None, *config.STATUSES]))
    return Layer("d1", annotator, sha256(text.encode()), tuple(mentions), tuple(events), entities, happenings, "x.json", status), text


@given(layers())
def test_an_encoded_layer_is_understood_as_the_same_layer(case: tuple[Layer, str]) -> None:
    layer, text = case
    tasks = codec.parse(json.dumps([codec.encode(layer, text, "Title", ONTOLOGY)]).encode())
    found, problems = codec.layers(tasks, "x.json", ONTOLOGY, {"d1": text})
    assert problems == [] and codec.persons(tasks) == []
    assert [numbered(one) for one in found] == [numbered(layer)]


@given(layers())
def test_encoding_writes_nothing_that_label_studio_would_lose(case: tuple[Layer, str]) -> None:
    layer, text = case
    annotation = codec.encode(layer, text, None, ONTOLOGY)["annotations"][0]
    relations = [result for result in annotation["result"] if result["type"] == "relation"]
    ids = {result["id"] for result in annotation["result"] if "id" in result}
    pairs = [(result["from_id"], result["to_id"]) for result in relations]
    assert len(pairs) == len(set(pairs)) and {end for pair in pairs for end in pair} <= ids
    assert {"ground_truth", "was_cancelled"} <= annotation.keys() and annotation["result"][
        len(annotation["result"]) - len(relations) :
    ] == relations


def test_results_follow_the_text_each_region_before_what_is_said_of_it() -> None:
    layer, _ = understood(MONDAY, FIRED, KOREA, relation("t1", "e1", "Actor"))
    results = codec.encode(layer, TEXT, None, ONTOLOGY)["annotations"][0]["result"]
    assert [(result.get("id"), result.get("from_name")) for result in results] == [
        ("entity-1", "entity"),
        ("trigger-2", "trigger"),
        ("trigger-2", "polarity"),
        ("trigger-2", "tense"),
        ("value-3", "value"),
        (None, None),
    ]


def test_a_layer_of_another_text_or_with_a_false_span_or_reference_is_not_encoded() -> None:
    layer, _ = understood(FIRED, KOREA, relation("t1", "e1", "Actor"))
    for wrong, text, code in [
        (layer, TEXT + " ", "E308"),
        (replace(layer, mentions=(replace(layer.mentions[0], end=99),)), TEXT, "E313"),
        (replace(layer, mentions=(replace(layer.mentions[0], text="x"),)), TEXT, "E314"),
        (replace(layer, mentions=(), entities=()), TEXT, "E318"),
    ]:
        with pytest.raises(EventBankError) as error:
            codec.encode(wrong, text, None, ONTOLOGY)
        assert error.value.problems[0].code == code


# Rows without loss


def exact(value: object) -> str:
    """JSON that tells 1 from 1.0 and true, keeps order, and shows NaN."""
    return json.dumps(value)


NUMBERS = st.integers() | st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([2**31, 2**63, -(2**63) - 1, -0.0, 10**400])
HALVES = st.text(st.sampled_from('ab"\\/é💥\ud800\udfff\0\n'), max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | HALVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HALVES, inner, max_size=3),
    max_leaves=5,
)
ODD_KEYS = (
    st.sampled_from(sorted({*nodes._OWN, *nodes._VALUE, *nodes.LISTS, "value", "result", "rest", "keys", "task", "data", ""})) | HALVES
)


def objects(**usual: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Objects that may lack any of their usual keys, and may have others, in any order."""
    known = st.fixed_dictionaries({}, optional={key: values | VALUES for key, values in usual.items()})
    both = st.tuples(known, st.dictionaries(ODD_KEYS, VALUES, max_size=2)).map(lambda pair: pair[0] | pair[1])
    return both.flatmap(lambda found: st.permutations(list(found.items()))).map(dict)


NAMES = st.text(string.ascii_letters, max_size=4)
PLACES = objects(
    start=st.integers(0, 99),
    end=st.integers(0, 99),
    text=NAMES | st.lists(NAMES, max_size=2),
    labels=st.lists(NAMES, max_size=2),
    choices=st.lists(NAMES, max_size=2),
)
RESULTS = objects(
    id=NAMES | st.integers(),
    from_name=NAMES,
    type=NAMES,
    value=PLACES,
    from_id=NAMES,
    to_id=NAMES,
    direction=NAMES,
    labels=st.lists(NAMES, max_size=2),
)
PEOPLE = st.integers() | st.just({"id": 1, "email": "annotator-1@annotators.invalid"}) | st.just({"email": "\ud800@annotators.invalid"})
ENTRIES = objects(
    id=st.integers(),
    completed_by=PEOPLE,
    user=NAMES,
    was_cancelled=st.booleans(),
    lead_time=st.floats(),
    result=st.lists(RESULTS, max_size=3),
    score=st.floats(),
)
DATA = objects(doc_id=NAMES, text=NAMES)
TASKS = objects(
    id=st.integers(),
    annotations=st.lists(ENTRIES, max_size=2),
    drafts=st.lists(ENTRIES, max_size=2),
    predictions=st.lists(ENTRIES, max_size=1) | st.lists(st.integers(), max_size=2),
    meta=VALUES,
)
EXPORTS = st.lists(st.tuples(TASKS, DATA).map(lambda pair: pair[0] | {"data": pair[1]}), max_size=2)


@given(EXPORTS)
def test_an_export_comes_back_from_its_rows_value_for_value_type_for_type_and_in_order(tasks: list[codec.Task]) -> None:
    parsed = codec.parse(json.dumps(tasks).encode())
    assert exact(parsed) == exact(tasks)
    table = ANNOTATIONS.table(list(codec.to_rows(parsed, "a.json")))
    assert exact(codec.from_rows(table.to_pylist())) == exact({"a.json": tasks})


@given(EXPORTS, st.randoms())
def test_the_order_of_rows_does_not_matter(tasks: list[codec.Task], random: object) -> None:
    rows = [*codec.to_rows(tasks, "a.json"), *codec.to_rows([], "b.json")]
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert exact(codec.from_rows(rows)) == exact({"a.json": tasks, "b.json": []})


def test_rows_survive_parquet_and_datasets(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    import pyarrow.parquet as pq

    exports = {path.name: read(path.name) for path in sorted(LABELS.glob("E3[12]*.json")) if path.name[:4] != transfer.NO_TASK.id}
    table = ANNOTATIONS.table(list(chain.from_iterable(codec.to_rows(tasks, name) for name, tasks in exports.items())))
    pq.write_table(table, tmp_path / "a.parquet")
    loaded = datasets.load_dataset("parquet", data_files=str(tmp_path / "a.parquet"), split="train", cache_dir=str(tmp_path / "cache"))
    assert exact(codec.from_rows(loaded)) == exact(exports)


def test_a_missing_row_is_a_coded_problem() -> None:
    rows = list(codec.to_rows(read("good.json"), "good.json"))
    for at in range(len(rows) - 1):
        with pytest.raises(EventBankError) as error:
            codec.from_rows(rows[:at] + rows[at + 1 :])
        assert error.value.problems[0].code == "E305"


def test_rows_say_layer_annotator_and_position() -> None:
    rows = list(codec.to_rows(read("good.json"), "annotations/gold.json"))
    assert [row["node"] for row in rows] == ["file", "task", "annotation", *["result"] * 4]
    assert (rows[3]["layer"], rows[3]["annotator"], rows[3]["task"], rows[3]["entry"], rows[3]["result"]) == (
        "gold",
        "annotator-1",
        0,
        0,
        0,
    )
    assert (rows[3]["doc_id"], rows[3]["region"], rows[3]["start"], rows[3]["labels"]) == ("d1", "e1", 0, ["GPE"])


@pytest.mark.parametrize(("start", "kept"), [(9, True), (9.0, False), (True, False), ("9", False), (None, False), (2**31, False)])
def test_an_offset_is_typed_only_if_it_is_an_integer(start: object, kept: bool) -> None:
    result = {"value": {"start": start}}
    row = list(codec.to_rows([{"data": {}, "annotations": [{"result": [result]}]}], "x"))[-1]
    assert ("start" in row) is kept and ("rest" in row) is not kept


def test_names_of_controls_are_no_attributes_of_the_ontology() -> None:
    names = {config.TRIGGER, config.ENTITY, config.VALUE, config.LEVEL, config.NORMALIZED, config.NOTE, config.STATUS, config.OBJECT}
    assert not names & {attribute.name for attribute in ONTOLOGY.attributes}


def test_the_documentation_names_every_code_with_its_title() -> None:
    page = (Path(__file__).parents[1] / "docs" / "label-studio.md").read_text()
    assert all(f"| {code.id} | {code.title} | {code.remedy} |" in page for code in OWN_CODES)
