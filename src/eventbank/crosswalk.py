"""What an event is called in other ontologies: ACE 2005, PLOVER and the root codes of CAMEO.

The codes are a function of event type, roles, tense and polarity, because the others cut the world elsewhere: PLOVER files a future meeting
under AGREE and an exercise of two states under another quad than one of a single state. The rows stand in ``schema/ontology.yaml`` under
``crosswalk``; the first that matches holds. Definitions: ACE English event guidelines 5.4.3; the PLOVER manual, whose 16 categories stand
below; CAMEO 1.1b3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eventbank.errors import Code
from eventbank.yamlfile import Node

BAD_ROW = Code(
    "E711", "a row of the crosswalk cannot be used", "Name types, roles and values as the ontology has them, and codes as they are."
)

PLOVER = (
    "AGREE",
    "CONSULT",
    "SUPPORT",
    "CONCEDE",
    "COOPERATE",
    "AID",
    "RETREAT",
    "REQUEST",
    "ACCUSE",
    "REJECT",
    "THREATEN",
    "PROTEST",
    "SANCTION",
    "MOBILIZE",
    "COERCE",
    "ASSAULT",
)
"""The categories of PLOVER, from verbal cooperation to material conflict."""

CAMEO = tuple(f"{code:02}" for code in range(1, 21))
"""The root codes of CAMEO."""


@dataclass(frozen=True)
class Codes:
    """What an event is called elsewhere: ACE type (with its subtype where that is certain), PLOVER category and mode, CAMEO root code."""

    ace: str | None = None
    plover: str | None = None
    mode: str | None = None
    cameo: str | None = None


@dataclass(frozen=True)
class Crossing:
    """A row: the events that it is about, and their codes.

    `roles` are the roles that must be filled, with the number of fillers, `without` those that must not be. An empty `tense` or `polarity`
    means any. Where `polarity` is empty, a negative event has the ACE type alone: ACE labels what does not happen, and PLOVER and CAMEO do
    not code it.
    """

    type: str
    codes: Codes
    roles: Mapping[str, int]
    without: tuple[str, ...] = ()
    tense: tuple[str, ...] = ()
    polarity: tuple[str, ...] = ()

    def matches(self, type_: str, roles: Mapping[str, int], tense: str, polarity: str) -> bool:
        """Whether the row is about such an event."""
        return (
            type_ == self.type
            and all(roles.get(role, 0) >= least for role, least in self.roles.items())
            and not any(roles.get(role) for role in self.without)
            and (not self.tense or tense in self.tense)
            and (not self.polarity or polarity in self.polarity)
        )


def cross(rows: Iterable[Crossing], type_: str, roles: Iterable[str], tense: str, polarity: str) -> Codes:
    """The codes of an event.

    Args:
        roles: the role of every argument; one with two fillers comes twice.
    """
    filled = Counter(roles)
    row = next((row for row in rows if row.matches(type_, filled, tense, polarity)), None)
    if row is None:
        return Codes()
    return Codes(ace=row.codes.ace) if polarity == "Negative" and not row.polarity else row.codes


_KEYS = ("type", "roles", "without", "tense", "polarity", "ace", "plover", "mode", "cameo")


def crossings(node: Node) -> tuple[Crossing, ...]:
    """The rows of the section."""
    return tuple(_crossing(row) for row in node.items())


def _crossing(row: Node) -> Crossing:
    row.only(_KEYS)
    codes = Codes(row.get("ace").text(), row.get("plover").text(), row.get("mode").text(), row.get("cameo").text())
    roles = {role: least.integer() for role, least in row.get("roles").entries()}
    return Crossing(row.get("type").name(), codes, roles, row.get("without").texts(), row.get("tense").texts(), row.get("polarity").texts())


def check(node: Node, roles: Mapping[str, Iterable[str]], values: Mapping[str, Sequence[str]]) -> None:
    """E711 for every name that is none: types with their roles, values of attributes, codes."""
    for row in node.items():
        type_ = row.get("type").name()
        if type_ not in roles:
            row.get("type").refuse(f"{type_!r} is no event type", BAD_ROW)
            continue
        for role, least in row.get("roles").entries():
            if role not in roles[type_] or least.integer() < 1:
                least.refuse(f"{role!r} is no role of {type_}, or may not be filled {least.value} times", BAD_ROW)
        known = {"without": tuple(roles[type_]), "tense": values["tense"], "polarity": values["polarity"]}
        for key, names in known.items():
            for name in row.get(key).items():
                if name.value not in names:
                    name.refuse(f"{name.value!r} is none of {', '.join(names)}", BAD_ROW)
        for key, names in (("plover", PLOVER), ("cameo", CAMEO)):
            if row.get(key).value is not None and row.get(key).value not in names:
                row.get(key).refuse(f"{row.get(key).value!r} is none of {', '.join(names)}", BAD_ROW)
        if row.get("mode").value is not None and row.get("plover").value is None:
            row.get("mode").refuse("a mode needs its category", BAD_ROW)
