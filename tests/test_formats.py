"""Formats: what a format can hold comes back equal, and what it cannot is listed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from operator import attrgetter

import pytest
from hypothesis import example, given, settings
from samples import back, loaded, made, problems, samples
from sketch import layer_of

from eventbank.formats.losses import ASPECTS, losses
from eventbank.formats.registry import FORMATS
from eventbank.formats.sample import Sample, canonical

WRITTEN = [name for name, form in FORMATS.items() if form.dump is not None]
SLOW = {"cas-xmi", "cas-json", "docbin"}
"""Formats written by a library that needs a tenth of a second for a document; they get their own, smaller number of examples."""

EVERYTHING = """
text: "The navy fired a missile on Monday, the army said on Tuesday.\\n\\nThe navy's firing was reported.  It flew far."
mentions:
  - {id: navy, type: MIL, level: NOM, quote: The navy}
  - {id: missile, type: WEA, level: NOM, quote: a missile}
  - {id: monday, type: TIME, quote: Monday}
  - {id: army, type: MIL, level: NOM, quote: the army}
  - {id: tuesday, type: TIME, quote: Tuesday}
  - {id: again, type: MIL, level: NOM, start: 63, end: 71, text: The navy}
  - {id: it, type: WEA, level: PRO, quote: It}
  - {id: half, type: MIL, level: NOM, quote: flew fa}
  - {id: part, type: WEA, level: NOM, quote: missil}
  - {id: across, type: GPE, level: NOM, quote: "Tuesday.\\n\\nThe"}
events:
  - {id: fired, type: Weapon.Launch, quote: fired, arguments: [Actor navy, Weapon it, Time monday]}
  - {id: said, type: Statement.Announce, quote: said, arguments: [Actor army, Content fired], attributes: {tense: Future}}
  - {id: firing, type: Weapon.Launch, quote: firing, arguments: [Actor again, Weapon missile]}
  - {id: wide, type: Weapon.Launch, quote: "Tuesday.\\n\\nThe navy"}
  - {id: reported, type: Statement.Announce, quote: reported, arguments: [Content firing]}
chains:
  - [navy, again]
  - [missile, it]
  - [fired, firing]
