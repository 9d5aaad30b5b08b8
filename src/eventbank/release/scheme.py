"""The label scheme of two releases: what was added, what breaks, and which labels no longer mean what they meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from eventbank.ontology import Attribute, EventType, Ontology, Term

How = Literal["added", "removed", "retired", "redefined", "widened", "narrowed", "changed"]
BREAKING: frozenset[How] = frozenset({"removed", "retired", "redefined", "narrowed", "changed"})
"""What makes labels mean something else, or what was allowed forbidden."""


@dataclass(frozen=True)
class SchemeChange:
    """One change of the scheme: of what kind of name, of which name, how, and the particulars."""

    kind: str
    name: str
    how: How
    found: str = ""

    @property
    def breaks(self) -> bool:
        """Whether labels of the old release can mean something else under the new scheme, or be refused by it."""
        return self.how in BREAKING

    def to_dict(self) -> dict[str, Any]:
        """The change for machines."""
        return asdict(self) | {"breaks": self.breaks}

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.how}" + (f": {self.found}" if self.found else "")


def name_changes(old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> list[SchemeChange]:
    """The changes of the class labels alone, as manifests list them, for releases whose ontology is not at hand."""
    found = []
    for kind in dict.fromkeys((*old, *new)):
        before, after = old.get(kind, ()), new.get(kind, ())
        one = kind.replace("_", " ").removesuffix("s")
        found += [SchemeChange(one, name, "removed") for name in before if name not in after]
        found += [SchemeChange(one, name, "added") for name in after if name not in before]
        found += [
            SchemeChange(one, name, "changed", f"place {before.index(name)} → {after.index(name)}")
            for name in before
            if name in after and before.index(name) != after.index(name)
        ]
    return found


def scheme_changes(old: Ontology, new: Ontology) -> list[SchemeChange]:
    """Every change between two ontologies that an annotator or a reader of labels has to know.

    Triggers and examples help annotators to find the boundary that the definition draws; they are no change of it.
    """
    found: list[SchemeChange] = []
    for kind, before, after in (
        ("entity type", old.entity_types, new.entity_types),
        ("value type", old.value_types, new.value_types),
        ("level", old.levels, new.levels),
        ("role", old.roles, new.roles),
        ("event type", old.event_types, new.event_types),
    ):
        found += _terms(kind, before, after)
    for name, one in old.events.items():
        if name in new.events:
            found += _fillers(one, new.events[name])
    theirs = {attribute.name: attribute for attribute in new.attributes}
    for attribute in old.attributes:
        found += _attribute(attribute, theirs[attribute.name])
    if old.forbidden != new.forbidden:
        gone = all(rule in old.forbidden for rule in new.forbidden)
        found.append(SchemeChange("rule", "forbidden", "widened" if gone else "narrowed"))
    if old.realis_rules != new.realis_rules:
        found.append(SchemeChange("rule", "realis", "changed"))
    if old.crosswalk != new.crosswalk:
        found.append(SchemeChange("rule", "crosswalk", "changed" if old.crosswalk else "added"))
    return found


def _terms(kind: str, old: Iterable[Term | EventType], new: Iterable[Term | EventType]) -> Iterator[SchemeChange]:
    before, after = ({term.name: term for term in terms} for terms in (old, new))
    order = [name for name in after if name in before]
    for at, (name, term) in enumerate(before.items()):
        now = after.get(name)
        if now is None:
            yield SchemeChange(kind, name, "removed")
        elif " ".join(term.definition.split()) != " ".join(now.definition.split()):
            yield SchemeChange(kind, name, "redefined", f"{term.definition!r} → {now.definition!r}")
        if now is not None and term.retired != now.retired:
            yield SchemeChange(kind, name, "retired" if now.retired else "added", "" if now.retired else "it was retired")
        if now is not None and len(order) == len(before) and order[at] != name:
            yield SchemeChange(kind, name, "changed", f"place {at} → {order.index(name)}")
    yield from (SchemeChange(kind, name, "added") for name in after if name not in before)


def _fillers(old: EventType, new: EventType) -> Iterator[SchemeChange]:
    """What may fill the roles of an event type."""
    for role in dict.fromkeys((*old.roles, *new.roles)):
        before, after = old.roles.get(role, ()), new.roles.get(role, ())
        less, more = ([name for name in one if name not in other] for one, other in ((before, after), (after, before)))
        if less:
            yield SchemeChange("event type", old.name, "narrowed", f"{role} no longer takes {', '.join(less)}")
        if more:
            yield SchemeChange("event type", old.name, "widened", f"{role} takes {', '.join(more)}")


def _attribute(old: Attribute, new: Attribute) -> Iterator[SchemeChange]:
    yield from _terms(f"value of {old.name}", old.values, new.values)
    if " ".join(old.definition.split()) != " ".join(new.definition.split()):
        yield SchemeChange("attribute", old.name, "redefined", f"{old.definition!r} → {new.definition!r}")
    if old.default != new.default:
        yield SchemeChange("attribute", old.name, "changed", f"default {old.default} → {new.default}")
