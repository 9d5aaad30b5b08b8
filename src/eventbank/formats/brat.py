"""brat standoff: a `.txt` and an `.ann` for each document, and the `annotation.conf` and `visual.conf` that brat shows them with.

Offsets are code points, half open, as in brat.

brat allows letters, digits, `_` and `-` in names. Other names are written with `_`, and comments in `annotation.conf` say what they stand
for; `load` reads them back from there. A role that is filled twice is numbered (`Actor2`), as brat does it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import quote, unquote

from eventbank.errors import EventBankError, Place, Problem
from eventbank.formats.bratlines import Line, parse, render
from eventbank.formats.draft import DANGLING, TWICE, Draft, Filled, Labelled, settle
from eventbank.formats.sample import MALFORMED, UNHELD, Files, Options, Sample, canonical, decoded
from eventbank.layer import Event

VALUE = "value"
"""The database that the normalised form of a value is said to be in."""
LEVEL, REALIS = "level", "realis"
SAME = frozenset({"Equiv", "same"})
"""The relations that are coreference."""
NAME = "# name "
"""How a line of `annotation.conf` begins that says what a stored name stands for."""
EMPTY = "%"
"""The key of a normalised form that is empty."""

_UNSTORABLE = re.compile(r"[^A-Za-z0-9_-]")
_SPACE = re.compile(r"\s")
_NUMBER = re.compile(r"[0-9]+$")


def dump(samples: Sequence[Sample]) -> Iterator[tuple[str, bytes]]:
    """The files of some samples: an `.ann` and a `.txt` each, then the two files that brat needs to show them."""
    whole = [canonical(sample) for sample in samples]
    stored = _stored(name for sample in whole for name in _names(sample))
    for sample in whole:
        yield f"{sample.doc_id}.txt", sample.text.encode("utf-8")
        yield f"{sample.doc_id}.ann", render(_lines(sample, stored)).encode("utf-8")
    yield "annotation.conf", _annotation_conf(whole, stored).encode("utf-8")
    yield "visual.conf", _visual_conf(stored).encode("utf-8")


def load(files: Files, options: Options) -> Iterator[Sample | Problem]:
    """The samples of a folder; a document is an `.ann` beside a `.txt`.

    Coreference is read from equivalences and from relations named `same`; attributes of events, `level` of mentions, and normalisations in
    `value` are read, too. Other relations, normalisations and attributes, and notes, have no place in a layer (W728). A
    discontinuous annotation becomes the span from its first to its last code point (W728).
    """
    meant = meanings(files.get("annotation.conf", b""))
    for name in sorted(files):
        if not name.endswith(".ann"):
            continue
        text_name = name.removesuffix(".ann") + ".txt"
        if text_name not in files:
            yield MALFORMED.at(Place(file=name), f"{text_name} is not there")
            continue
        try:
            text, labels = files[text_name].decode("utf-8"), decoded(files[name], name)
        except UnicodeDecodeError as error:
            line = files[text_name].count(b"\n", 0, error.start) + 1
            yield MALFORMED.at(Place(file=text_name, line=line), f"byte {error.start} is not UTF-8")
            continue
        except EventBankError as error:
            yield from error.problems
            continue
        found = list(parse(labels, name))
        yield from (one for one in found if isinstance(one, Problem))
        draft, problems = _draft(text, [one for one in found if isinstance(one, Line)], name, meant, options.values)
        yield from problems
        yield from settle(draft, options)


def _lines(sample: Sample, stored: Mapping[str, str]) -> Iterator[Line]:
    """The lines of a sample: spans, events, equivalences, attributes, normalisations."""
    layer = sample.layer
    ids: dict[str, str] = {}
    for at, span in enumerate(layer.spans(), 1):
        words = _SPACE.sub(" ", span.text)
        yield Line(f"T{at}", stored[span.type], fragments=((span.start, span.end),), words=words)
        ids[span.id] = f"T{at}"
    triggers = {event.id: ids[event.id] for event in layer.events}
    ids |= {event.id: f"E{at}" for at, event in enumerate(layer.events, 1)}
    for event in layer.events:
        members = []
        times: dict[str, int] = {}
        for argument in event.arguments:
            role = stored[argument.role]
            times[role] = times.get(role, 0) + 1
            members.append((f"{role}{times[role]}" if times[role] > 1 else role, ids[argument.ref]))
        yield Line(ids[event.id], stored[event.type], triggers[event.id], members=tuple(members))
    order = {id_: at for at, id_ in enumerate(ids)}
    for chain in (*layer.entities, *layer.happenings):
        if len(chain) > 1:
            yield Line("*", "Equiv", members=tuple(("", ids[member]) for member in sorted(chain, key=lambda member: order[member])))
    number = count(1)
    for mention in layer.mentions:
        if mention.level is not None:
            yield Line(f"A{next(number)}", LEVEL, ids[mention.id], words=stored[mention.level])
    for event in layer.events:
        for name, value in _given(event).items():
            yield Line(f"A{next(number)}", stored[name], ids[event.id], words=stored[value])
    number = count(1)
    for mention in layer.mentions:
        if mention.normalized is not None:
            key, shown = quote(mention.normalized, safe=":+/,-") or EMPTY, _SPACE.sub(" ", mention.normalized)
            yield Line(f"N{next(number)}", "Reference", ids[mention.id], base=VALUE, key=key, words=shown)


def _draft(
    text: str, lines: Sequence[Line], file: str, meanings: Mapping[str, str], value_types: frozenset[str]
) -> tuple[Draft, list[Problem]]:
    """What the lines of a document say, and what of it has no place in a layer."""

    def meant(name: str) -> str:
        return meanings.get(name, name)

    bound: dict[str, Line] = {}
    again = [line for line in lines if line.id[0] == "T" and bound.setdefault(line.id, line) is not line]
    problems = [TWICE.at(Place(file=file, line=line.number), line.id) for line in again]
    events = [line for line in lines if line.id[0] == "E"]
    event_of = {event.target: event.id for event in events}
    attributes, normalized, wrong = _attached(lines, event_of, meant, file)
    problems += wrong
    spans: list[Labelled] = []
    for line in (*(one for one in bound.values() if one.id not in event_of), *events):
        span = bound.get(line.target, line)
        if not span.fragments:
            problems.append(MALFORMED.at(Place(file=file, line=line.number), f"{line.id} has no trigger {line.target}"))
            continue
        if len(span.fragments) > 1:
            problems.append(UNHELD.at(Place(file=file, line=span.number), f"{span.id}: the gaps of a discontinuous span"))
        where = (min(span.fragments)[0], max(end for _, end in span.fragments), span.words if len(span.fragments) == 1 else None)
        own = attributes.get(line.id, {})
        if line.id[0] == "E":
            realis = own.pop(REALIS, "")
            spans.append(Labelled(line.id, "event", meant(line.type), *where, line.number, attributes=own, realis=realis))
        else:
            kind: Literal["value", "entity"] = "value" if line.id in normalized or meant(line.type) in value_types else "entity"
            spans.append(Labelled(line.id, kind, meant(line.type), *where, line.number, own.get(LEVEL), normalized.get(line.id)))
    arguments = [
        Filled(event.id, meant(role if role in meanings else _NUMBER.sub("", role) or role), event_of.get(member, member), event.number)
        for event in events
        for role, member in event.members
    ]
    chains = [[event_of.get(member, member) for _, member in line.members] for line in lines if line.id[0] in "*R" and line.type in SAME]
    doc_id = PurePosixPath(file).name.removesuffix(".ann")
    return Draft(doc_id, text, file, spans=spans, arguments=arguments, chains=chains), problems


def _attached(
    lines: Sequence[Line], event_of: Mapping[str, str], meant: Callable[[str], str], file: str
) -> tuple[dict[str, dict[str, str]], dict[str, str], list[Problem]]:
    """Attributes and normalised forms by the id of what they are about, and what there is no place for."""
    known = {line.id for line in lines}
    attributes: dict[str, dict[str, str]] = {}
    normalized: dict[str, str] = {}
    problems = []
    for line in lines:
        place, kind = Place(file=file, line=line.number), line.id[0]
        about = event_of.get(line.target, line.target)
        name = meant(line.type)
        if kind in "AMN#" and line.target not in known:
            problems.append(DANGLING.at(place, f"{line.id}: {line.target}"))
        elif kind in "AM" and (about[0] == "E" or name == LEVEL):
            attributes.setdefault(about, {})[name] = meant(line.words) if line.words else "true"
        elif kind == "N" and line.base == VALUE and about[0] == "T":
            normalized[about] = "" if line.key == EMPTY else unquote(line.key)
        elif kind in "AMN#" or (kind == "R" and line.type not in SAME):
            what = {"R": "the relation", "#": "the note", "N": "the normalisation"}.get(kind, "the attribute")
            shown = line.words if kind == "#" else f"{line.base}:{line.key}" if kind == "N" else name
            problems.append(UNHELD.at(place, f"{line.id}: {what} {(shown or '')[:80]!r} of {line.target or line.members}"))
    return attributes, normalized, problems


def _names(sample: Sample) -> Iterator[str]:
    """Every name of a sample that brat must store."""
    for mention in sample.layer.mentions:
        yield mention.type
        if mention.level is not None:
            yield mention.level
    for event in sample.layer.events:
        yield event.type
        yield from (argument.role for argument in event.arguments)
        yield from (part for pair in _given(event).items() for part in pair)


def _given(event: Event) -> dict[str, str]:
    """The attributes of an event, realis among them."""
    return dict(event.attributes) | ({REALIS: event.realis} if event.realis else {})


def _stored(names: Iterable[str]) -> dict[str, str]:
    """How each name is stored, no two alike: brat's letters only, and no digit at the end, where brat looks for the number of a role."""
    stored: dict[str, str] = {}
    taken = {LEVEL, *SAME}
    for name in sorted(set(names)):
        form = _UNSTORABLE.sub("_", name) or "_"
        while form in taken or form[-1].isdigit():
            form += "_"
        stored[name] = form
        taken.add(form)
    return stored


