"""What the results of one annotation say: labelled regions, what was chosen or written per region, and relations between them.

Each function takes the whole list of results and gives what it can use, with a problem for everything else. What hangs on a region
that has a problem is passed over in silence, so that one mistake is reported once. Offsets are code points.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eventbank.errors import Code, Place, Problem, excerpt
from eventbank.labelstudio.config import ENTITY, LEVEL, NORMALIZED, NOTE, OBJECT, SAME, STATUS, STATUSES, TRIGGER, VALUE
from eventbank.layer import Argument
from eventbank.offsets import uniform_shift, utf16_ruler
from eventbank.ontology import Ontology

CONTROL = Code(
    "E311", "a result comes from an unknown control", "Use the labelling config of eventbank label config, then label this again."
)
LABEL = Code("E312", "a result does not have exactly one known label", "Choose one label that the ontology defines.")
SPAN = Code("E313", "a region is no span of the text", "Delete the region and mark the words again.")
SURFACE = Code(
    "E314", "a region's text is not the text at its offsets", "Mark the words again; labels of another text need eventbank label rebase."
)
UTF16 = Code(
    "E315",
    "offsets count UTF-16 code units",
    "An old Label Studio made this export; convert the offsets to code points and import it again.",
)
SHIFTED = Code(
    "E325",
    "all regions of an annotation are shifted by the same distance",
    "Shift them back by the number given; the labels were made on a text with other line ends or another beginning.",
)
REGION_ID = Code("E316", "a region's id is missing or taken twice", "Label the span once, with one control, and delete the other region.")
ASTRAY = Code("E317", "a result per region does not fit a region", "Delete it, or give it on the region it belongs to.")
DANGLING = Code(
    "E318", "a relation leads to a region that is not there", "Delete the relation; Label Studio shows a blank screen for this task."
)
RELATION = Code("E319", "a relation has no known label", "Choose a role of the ontology, or same.")
TWO_RELATIONS = Code("E320", "two relations join the same two regions the same way", "Keep one relation and give it both labels.")
DIRECTION = Code("E321", "the direction of a relation cannot be understood", "Draw it from the trigger to what fills the role.")
KINDS = Code("E322", "same joins what cannot be the same", "Join two entity mentions or two events; values and mixed pairs have no chain.")
NO_TRIGGER = Code("E323", "a role does not begin at a trigger", "Draw the relation from the trigger to what fills the role.")

SHOWN = 80
"""Characters of a value that a message repeats."""

_BLANK = re.compile(r"(?:\\n|\s)+")

Result = Mapping[str, Any]


WHOLE = ""
"""Stands for the whole document where answers go by region."""


@dataclass(frozen=True)
class Region:
    """A labelled span; `kind` is the control that made it."""

    id: str
    kind: str
    label: str
    start: int
    end: int


@dataclass(frozen=True)
class Scheme:
    """What of an ontology decides how results are read: the labels of each span control, and per region the choices and their kind."""

    ontology: Ontology
    labels: Mapping[str, frozenset[str]]
    choices: Mapping[str, frozenset[str]]
    roles: frozenset[str]

    def kind_of(self, control: str) -> str:
        """The kind of region that a control per region belongs to; empty for any."""
        return {LEVEL: ENTITY, NORMALIZED: VALUE, NOTE: ""}.get(control, TRIGGER)


@dataclass(frozen=True)
class Sheet:
    """One annotation as it is read: its results, where it stands, the text that it labels, and the scheme it follows."""

    results: Sequence[Result]
    place: Place
    text: str
    scheme: Scheme

    @property
    def spans(self) -> list[Result]:
        """The results that mark a span with a label, sound or not."""
        return [result for result in self.results if string(result.get("from_name")) in self.scheme.labels]

    @property
    def relations(self) -> list[Result]:
        """The results that join two regions."""
        return [result for result in self.results if result.get("type") == "relation"]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all regions, sound or not, of unknown controls too."""
        others = {*self.scheme.choices, NORMALIZED, NOTE}
        regions = (one for one in self.results if one.get("type") != "relation" and string(one.get("from_name")) not in others)
        return frozenset(id_of(result.get("id")) for result in regions)

    def at(self, where: Result | Region | None) -> Place:
        """The place of a region, or of an object that has start and end."""
        if isinstance(where, Region):
            return replace(self.place, start=where.start, end=where.end, context=excerpt(self.text, where.start, where.end))
        start, end = (where.get("start"), where.get("end")) if where else (None, None)
        if type(start) is not int or type(end) is not int or start < 0:
            return self.place
        return replace(self.place, start=start, end=end, context=excerpt(self.text, start, end))


