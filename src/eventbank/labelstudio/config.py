"""The labelling config: what the annotator sees, made from the ontology, and read back from XML.

A region of the control `trigger` is an event, of `entity` or `value` a mention. Attributes, level, normalised form and note are
results per region; roles and `same` are labels of relations. `docs/label-studio.md` says how each is stored and why the config is as
it is. Label Studio writes control names into every result, so the names below never change.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from eventbank.errors import Code, EventBankError, Place
from eventbank.ontology import EventType, Ontology, Term

OBJECT = "text"
TRIGGER, ENTITY, VALUE = "trigger", "entity", "value"
LEVEL, NORMALIZED, NOTE, STATUS = "level", "normalized", "note", "status"
SAME = "same"
"""The relation between two mentions of one entity, or two events that are one happening."""

STATUSES = ("done", "doubt", "unusable")
"""What an annotator can say of a document as a whole."""

CONFIG_SYNTAX = Code(
    "E340", "the labelling config is not XML that can be read", "Copy it again from Label Studio (Settings, Labeling Interface, Code)."
)
CONFIG_DOCTYPE = Code("E341", "the labelling config holds a DOCTYPE", "Take the DOCTYPE out: Label Studio needs none.")
CONFIG_OBJECT = Code(
    "E342",
    "the labelling config shows no data",
    "Give it a tag with a name and a value such as $text; toName of every control is that name.",
)

_ENTITY_KEYS = "1234567890"
_VALUE_KEYS = "zxcvb"
_TRIGGER_KEYS = "qwetasdfgyiopjklnm"
_CHOICE_KEYS = tuple(f"shift+{letter}" for letter in "abcdefghijklmnopqstuvwxyz")
"""Label Studio gives every label or choice without a hotkey the next free plain key, hidden choices too; these stay clear of its own."""

_GOLDEN = 0.618033988749895
_SIDE = "flex: 0 0 22em; position: sticky; top: 0; align-self: flex-start; max-height: 90vh; overflow-y: auto"
_STYLE = ".htx-text { white-space: pre-wrap } .lsf-htx-richtext { white-space: pre-wrap; line-height: 2.2 } .lsf-label { font-size: 12px }"
"""White space is kept, or the regions of a run of spaces would be saved with another text; lines leave room for arrows."""

_EVENT_HUES = (0, 30, 345, 60, 300, 45, 322, 15)
"""Degrees, for the groups of event types in order: warm ones, so that triggers, entities (cool) and values (grey) are told apart."""

_HEADING = {"size": "5", "style": "margin: 8px 0 2px; font-size: 14px; line-height: 18px"}

Attributes = Mapping[str, str]


@dataclass(frozen=True)
class Element:
    """An XML element: its tag, attributes, text and children in order."""

    tag: str
    attributes: Attributes
    children: tuple[Element, ...] = ()
    text: str = ""

    def walk(self) -> Iterator[Element]:
        """The element and all below it, in the order of the file."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))


@dataclass(frozen=True)
class Control:
    """A tag by which labels are given: its name, tag, the object it labels, its labels or choices in order, whether per region."""

    name: str
    tag: str
    to_name: str
    labels: tuple[str, ...] = ()
    per_region: bool = False


@dataclass(frozen=True)
class Target:
    """A tag that shows data: its name, tag, and the key of the task's data that it shows."""

    name: str
    tag: str
    data_key: str