"""


def everything() -> Sample:
    """A sample with all that a layer can hold."""
    import datetime as dt

    layer, text = layer_of(EVERYTHING)
    mentions = tuple(replace(one, normalized="2024-01-01") if one.id == "monday" else one for one in layer.mentions)
    layer = replace(layer, mentions=mentions, status="done", annotator="", source="")
    return Sample(text, layer, "ko", "A firing", dt.date(2024, 1, 2), "https://example.org/firing")


@pytest.mark.parametrize("name", [name for name in WRITTEN if name not in SLOW])
@given(sample=samples())
@example(
    sample=made(  # both have the token for their place, and only one is in the sentence
        "\u00a0Seoul",
        [
            (1, 1, ("entity", "GPE"), (None, None, {})),
            (1, 1, ("event", "Weapon.Launch"), (None, None, {})),
            (0, 2, ("entity", "GPE"), (None, None, {})),
        ],
        [(1, "Actor", 0)],
        [],
        ("en", None, None, None, None),
    )
)
def test_a_format_loses_nothing_but_what_it_is_said_to_lose(name: str, sample: Sample) -> None:
    assert {loss.aspect for loss in losses(sample, back(sample, name))} <= FORMATS[name].loses


@pytest.mark.parametrize("name", [name for name in WRITTEN if name not in SLOW])
@given(sample=samples())
def test_what_a_format_has_given_back_once_it_gives_back_again(name: str, sample: Sample) -> None:
    once = back(sample, name)
    if once is not None:
        again = back(once, name)
        assert again is not None
        assert canonical(again) == canonical(once)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SLOW))
@settings(max_examples=20)
@given(sample=samples())
def test_a_format_of_a_library_loses_nothing_but_what_it_is_said_to_lose(name: str, sample: Sample) -> None:
    once = back(sample, name)
    assert once is not None
    assert {loss.aspect for loss in losses(sample, once)} <= FORMATS[name].loses
    assert losses(once, back(once, name)) == []


def test_a_span_widened_to_tokens_does_not_take_the_place_of_a_shorter_one() -> None:
    gpe, none = ("entity", "GPE"), (None, None, {})
    before = made(
        "Seoul🚀Seoul", [(0, 1, gpe, none), (0, 7, gpe, ("NAM", None, {})), (1, 1, gpe, none)], [], [], ("en", None, None, None, None)
    )
    wide = [(one, {1: (0, 5), 7: (0, 11), 2: (0, 5)}[one.end]) for one in before.layer.mentions]
    mentions = [replace(one, start=start, end=end, text=before.text[start:end]) for one, (start, end) in wide]
    after = replace(before, layer=replace(before.layer, mentions=tuple(sorted(mentions, key=attrgetter("start", "end")))))
    assert [loss.aspect for loss in losses(before, after)] == ["span"] * 3


@pytest.mark.parametrize("name", WRITTEN)
def test_a_format_loses_all_that_it_is_said_to_lose(name: str) -> None:
    sample = everything()
    lost = {loss.aspect for loss in losses(sample, back(sample, name))}
    assert lost == FORMATS[name].loses - {"document"}


def test_losses_are_none_of_a_sample_that_came_back() -> None:
    assert losses(everything(), everything()) == []
    assert [loss.aspect for loss in losses(everything(), None)] == ["document"]


def test_every_change_of_a_sample_is_a_loss() -> None:
    whole = everything()
    layer = whole.layer
    first, *others = layer.events
    navy = layer.mentions[0]

    def of(**changes: object) -> dict[str, int]:
        facts = {key: value for key, value in changes.items() if key in ("title", "url", "language", "published", "text")}
        rest = {key: value for key, value in changes.items() if key not in facts}
        return dict(Counter(loss.aspect for loss in losses(whole, replace(whole, layer=replace(layer, **rest), **facts))))

    for name in ("title", "url", "published"):
        assert of(**{name: None}) == {name: 1}
    assert of(language="en") == {"language": 1}
    assert of(status=None) == {"status": 1}
    assert of(mentions=(replace(navy, level=None), *layer.mentions[1:])) == {"level": 1}
    assert of(mentions=(replace(navy, end=6), *layer.mentions[1:])) == {"span": 1}
    assert of(mentions=(replace(navy, type="GPE"), *layer.mentions[1:])) == {"mention": 1, "added": 1, "entity chain": 1}
    assert of(events=(replace(first, arguments=first.arguments[:-1]), *others)) == {"argument": 1}
    assert of(events=(replace(first, realis="Generic"), *others)) == {"attributes": 1}
    assert of(happenings=tuple(frozenset({event.id}) for event in layer.events)) == {"event chain": 1}
    assert of(entities=tuple(frozenset({one.id}) for one in layer.mentions if one.kind == "entity")) == {"entity chain": 2}
    moved = replace(first.arguments[0], ref="again")
    assert of(events=(replace(first, arguments=(moved, *first.arguments[1:])), *others)) == {"filler": 1}


def test_every_aspect_that_a_format_loses_is_explained() -> None:
    assert set().union(*(form.loses for form in FORMATS.values())) <= ASPECTS.keys()


ANN = b"T1\tGPE 0 5\tSeoul\n"
WINDOW = {
    "doc_id": "d",
    "wnd_id": "d-0",
    "text": "Seoul fired",
    "tokens": ["Seoul", "fired"],
    "entity_mentions": [{"id": "M1", "entity_type": "GPE", "start": 0, "end": 1}],
    "event_mentions": [{"id": "E1", "event_type": "Launch", "trigger": {"start": 1, "end": 2}, "arguments": []}],
}
MAVEN = {
    "id": "d",
    "document": "Seoul fired",
    "entities": [{"id": "N1", "type": "GPE", "mention": [{"id": "m1", "mention": "Seoul", "offset": [0, 5]}]}],
    "events": [{"id": "C1", "type": "Launch", "mention": [{"id": "t1", "trigger_word": "fired", "offset": [6, 11]}], "argument": {}}],
}


def line(record: dict[str, object], **changes: object) -> bytes:
    """A file whose second line is a record with other values."""
    return b"\n" + json.dumps(record | changes).encode()


def event(**changes: object) -> list[dict[str, object]]:
    return [WINDOW["event_mentions"][0] | changes]


def filled(filler: object) -> list[dict[str, object]]:
    return [MAVEN["events"][0] | {"argument": {"Actor": [filler]}}]


MALFORMED = [
    ("textee", {"a.jsonl": b"\n{"}, ("E721", "a.jsonl", 2)),
    ("textee", {"a.jsonl": b"\n[1]"}, ("E721", "a.jsonl", 1)),
    ("textee", {"a.jsonl": b"[{}]"}, ("E721", "a.jsonl", 1)),
    ("textee", {"a.jsonl": line(WINDOW, tokens=None)}, ("E721", "a.jsonl", 2)),
    ("textee", {"a.jsonl": line(WINDOW, tokens=["Busan", "fired"])}, ("E721", "a.jsonl", 2)),
    ("textee", {"a.jsonl": line(WINDOW, event_mentions=event(trigger={"start": 1, "end": 3}))}, ("E725", "a.jsonl", 2)),
    ("textee", {"a.jsonl": line(WINDOW, event_mentions=event(arguments=[{"entity_id": "M9", "role": "Actor"}]))}, ("E724", "a.jsonl", 2)),
    ("textee", {"a.jsonl": line(WINDOW) + line(WINDOW)}, ("E723", "a.jsonl", 3)),
    ("textee", {"a.jsonl": line(WINDOW, start=0) + line(WINDOW, wnd_id="d-1", start=5)}, ("E721", "a.jsonl", 2)),
    ("prompts", {"a.jsonl": line(WINDOW)}, ("E721", "a.jsonl", 2)),
    ("textee", {"a.jsonl": line(WINDOW, relation_mentions=[{}])}, ("W728", "a.jsonl", 2)),
    ("maven-arg", {"a.jsonl": line(MAVEN, events=None)}, ("E721", "a.jsonl", 2)),
    ("maven-arg", {"a.jsonl": line(MAVEN, events=filled(1))}, ("E721", "a.jsonl", 2)),
    ("maven-arg", {"a.jsonl": line(MAVEN, events=filled({"entity_id": "N9"}))}, ("E724", "a.jsonl", 2)),
    ("maven-arg", {"a.jsonl": line(MAVEN, document="Busan fired")}, ("E726", "a.jsonl", 2)),
    ("maven-arg", {"a.jsonl": line(MAVEN, document="Seoul")}, ("E725", "a.jsonl", 2)),
    ("maven-arg", {"a.jsonl": line(MAVEN, document="   Seoul fired")}, ("E727", "a.jsonl", 2)),
    ("maven-arg", {"a.jsonl": line(MAVEN, negative_triggers=[{}])}, ("W728", "a.jsonl", 2)),
    ("conll", {"a.conll": b"Seoul B-GPE\nfired\n"}, ("E721", "a.conll", 2)),
    ("conll", {"a.conll": b"Seoul B-GPE\nfired GPE\n"}, ("E721", "a.conll", 2)),
    ("conll", {"a.conll": b"Seoul\t0\t5\tO\nfired\tO\n"}, ("E721", "a.conll", 2)),
    ("conll", {"a.conll": b"Seoul\t0\t5\tO\nfired\t6\t9\tO\n"}, ("E721", "a.conll", 2)),
    ("conll", {"a.conll": b"Seoul\t0\t5\tO\nfired\t4\t9\tO\n"}, ("E721", "a.conll", 2)),
    ("conll", {"arguments.conll": b"\nSeoul\t0\t5\tO\tO\n"}, ("E721", "arguments.conll", 2)),
    ("conll", {"arguments.conll": b"fired\t0\t5\tB-Launch\tO\nSeoul\t6\t11\tO\tB-Actor\n"}, ("E724", "arguments.conll", 2)),
    ("conll", {"a.conll": b"# doc_id = d\nSeoul\t0\t5\tO\n", "b.conll": b"# doc_id = d\nBusan\t0\t5\tO\n"}, ("E721", "b.conll", 2)),
    ("conll", {"a.conll": b"Seoul\t0\t5\tO\n\nfired\t3\t8\tO\n"}, ("E721", "a.conll", 1)),
    ("conll", {"a.conll": b"\xff"}, ("E721", "a.conll", 1)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + b"T2 GPE 0 5\tSeoul\n"}, ("E721", "a.ann", 2)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + b"E1\tWeapon.Launch:T9\n"}, ("E721", "a.ann", 2)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + b"\xff"}, ("E721", "a.ann", 2)),
    ("brat", {"a.txt": b"\n\xff", "a.ann": ANN}, ("E721", "a.txt", 2)),
    ("brat", {"a.ann": ANN}, ("E721", "a.ann", 0)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + ANN}, ("E723", "a.ann", 2)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + b"E1\tA:T1 Actor:T7\n"}, ("E724", "a.ann", 2)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + b"A1\tlevel T9 NAM\n"}, ("E724", "a.ann", 2)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + b"T2\tGPE 3 9\tulxxxx\n"}, ("E725", "a.ann", 2)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + b"T2\tGPE 0 4\tBusan\n"}, ("E726", "a.ann", 2)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + b"#1\tAnnotatorNotes T1\tsure?\n"}, ("W728", "a.ann", 2)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + b"N1\tReference T1 Wikipedia:8684\tSeoul\n"}, ("W728", "a.ann", 2)),
    ("brat", {"a.txt": b"Seoul", "a.ann": ANN + b"R1\tIn Arg1:T1 Arg2:T1\n"}, ("W728", "a.ann", 2)),
    ("brat", {"a.txt": b"a\x00Seoul", "a.ann": ANN}, ("E203", "a.ann", 0)),
    ("wikievents", {"a.jsonl": b"\n{}"}, ("E721", "a.jsonl", 2)),
    ("wikievents", {"a.jsonlines": b"{}"}, ("E721", "a.jsonlines", 1)),
    ("cas-xmi", {"a.xmi": b"<xmi>\n<"}, ("E721", "a.xmi", 2)),
    ("cas-xmi", {"a.xmi": b"<a/>"}, ("E721", "a.xmi", 1)),
    ("cas-xmi", {"a.xmi": b"<!DOCTYPE a><a/>"}, ("E721", "a.xmi", 1)),
    ("cas-xmi", {"a.xmi": b"\n\xff"}, ("E721", "a.xmi", 2)),
    ("cas-xmi", {"TypeSystem.xml": b"<a>\n<b></a>"}, ("E721", "TypeSystem.xml", 2)),
    ("cas-json", {"a.json": b"{\n,"}, ("E721", "a.json", 2)),
    ("cas-json", {"a.json": b"[]"}, ("E721", "a.json", 1)),
    ("docbin", {"a.spacy": b"xx"}, ("E721", "a.spacy", 1)),
    ("casie", {"1.json": b'{"content": "x",\n"cyberevent": }'}, ("E721", "1.json", 2)),
    ("casie", {"1.json": b'{"content": "x", "cyberevent": {"hopper": [{"events": [{"index": "E1"}]}]}}'}, ("E721", "1.json", 1)),
    ("casie", {"1.json": b'{"content": 1, "cyberevent": {"hopper": []}}'}, ("E721", "1.json", 1)),
    ("casie", {"1.json": b"[" * 100_000}, ("E721", "1.json", 1)),
    ("casie", {"1.json": b'{"content": "\\ud800", "cyberevent": {"hopper": []}}'}, ("E721", "1.json", 1)),
    ("casie", {"1.json": b"\n\xff"}, ("E721", "1.json", 2)),
]


@pytest.mark.parametrize(("name", "files", "expected"), MALFORMED)
def test_a_malformed_file_is_reported_with_its_line(name: str, files: dict[str, bytes], expected: tuple[str, str, int]) -> None:
    assert problems(loaded(files, name)) == [expected]
