"""The lines of brat's standoff files: `parse` and `render` mirror each other, whatever the lines are about.

Every kind of line of brat's manual is known: text-bound annotations, discontinuous ones too, events, relations, equivalences, attributes,
modifiers, normalisations and notes. https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from eventbank.errors import Place, Problem
from eventbank.formats.sample import MALFORMED

_FORMS = {
    "T": re.compile(r"(?P<id>T\S+)\t(?P<type>\S+) (?P<spans>\d+ \d+(?:;\d+ \d+)*)(?:\t(?P<rest>.*))?"),
    "E": re.compile(r"(?P<id>E\S+)\t(?P<type>[^\s:]+):(?P<target>[^\s:]+)(?P<rest>(?: [^\s:]+:[^\s:]+)*) *"),
    "R": re.compile(r"(?P<id>R\S+)\t(?P<type>\S+)(?P<rest>(?: [^\s:]+:[^\s:]+)+)\s*"),
    "*": re.compile(r"(?P<id>\*)\t(?P<type>\S+)(?P<rest>(?: \S+){2,}) *"),
    "A": re.compile(r"(?P<id>[AM]\S+)\t(?P<type>\S+) (?P<target>\S+)(?: (?P<rest>.*))?"),
    "N": re.compile(r"(?P<id>N\S+)\t(?P<type>\S+) (?P<target>\S+) (?P<base>[^\s:]+):(?P<key>\S+)(?:\t(?P<rest>.*))?"),
    "#": re.compile(r"(?P<id>#\S*)\t(?P<type>\S+) (?P<target>\S+)(?:\t(?P<rest>.*))?"),
}


@dataclass(frozen=True)
class Line:
    """A line of an `.ann` file. What a kind of line does not have is empty; an equivalence has the id `*`.

    `target` is the trigger of an event, or what an attribute, normalisation or note is about. `fragments` are the code points of a
    text-bound annotation; `members` the arguments of an event or a relation, and of an equivalence with empty roles. `words` is the quoted
    text, the value of an attribute, the text of a note, or the name that a normalisation shows; None where it is left out.
    """

    id: str
    type: str
    target: str = ""
    fragments: tuple[tuple[int, int], ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    base: str = ""
    key: str = ""
    words: str | None = None
    number: int = field(default=0, compare=False)


def parse(text: str, file: str) -> Iterator[Line | Problem]:
    """The lines of an `.ann` file in order; E721 in the place of a line that is none of brat's."""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        shape = _FORMS.get("A" if line[0] == "M" else line[0])
        found = shape.fullmatch(line) if shape else None
        yield _line(found, number) if found else MALFORMED.at(Place(file=file, line=number), repr(line[:80]))


def _line(found: re.Match[str], number: int) -> Line:
    parts = found.groupdict()
    rest, kind = parts.get("rest"), parts["id"][0]
    fragments = tuple((int(start), int(end)) for start, end in (one.split(" ") for one in (parts.get("spans") or "").split(";") if one))
    members: tuple[tuple[str, str], ...] = ()
    if kind in "ER*":
        pairs = [one.partition(":") for one in (rest or "").split()]
        members, rest = tuple(("", pair[0]) if kind == "*" else (pair[0], pair[2]) for pair in pairs), None
    return Line(
        parts["id"],
        parts["type"],
        parts.get("target") or "",
        fragments,
        members,
        parts.get("base") or "",
        parts.get("key") or "",
        rest,
        number,
    )


def render(lines: Iterable[Line]) -> str:
    """The `.ann` file of some lines: `parse` gives them again."""
    return "".join(f"{_rendered(line)}\n" for line in lines)


def _rendered(line: Line) -> str:
    words = "" if line.words is None else f"\t{line.words}"
    pairs = "".join(f" {role}:{member}" if role else f" {member}" for role, member in line.members)
    match line.id[0]:
        case "T":
            return f"{line.id}\t{line.type} {';'.join(f'{start} {end}' for start, end in line.fragments)}{words}"
        case "E":
            return f"{line.id}\t{line.type}:{line.target}{pairs}"
        case "R" | "*":
            return f"{line.id}\t{line.type}{pairs}"
        case "A" | "M":
            return f"{line.id}\t{line.type} {line.target}" + ("" if line.words is None else f" {line.words}")
        case "N":
            return f"{line.id}\t{line.type} {line.target} {line.base}:{line.key}{words}"
        case _:
            return f"{line.id}\t{line.type} {line.target}{words}"
