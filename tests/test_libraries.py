"""CAS and DocBin in the hands of the libraries that they are for: cassis and spaCy read what is written, each equal to what went in."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from samples import back, loaded, samples
from test_formats import everything

from eventbank.errors import EventBankError
from eventbank.formats import cas, docbin
from eventbank.formats.losses import losses
from eventbank.formats.sample import Sample, canonical, joined
from eventbank.layer import Layer, Mention

pytestmark = pytest.mark.slow


@cache
def vocab() -> Any:
    """The words of a blank pipeline, which takes long to make."""
    import spacy

    return spacy.blank("en").vocab


@pytest.mark.parametrize("name", ["cas-xmi", "cas-json"])
@settings(max_examples=20)
@given(sample=samples())
def test_a_cas_holds_everything(name: str, sample: Sample) -> None:
    assert canonical(back(sample, name)) == canonical(sample)


@settings(max_examples=20)
@given(sample=samples())
def test_cassis_reads_the_spans_and_links_that_were_written(sample: Sample) -> None:
    import cassis

    files = joined(cas.dump_xmi([sample]))
    types = cassis.load_typesystem(files["TypeSystem.xml"].decode())
    layer = canonical(sample).layer
    for read in (
        cassis.load_cas_from_xmi(files["d1.xmi"].decode(), typesystem=types),
        cassis.load_cas_from_json(joined(cas.dump_json([sample]))["d1.json"].decode()),
    ):
        assert read.sofa_string == sample.text
        mentions = [
            (one.begin, one.end, one.get_covered_text(), one.label, one.kind, one.level, one.normalized) for one in read.select(cas.MENTION)
        ]
        assert sorted(mentions, key=str) == sorted(
            [(one.start, one.end, one.text, one.type, one.kind, one.level, one.normalized) for one in layer.mentions], key=str
        )
        texts = {one.id: (one.start, one.end, one.text) for one in layer.spans()}
        links = [
            (event.begin, event.end, event.label, link.role, (link.target.begin, link.target.end, link.target.get_covered_text()))
            for event in read.select(cas.EVENT)
            for link in (event.arguments.elements if event.arguments else ())
        ]
        assert sorted(links) == sorted(
            (event.start, event.end, event.type, one.role, texts[one.ref]) for event in layer.events for one in event.arguments
        )


def test_a_text_that_xml_cannot_hold_is_a_loss_of_its_document_and_no_other() -> None:
    text = "a\x01b"
    bad = Sample(text, Layer("bad", "", "", (Mention("m", "entity", "GPE", 0, 1, "a"),), entities=(frozenset({"m"}),)))
    assert sorted(joined(cas.dump_xmi([bad, everything()]))) == ["TypeSystem.xml", "d1.xmi"]
    assert [loss.aspect for loss in losses(bad, back(bad, "cas-xmi"))] == ["document"]
    assert losses(bad, back(bad, "cas-json")) == []


def test_layers_of_another_project_are_reported() -> None:
    import cassis

    types = cassis.TypeSystem()
    types.create_type("webanno.custom.Mood", "uima.tcas.Annotation")
    theirs = cassis.Cas(types)
    theirs.sofa_string = "Seoul fired"
    theirs.add(types.get_type("webanno.custom.Mood")(begin=0, end=5))
    problem, sample = loaded({"a.json": theirs.to_json().encode()}, "cas-json")
    assert (problem.code, "1 of the type webanno.custom.Mood" in problem.message) == ("W728", True)
    assert (sample.doc_id, sample.text, sample.layer.mentions) == ("a", "Seoul fired", ())


@settings(max_examples=20)
@given(sample=samples())
def test_spacy_reads_the_spans_that_were_written(sample: Sample) -> None:
    """Every span is there, at the tokens that it touches; so a span of tokens is there as it was."""
    from spacy.tokens import DocBin

    (doc,) = DocBin(store_user_data=True).from_bytes(joined(docbin.dump([sample]))["docs.spacy"]).get_docs(vocab())
    layer = canonical(sample).layer
    assert doc.text == sample.text
    starts, ends = {token.idx for token in doc}, {token.idx + len(token) for token in doc}
    for name, spans in {
        "entities": [one for one in layer.mentions if one.kind == "entity"],
        "values": [one for one in layer.mentions if one.kind == "value"],
        "triggers": layer.events,
    }.items():
        read = {(one.start_char, one.end_char, one.label_) for one in doc.spans[name]}
        assert len(doc.spans[name]) == len(spans)
        assert {(one.start, one.end, one.type) for one in spans if one.start in starts and one.end in ends} <= read
    assert {(one.start_char, one.end_char) for one in doc.ents} <= {(one.start_char, one.end_char) for one in doc.spans["entities"]}


def test_entities_of_a_docbin_of_another_hand_are_read() -> None:
    import spacy
    from spacy.tokens import DocBin

    doc = spacy.blank("en")("Seoul fired rockets.")
    doc.set_ents([doc.char_span(0, 5, label="GPE")])
    doc.spans["sc"] = [doc.char_span(6, 11, label="Launch")]
    problem, sample = loaded({"train.spacy": DocBin(docs=[doc]).to_bytes()}, "docbin")
    assert (problem.code, "1 spans of the group 'sc'" in problem.message) == ("W728", True)
    assert (sample.doc_id, [(one.type, one.text) for one in sample.layer.mentions]) == ("train-0", [("GPE", "Seoul")])


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cassis", None)
    with pytest.raises(EventBankError, match=r"E722 .*eventbank\[formats\]"):
        back(replace(everything(), title=None), "cas-json")
