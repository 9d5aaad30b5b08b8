"""The ontology: which events, entities, values, roles and attributes there are, and which may go together.

It is read from ``schema/ontology.yaml``, whose shape `docs/ontology.md` describes. The order of names is append-only: a type that is no
longer used is marked ``retired: true`` and keeps its place, so that the integers which stand for names never move.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

from eventbank import crosswalk, yamlfile
from eventbank.crosswalk import Codes, Crossing, cross
from eventbank.errors import Code, raise_errors
from eventbank.yamlfile import Node

TWICE = Code("E401", "a name of the ontology is taken twice", "Rename one of them; a name that was released keeps its meaning.")
UNKNOWN_NAME = Code("E402", "the ontology uses a name that it does not define", "Define the name, or mend its spelling.")
BAD_EXAMPLE = Code("E403", "an example of the ontology does not hold its span", "Quote the span exactly as it stands in the text.")
BAD_RULE = Code(
    "E404", "a rule over attributes does not hold together", "Name attributes and values as they are defined, and cover every case."
)

ATTRIBUTES = ("polarity", "tense", "modality")
"""The attributes that every ontology defines, because the tables of a release have a column for each."""

ANY_EVENT = "Event"
"""The filler that stands for an event of any type; ``Weapon.*`` stands for the types of a group."""


@dataclass(frozen=True)
class Term:
    """A name of the ontology with its definition; `examples` are phrases that the term fits."""

    name: str
    definition: str
    examples: tuple[str, ...] = ()
    retired: bool = False


@dataclass(frozen=True)
class Example:
    """A sentence written for the ontology; `span` is the part that is meant, `why` says why it is no event of the type."""

    text: str
    span: str
    why: str = ""


@dataclass(frozen=True)
class EventType:
    """A type of event. `roles` maps each role, the common ones included, to what may fill it."""

    name: str
    definition: str
    roles: Mapping[str, tuple[str, ...]]
    triggers: tuple[str, ...]
    positive: Example
    negative: Example
    retired: bool = False


@dataclass(frozen=True)
class Attribute:
    """A property of every event: its values in order, and the one that holds where an annotator said nothing."""

    name: str
    definition: str
    values: tuple[Term, ...]
    default: str


@dataclass(frozen=True)
class Rule:
    """A row over attributes: it matches when every attribute that it names has one of the values given."""

    when: Mapping[str, tuple[str, ...]]
    value: str = ""
    why: str = ""

    def matches(self, attributes: Mapping[str, str]) -> bool:
        """Whether the row holds for these attributes."""
        return all(attributes.get(name) in values for name, values in self.when.items())


@dataclass(frozen=True)
class Ontology:
    """The label scheme as read from its file. Sequences keep the order of the file."""

    name: str
    version: int
    entity_types: tuple[Term, ...]
    value_types: tuple[Term, ...]
    levels: tuple[Term, ...]
    roles: tuple[Term, ...]
    event_types: tuple[EventType, ...]
    attributes: tuple[Attribute, ...]
    forbidden: tuple[Rule, ...]
    realis_rules: tuple[Rule, ...]
    crosswalk: tuple[Crossing, ...] = ()

    @cached_property
    def events(self) -> dict[str, EventType]:
        """Every event type by name."""
        return {kind.name: kind for kind in self.event_types}

    def realis(self, attributes: Mapping[str, str]) -> str:
        """Actual, Generic or Other, by the first rule that matches (after TAC KBP's realis)."""
        return next(rule.value for rule in self.realis_rules if rule.matches(attributes))

    def codes(self, event_type: str, roles: Iterable[str], tense: str, polarity: str) -> Codes:
        """What an event is called in ACE, PLOVER and CAMEO; `roles` has the role of every argument. None where the crosswalk is silent."""
        return cross(self.crosswalk, event_type, roles, tense, polarity)

    def defaults(self) -> dict[str, str]:
        """The value of each attribute where an annotator said nothing."""
        return {attribute.name: attribute.default for attribute in self.attributes}

    def may_fill(self, event_type: str, role: str, filler_type: str) -> bool:
        """Whether a mention or an event of `filler_type` may fill `role` in an event of `event_type`."""
        allowed = self.events[event_type].roles.get(role, ()) if event_type in self.events else ()
        if filler_type in self.events:
            return any(name in allowed for name in (filler_type, ANY_EVENT, f"{filler_type.partition('.')[0]}.*"))
        return filler_type in allowed


def load(path: str | os.PathLike[str], file: str = "schema/ontology.yaml") -> Ontology:
    """The ontology in a file. `file` names it in messages.

    Raises:
        EventBankError: E001 or E002 for a file of another shape, E401 to E404 and E711 for names, fillers, examples and
            rules that do not hold together; every problem names its line.
    """
    root = yamlfile.load(Path(path), file)
    root.only(_KEYS)
    ontology = Ontology(
        name=root.get("name").name(),
        version=root.get("version").integer(),
        entity_types=_terms(root.get("entity_types")),
        value_types=_terms(root.get("value_types")),
        levels=_terms(root.get("levels")),
        roles=_terms(root.get("roles")),
        event_types=_event_types(root),
        attributes=tuple(_attribute(node) for node in root.get("attributes").items()),
        forbidden=tuple(Rule(_when(node, "why"), why=node.get("why").name()) for node in root.get("forbidden").items()),
        realis_rules=tuple(Rule(_when(node, "value"), node.get("value").name()) for node in root.get("realis").items()),
        crosswalk=crosswalk.crossings(root.get("crosswalk")),
    )
    _check_sections(root)
    if not root.problems:
        _check_names(root)
        _check_fillers(root, ontology)
        _check_examples(root)
        _check_rules(root, ontology)
        values = {attribute.name: [value.name for value in attribute.values] for attribute in ontology.attributes}
        crosswalk.check(root.get("crosswalk"), {kind.name: kind.roles for kind in ontology.event_types}, values)
    raise_errors(root.problems)
    return ontology


_KEYS = (
    "name",
    "version",
    "entity_types",
    "value_types",
    "levels",
    "common_roles",
    "roles",
    "event_types",
    "attributes",
    "forbidden",
    "realis",
    "crosswalk",
)


def _terms(node: Node) -> tuple[Term, ...]:
    return tuple(_term(item) for item in node.items())


def _term(node: Node) -> Term:
    node.only(("name", "definition", "examples", "retired"))
    examples, retired = node.get("examples").texts(), node.get("retired").flag()
    return Term(node.get("name").name(), node.get("definition").name(), examples, retired)


def _fillers(node: Node) -> dict[str, tuple[str, ...]]:
    return {role: fillers.texts() for role, fillers in node.entries()}


def _event_types(root: Node) -> tuple[EventType, ...]:
    common = _fillers(root.get("common_roles"))
    return tuple(_event_type(node, common) for node in root.get("event_types").items())


def _event_type(node: Node, common: Mapping[str, tuple[str, ...]]) -> EventType:
    node.only(("name", "definition", "roles", "triggers", "positive", "negative", "retired"))
    return EventType(
        name=node.get("name").name(),
        definition=node.get("definition").name(),
        roles=_own_and_common(_fillers(node.get("roles")), common),
        triggers=node.get("triggers").texts(),
        positive=_example(node.get("positive"), "trigger"),
        negative=_example(node.get("negative"), "span"),
        retired=node.get("retired").flag(),
    )


def _own_and_common(own: Mapping[str, tuple[str, ...]], common: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The roles of an event type; what it says itself of a common role holds."""
    return {**own, **{role: fillers for role, fillers in common.items() if role not in own}}


def _example(node: Node, span: str) -> Example:
    node.only(("text", span, "why"))
    return Example(node.get("text").name(), node.get(span).name(), node.get("why").text() or "")


def _attribute(node: Node) -> Attribute:
    node.only(("name", "definition", "default", "values"))
    values = _terms(node.get("values"))
    found = Attribute(node.get("name").name(), node.get("definition").name(), values, node.get("default").name())
    if found.default not in {value.name for value in values}:
        node.get("default").refuse(f"{found.default!r} is none of its values", BAD_RULE)
    return found


def _when(node: Node, label: str) -> dict[str, tuple[str, ...]]:
    """What a rule asks of attributes: every key of its row but the label."""
    return {name: values.texts() for name, values in node.entries() if name != label}


def _check_sections(root: Node) -> None:
    """E002: nothing that every corpus needs is missing, and the attributes are those that the tables have."""
    for key in ("entity_types", "levels", "roles", "event_types", "attributes", "realis"):
        if not root.get(key).value:
            root.get(key).refuse("expected at least one")
    attributes = root.get("attributes")
    if attributes.value and sorted(str(node.get("name").value) for node in attributes.items()) != sorted(ATTRIBUTES):
        attributes.refuse(f"expected {', '.join(ATTRIBUTES)}, each once: the tables have a column for each")


def _check_names(root: Node) -> None:
    """E401: types, roles, levels and the values of an attribute are named once each."""
    kinds = [*root.get("entity_types").items(), *root.get("value_types").items(), *root.get("event_types").items()]
    values = (attribute.get("values").items() for attribute in root.get("attributes").items())
    for group in (kinds, root.get("roles").items(), root.get("levels").items(), *values):
        seen: set[str] = set()
        for node in group:
            name = node.get("name").name()
            if name in seen or name == ANY_EVENT:
                node.get("name").refuse(f"{name!r} is taken", TWICE)
            seen.add(name)


def _check_fillers(root: Node, ontology: Ontology) -> None:
    """E402: roles are defined, and what fills them exists."""
    roles = {role.name for role in ontology.roles}
    groups = {f"{name.partition('.')[0]}.*" for name in ontology.events}
    fillers = {term.name for term in (*ontology.entity_types, *ontology.value_types)} | set(ontology.events) | groups | {ANY_EVENT}
    used: set[str] = set()
    for node in (root.get("common_roles"), *(kind.get("roles") for kind in root.get("event_types").items())):
        for role, names in node.entries():
            used.add(role)
            if role not in roles:
                names.refuse(f"the role {role!r} is not defined under roles", UNKNOWN_NAME)
            for name in names.items():
                if name.value not in fillers:
                    name.refuse(f"{name.value!r} is no type, group or {ANY_EVENT!r}", UNKNOWN_NAME)
    for node in root.get("roles").items():
        if node.get("name").value not in used and not node.get("retired").flag():
            node.refuse(f"no event type has the role {node.get('name').value!r}", UNKNOWN_NAME)


def _check_examples(root: Node) -> None:
    """E403: the span of an example stands in its text."""
    for kind in root.get("event_types").items():
        for name, key in (("positive", "trigger"), ("negative", "span")):
            span = kind.get(name).get(key)
            if span.name() not in kind.get(name).get("text").name():
                span.refuse(f"{span.value!r} does not stand in the text of the example", BAD_EXAMPLE)


def _check_rules(root: Node, ontology: Ontology) -> None:
    """E404: rules speak of attributes and values that exist, every combination has a realis, and the defaults may stand together."""
    values = {attribute.name: [value.name for value in attribute.values] for attribute in ontology.attributes}
    for node in (*root.get("forbidden").items(), *root.get("realis").items()):
        for name, wanted in node.entries():
            if name in ("value", "why"):
                continue
            for item in wanted.items() if name in values else ():
                if item.value not in values[name]:
                    item.refuse(f"{item.value!r} is no value of {name}", BAD_RULE)
            if name not in values:
                wanted.refuse(f"{name!r} is no attribute", BAD_RULE)
    for combination in product(*values.values()):
        attributes = dict(zip(values, combination, strict=True))
        if not any(rule.matches(attributes) for rule in ontology.realis_rules):
            root.get("realis").refuse(f"no row gives a value for {', '.join(combination)}", BAD_RULE)
    for node, rule in zip(root.get("forbidden").items(), ontology.forbidden, strict=True):
        if rule.matches(ontology.defaults()):
            node.refuse("the defaults are forbidden together", BAD_RULE)
