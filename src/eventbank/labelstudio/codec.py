"""Label Studio exports and layers: what an annotator's results mean, and a layer written as an export.

`layers` interprets, with the ontology, what `nodes.parse` has read; it reports what it cannot use and goes on. `encode` is its
mirror: `layers` of an encoded layer gives the layer again. Whether a role or a filler is allowed is not asked here but in `checks`.
Offsets are code points, which is how Label Studio counts in a `Text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place, Problem, excerpt
from eventbank.labelstudio.config import ENTITY, LEVEL, NORMALIZED, OBJECT, SAME, STATUS, TRIGGER
from eventbank.labelstudio.nodes import DOMAIN, NOT_EXPORT, Task, annotator_of, from_rows, layer_of, parse, to_rows
from eventbank.labelstudio.persons import persons, surrogates
from eventbank.labelstudio.results import (
    DANGLING,
    SPAN,
    SURFACE,
    WHOLE,
    Sheet,
    mapping,
    read_answers,
    read_regions,
    read_relations,
    scheme_of,
    squash,
    string,
)
from eventbank.layer import Event, Layer, Mention, closed
from eventbank.ontology import Ontology

__all__ = ["encode", "from_rows", "layer_of", "layers", "parse", "persons", "squash", "surrogates", "to_rows"]

OTHER_PROJECT = Code("E306", "a task is of another project", "Export the project that eventbank label push made; its tasks carry a doc_id.")
NO_DOCUMENT = Code("E307", "a task is for a document that does not exist", "Add the article to articles/, or take the task out.")
OTHER_TEXT = Code("E308", "a task is for another text of its document", "Move the labels to the present text: eventbank label rebase.")
TWO_PASSES = Code(
    "E309", "one annotator has labelled a document twice", "Delete one of the two annotations in Label Studio and export again."
)
NOBODY = Code("E310", "an annotation does not say who made it", "Export with completed_by, or pull with eventbank label pull.")
_NEWLINE = re.compile(r"\r|\n")


def layers(tasks: Iterable[Task], source: str, ontology: Ontology, texts: Mapping[str, str]) -> tuple[list[Layer], list[Problem]]:
    """The layers of an export, one per annotation that was not cancelled, in the order of the export, and what was wrong.

    Drafts and predictions give no layer. A layer holds whatever of its annotation could be understood: a result with a problem is
    left out of it, with what hangs on it. A task of another text or document gives none.

    Args:
        tasks: as `parse` gives them.
        source: name of the file, for places and for `Layer.source`.
        texts: the present text of every document, by `doc_id`.

    Returns:
        The layers; ids are Label Studio's region ids, spans stand in the order of the text. The problems: E304, E306 to E324.
    """
    scheme = scheme_of(ontology)
    found: dict[tuple[str, str], Layer] = {}
    problems: list[Problem] = []
    for at, task in enumerate(tasks):
        place = Place(file=source, doc_id=string(mapping(task.get("data")).get("doc_id")))
        wrong = _wrong_task(task, at, place, texts)
        if wrong:
            problems.append(wrong)
            continue
        problems += surrogates([task], source)
        for annotation in task.get("annotations", ()):
            if annotation.get("was_cancelled") is True:
                continue
            annotator = annotator_of(annotation)
            if annotator is None:
                problems.append(NOBODY.at(place))
            here = replace(place, annotator=annotator or "")
            layer, wrongs = _layer(Sheet(annotation["result"], here, texts[place.doc_id], scheme))
            problems += wrongs
            if (layer.doc_id, layer.annotator) in found:
                problems.append(TWO_PASSES.at(here))
            else:
                found[layer.doc_id, layer.annotator] = layer
    return list(found.values()), problems


def encode(layer: Layer, text: str, title: str | None, ontology: Ontology, *, ground_truth: bool = False) -> Task:
    """A task with the layer as its one annotation, which a server imports as it is.

    Results stand in the order of the text, each region followed by its results per region, then the relations: one for each ordered
    pair, with several labels if need be. A chain is written as `same` between neighbours in the text. Region ids are made from kind
    and position. Every attribute is written, defaults too, so that the labelling screen shows them.

    Args:
        layer: its annotator becomes `<annotator>@annotators.invalid`.
        text: the text of the document, whose SHA-256 the layer carries.
        ground_truth: whether the annotation is marked as adjudicated.

    Raises:
        EventBankError: E308 if the layer is of another text, E313 or E314 for a span that is not the text, E318 for an argument or
            chain member that is not in the layer.
    """
    place = Place(doc_id=layer.doc_id, annotator=layer.annotator)
    if layer.text_sha256 != sha256(text.encode("utf-8")):
        raise EventBankError(OTHER_TEXT.at(place))
    ids: dict[str, str] = {}
    results: list[dict[str, Any]] = []
    for at, span in enumerate(layer.spans(), 1):
        kind = TRIGGER if isinstance(span, Event) else span.kind
        ids[span.id] = f"{kind}-{at}"
        if not 0 <= span.start < span.end <= len(text) or text[span.start : span.end] != span.text:
            code = SURFACE if 0 <= span.start < span.end <= len(text) else SPAN
            spot = replace(place, start=span.start, end=span.end, context=excerpt(text, span.start, span.end))
            raise EventBankError(code.at(spot, repr(span.text)))
        results += _span_results(span, ids[span.id], kind, ontology)
    if layer.status is not None:
        status = {"choices": [layer.status]}
        results.append({"id": "document", "from_name": STATUS, "to_name": OBJECT, "type": "choices", "origin": "manual", "value": status})
    try:
        results += _relation_results(layer, ids, ontology)
    except KeyError as missing:
        raise EventBankError(DANGLING.at(place, f"{missing} is not in the layer")) from None
    number = re.search(r"\d+$", layer.annotator)
    who = {"id": int(number[0]) if number else 0, "email": f"{layer.annotator}@{DOMAIN}", "first_name": "", "last_name": ""}
    data = {"doc_id": layer.doc_id, "title": title or "", "text": text, "text_sha256": layer.text_sha256}
    annotation = {"completed_by": who, "was_cancelled": False, "ground_truth": ground_truth, "result": results}
    return {"data": data, "annotations": [annotation], "drafts": [], "predictions": []}


def _wrong_task(task: Task, at: int, place: Place, texts: Mapping[str, str]) -> Problem | None:
    data = mapping(task.get("data"))
    if not place.doc_id:
        return OTHER_PROJECT.at(place, f"task {at} has no doc_id")
    if place.doc_id not in texts:
        return NO_DOCUMENT.at(place)
    text, digest = texts[place.doc_id], data.get("text_sha256")
    if data.get(OBJECT, text) != text or (digest is not None and digest != sha256(text.encode("utf-8"))):
        return OTHER_TEXT.at(place)
    if OBJECT not in data and digest is None:
        return OTHER_PROJECT.at(place, f"task {at} has neither text nor text_sha256")
    annotations = task.get("annotations", [])
    whole = isinstance(annotations, list) and all(
        isinstance(one, dict) and isinstance(one.get("result"), list) and all(isinstance(result, dict) for result in one["result"])
        for one in annotations
    )
    return None if whole else NOT_EXPORT.at(place, f"the annotations of task {at} are no list of annotations with their results")


def _layer(sheet: Sheet) -> tuple[Layer, list[Problem]]:
    place, text, ontology = sheet.place, sheet.text, sheet.scheme.ontology
    regions, problems = read_regions(sheet)
    given, wrong = read_answers(sheet, regions)
    arguments, links, astray = read_relations(sheet, regions)
    mentions, events = [], []
    for region in sorted(regions.values(), key=lambda region: (region.start, region.end, region.label, region.id)):
        own = given.get(region.id, {})
        span = (region.start, region.end, text[region.start : region.end])
        if region.kind == TRIGGER:
            attributes = ontology.defaults() | own
            realis = ontology.realis(attributes)
            events.append(Event(region.id, region.label, *span, attributes, realis, tuple(arguments.get(region.id, ()))))
        elif region.kind == ENTITY:
            mentions.append(Mention(region.id, "entity", region.label, *span, level=own.get(LEVEL)))
        else:
            mentions.append(Mention(region.id, "value", region.label, *span, normalized=own.get(NORMALIZED)))

    def chains(kind: str, members: Iterable[str]) -> tuple[frozenset[str], ...]:
        return closed(members, [link for link in links if regions[link[0]].kind == kind])

    layer = Layer(
        place.doc_id,
        place.annotator,
        sha256(text.encode("utf-8")),
        tuple(mentions),
        tuple(events),
        chains(ENTITY, [mention.id for mention in mentions if mention.kind == "entity"]),
        chains(TRIGGER, [event.id for event in events]),
        place.file,
        given.get(WHOLE, {}).get(STATUS),
    )
    return layer, [*problems, *wrong, *astray]


def _span_results(span: Mention | Event, id_: str, kind: str, ontology: Ontology) -> Iterator[dict[str, Any]]:
    place = {"start": span.start, "end": span.end}
    surface = {"text": _NEWLINE.sub(r"\\n", span.text)}

    def result(control: str, type_: str, value: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": id_, "from_name": control, "to_name": OBJECT, "type": type_, "origin": "manual", "value": dict(value)}

    yield result(kind, "labels", place | surface | {"labels": [span.type]})
    if isinstance(span, Event):
        for attribute in ontology.attributes:
            yield result(attribute.name, "choices", place | surface | {"choices": [span.attributes.get(attribute.name, attribute.default)]})
    elif span.kind == "entity" and span.level is not None:
        yield result(LEVEL, "choices", place | surface | {"choices": [span.level]})
    elif span.kind == "value" and span.normalized:
        yield result(NORMALIZED, "textarea", place | {"text": [span.normalized]})


def _relation_results(layer: Layer, ids: Mapping[str, str], ontology: Ontology) -> list[dict[str, Any]]:
    order = {id_: at for at, id_ in enumerate(ids)}
    labels: dict[tuple[str, str], list[str]] = {}
    for chain in (*layer.entities, *layer.happenings):
        members = sorted(chain, key=lambda member: order[member])
        for pair in pairwise(members):
            labels.setdefault(pair, []).append(SAME)
    names = [term.name for term in ontology.roles]
    for event in layer.events:
        for argument in sorted(event.arguments, key=lambda one: names.index(one.role) if one.role in names else len(names)):
            of_pair = labels.setdefault((event.id, argument.ref), [])
            if argument.role not in of_pair:
                of_pair.append(argument.role)
    return [
        {"type": "relation", "from_id": ids[tail], "to_id": ids[head], "direction": "right", "labels": found}
        for (tail, head), found in sorted(labels.items(), key=lambda item: (order[item[0][0]], order[item[0][1]]))
    ]