def squash(surface: str) -> str:
    """A surface without white space and without the ``\\n`` that Label Studio writes for a line end: all that `value.text` keeps."""
    return _BLANK.sub("", surface)


def scheme_of(ontology: Ontology) -> Scheme:
    """The names by which results are read; retired ones are known still."""

    def names(terms: Iterable[Any]) -> frozenset[str]:
        return frozenset(term.name for term in terms)

    labels = {TRIGGER: names(ontology.event_types), ENTITY: names(ontology.entity_types), VALUE: names(ontology.value_types)}
    choices = {attribute.name: names(attribute.values) for attribute in ontology.attributes}
    return Scheme(ontology, labels, choices | {LEVEL: names(ontology.levels), STATUS: frozenset(STATUSES)}, names(ontology.roles))


def read_regions(sheet: Sheet) -> tuple[dict[str, Region], list[Problem]]:
    """The usable regions by id, and the problems of all others and of unknown controls."""
    regions: dict[str, Region] = {}
    problems: list[Problem] = []
    misplaced: list[Problem] = []
    for result in sheet.results:
        control, value = string(result.get("from_name")), mapping(result.get("value"))
        if not _is_known(result, sheet.scheme):
            problems.append(CONTROL.at(sheet.at(value), f"{_show(result.get('from_name'))} of type {_show(result.get('type'))}"))
        elif control in sheet.scheme.labels and result.get("type") != "relation":
            region = _region(result, control, value, regions, sheet)
            if isinstance(region, Region):
                regions[region.id] = region
            else:
                (misplaced if region.code in (SPAN.id, SURFACE.id) else problems).append(region)
    if misplaced and _fit_as_utf16(sheet):
        misplaced = [UTF16.at(misplaced[0].place, f"{len(misplaced)} of {len(sheet.spans)} regions fit only so")]
    elif misplaced and (shift := _shift(sheet)):
        misplaced = [SHIFTED.at(misplaced[0].place, f"{shift:+d} code points, {len(sheet.spans)} regions")]
    return regions, [*problems, *misplaced]


def read_answers(sheet: Sheet, regions: Mapping[str, Region]) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """What was chosen or written per region, by region id and control, the status of the document under `WHOLE`; notes are only checked."""
    given: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    ids = sheet.ids
    for result in sheet.results:
        control = string(result.get("from_name"))
        if control in sheet.scheme.labels or result.get("type") == "relation" or not _is_known(result, sheet.scheme):
            continue
        id_, value = id_of(result.get("id")), mapping(result.get("value"))
        region = regions.get(id_)
        answers = _answers(value.get("choices" if control in sheet.scheme.choices else "text"))
        if control in sheet.scheme.choices and (len(answers) != 1 or string(answers[0]) not in sheet.scheme.choices[control]):
            problems.append(LABEL.at(sheet.at(value), f"{control} has {_show(answers)}"))
        elif control == STATUS:
            given.setdefault(WHOLE, {})[STATUS] = string(answers[0])
        elif region is None and id_ in ids:
            continue
        elif wrong := _astray(control, value, region, given.get(id_, {}), answers, sheet.scheme):
            problems.append(ASTRAY.at(sheet.at(region or value), wrong))
        elif control != NOTE and answers:
            given.setdefault(id_, {})[control] = answers[0]
    return given, problems


def read_relations(sheet: Sheet, regions: Mapping[str, Region]) -> tuple[dict[str, list[Argument]], list[tuple[str, str]], list[Problem]]:
    """The arguments by the id of their event, the `same` links, and the problems."""
    arguments: dict[str, list[Argument]] = {}
    links: list[tuple[str, str]] = []
    problems: list[Problem] = []
    pairs: set[tuple[str, str]] = set()
    ids = sheet.ids
    for result in sheet.relations:
        ends = id_of(result.get("from_id")), id_of(result.get("to_id"))
        spot = sheet.at(regions.get(ends[0]) or regions.get(ends[1]))
        if not ids.issuperset(ends):
            problems.append(DANGLING.at(spot, " to ".join(repr(end) for end in ends)))
            continue
        if ends in pairs:
            problems.append(TWO_RELATIONS.at(spot, " to ".join(repr(end) for end in ends)))
        pairs.add(ends)
        for label in (_answers(result.get("labels")) or [None]) if set(ends) <= regions.keys() else ():
            tail, head = (regions[end] for end in (ends if result.get("direction") != "left" else ends[::-1]))
            wrong = _meaningless(label, result.get("direction", "right"), tail, head, sheet)
            if wrong:
                problems.append(wrong)
            elif label == SAME:
                links.append((tail.id, head.id))
            else:
                arguments.setdefault(tail.id, []).append(Argument(label, "event" if head.kind == TRIGGER else "mention", head.id))
    return arguments, links, problems


