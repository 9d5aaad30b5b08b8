"""TextEE and CoNLL: labels on tokens, and files of other hands."""

from __future__ import annotations

import json

from hypothesis import given
from samples import back, loaded, samples

from eventbank.formats import conll, mavenarg, textee
from eventbank.formats.sample import Options, Sample, canonical, joined
from eventbank.offsets import tokenize
from eventbank.segmentation import sentences


def held(sample: Sample) -> tuple[set, set, set]:
    """What TextEE can hold: spans within a sentence that are made of tokens, and arguments that are mentions there, by definition."""
    inside = {}
    for first, last in sentences(sample.text, sample.language):
        tokens = tokenize(sample.text[first:last])
        starts, ends = {first + start for start, _ in tokens}, {first + end for _, end in tokens}
        for span in sample.layer.spans():
            if first <= span.start and span.end <= last and span.start in starts and span.end in ends:
                inside[span.id] = (span.start, span.end, span.type)
    mentions = {inside[one.id] for one in sample.layer.mentions if one.id in inside}
    events = {inside[one.id] for one in sample.layer.events if one.id in inside}
    windows = sentences(sample.text, sample.language)

    def window(start: int) -> int:
        return next(at for at, (first, last) in enumerate(windows) if first <= start < last)

    arguments = {
        (inside[event.id], one.role, inside[one.ref])
        for event in sample.layer.events
        for one in event.arguments
        if one.kind == "mention" and event.id in inside and one.ref in inside and window(inside[event.id][0]) == window(inside[one.ref][0])
    }
    return mentions, events, arguments


@given(samples())
def test_textee_holds_every_label_that_is_made_of_tokens_of_one_sentence(sample: Sample) -> None:
    found = back(sample, "textee")
    spans = {one.id: (one.start, one.end, one.type) for one in found.layer.spans()}
    arguments = {(spans[event.id], one.role, spans[one.ref]) for event in found.layer.events for one in event.arguments}
    mentions, events, filled = held(sample)
    assert mentions <= {spans[one.id] for one in found.layer.mentions}
    assert events <= {spans[one.id] for one in found.layer.events}
    assert filled <= arguments


@given(samples())
def test_every_argument_of_a_textee_record_has_an_entity_with_its_span(sample: Sample) -> None:
    for line in joined(textee.dump([sample]))["textee.jsonl"].splitlines():
        record = json.loads(line)
        entities = {one["id"]: one for one in record["entity_mentions"]}
        for one in (argument for event in record["event_mentions"] for argument in event["arguments"]):
            assert (one["start"], one["end"]) == (entities[one["entity_id"]]["start"], entities[one["entity_id"]]["end"])


def test_windows_without_starts_become_lines() -> None:
    records = [
        {"doc_id": "d", "wnd_id": str(at), "text": text, "tokens": text.split(), "entity_mentions": [], "event_mentions": []}
        for at, text in enumerate(("Seoul fired .", "It flew ."))
    ]
    (sample,) = loaded({"a.json": "\n".join(map(json.dumps, records)).encode()}, "textee", Options(language="ko"))
    assert (sample.text, sample.language) == ("Seoul fired .\nIt flew .", "ko")


def test_bio_columns_of_another_hand_are_read() -> None:
    """Blanks between columns, the tag in the last of them, a token that is a hash, IOB1 and BIOES."""
    text = (
        "-DOCSTART- -X- O O\n\nEU NNP B-NP I-ORG\n# NN O O\n\nthe DT O B-GPE\nSouth NNP O E-GPE\n\n-DOCSTART- -X- O O\n\nIt PRP O S-GPE\n"
    )
    first, second = loaded({"eng.conll": text.encode()}, "conll")
    assert (first.doc_id, first.text) == ("eng-1", "EU #\nthe South")
    assert [(one.type, one.text) for one in first.layer.mentions] == [("ORG", "EU"), ("GPE", "the South")]
    assert (second.doc_id, [one.text for one in second.layer.mentions]) == ("eng-2", ["It"])


def test_triggers_alone_are_events() -> None:
    (sample,) = loaded({"triggers.conll": b"Seoul\t0\t5\tO\nfired\t6\t11\tB-Weapon.Launch\n"}, "conll")
    assert [(one.type, one.text, one.arguments) for one in sample.layer.events] == [("Weapon.Launch", "fired", ())]


@given(samples())
def test_a_column_of_conll_holds_one_tag_a_token_in_the_order_of_the_text(sample: Sample) -> None:
    for name, data in joined(conll.dump([sample])).items():
        rows = [line.split("\t") for line in data.decode().split("\n") if line and not line.startswith("# ")]
        assert all(len(row) == (5 if name == "arguments.conll" else 4) for row in rows)
        assert all(sample.text[int(row[1]) : int(row[2])] == row[0] for row in rows)


@given(samples())
def test_maven_arg_holds_text_chains_and_who_fills_a_role_of_an_event(sample: Sample) -> None:
    found, layer = canonical(back(sample, "maven-arg")), canonical(sample).layer

    def chains(of: Sample) -> list[set]:
        spans = {one.id: (one.start, one.end, one.type) for one in of.layer.spans()}
        return [{spans[id_] for id_ in chain} for chain in (*of.layer.entities, *of.layer.happenings)]

    def filled(of: Sample) -> set:
        spans = {one.id: (one.start, one.end, one.type) for one in of.layer.spans()}
        chain = {id_: frozenset(spans[one] for one in group) for group in (*of.layer.entities, *of.layer.happenings) for id_ in group}
        return {
            (chain[event.id], one.role, chain.get(one.ref, frozenset({spans[one.ref]})))
            for event in of.layer.events
            for one in event.arguments
            if one.kind == "mention"
        }

    assert (found.text, found.title) == (sample.text, sample.title)
    assert chains(found) == chains(Sample(sample.text, layer))
    assert filled(found) == filled(Sample(sample.text, layer))


def test_maven_arg_of_another_hand_is_read() -> None:
    """Arguments without a type are no entities; the nearest mention stands for an entity."""
    record = {
        "id": "d",
        "title": "T",
        "document": "Seoul said Seoul fired soon",
        "entities": [
            {"id": "N", "type": "GPE", "mention": [{"id": "a", "offset": [0, 5]}, {"id": "b", "mention": "Seoul", "offset": [11, 16]}]}
        ],
        "events": [
            {
                "id": "C",
                "type": "Launch",
                "type_id": 1,
                "mention": [{"id": "t", "trigger_word": "fired", "offset": [17, 22]}],
                "argument": {"Actor": [{"entity_id": "N"}], "Time": [{"content": "soon", "offset": [23, 27]}], "Place": []},
            }
        ],
    }
    (sample,) = loaded({"train.jsonl": json.dumps(record).encode()}, "maven-arg")
    spans = {one.id: (one.start, one.type) for one in sample.layer.mentions}
    assert [(one.role, spans[one.ref]) for one in sample.layer.events[0].arguments] == [
        ("Actor", (11, "GPE")),
        ("Time", (23, mavenarg.NO_ENTITY)),
    ]
