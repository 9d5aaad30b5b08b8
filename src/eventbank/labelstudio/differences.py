"""Adjudication in Label Studio: every open difference of two passes is a task, and what is answered becomes a decision.

The project is one of its own. Its page shows the passage with the place marked, what each annotator said, and asks for a choice or
a value of one's own, and for the reason. Decisions go to `annotations/decisions.yaml`, where those made in an editor stand, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from importlib.resources import files
from itertools import pairwise
from typing import Any

from eventbank.adjudication import TAKES, Decision, Difference, Take
from eventbank.corpus import Corpus
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.files import writing
from eventbank.gold import Case, add_decisions, read_case
from eventbank.labelstudio import codec
from eventbank.labelstudio.client import NO_PROJECT, Connection, Server, connect, find_project, snapshot
from eventbank.labelstudio.config import read_config
from eventbank.labelstudio.delivery import complete, once
from eventbank.labelstudio.nodes import Task
from eventbank.labelstudio.payload import Wanted
from eventbank.labelstudio.results import string
from eventbank.offsets import Span

AT_ODDS = Code("E475", "two adjudicators decided a difference in different ways", "Delete one of the two annotations in Label Studio.")
OTHER_PROJECT = Code("E477", "the project is not one of differences", "Give the title of a new project with --project.")
NO_ANSWER = Code(
    "W476", "a task was submitted without a decision or without its reason", "Open the task in Label Studio, complete it, and pull again."
)
GONE = Code("W477", "the project has a task for a difference that there is no more", "Nothing to do; it is left aside.")

NAME = "difference"
TAKE, INSTEAD, REASON = "take", "as", "reason"
_LOOK = "font: 16px/1.7 sans-serif"
"""The passage lies in a frame, which the styles of the config do not reach."""

_SPAN = re.compile(r"\b(\d+)-(\d+)\b")


@dataclass(frozen=True)
class Asked:
    """What a push of differences did: the project, whether it is new, and how many tasks were sent."""

    project: int
    title: str
    url: str
    created: bool
    sent: int


@dataclass(frozen=True)
class Answered:
    """What a pull of decisions brought: how many decisions the project holds, how many differences are still open, and problems."""

    project: int
    decisions: int
    open: int
    problems: tuple[Problem, ...]


def push_differences(corpus: Corpus, server: Server, *, project: str = "") -> Asked:
    """Makes a task of each difference that is not decided, in a project of its own; what is there already is not sent again.

    Args:
        project: title or number; by default the title of the corpus with "adjudication".

    Raises:
        EventBankError: what `read_case` raises; E477 for a project of another kind; E360 to E370 if the server fails.
    """
    with writing(corpus.root):
        goal = Wanted({name: data for name, data in tasks(read_case(corpus)) if not data["decided"]}, name=NAME)
        connection, title = connect(server), _title(corpus, project)
        found = find_project(connection, title)
        if found is not None:
            _refuse_other(found.label_config, server.host)
        projects = connection.client.projects
        make = partial(projects.create, title=title, label_config=config())
        here = found or once(server, make, partial(find_project, connection, title))
        sent, _ = complete(connection, here.id, goal, partial(_tasks, connection, here.id), {}, {})
    return Asked(here.id, title, f"{server.url}/projects/{here.id}/data", found is None, sent["tasks"])


def pull_decisions(corpus: Corpus, server: Server, *, project: str = "") -> Answered:
    """Brings what was decided in Label Studio into `annotations/decisions.yaml`. Decisions that stand there already stay.

    Raises:
        EventBankError: E475 for differences that were decided in two ways; what `push_differences` raises. The file is as it was then.
    """
    with writing(corpus.root):
        connection, title = connect(server), _title(corpus, project)
        found = find_project(connection, title)
        if found is None:
            raise EventBankError(NO_PROJECT.at(Place(file=server.host), f"no project has the title {title!r}"))
        _refuse_other(found.label_config, server.host)
        answers = list(_answers(_tasks(connection, found.id), server.host))
        problems = raise_errors(one for one in answers if isinstance(one, Problem))
        made = [one for one in answers if not isinstance(one, Problem)]
        known = {name for name, _ in tasks(read_case(corpus))}
        problems += [GONE.at(Place(file=server.host, doc_id=doc_id), one.key) for doc_id, one in made if _name(doc_id, one) not in known]
        decided: dict[str, list[Decision]] = {}
        for doc_id, decision in made:
            if _name(doc_id, decision) in known:
                decided.setdefault(doc_id, []).append(decision)
        problems += add_decisions(corpus, decided)
        left = sum(not data["decided"] for _, data in tasks(read_case(corpus)))
    return Answered(found.id, len(made), left, tuple(problems))


def config() -> str:
    """The labelling config of a project of differences."""
    return files("eventbank.labelstudio").joinpath("differences.xml").read_text(encoding="utf-8")


def tasks(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    """The data of a task for each difference that shows so far, by name. `decided` says whether there is a decision already."""
    for doc_id, found in case.found.items():
        document = case.documents[doc_id]
        made = {decision.key: decision for decision in case.decisions.get(doc_id, ()) if decision.made}
        for one in found.differences:
            before = made.get(one.key)
            yield (
                _name(doc_id, one),
                {
                    NAME: _name(doc_id, one),
                    "doc_id": doc_id,
                    "key": one.key,
                    "one": one.one,
                    "other": one.other,
                    "title": document.title or doc_id,
                    "question": _question(one, document.text),
                    "one_says": _said(one.one, document.text),
                    "other_says": _said(one.other, document.text),
                    "passage": _passage(document.text, one),
                    "decided": before is not None and (before.one, before.other) == (one.one, one.other),
                },
            )


def _name(doc_id: str, one: Difference | Decision) -> str:
    """What tells a difference from every other, and from the same place after either pass has changed."""
    return f"{doc_id} {one.key} ({one.one} / {one.other})"


def _question(one: Difference, text: str) -> str:
    """What is asked: the key, with words for places."""
    return _SPAN.sub(lambda match: f"“{text[int(match[1]) : int(match[2])]}”", one.key)


def _said(value: str | None, text: str) -> str:
    return "nothing" if value is None else _SPAN.sub(lambda match: f"“{text[int(match[1]) : int(match[2])]}” ({match[0]})", value)


def _passage(text: str, one: Difference) -> str:
    """The paragraphs that a difference touches as HTML: its place marked, the other spans that it names underlined."""
    named = [(int(start), int(end)) for value in (one.key, one.one or "", one.other or "") for start, end in _SPAN.findall(value)]
    place = (one.start, one.end)
    spans = [place, *(span for span in named if span != place and span[1] <= len(text))]
    parts = []
    at = 0
    for paragraph in text.split("\n\n"):
        end = at + len(paragraph)
        if any(start < end and at < stop for start, stop in spans):
            parts.append(f"<p>{''.join(_marked(text, at, end, spans))}</p>")
        elif not parts or parts[-1] != "<p>…</p>":
            parts.append("<p>…</p>")
        at = end + 2
    return f'<div style="{_LOOK}">\n{chr(10).join(parts)}\n</div>'


def _marked(text: str, start: int, end: int, spans: Sequence[Span]) -> Iterator[str]:
    """A stretch of text as HTML; the first of the spans is marked, the others are underlined."""
    edges = sorted({start, end, *(min(max(edge, start), end) for span in spans for edge in span)})
    for low, high in pairwise(edges):
        words = escape(text[low:high]).replace("\n", "<br>")
        within = [at for at, span in enumerate(spans) if span[0] <= low and high <= span[1]]
        yield f"<mark>{words}</mark>" if 0 in within else f"<u>{words}</u>" if within else words


def _title(corpus: Corpus, project: str) -> str:
    return project or f"{corpus.title[:36].strip()} adjudication"


def _refuse_other(xml: str, host: str) -> None:
    """E477 unless a config asks what `config` asks."""
    try:
        found = {control.name for control in read_config(xml).controls}
    except EventBankError:
        found = set()
    if not {TAKE, INSTEAD, REASON} <= found:
        raise EventBankError(OTHER_PROJECT.at(Place(file=host)))


def _tasks(connection: Connection, project: int) -> list[Task]:
    """The tasks of a project on the server.

    Raises:
        EventBankError: E477 if one of them is of no difference.
    """
    found = codec.parse(snapshot(connection, project), connection.server.host)
    wanted = (NAME, "doc_id", "key")
    if any(not string(task["data"].get(key)) for task in found for key in wanted):
        raise EventBankError(OTHER_PROJECT.at(Place(file=connection.server.host), "it has a task that no push of differences made"))
    return found


def _answers(found: Iterable[Task], host: str) -> Iterator[tuple[str, Decision] | Problem]:
    """The decision of each task that was answered, or what is wrong with the answer. The last one of an adjudicator counts."""
    for task in found:
        data = task["data"]
        place = Place(file=host, doc_id=string(data["doc_id"]))
        given = [one for one in task.get("annotations") or () if isinstance(one, dict) and one.get("was_cancelled") is not True]
        latest = {_who(one): one for one in sorted(given, key=lambda one: string(one.get("updated_at")))}
        decisions = {_decision(data, one.get("result") or ()) for one in latest.values()}
        whole = {one for one in decisions if one.made}
        if given and not whole:
            yield NO_ANSWER.at(place, string(data["key"]))
        elif len({(one.take, one.instead) for one in whole}) > 1:
            yield AT_ODDS.at(place, string(data["key"]))
        elif whole:
            yield string(data["doc_id"]), min(whole, key=lambda one: one.reason)


def _who(annotation: Mapping[str, Any]) -> str:
    by = annotation.get("completed_by")
    return str(by.get("id") if isinstance(by, dict) else by)


def _decision(data: Mapping[str, Any], results: Iterable[Any]) -> Decision:
    """The decision that the results of a task make; without a choice or a reason it is not `made`."""
    said: dict[str, str] = {}
    for result in (one for one in results if isinstance(one, dict)):
        value = result.get("value")
        answers = (value.get("choices") or value.get("text")) if isinstance(value, dict) else None
        words = [word for word in (answers if isinstance(answers, list) else [answers]) if isinstance(word, str)]
        said[string(result.get("from_name"))] = " ".join(" ".join(words).split())
    take: Take | None = next((one for one in TAKES if one == said.get(TAKE)), None)
    return Decision(string(data["key"]), data.get("one"), data.get("other"), take, said.get(INSTEAD) or None, said.get(REASON, ""))
