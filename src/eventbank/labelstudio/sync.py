"""A corpus and a project on a Label Studio server: `push` brings texts and labels there, `pull` brings back what was labelled.

A push compares what the server has with what it should have, sends what is missing, and compares again, until nothing is missing: so
it may be cut off and repeated, and no task comes twice. Nothing that is on the server is changed but a labelling config that lacks labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from eventbank.corpus import Corpus
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.files import write_atomic, writing
from eventbank.inputs import read_documents, read_ontology
from eventbank.labelstudio import codec, pseudonyms
from eventbank.labelstudio.client import (
    NO_PROJECT,
    Connection,
    Server,
    call,
    connect,
    find_project,
    snapshot,
)
from eventbank.labelstudio.config import SAME, label_config, read_config
from eventbank.labelstudio.delivery import Account, complete, once, present
from eventbank.labelstudio.nodes import DOMAIN, NOT_EXPORT, Task, dump
from eventbank.labelstudio.payload import Entry, Key, Wanted, digest, wanted
from eventbank.labelstudio.persons import ADDRESS, NAME, SURROGATE
from eventbank.labelstudio.results import scheme_of, string
from eventbank.ontology import Ontology

TITLE = Code("E371", "a title of a project has 3 to 50 characters", "Give another title with --project.")
OTHER_CONFIG = Code(
    "E372",
    "the project has other labels than the ontology",
    "Give the title of a new project with --project, or bring the labels back into schema/ontology.yaml.",
)
TEXT_CHANGED = Code(
    "E373",
    "the text of a document has changed since it was pushed",
    "Pull the labels, move them (eventbank label rebase), and push them to a new project: --project TITLE --annotations FILE.",
)
TWO_TASKS = Code("E374", "the project has two tasks for one document", "Delete one of the two in Label Studio.")
NO_ACCOUNT = Code(
    "E376",
    "an annotator has no account on the server",
    "Invite them, or let the push make accounts under annotators.invalid: --create-users.",
)
OTHER_LABELS = Code(
    "W372",
    "an annotator has other labels for a document on the server; they were left alone",
    "Delete one of the two, if they should not differ.",
)
EXTRA_TASK = Code("W373", "the project has a task for a document that the corpus has not", "Delete the task, or add the article.")


_OF_TEXT = ("text", "text_sha256")


@dataclass(frozen=True)
class Pushed:
    """What a push did: the project, whether it is new, its config was replaced, and how many nodes were sent. `problems` are warnings."""

    project: int
    title: str
    url: str
    created: bool
    config_updated: bool
    sent: Mapping[str, int]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Pulled:
    """What a pull wrote: how many nodes of each kind, the names of the annotators, and the problems of the labels."""

    path: Path
    project: int
    counts: Mapping[str, int]
    annotators: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def push(
    corpus: Corpus,
    server: Server,
    *,
    project: str = "",
    annotations: Sequence[Path] = (),
    predictions: Sequence[Path] = (),
    model_version: str = "",
    create_users: bool = False,
    people: Path | None = None,
) -> Pushed:
    """Makes a project, or completes one: one task per document, the labelling config, and the labels of exports if asked.

    Args:
        project: title or number; by default the title of the corpus.
        annotations: exports whose annotations are pushed as those of their annotators, and whose predictions as predictions.
        predictions: exports whose annotations and predictions are pushed as predictions.
        model_version: the model version of all `predictions`; by default their own, and the annotator's name for an annotation.
        create_users: whether annotators without an account get one under `annotators.invalid`.
        people: the list of annotators; by default the one of the corpus in the user's state folder.

    Raises:
        EventBankError: every problem of the corpus or of the exports, before anything is sent; what the server has that does not fit
            (E306, E372, E373, E374, E376), before anything is changed there; E360 to E370 if the server fails.
    """
    documents, _ = read_documents(corpus)
    ontology = read_ontology(corpus)
    goal = wanted(documents, ontology, _read(corpus, annotations), _read(corpus, predictions), model_version)
    known = pseudonyms.read_list(people or pseudonyms.default_list(corpus))
    title = _title(corpus, project)
    with writing(corpus.root):
        connection = connect(server)
        found = find_project(connection, title)
        outdated = found is not None and _is_outdated(found.label_config, ontology, server.host)
        if found is not None:
            _tasks(connection, found.id, goal)
        members = _members(connection, goal.entries, known, create_users)
        projects, xml = connection.client.projects, label_config(ontology)
        if found is None:
            here = once(server, partial(projects.create, title=title, label_config=xml), partial(find_project, connection, title))
        else:
            here = call(server, partial(projects.update, id=found.id, label_config=xml)) if outdated else found
        sent, tasks = complete(connection, here.id, goal, partial(_tasks, connection, here.id, goal), known, members)
    warnings = [*_task_problems(tasks, goal.data, server.host), *_differing(goal.entries, tasks, known, server.host)]
    return Pushed(here.id, title, f"{server.url}/projects/{here.id}/data", found is None, outdated, sent, tuple(warnings))


def pull(corpus: Corpus, server: Server, out: Path, *, project: str = "", people: Path | None = None) -> Pulled:
    """Writes everything of a project as an export, with numbers instead of persons: annotations of all annotators, drafts, predictions.

    The file is replaced in one step, and only when the export is whole and holds no person. Problems of the labels do not
    keep it from being written; they are returned.

    Args:
        out: the file; in `annotations/` to be built from.
        project: title or number; by default the title of the corpus.
        people: the list of annotators; by default the one of the corpus in the user's state folder.

    Raises:
        EventBankError: E301 to E304 or E378 for an export that is not whole, E324 or E330 for what must not stand in the corpus, E370
            if there is no such project, E377 for the list of annotators, E360 to E369 if the server fails. The file is as it was then.
    """
    documents, _ = read_documents(corpus)
    ontology = read_ontology(corpus)
    title = _title(corpus, project)
    connection = connect(server)
    found = find_project(connection, title)
    if found is None:
        raise EventBankError(NO_PROJECT.at(Place(file=server.host), f"no project has the title {title!r}"))
    source = corpus.relative(out.absolute())
    tasks = codec.parse(snapshot(connection, found.id), source)
    users = {user.id: user.email for user in call(server, lambda: list(connection.client.users.list()))}

    def address(number: int) -> str:
        return users.get(number) or f"user-{number}@{server.host}"

    with pseudonyms.people(people or pseudonyms.default_list(corpus), corpus.root) as known:
        exports = [path.read_bytes() for path in sorted(corpus.annotations.glob("*.json"))]
        taken, before = pseudonyms.used_numbers([*exports, dump(tasks)]), set(known.values())
        new = pseudonyms.add_numbers(pseudonyms.addresses(tasks, address), known, taken)
        tasks = pseudonyms.pseudonymous(tasks, known, address)
    problems = _unfit(tasks, source)
    unexplained = pseudonyms.used_numbers(exports) - before - pseudonyms.used_numbers([dump(tasks)])
    if new and unexplained:
        problems.append(pseudonyms.NEW_NUMBER.at(Place(file=source), ", ".join(f"annotator-{known[one]}" for one in new)))
    layers, wrong = codec.layers(tasks, source, ontology, {document.doc_id: document.text for document in documents})
    raise_errors(problem for problem in [*problems, *wrong] if problem.code in (NOT_EXPORT.id, SURROGATE.id, ADDRESS.id, NAME.id))
    with writing(corpus.root):
        write_atomic(out, dump(tasks))
    counts = {"tasks": len(tasks)} | {
        key: sum(len(task.get(key) or ()) for task in tasks) for key in ("annotations", "drafts", "predictions")
    }
    return Pulled(out, found.id, counts, tuple(sorted({layer.annotator for layer in layers})), (*problems, *wrong))


def _read(corpus: Corpus, paths: Iterable[Path]) -> dict[str, list[Task]]:
    """The tasks of exports by the names of their files."""
    names = {corpus.relative(path.absolute()): path for path in paths}
    return {name: codec.parse(path.read_bytes(), name) for name, path in names.items()}


def _title(corpus: Corpus, project: str) -> str:
    """The number or title of a project: as given, else the title of the corpus cut to what a server takes, else its `repo`."""
    title = project or next((one for one in (corpus.title[:50].strip(), corpus.repo[:50]) if len(one) >= 3), "")
    if not title.isdecimal() and not 3 <= len(title) <= 50:
        raise EventBankError(TITLE.at(None, repr(title)))
    return title


def _tasks(connection: Connection, project: int, goal: Wanted) -> list[Task]:
    """The tasks of a project on the server.

    Raises:
        EventBankError: E306, E373, E374 if they do not fit the corpus.
    """
    tasks = codec.parse(snapshot(connection, project), connection.server.host)
    raise_errors(_task_problems(tasks, goal.data, connection.server.host))
    return tasks


def _task_problems(tasks: Iterable[Task], data: Mapping[str, Mapping[str, Any]], host: str) -> Iterator[Problem]:
    """What of the tasks on the server does not fit the corpus."""
    seen: set[str] = set()
    for task in tasks:
        doc_id = string(task["data"].get("doc_id"))
        place = Place(file=host, doc_id=doc_id)
        if not doc_id:
            yield codec.OTHER_PROJECT.at(place, f"task {task.get('id')} has no doc_id")
        elif doc_id in seen:
            yield TWO_TASKS.at(place, f"task {task.get('id')} is the second")
        elif doc_id not in data:
            yield EXTRA_TASK.at(place, f"task {task.get('id')}")
        elif any({"text_sha256": data[doc_id]["text_sha256"], **task["data"]}.get(key) != data[doc_id][key] for key in _OF_TEXT):
            yield TEXT_CHANGED.at(place, f"task {task.get('id')}")
        seen.add(doc_id)


def _is_outdated(xml: str, ontology: Ontology, host: str) -> bool:
    """Whether the config of a project lacks something of the ontology's.

    Raises:
        EventBankError: E372 if it has controls, labels, choices or relations that the ontology does not know, not even as retired.
    """
    own, scheme = label_config(ontology), scheme_of(ontology)
    if xml.strip() == own.strip():
        return False
    try:
        found, ours = read_config(xml), read_config(own)
    except EventBankError as error:
        raise EventBankError(OTHER_CONFIG.at(Place(file=host), error.problems[0].message)) from None
    known = {control.name: control for control in ours.controls}
    other = [f"control {one.name}" for one in found.controls if _shape(one) != _shape(known.get(one.name))]
    names = {**scheme.labels, **scheme.choices}
    other += [f"{one.name} {label}" for one in found.controls if one.name in names for label in one.labels if label not in names[one.name]]
    other += [f"relation {one}" for one in found.relations if one not in scheme.roles | {SAME}]
    if other or found.objects != ours.objects:
        raise EventBankError(OTHER_CONFIG.at(Place(file=host), ", ".join(other[:10]) or "it shows other data"))
    return True


def _shape(control: Any) -> tuple[object, ...]:
    return (control.tag, control.to_name, control.per_region) if control is not None else ()


def _members(connection: Connection, entries: Iterable[Entry], known: Mapping[str, int], create: bool) -> dict[str, Account]:
    """The account, as number and address, of each annotator whose annotations are to be pushed: their own, else a pseudonymous one.

    Raises:
        EventBankError: E376 for each annotator without an account, unless accounts are to be made.
    """
    names = sorted({entry.who for entry in entries if entry.kind == "annotations"})
    if not names:
        return {}
    users = connection.client.users
    accounts = {user.email.lower(): (user.id, user.email) for user in call(connection.server, lambda: list(users.list())) if user.email}
    own = {pseudonyms.name_of(address, known): account for address, account in accounts.items() if not address.endswith(f"@{DOMAIN}")}
    found = {name: own.get(name) or accounts.get(f"{name}@{DOMAIN}") for name in names}
    if not create:
        raise_errors(NO_ACCOUNT.at(Place(file=connection.server.host, annotator=name)) for name, one in found.items() if one is None)
    for name in (name for name, one in found.items() if one is None):
        address = f"{name}@{DOMAIN}"

        def look(address: str = address) -> Any:
            return next((one for one in call(connection.server, lambda: list(users.list())) if one.email == address), None)

        def make(address: str = address) -> Any:
            return users.create(email=address, username=address, first_name="", last_name="")

        made = once(connection.server, make, look)
        found[name] = made.id, made.email
    return {name: one for name, one in found.items() if one is not None}


def _differing(entries: Iterable[Entry], tasks: Iterable[Task], known: Mapping[str, int], host: str) -> Iterator[Problem]:
    """W372 for each annotator who has other labels on the server than those that were to be pushed."""
    there: dict[Key, set[str]] = {}
    for key, found in present(tasks, known):
        there.setdefault(key, set()).add(found)
    for entry in entries:
        if digest(entry.node.get("result")) not in there.get(entry.key, ()):
            yield OTHER_LABELS.at(Place(file=host, doc_id=entry.doc_id, annotator=entry.who))


def _unfit(tasks: Sequence[Task], source: str) -> list[Problem]:
    """What must not stand in the repository: half characters, and persons where no pseudonym can be put."""
    persons = codec.persons(tasks, source)
    return [*codec.surrogates(tasks, source), *(replace(one, remedy="Take it out in Label Studio, then pull again.") for one in persons)]
