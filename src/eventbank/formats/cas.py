"""UIMA CAS, as XMI with its type system or as JSON, through dkpro-cassis (extra `formats`).

CAS counts UTF-16 code units; cassis converts them. Mentions and events are span layers with link features as INCEpTION has them
(`webanno.custom.Mention`, `webanno.custom.Event`); `chain` names what a span corefers with. Sentences and tokens are there for INCEpTION
and are not read back. A text with a character that XML 1.0 does not allow cannot be written as XMI.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from eventbank.errors import Place, Problem
from eventbank.formats.draft import DANGLING, Draft, Filled, Kind, Labelled, settle
from eventbank.formats.sample import MALFORMED, UNHELD, Files, Options, Sample, canonical, chain_names, extra
from eventbank.offsets import tokenize
from eventbank.segmentation import sentences

TYPES = "TypeSystem.xml"
MENTION, EVENT, LINK = "webanno.custom.Mention", "webanno.custom.Event", "webanno.custom.EventArgumentsLink"
DOCUMENT = "eventbank.Document"
_SEGMENTATION = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type"
SENTENCE, TOKEN = f"{_SEGMENTATION}.Sentence", f"{_SEGMENTATION}.Token"
ATTRIBUTES = ("polarity", "tense", "modality")
FEATURES = {
    MENTION: ("kind", "label", "level", "normalized", "chain"),
    EVENT: ("label", "realis", "chain"),
    DOCUMENT: ("docId", "title", "language", "published", "url", "status"),
}
_KNOWN = {MENTION, EVENT, LINK, DOCUMENT, SENTENCE, TOKEN, "uima.tcas.DocumentAnnotation", "uima.cas.FSArray", "uima.cas.Sofa"}


def dump_xmi(samples: Sequence[Sample]) -> Iterator[tuple[str, bytes]]:
    """The type system, and an `.xmi` for each sample that XML can hold."""
    types = _type_system(samples)
    yield TYPES, types.to_xml().encode("utf-8")
    for sample in samples:
        with suppress(ValueError):
            yield f"{sample.doc_id}.xmi", _cas(canonical(sample), types).to_xmi(pretty_print=True).encode("utf-8")


def dump_json(samples: Sequence[Sample]) -> Iterator[tuple[str, bytes]]:
    """A `.json` for each sample, which holds its type system."""
    types = _type_system(samples)
    for sample in samples:
        yield f"{sample.doc_id}.json", _cas(canonical(sample), types).to_json(pretty_print=True).encode("utf-8")


def load_xmi(files: Files, options: Options) -> Iterator[Sample | Problem]:
    """The samples of the `.xmi` files; the type system is `TypeSystem.xml`, under whatever case, or else the one that `dump_xmi` writes."""
    cassis = extra("cassis")
    types = None
    for name in sorted(files):
        if PurePosixPath(name).name.lower() == TYPES.lower():
            types = _read(cassis.load_typesystem, files[name], name)
            if isinstance(types, Problem):
                yield types
                return
    types = types if types is not None else _type_system(())
    for name in sorted(files):
        if name.endswith(".xmi"):
            cas = _read(lambda text: cassis.load_cas_from_xmi(text, typesystem=types), files[name], name)
            yield from [cas] if isinstance(cas, Problem) else _samples(cas, name, options)


def load_json(files: Files, options: Options) -> Iterator[Sample | Problem]:
    """The samples of the `.json` files."""
    cassis = extra("cassis")
    for name in sorted(files):
        if name.endswith(".json"):
            cas = _read(cassis.load_cas_from_json, files[name], name)
            yield from [cas] if isinstance(cas, Problem) else _samples(cas, name, options)


def _type_system(samples: Sequence[Sample]) -> Any:
    types = extra("cassis").TypeSystem()
    annotation, text = "uima.tcas.Annotation", "uima.cas.String"
    names = {name for sample in samples for event in sample.layer.events for name in event.attributes}
    for name, features in FEATURES.items():
        kind = types.create_type(name, annotation)
        for feature in (*features, *(sorted({*ATTRIBUTES, *names}) if name == EVENT else ())):
            types.create_feature(kind, feature, text)
    link = types.create_type(LINK, "uima.cas.TOP")
    types.create_feature(link, "role", text)
    types.create_feature(link, "target", annotation)
    types.create_feature(types.get_type(EVENT), "arguments", "uima.cas.FSArray", elementType=LINK)
    for name in (SENTENCE, TOKEN):
        types.create_type(name, annotation)
    return types


def _cas(sample: Sample, types: Any) -> Any:
    layer = sample.layer
    cas = extra("cassis").Cas(types)
    cas.sofa_string, cas.sofa_mime = sample.text, "text/plain"
    facts = {"docId": sample.doc_id, "title": sample.title, "language": sample.language, "url": sample.url, "status": layer.status}
    published = sample.published.isoformat() if sample.published else None
    cas.add(types.get_type(DOCUMENT)(begin=0, end=len(sample.text), published=published, **facts))
    for start, end in sentences(sample.text, sample.language):
        cas.add(types.get_type(SENTENCE)(begin=start, end=end))
        cas.add_all([types.get_type(TOKEN)(begin=start + first, end=start + last) for first, last in tokenize(sample.text[start:end])])
    chains = chain_names(layer.entities, "N") | chain_names(layer.happenings, "C")
    made: dict[str, Any] = {}
    for one in layer.mentions:
        what = {"kind": one.kind, "label": one.type, "level": one.level, "normalized": one.normalized, "chain": chains.get(one.id)}
        made[one.id] = types.get_type(MENTION)(begin=one.start, end=one.end, **what)
    for event in layer.events:
        own = {"label": event.type, "realis": event.realis or None, "chain": chains[event.id]}
        made[event.id] = types.get_type(EVENT)(begin=event.start, end=event.end, **own, **event.attributes)
    for event in layer.events:
        links = [types.get_type(LINK)(role=one.role, target=made[one.ref]) for one in event.arguments]
        if links:
            made[event.id].arguments = types.get_type("uima.cas.FSArray")(elements=links)
    cas.add_all(list(made.values()))
    return cas


def _read(read: Any, data: bytes, file: str) -> Any:
    """What cassis reads; a problem with the line for whatever it stumbles over. A DOCTYPE, which no CAS needs, is refused."""
    place = Place(file=file, line=1)
    if b"<!DOCTYPE" in data:
        return MALFORMED.at(place, "it holds a DOCTYPE")
    try:
        return read(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return MALFORMED.at(Place(file=file, line=data.count(b"\n", 0, error.start) + 1), f"byte {error.start} is not UTF-8")
    except Exception as error:  # cassis lets through whatever its parsers and its own look-ups raise
        line = getattr(error, "lineno", None) or 1
        return MALFORMED.at(Place(file=file, line=line), f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")


def _samples(cas: Any, file: str, options: Options) -> Iterator[Sample | Problem]:
    place = Place(file=file, line=1)
    count = Counter(one.type.name for one in cas.select_all_annotations())
    for name, times in sorted(count.items()):
        if name not in _KNOWN:
            yield UNHELD.at(place, f"{times} of the type {name}")
    about = _facts(cas)
    spans: list[Labelled] = []
    arguments: list[Filled] = []
    chains: dict[str, list[str]] = {}
    for one in _of(cas, MENTION):
        kind: Kind = "value" if one.kind == "value" or (not one.kind and one.label in options.values) else "entity"
        if not one.label:
            yield MALFORMED.at(place, f"the mention {one.xmiID} has no label")
            continue
        spans.append(Labelled(_id(one), kind, one.label, one.begin, one.end, level=one.level, normalized=one.normalized))
        chains.setdefault(one.chain or _id(one), []).append(_id(one))
    for one in _of(cas, EVENT):
        if not one.label:
            yield MALFORMED.at(place, f"the event {one.xmiID} has no label")
            continue
        beside = [feature.name for feature in one.type.all_features if feature.rangeType.name == "uima.cas.String"]
        attributes = {name: one[name] for name in beside if name not in FEATURES[EVENT] and one[name] is not None}
        spans.append(Labelled(_id(one), "event", one.label, one.begin, one.end, attributes=attributes, realis=one.realis or ""))
        chains.setdefault(one.chain or _id(one), []).append(_id(one))
        for link in one.arguments.elements if one.arguments else ():
            if link.role and link.target is not None:
                arguments.append(Filled(_id(one), link.role, _id(link.target), 1))
            else:
                yield DANGLING.at(place, f"a link of the event {one.xmiID} has no role or no target")
    doc_id = about.pop("docId") or PurePosixPath(file).stem
    with suppress(ValueError):
        about["published"] = dt.date.fromisoformat(about.pop("published") or "")
    yield from settle(Draft(doc_id, cas.sofa_string or "", file, 1, spans, arguments, list(chains.values()), **about), options)


def _facts(cas: Any) -> dict[str, Any]:
    """What the file says of the document."""
    found: Mapping[str, Any] | None = next(iter(_of(cas, DOCUMENT)), None)
    return {name: found[name] if found is not None else None for name in FEATURES[DOCUMENT]}


def _of(cas: Any, name: str) -> list[Any]:
    """The annotations of a type in the order of their ids; none where the type system does not have it."""
    return sorted(cas.select(name), key=lambda one: one.xmiID) if cas.typesystem.contains_type(name) else []


def _id(annotation: Any) -> str:
    return str(annotation.xmiID)
