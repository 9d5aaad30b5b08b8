"""Coded problems: what is wrong, where, and what to do about it.

Every problem that EventBank can report has a `Code`. A module that can meet a problem defines its codes beside the code that
finds it; `CODES` collects them for the documentation and the tests. Codes that begin with ``E`` stop a build, codes that begin
with ``W`` do not.

| range | about |
|---|---|
| E0xx | the corpus folder and its settings |
| E1xx | articles and ``sources.yaml`` |
| E2xx | documents: zones, text, alignment, personal data |
| E3xx | Label Studio files |
| E4xx | the ontology, and layers checked against it |
| E5xx | story clusters and splits |
| E6xx | building and reading a release, comparing, releasing and publishing it |
| E7xx | scoring, formats, baselines |
| E8xx | ingest and engines |
| E9xx | serving, pages and downloads |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

CODES: dict[str, Code] = {}

CONTEXT = 24
"""Code points of text shown on each side of a place."""


@dataclass(frozen=True, order=True)
class Place:
    """Where a problem was found. Offsets are code points, half open; lines count from 1."""

    file: str = ""
    line: int = 0
    doc_id: str = ""
    annotator: str = ""
    start: int = -1
    end: int = -1
    context: str = ""

    def __str__(self) -> str:
        parts = [f"{self.file}:{self.line}" if self.line else self.file, self.doc_id, self.annotator]
        if self.start >= 0:
            parts.append(f"[{self.start},{self.end})")
        where = " ".join(part for part in parts if part)
        return f"{where} {self.context!r}" if self.context else where


@dataclass(frozen=True, order=True)
class Problem:
    """One finding: its code, its place, what was found there and the remedy."""

    code: str
    place: Place
    message: str
    remedy: str

    @property
    def is_warning(self) -> bool:
        """Whether a build goes on in spite of it."""
        return self.code.startswith("W")

    def __str__(self) -> str:
        where = f"{self.place}: " if str(self.place) else ""
        return f"{self.code} {where}{self.message}. {self.remedy}"

    def to_dict(self) -> dict[str, object]:
        """The problem for machines; empty parts of the place are left out."""
        place = {key: value for key, value in asdict(self.place).items() if value not in ("", 0, -1) or key in ("start", "end")}
        if self.place.start < 0:
            place = {key: value for key, value in place.items() if key not in ("start", "end")}
        return {"code": self.code, "place": place, "message": self.message, "remedy": self.remedy}


@dataclass(frozen=True)
class Code:
    """A kind of problem. Calling it at a place gives a `Problem`.

    `title` says what is wrong in a few words and stands alone in lists; `remedy` is a sentence that says what to do.
    """

    id: str
    title: str
    remedy: str

    def __post_init__(self) -> None:
        if self.id in CODES:
            raise ValueError(f"the code {self.id} is defined twice")
        CODES[self.id] = self

    def at(self, place: Place | None = None, found: str = "", *, remedy: str = "") -> Problem:
        """A problem of this kind; `found` adds the particulars, `remedy` replaces the general advice."""
        message = f"{self.title}: {found}" if found else self.title
        return Problem(self.id, place or Place(), message, remedy or self.remedy)


SYSTEM = Code("E009", "the operating system refused", "Look at the permissions, the free space and the path, then try again.")


class EventBankError(Exception):
    """Input that cannot be used. Holds every problem that was found, in the order of their places."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        found = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems: tuple[Problem, ...] = tuple(sorted(found, key=lambda problem: (problem.place, problem.code, problem.message)))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[EventBankError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def excerpt(text: str, start: int, end: int) -> str:
    """The span with a little text on both sides, for a `Place`; positions outside the text are clipped."""
    low, high = max(0, min(start, len(text)) - CONTEXT), min(len(text), max(end, 0) + CONTEXT)
    return text[low:high]


def raise_errors(problems: Iterable[Problem]) -> list[Problem]:
    """The warnings among `problems`.

    Raises:
        EventBankError: if there is any problem that is no warning; it holds all of them, warnings too.
    """
    found = list(problems)
    if any(not problem.is_warning for problem in found):
        raise EventBankError(found)
    return found