def _is_known(result: Result, scheme: Scheme) -> bool:
    """Whether the control of a result is one of ours, with the type of result that it gives. Relations have no control."""
    control, type_ = string(result.get("from_name")), result.get("type")
    if type_ == "relation":
        return True
    types = {"labels": scheme.labels, "choices": scheme.choices, "textarea": (NORMALIZED, NOTE)}
    return isinstance(type_, str) and control in types.get(type_, ()) and result.get("to_name") == OBJECT


def _region(result: Result, control: str, value: Result, regions: Mapping[str, Region], sheet: Sheet) -> Region | Problem:
    id_, names, surface = id_of(result.get("id")), value.get("labels"), value.get("text")
    start, end, spot = value.get("start"), value.get("end"), sheet.at(value)
    if id_ == "" or id_ in regions:
        return REGION_ID.at(spot, repr(id_))
    if not (isinstance(names, list) and len(names) == 1 and string(names[0]) in sheet.scheme.labels[control]):
        return LABEL.at(spot, f"{control} has {_show(names)}")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(sheet.text):
        return SPAN.at(spot, f"start {_show(start)}, end {_show(end)} in a text of {len(sheet.text)} code points")
    here = sheet.text[start:end]
    if surface is not None and not (isinstance(surface, str) and squash(surface) == squash(here)):
        return SURFACE.at(spot, f"{_show(surface)} instead of {_show(here)}")
    return Region(id_, control, names[0], start, end)


def _shift(sheet: Sheet) -> int:
    """By how many code points all regions are shifted together, judged by the text that each says it has; 0 if they are not."""
    values = [mapping(result.get("value")) for result in sheet.spans]
    if not all(
        type(value.get("start")) is int and type(value.get("end")) is int and isinstance(value.get("text"), str) for value in values
    ):
        return 0
    quoted = [(value["start"], value["end"], str(value["text"])) for value in values]
    return uniform_shift(quoted, sheet.text, lambda here, said: squash(here) == squash(said))


def _fit_as_utf16(sheet: Sheet) -> bool:
    """Whether every region has the text that it says when its offsets count UTF-16 code units."""
    ruler = utf16_ruler(sheet.text)
    values = [mapping(result.get("value")) for result in sheet.spans]
    said = [value for value in values if isinstance(value.get("text"), str)]
    try:
        spans = [(ruler.to_code_points(value["start"]), ruler.to_code_points(value["end"])) for value in said]
    except (KeyError, TypeError, ValueError):
        return False
    fit = [start < end and squash(sheet.text[start:end]) == squash(value["text"]) for (start, end), value in zip(spans, said, strict=True)]
    return bool(fit) and all(fit)


def _astray(control: str, value: Result, region: Region | None, given: Mapping[str, str], answers: Sequence[object], scheme: Scheme) -> str:
    """Why a result per region does not belong to the region whose id it has; empty if it does."""
    if region is None:
        return f"{control} has no region"
    if scheme.kind_of(control) not in ("", region.kind):
        return f"{control} is for a {scheme.kind_of(control)}, this is a {region.kind}"
    if control in given:
        return f"{control} is given twice"
    if (value.get("start", region.start), value.get("end", region.end)) != (region.start, region.end):
        return f"{control} stands at {_show(value.get('start'))} to {_show(value.get('end'))}"
    if control == NORMALIZED and answers and not (len(answers) == 1 and isinstance(answers[0], str)):
        return f"{control} has {_show(answers)}, not one answer"
    return ""


def _meaningless(label: object, direction: object, tail: Region, head: Region, sheet: Sheet) -> Problem | None:
    """What keeps a label of a relation from having a meaning, if anything does."""
    spot = sheet.at(tail)
    if label != SAME and string(label) not in sheet.scheme.roles:
        return RELATION.at(spot, _show(label))
    if direction not in ("right", "left", "bi") or (direction == "bi" and label != SAME):
        return DIRECTION.at(spot, f"{label} has {_show(direction)}")
    if label == SAME:
        return None if tail.kind == head.kind != VALUE else KINDS.at(spot, f"{tail.kind} {tail.label} and {head.kind} {head.label}")
    return None if tail.kind == TRIGGER else NO_TRIGGER.at(spot, f"{label} begins at {tail.kind} {tail.label}")


def _answers(value: object) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _show(value: object) -> str:
    """A value as it stands in the export, cut to a length that a message can bear."""
    found = repr(value)
    return found if len(found) <= SHOWN else f"{found[:SHOWN]}…"


def id_of(value: object) -> str:
    """The id of a region as a string, from a string or a number; empty if it is neither."""
    return value if isinstance(value, str) else str(value) if type(value) is int else ""


def string(value: object) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
