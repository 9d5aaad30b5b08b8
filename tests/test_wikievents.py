"""WikiEvents: tokens that drift away from the text, sentence by sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from samples import loaded, problems

from eventbank.formats.sample import Options

SENTENCES = (("Seoul", "fired", "."), ("It", "flew", "."), ("They", "saw", "it", "."))


def record(drift: int = 0, **changes: Any) -> bytes:
    """A document whose tokens stand `drift` code points too far right for each sentence before them."""
    parts, at, sentences = [], 0, []
    for number, words in enumerate(SENTENCES):
        text = " ".join(words)
        places = []
        for word in words:
            start = at + text.index(word)
            places.append([word, start + drift * number, start + len(word) + drift * number])
        sentences.append([places, text])
        parts.append(text)
        at += len(text) + 1
    whole = {
        "doc_id": "d",
        "text": " ".join(parts),
        "sentences": sentences,
        "entity_mentions": [
            {"id": "T1", "sent_idx": 0, "start": 0, "end": 1, "entity_type": "GPE", "mention_type": "NAM", "text": "Seoul"},
            {"id": "T2", "sent_idx": 2, "start": 8, "end": 9, "entity_type": "WEA", "mention_type": "PRO", "text": "it"},
            {"id": "T3", "sent_idx": 1, "start": 3, "end": 4, "entity_type": "WEA", "mention_type": "PRO", "text": "It"},
        ],
        "event_mentions": [
            {
                "id": "E1",
                "event_type": "Weapon.Launch.Unspecified",
                "trigger": {"start": 1, "end": 2, "text": "fired", "sent_idx": 0},
                "arguments": [
                    {"entity_id": "T1", "role": "Attacker", "text": "Seoul"},
                    {"entity_id": "T2", "role": "Instrument", "text": "it"},
                ],
            }
        ],
        "relation_mentions": [],
    }
    return json.dumps(whole | changes).encode()


COREFERENCE = json.dumps({"doc_key": "d", "clusters": [["T2", "T3"]], "informative_mentions": [["It"]]}).encode()


def texts(sample: Any) -> list[str]:
    return [one.text for one in sample.layer.spans()]


def test_mentions_events_and_coreference_are_read() -> None:
    (sample,) = loaded({"train.jsonl": record(), "coref/train.jsonlines": COREFERENCE}, "wikievents")
    spans = {one.id: one.text for one in sample.layer.spans()}
    assert texts(sample) == ["Seoul", "fired", "It", "it"]
    assert [(one.role, spans[one.ref]) for one in sample.layer.events[0].arguments] == [("Attacker", "Seoul"), ("Instrument", "it")]
    assert sorted(sorted(spans[id_] for id_ in chain) for chain in sample.layer.entities) == [["It", "it"], ["Seoul"]]
    assert [one.level for one in sample.layer.mentions] == ["NAM", "PRO", "PRO"]


@pytest.mark.parametrize("drift", [4, 1, 40])
def test_a_drift_at_every_sentence_is_reported_and_mended_on_request(drift: int) -> None:
    (refused,) = loaded({"a.jsonl": record(drift)}, "wikievents")
    assert (refused.code, f"{drift:+d} code points at every break" in refused.message) == ("E727", True)
    repaired, sample = loaded({"a.jsonl": record(drift)}, "wikievents", Options(repair=True))
    assert (repaired.code, texts(sample)) == ("W727", ["Seoul", "fired", "It", "it"])


def test_tokens_that_no_drift_explains_are_refused() -> None:
    assert problems(loaded({"a.jsonl": record(text="Busan fired . It flew . They saw it .")}, "wikievents")) == [("E726", "a.jsonl", 1)]


def test_references_and_tokens_that_are_not_there_are_reported() -> None:
    event = {"id": "E1", "event_type": "X", "trigger": {"start": 1, "end": 99}, "arguments": [{"entity_id": "T9", "role": "Place"}]}
    assert problems(loaded({"a.jsonl": record(event_mentions=[event])}, "wikievents")) == [("E725", "a.jsonl", 1), ("E724", "a.jsonl", 1)]
    assert problems(loaded({"a.jsonl": record(relation_mentions=[{}])}, "wikievents")) == [("W728", "a.jsonl", 1)]
