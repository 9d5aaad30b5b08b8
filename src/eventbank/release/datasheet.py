"""`DATASHEET.md`: what a corpus is, where it is from and what it is good for, as answers to a fixed list of questions.

The questions are those of Gebru et al., Datasheets for Datasets (Communications of the ACM 64(12), 2021), in our words and in their order.
`datasheet.yaml` in this package has them, with the answers that hold for every corpus made with EventBank; `schema/datasheet.yaml` of a
corpus has the others. Numbers are not typed but named, `$documents`, and filled in from `release.facts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template

from eventbank import yamlfile
from eventbank.errors import Code, Place, Problem, raise_errors

DATASHEET = "DATASHEET.md"
BAD_ANSWER = Code(
    "E670",
    "an answer of the datasheet cannot be used",
    "Name numbers as docs/corpus.md lists them, write $$ for a dollar sign, and begin no line with '#'.",
)
UNANSWERED = Code("W671", "the datasheet has questions without an answer", "Answer them in schema/datasheet.yaml.")

INTRODUCTION = """\
The questions are those of Gebru et al., *Datasheets for Datasets* (2021), in our words. Numbers are counted from the data. Paths are
those of the repository in which the corpus is kept; this page is made there from `schema/datasheet.yaml` by `eventbank build`."""
SILENCE = "*Not answered yet.*"
_ENTRY = re.compile(r"^### (\d+)\. [^\n]*\n\n(.*?)\n(?=\n#{2,3} |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Question:
    """A question of the form: its number there, the key of its answer, its section, our words for it, and the general answer, if any."""

    number: int
    key: str
    section: str
    words: str
    answer: str | None


@cache
def questions() -> tuple[Question, ...]:
    """The questions in order."""
    name = "datasheet.yaml"
    root = yamlfile.parse(files("eventbank.release").joinpath(name).read_text(encoding="utf-8"), name)
    pairs = [(section, key, node) for section, of_section in root.entries() for key, node in of_section.entries()]
    found = tuple(
        Question(number, key, section, " ".join(node.get("asks").name().split()), node.get("answer").text())
        for number, (section, key, node) in enumerate(pairs, 1)
    )
    raise_errors(root.problems)
    return found


def read_answers(path: Path, file: str, facts: Mapping[str, str]) -> dict[str, str]:
    """The answers by key: those of a corpus, and the general ones where it has none. A question that has neither is left out.

    Args:
        path: `schema/datasheet.yaml`; keys are those of the questions, a null is no answer.
        file: names it in messages.
        facts: what `$name` stands for.

    Raises:
        EventBankError: E001 and E002 for a file of another form, E670 for each answer that names an unknown fact or has a heading.
    """
    root = yamlfile.load(path, file)
    root.only([question.key for question in questions()])
    found: dict[str, str] = {}
    for question in questions():
        node = root.get(question.key)
        template = node.text() or question.answer
        if template is None:
            continue
        wrong = _wrong(template, facts)
        if wrong:
            node.refuse(wrong, BAD_ANSWER)
        else:
            found[question.key] = "\n".join(line.rstrip() for line in Template(template).substitute(facts).strip().splitlines())
    raise_errors(root.problems)
    return found


def _wrong(template: str, facts: Mapping[str, str]) -> str:
    if any(line.startswith("#") for line in template.splitlines()):
        return "a line begins with '#', which would be a heading"
    for found in Template.pattern.finditer(template):
        name = found["named"] or found["braced"]
        if found["invalid"] is not None:
            return f"a dollar sign without a name after it: {template[found.start() :][:20]!r}"
        if name and name not in facts:
            return f"${name} is no number that is known"
    return ""


def datasheet(answers: Mapping[str, str], title: str) -> bytes:
    """The page with all questions and the answers to them."""
    parts = [f"# Datasheet of {title}", INTRODUCTION]
    section, at = "", 0
    for question in questions():
        if question.section != section:
            section, at = question.section, at + 1
            parts.append(f"## {at} {section}")
        parts += [f"### {question.number}. {question.words}", answers.get(question.key, SILENCE)]
    return ("\n\n".join(parts) + "\n").encode("utf-8")


def parse(page: bytes) -> dict[str, str]:
    """The answers by key in a page that `datasheet` made."""
    by_number = {str(question.number): question.key for question in questions()}
    entries = _ENTRY.findall(page.decode("utf-8"))
    return {by_number[number]: answer for number, answer in entries if number in by_number and answer != SILENCE}


def unanswered(answers: Mapping[str, str], file: str) -> Iterator[Problem]:
    """W671 with the keys of all questions that have no answer."""
    missing = [question.key for question in questions() if question.key not in answers]
    if missing:
        yield UNANSWERED.at(Place(file=file), f"{len(missing)} of {len(questions())}: {', '.join(missing)}")
