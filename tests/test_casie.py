"""CASIE: what its files say, and documents whose offsets are all off by one."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from samples import loaded, problems

from eventbank.formats.sample import Options

TEXT = "On Monday thieves stole client data. The theft was found out."


def span(index: str, words: str, shift: int = 0) -> dict[str, Any]:
    start = TEXT.index(words) + shift
    return {"index": index, "startOffset": start, "endOffset": start + len(words), "text": words}


def record(shift: int = 0) -> bytes:
    thieves = span("T3", "thieves", shift) | {"type": "Person", "role": {"type": "Attacker"}, "external_reference": {"wikidataid": "Q1"}}
    monday = span("T4", "Monday", shift) | {"type": "Time", "role": {"type": "Time"}}
    event = {"type": "Attack", "subtype": "Databreach", "realis": "Actual"}
    stole = event | {"index": "E1", "nugget": span("T1", "stole", shift), "argument": [thieves, monday]}
    theft = event | {"index": "E2", "nugget": span("T2", "theft", shift)}
    info = {"title": "Theft", "date": "2018_11_09", "type": "text", "link": "https://example.org/theft"}
    whole = {"sourcefile": "10093.txt", "info": info, "content": TEXT, "cyberevent": {"hopper": [{"index": 0, "events": [stole, theft]}]}}
    return json.dumps(whole).encode()


def test_events_arguments_and_hoppers_are_read() -> None:
    unheld, sample = loaded({"10093.json": record()}, "casie", Options(frozenset({"Time"})))
    assert (unheld.code, unheld.message.rpartition(": ")[2]) == ("W728", "1 external references of arguments")
    assert (sample.doc_id, sample.title, sample.published) == ("10093", "Theft", dt.date(2018, 11, 9))
    spans = {one.id: one.text for one in sample.layer.spans()}
    assert [(event.type, event.text, event.realis) for event in sample.layer.events] == [
        ("Attack.Databreach", "stole", "Actual"),
        ("Attack.Databreach", "theft", "Actual"),
    ]
    assert [(one.role, spans[one.ref]) for one in sample.layer.events[0].arguments] == [("Attacker", "thieves"), ("Time", "Monday")]
    assert [(one.kind, one.text) for one in sample.layer.mentions] == [("entity", "thieves"), ("value", "Monday")]
    assert [{spans[id_] for id_ in chain} for chain in sample.layer.happenings] == [{"stole", "theft"}]


def test_a_document_that_is_off_by_one_is_reported_and_mended_on_request() -> None:
    assert problems(loaded({"10093.json": record(1)}, "casie"))[1:] == [("E727", "10093.json", 1)]
    mended = loaded({"10093.json": record(1)}, "casie", Options(repair=True))
    assert problems(mended)[1:] == [("W727", "10093.json", 1)]
    assert [event.text for event in mended[-1].layer.events] == ["stole", "theft"]