@dataclass(frozen=True)
class Controls:
    """A labelling config as far as exports depend on it."""

    objects: tuple[Target, ...]
    controls: tuple[Control, ...]
    relations: tuple[str, ...]

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of every control that marks spans, by its name."""
        return {control.name: control.labels for control in self.controls if control.tag.endswith("Labels")}

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """The values of every choice per region, by its name."""
        return {control.name: control.labels for control in self.controls if control.tag == "Choices" and control.per_region}

    @property
    def object(self) -> Target:
        """The object that the first control labels."""
        names = [control.to_name for control in self.controls[:1]]
        return next((target for target in self.objects if target.name in names), self.objects[0])


def label_config(ontology: Ontology) -> str:
    """The labelling config of an ontology as XML, the same for the same ontology.

    Retired types are left out. Colours and hotkeys depend on the group and the position of a label, so a label keeps its own when
    types are appended.
    """
    keys = iter(_CHOICE_KEYS)
    side = Element("View", {"style": _SIDE}, (*_panels(ontology, keys), *_label_controls(ontology), *_document_panel(keys)))
    text = Element("Text", {"name": OBJECT, "value": "$text", "granularity": "symbol"})
    columns = Element(
        "View", {"style": "display: flex; gap: 1.5em"}, (Element("View", {"style": "flex: 1 1 auto; min-width: 0"}, (text,)), side)
    )
    title = Element("Header", {"value": "$title"})
    root = Element("View", {}, (Element("Style", {}, text=_STYLE), title, columns, _relations(ontology)))
    return "\n".join(_lines(root, "")) + "\n"


def read_config(xml: str | bytes, source: str = "") -> Controls:
    """What a labelling config defines; tags that are unknown to this module are passed over.

    Raises:
        EventBankError: E340 for XML that is not well formed, E341 for a DOCTYPE (no entity is ever expanded), E342 when nothing
            is shown or a control labels an object that is not there.
    """
    elements = list(parse_xml(xml, source).walk())
    named = [element for element in elements if element.attributes.get("name")]
    objects = tuple(
        Target(element.attributes["name"], element.tag, element.attributes["value"][1:])
        for element in named
        if "toName" not in element.attributes and element.attributes.get("value", "").startswith("$")
    )
    controls = tuple(_control(element) for element in named if "toName" in element.attributes)
    names = {target.name for target in objects}
    astray = [control.name for control in controls if not names.intersection(control.to_name.split(","))]
    if not objects or astray:
        found = f"control {astray[0]} labels an object that is not there" if astray else ""
        raise EventBankError(CONFIG_OBJECT.at(Place(file=source), found))
    relations = tuple(element.attributes.get("value", "") for element in elements if element.tag == "Relation")
    return Controls(objects, controls, relations)


def _label_controls(ontology: Ontology) -> Iterator[Element]:
    groups = list(dict.fromkeys(kind.name.partition(".")[0] for kind in ontology.event_types))
    seen: dict[str, int] = {}
    colours = []
    for kind in ontology.event_types:
        group = kind.name.partition(".")[0]
        seen[group] = seen.get(group, -1) + 1
        colours.append(_colour(_EVENT_HUES[groups.index(group) % len(_EVENT_HUES)], 0.85, 0.28 + 0.2 * _spread(seen[group])))
    yield from _labels("Events", TRIGGER, ontology.event_types, colours, _TRIGGER_KEYS)
    cool = [_colour(145 + 130 * _spread(at), 0.60, 0.40) for at in range(len(ontology.entity_types))]
    yield from _labels("Entities", ENTITY, ontology.entity_types, cool, _ENTITY_KEYS)
    grey = [_colour(60 + 180 * _spread(at), 0.08, 0.38 + 0.12 * _spread(at)) for at in range(len(ontology.value_types))]
    yield from _labels("Values", VALUE, ontology.value_types, grey, _VALUE_KEYS)


def _labels(heading: str, name: str, terms: Sequence[Term | EventType], colours: Sequence[str], keys: str) -> Iterator[Element]:
    labels = []
    for at, (term, colour) in enumerate(zip(terms, colours, strict=True)):
        hotkey = {"hotkey": keys[at]} if at < len(keys) else {}
        if not term.retired:
            labels.append(Element("Label", {"value": term.name, "background": colour} | hotkey | {"hint": term.definition}))
    yield Element("Header", {"value": heading} | _HEADING)
    yield Element("Labels", {"name": name, "toName": OBJECT, "showInline": "true"}, tuple(labels))


def _panels(ontology: Ontology, keys: Iterator[str]) -> Iterator[Element]:
    attributes: list[Element] = []
    events = _when(ontology.event_types)
    for attribute in ontology.attributes:
        values = [term.name for term in attribute.values if not term.retired]
        heading = f"{attribute.name.capitalize()} ({attribute.default} unless chosen)"
        attributes += _choices(heading, attribute.name, values, keys, events)
    levels = [term.name for term in ontology.levels if not term.retired]
    yield _panel(TRIGGER, attributes)
    yield _panel(ENTITY, _choices("Level", LEVEL, levels, keys, _when(ontology.entity_types)))
    yield _panel(VALUE, _text_area("Normalised form", NORMALIZED, _when(ontology.value_types)))
    yield Element("View", {"visibleWhen": "region-selected"}, tuple(_text_area("Note", NOTE, {"perRegion": "true"})))


def _panel(control: str, children: Iterable[Element]) -> Element:
    return Element("View", {"visibleWhen": "region-selected", "whenTagName": control}, tuple(children))


def _when(terms: Iterable[Term | EventType]) -> Attributes:
    """Per region and only for these labels, retired ones too: a hotkey reaches hidden choices, and this keeps their answers unsaved."""
    return {"perRegion": "true", "whenLabelValue": ",".join(term.name for term in terms)}


def _choices(heading: str, name: str, values: Iterable[str], keys: Iterator[str], when: Attributes) -> list[Element]:
    choices = []
    for value in values:
        key = next(keys, None)
        choices.append(Element("Choice", {"value": value} | ({"hotkey": key} if key else {})))
    given = {"name": name, "toName": OBJECT, "choice": "single", "showInline": "true"}
    return [Element("Header", {"value": heading} | _HEADING), Element("Choices", {**given, **when}, tuple(choices))]


def _text_area(heading: str, name: str, when: Attributes) -> list[Element]:
    given = {"name": name, "toName": OBJECT, "rows": "1", "maxSubmissions": "1", "editable": "true"}
    return [Element("Header", {"value": heading} | _HEADING), Element("TextArea", {**given, **when})]


def _document_panel(keys: Iterator[str]) -> list[Element]:
    return _choices("Document", STATUS, STATUSES, keys, {})


def _relations(ontology: Ontology) -> Element:
    roles = [term.name for term in ontology.roles if not term.retired]
    return Element("Relations", {}, tuple(Element("Relation", {"value": name}) for name in (SAME, *roles)))


def _spread(at: int) -> float:
    """The golden-ratio sequence in [0, 1): neighbours lie far apart, and a new member moves none of the earlier ones."""
    return at * _GOLDEN % 1


def _colour(hue: float, saturation: float, lightness: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(hue % 360 / 360, lightness, saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in (red, green, blue))


def _lines(element: Element, indent: str) -> Iterator[str]:
    given = "".join(f" {name}={_quoted(value)}" for name, value in element.attributes.items())
    if element.text:
        yield f"{indent}<{element.tag}{given}>{element.text}</{element.tag}>"
    elif not element.children:
        yield f"{indent}<{element.tag}{given}/>"
    else:
        yield f"{indent}<{element.tag}{given}>"
        for child in element.children:
            yield from _lines(child, indent + "  ")
        yield f"{indent}</{element.tag}>"


def _quoted(value: str) -> str:
    """An attribute in double quotes: Label Studio's own check finds names by a pattern that knows no others."""
    return '"' + quoteattr("'" + value, {'"': "&quot;"})[2:-1] + '"'