def _annotation_conf(samples: Sequence[Sample], stored: Mapping[str, str]) -> str:
    """The types, roles and attributes that occur, as brat wants them declared, and what the stored names stand for."""
    types = sorted({stored[mention.type] for sample in samples for mention in sample.layer.mentions})
    roles: dict[str, set[str]] = {}
    values: dict[str, set[str]] = {}
    levels = {stored[one.level] for sample in samples for one in sample.layer.mentions if one.level is not None}
    for event in (event for sample in samples for event in sample.layer.events):
        roles.setdefault(stored[event.type], set()).update(stored[argument.role] for argument in event.arguments)
        for name, value in _given(event).items():
            values.setdefault(stored[name], set()).add(stored[value])
    return "\n".join(
        (
            *(f"{NAME}{form}\t{json.dumps(name)}" for name, form in stored.items() if name != form),
            "[entities]",
            *types,
            "[relations]",
            "Equiv\tArg1:<ANY>, Arg2:<ANY>, <REL-TYPE>:symmetric-transitive",
            "[events]",
            *(f"{kind}\t{', '.join(f'{role}*:<ANY>' for role in sorted(own))}".rstrip() for kind, own in sorted(roles.items())),
            "[attributes]",
            *([f"{LEVEL}\tArg:<ENTITY>, Value:{'|'.join(sorted(levels))}"] if levels else ()),
            *(f"{name}\tArg:<EVENT>, Value:{'|'.join(sorted(own))}" for name, own in sorted(values.items())),
            "",
        )
    )


def _visual_conf(stored: Mapping[str, str]) -> str:
    """The names as brat shows them."""
    labels = (f"{form} | {' '.join(name.replace('|', '/').split())}" for name, form in stored.items() if name != form and name.strip())
    drawing = ("SPAN_DEFAULT\tfgColor:black, bgColor:lightgreen, borderColor:darken", "ARC_DEFAULT\tcolor:black, arrowHead:triangle-5")
    return "\n".join(("[labels]", *labels, "[drawing]", *drawing, ""))


def meanings(annotation_conf: bytes) -> dict[str, str]:
    """What the stored names stand for, as `_annotation_conf` has written it; nothing in a file of another hand."""
    found: dict[str, str] = {}
    for line in annotation_conf.decode("utf-8", "replace").split("\n"):
        stored, tab, name = line.removeprefix(NAME).partition("\t")
        if line.startswith(NAME) and tab:
            with suppress(ValueError):
                found[stored] = str(json.loads(name))
    return found