def _control(element: Element) -> Control:
    given = [child.attributes for child in element.walk() if child.tag in ("Label", "Choice")]
    labels = tuple(one.get("alias") or one.get("value", "") for one in given)
    own = element.attributes
    return Control(own["name"], element.tag, own["toName"], labels, own.get("perRegion", "").lower() == "true")


def parse_xml(xml: str | bytes, source: str = "") -> Element:
    """The root element, read by expat without ever expanding an entity of the file's own.

    Raises:
        EventBankError: E340 for XML that is not well formed, E341 for a DOCTYPE.
    """
    open_elements: list[tuple[str, Attributes, list[Element]]] = [("", {}, [])]
    parser = expat.ParserCreate("utf-8" if isinstance(xml, str) else None)

    def refuse(*_: object) -> None:
        raise EventBankError(CONFIG_DOCTYPE.at(Place(file=source, line=parser.CurrentLineNumber)))

    def close(tag: str) -> None:
        _, given, children = open_elements.pop()
        open_elements[-1][2].append(Element(tag, given, tuple(children)))

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, given: open_elements.append((tag, given, []))
    parser.EndElementHandler = close
    try:
        parser.Parse(xml if isinstance(xml, bytes) else xml.encode("utf-8"), True)
    except expat.ExpatError as error:
        raise EventBankError(CONFIG_SYNTAX.at(Place(file=source, line=error.lineno), expat.errors.messages[error.code])) from None
    except ValueError as error:
        raise EventBankError(CONFIG_SYNTAX.at(Place(file=source), f"its encoding cannot be read ({type(error).__name__})")) from None
    return open_elements[0][2][0]
