"""Push and pull through a real Label Studio server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import copy_inputs
from labelstudio_server import Live
from labelstudio_server import live as running
from proxy import Answer, forward, serving

from eventbank import ontology as ontologies
from eventbank.corpus import Corpus, open_corpus
from eventbank.errors import EventBankError
from eventbank.gold import DECISIONS, adjudicate_corpus, read_decisions
from eventbank.inputs import read_documents
from eventbank.labelstudio import client, codec, manifest
from eventbank.labelstudio.client import Server, connect, snapshot
from eventbank.labelstudio.differences import pull_decisions, push_differences
from eventbank.labelstudio.nodes import Task, dump
from eventbank.labelstudio.sync import pull, push
from eventbank.layer import Layer, numbered

pytestmark = pytest.mark.server
EXPORT = Path("annotations") / "pass-1.json"


@pytest.fixture(scope="module")
def live() -> Live:
    return running()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.05)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def corpus(corpus_root: Path) -> Corpus:
    """The project's corpus as it was with one pass."""
    for name in ("pass-2.json", "gold.json", "decisions.yaml", "gamma.yaml"):
        (corpus_root / "annotations" / name).unlink()
    return open_corpus(corpus_root)


@pytest.fixture
def title() -> str:
    return f"test {uuid.uuid4().hex[:12]}"


def tasks_of(live: Live, project: int) -> list[Task]:
    return codec.parse(snapshot(connect(live.server), project))


def code_of(do: Callable[[], object]) -> set[str]:
    with pytest.raises(EventBankError) as refused:
        do()
    return {problem.code for problem in refused.value.problems}


def layers_of(corpus: Corpus, path: Path) -> dict[tuple[str, str], Layer]:
    """The layers of an export by document and annotator, with ids that depend on the labels alone."""
    texts = {document.doc_id: document.text for document in read_documents(corpus)[0]}
    found, problems = codec.layers(codec.parse(path.read_bytes()), "", ontologies.load(corpus.ontology), texts)
    assert problems == []
    return {(layer.doc_id, layer.annotator): numbered(layer) for layer in found}


def shortened(layer: Layer) -> Layer:
    """What a hastier annotator would have said: without the last event."""
    gone = layer.events[-1].id
    events = tuple(
        replace(event, arguments=tuple(one for one in event.arguments if one.ref != gone)) for event in layer.events if event.id != gone
    )
    return replace(layer, events=events, happenings=tuple(chain - {gone} for chain in layer.happenings if chain - {gone}))


def label(live: Live, project: int, name: str, layers: Mapping[str, Layer], corpus: Corpus) -> None:
    """The person logs in and saves an annotation of every document."""
    ontology = ontologies.load(corpus.ontology)
    texts = {document.doc_id: document.text for document in read_documents(corpus)[0]}
    session = live.user(name)
    for task in tasks_of(live, project):
        doc_id = task["data"]["doc_id"]
        (annotation,) = codec.encode(layers[doc_id], texts[doc_id], "", ontology)["annotations"]
        session.post(f"/api/tasks/{task['id']}/annotations/", {"result": annotation["result"], "lead_time": 12.5})


def by(annotator: str, layers: Mapping[Any, Layer]) -> dict[str, Layer]:
    return {layer.doc_id: replace(layer, annotator=annotator) for layer in layers.values()}


def test_two_people_label_and_their_layers_come_back_through_two_servers_worth_of_projects(live: Live, corpus: Corpus, title: str) -> None:
    first = by("annotator-2", layers_of(corpus, corpus.root / EXPORT))
    second = {doc_id: numbered(replace(shortened(layer), annotator="annotator-3")) for doc_id, layer in first.items()}
    pushed = push(corpus, live.server, project=title)
    assert (pushed.created, pushed.sent) == (True, {"tasks": 5})
    again = push(corpus, live.server, project=title)
    assert (again.created, again.sent, again.project, len(tasks_of(live, again.project))) == (False, {}, pushed.project, 5)

    label(live, pushed.project, "kim", first, corpus)
    label(live, pushed.project, "lee", second, corpus)
    out = corpus.annotations / "pass-2.json"
    pulled = pull(corpus, live.server, out, project=title)
    assert [problem.code for problem in pulled.problems] == ["W371"]  # pass-1.json has a number that no pull has given
    assert pulled.counts == {"tasks": 5, "annotations": 10, "drafts": 0, "predictions": 0}
    expected = {(layer.doc_id, layer.annotator): replace(layer, source="") for layer in (*first.values(), *second.values())}
    assert layers_of(corpus, out) == expected
    assert codec.persons(codec.parse(out.read_bytes())) == []
    assert b"press.example" not in out.read_bytes()
    state = Path(os.environ["XDG_STATE_HOME"]) / "eventbank" / "eventbank--peninsula" / "annotators.json"
    people = json.loads(state.read_text())
    assert {people["kim@press.example"], people["lee@press.example"]} == {2, 3}
    before = out.read_bytes()
    assert pull(corpus, live.server, out, project=title).problems == ()
    assert out.read_bytes() == before

    other = push(corpus, live.server, project=f"{title} second", annotations=[out])
    assert other.sent == {"tasks": 5, "annotations": 10}
    assert push(corpus, live.server, project=f"{title} second", annotations=[out]).sent == {}
    there = tasks_of(live, other.project)
    assert {one["completed_by"]["email"] for task in there for one in task["annotations"]} == {"kim@press.example", "lee@press.example"}
    back = corpus.root / "back.json"
    pull(corpus, live.server, back, project=str(other.project))
    assert layers_of(corpus, back) == expected
    lives = [
        {task["data"]["doc_id"]: [manifest.original(one, task) for one in task["annotations"]] for task in codec.parse(path.read_bytes())}
        for path in (out, back)
    ]
    for doc_id, firsts in lives[0].items():
        for one, other_ in zip(firsts, lives[1][doc_id], strict=True):
            kept = ("id", "result", *manifest.DROPPED["annotation"])
            assert {key: one[key] for key in kept} == {key: other_[key] for key in kept}

    suggested = push(corpus, live.server, project=f"{title} third", predictions=[out], model_version="two")
    assert suggested.sent == {"tasks": 5, "predictions": 10}
    assert push(corpus, live.server, project=f"{title} third", predictions=[out], model_version="two").sent == {}
    predictions = {one["model_version"] for task in tasks_of(live, suggested.project) for one in task["predictions"]}
    assert predictions == {"two"}
    pulled = pull(corpus, live.server, back, project=f"{title} third")
    assert (pulled.counts["predictions"], pulled.annotators) == (10, ())


def test_differences_are_decided_on_the_server_and_become_gold(live: Live, two_passes: Path, title: str) -> None:
    corpus = open_corpus(two_passes)
    asked = push_differences(corpus, live.server, project=title)
    assert (asked.created, asked.sent) == (True, 1)
    again = push_differences(corpus, live.server, project=title)
    assert (again.created, again.sent, again.project) == (False, 0, asked.project)
    (task,) = tasks_of(live, asked.project)
    assert (task["data"]["question"], task["data"]["one_says"], task["data"]["other_says"]) == ("tense “fired”", "Past", "Present")

    assert pull_decisions(corpus, live.server, project=title).open == 1
    answers = {"take": {"choices": ["one"]}, "reason": {"text": ["R10.6: it is over"]}}
    results = [
        {"id": name, "from_name": name, "to_name": "passage", "type": "choices" if "choices" in value else "textarea", "value": value}
        for name, value in answers.items()
    ]
    live.user("kim").post(f"/api/tasks/{task['id']}/annotations/", {"result": results})
    pulled = pull_decisions(corpus, live.server, project=title)
    assert (pulled.decisions, pulled.open, pulled.problems) == (1, 0, ())
    ((decision,),) = [made for made in read_decisions(two_passes / DECISIONS).values() if made]
    assert (decision.take, decision.reason) == ("one", "R10.6: it is over")
    assert adjudicate_corpus(corpus).whole
    assert push_differences(corpus, live.server, project=title).sent == 0


def test_e477_a_project_of_documents_is_none_of_differences(live: Live, two_passes: Path, title: str) -> None:
    corpus = open_corpus(two_passes)
    push(corpus, live.server, project=title)
    assert code_of(lambda: push_differences(corpus, live.server, project=title)) == {"E477"}
    assert code_of(lambda: pull_decisions(corpus, live.server, project=f"{title} x")) == {"E370"}


def test_w477_a_difference_that_is_gone_is_left_aside(live: Live, two_passes: Path, title: str) -> None:
    corpus = open_corpus(two_passes)
    project = push_differences(corpus, live.server, project=title).project
    (task,) = tasks_of(live, project)
    result = {"id": "x", "from_name": "as", "to_name": "passage", "type": "textarea", "value": {"text": ["Future"]}}
    live.user("kim").post(f"/api/tasks/{task['id']}/annotations/", {"result": [result, {**result, "from_name": "reason"}]})
    other = two_passes / "annotations" / "pass-2.json"
    other.write_text(other.read_text("utf-8").replace('"Present"', '"Past"', 1), "utf-8")
    assert [problem.code for problem in pull_decisions(corpus, live.server, project=title).problems] == ["W477"]


def test_drafts_predictions_and_cancelled_annotations_come_too(live: Live, corpus: Corpus, title: str) -> None:
    pushed = push(corpus, live.server, project=title, predictions=[corpus.root / EXPORT])
    task = tasks_of(live, pushed.project)[0]["id"]
    session = live.user("kim")
    session.post(f"/api/tasks/{task}/drafts", {"result": [], "lead_time": 1.0})
    session.post(f"/api/tasks/{task}/annotations/", {"result": [], "was_cancelled": True})
    out = corpus.root / "out.json"
    pulled = pull(corpus, live.server, out, project=title)
    assert pulled.counts == {"tasks": 5, "annotations": 1, "drafts": 1, "predictions": 5}
    (draft,) = codec.parse(out.read_bytes())[0]["drafts"]
    assert (draft["user"], draft["created_username"]) == ("annotator-2@annotators.invalid", "annotator-2")
    moved = push(corpus, live.server, project=f"{title} b", annotations=[out])
    assert moved.sent == {"tasks": 5, "annotations": 1, "predictions": 5}
    there = tasks_of(live, moved.project)[0]
    assert there["annotations"][0]["was_cancelled"]
    assert [record["fields"] for record in there["meta"]["eventbank"] if record["node"] == "draft"] == [draft]


def test_both_kinds_of_key_work_and_a_default_server_refuses_the_old_one(live: Live, corpus: Corpus, title: str) -> None:
    assert live.refusal.startswith("E363")
    assert push(corpus, Server(live.url, live.personal), project=title).created
    assert push(corpus, Server(live.url, live.legacy), project=title).sent == {}
    assert pull(corpus, Server(live.url, live.personal), corpus.root / "x.json", project=title).counts["tasks"] == 5


@pytest.mark.parametrize("key", ["0" * 40, "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"])
def test_e363_a_wrong_key(live: Live, corpus: Corpus, key: str) -> None:
    assert code_of(lambda: push(corpus, Server(live.url, key))) == {"E363"}


def test_e363_a_forged_personal_token(live: Live, corpus: Corpus) -> None:
    head, _, tail = live.personal.rpartition(".")
    assert code_of(lambda: push(corpus, Server(live.url, f"{head}.{tail[::-1]}"))) == {"E363"}


def test_e370_a_project_that_is_not_there(live: Live, corpus: Corpus, title: str) -> None:
    for name in ("999999", title):
        assert code_of(lambda name=name: pull(corpus, live.server, corpus.root / "x.json", project=name)) == {"E370"}  # type: ignore[misc]
    for _ in range(2):
        live.client.projects.create(title=title)
    assert code_of(lambda: push(corpus, live.server, project=title)) == {"E370"}


def test_e372_a_project_with_other_labels_is_left_alone(live: Live, corpus: Corpus, title: str) -> None:
    xml = '<View><Text name="text" value="$text"/><Labels name="trigger" toName="text"><Label value="Wedding"/></Labels></View>'
    made = live.client.projects.create(title=title, label_config=xml)
    assert code_of(lambda: push(corpus, live.server, project=title)) == {"E372"}
    assert "Wedding" in live.client.projects.get(id=made.id).label_config
    assert tasks_of(live, made.id) == []


def test_labels_that_were_added_to_the_ontology_are_added_to_the_project(live: Live, corpus: Corpus, title: str) -> None:
    project = push(corpus, live.server, project=title).project
    xml = live.client.projects.get(id=project).label_config
    less = "\n".join(line for line in xml.splitlines() if 'value="VEH"' not in line)
    live.client.projects.update(id=project, label_config=less)
    assert push(corpus, live.server, project=title).config_updated
    assert live.client.projects.get(id=project).label_config == xml
    assert not push(corpus, live.server, project=title).config_updated


def test_e373_a_text_that_changed_is_not_replaced(live: Live, corpus: Corpus, title: str) -> None:
    project = push(corpus, live.server, project=title).project
    before = [(task["id"], task["data"]) for task in tasks_of(live, project)]
    settings = corpus.root / "articles" / "sources.yaml"
    settings.write_text(
        settings.read_text("utf-8").replace("  evidence:", "  zones: [{kind: body, lines: [1, 6]}]\n  evidence:", 1), "utf-8"
    )
    assert code_of(lambda: push(corpus, live.server, project=title)) == {"E373"}
    assert [(task["id"], task["data"]) for task in tasks_of(live, project)] == before


def test_tasks_that_a_push_did_not_make_are_named(live: Live, corpus: Corpus, title: str) -> None:
    project = push(corpus, live.server, project=title).project
    data = tasks_of(live, project)[0]["data"]
    live.client.projects.import_tasks(id=project, request=[{"data": {**data, "doc_id": "gone"}}])
    assert [problem.code for problem in push(corpus, live.server, project=title).problems] == ["W373"]
    live.client.projects.import_tasks(id=project, request=[{"data": {"text": "x", "title": ""}}, {"data": data}])
    assert code_of(lambda: push(corpus, live.server, project=title)) == {"E306", "E374", "W373"}


def test_labels_of_an_annotator_are_added_once_and_never_replaced(live: Live, corpus: Corpus, title: str) -> None:
    push(corpus, live.server, project=title)
    export = corpus.root / EXPORT
    assert code_of(lambda: push(corpus, live.server, project=title, annotations=[_renamed(export, 7)])) == {"E376"}
    pushed = push(corpus, live.server, project=title, annotations=[_renamed(export, 7)], create_users=True)
    assert (pushed.sent, pushed.problems) == ({"annotations": 5}, ())
    tasks = codec.parse(export.read_bytes())
    tasks[0]["annotations"][0]["result"].pop()
    export.write_bytes(dump(tasks))
    again = push(corpus, live.server, project=title, annotations=[_renamed(export, 7)])
    assert (again.sent, [problem.code for problem in again.problems]) == ({}, ["W372"])


def _renamed(export: Path, number: int) -> Path:
    to = export.parent.parent / "renamed.json"
    to.write_bytes(export.read_bytes().replace(b"annotator-1@", b"annotator-%d@" % number))
    return to


def test_an_address_in_a_note_keeps_the_export_from_being_written(live: Live, corpus: Corpus, title: str) -> None:
    project = push(corpus, live.server, project=title).project
    out = corpus.annotations / "pass-1.json"
    before = out.read_bytes()
    note = {"id": "d", "from_name": "status", "to_name": "text", "type": "choices", "value": {"choices": ["ask park@press.example"]}}
    live.user("kim").post(f"/api/tasks/{tasks_of(live, project)[0]['id']}/annotations/", {"result": [note]})
    with pytest.raises(EventBankError, match=r"E330.*Take it out in Label Studio"):
        pull(corpus, live.server, out, project=title)
    assert out.read_bytes() == before


def test_problems_of_labels_are_told_and_do_not_keep_them_from_being_pulled(live: Live, corpus: Corpus, title: str) -> None:
    project = push(corpus, live.server, project=title).project
    dangling = {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["same"]}
    live.user("kim").post(f"/api/tasks/{tasks_of(live, project)[0]['id']}/annotations/", {"result": [dangling]})
    found = pull(corpus, live.server, corpus.root / "x.json", project=title)
    assert "E318" in {problem.code for problem in found.problems}
    assert b'"relation"' in (corpus.root / "x.json").read_bytes()


# --- a server that makes trouble


def test_an_import_whose_answer_was_lost_makes_no_second_task(live: Live, corpus: Corpus, title: str) -> None:
    lost: list[str] = []

    def lose(method: str, path: str, ask: Callable[[], Answer]) -> Answer:
        answer = ask()
        is_change = method == "POST" and path.endswith(("/api/projects/", "/import", "/api/users/", "/exports/"))
        if is_change and lost.count(path) < 1:
            lost.append(path)
            return replace(answer, cut=True) if len(lost) % 2 else Answer(504)
        return answer

    with serving(forward(live.url, lose)) as seen:
        export = _renamed(corpus.root / EXPORT, int(time.time()) % 100000 + 100)
        pushed = push(corpus, Server(seen.url, live.legacy), project=title, annotations=[export], create_users=True)
    assert len(lost) == 4
    assert pushed.sent == {"tasks": 5, "annotations": 5}
    tasks = tasks_of(live, pushed.project)
    assert [len(task["annotations"]) for task in tasks] == [1] * 5
    assert len(list(live.client.projects.list(title=title))) == 1
    assert [one.title for one in live.client.projects.exports.list(id=pushed.project)] == []


@pytest.mark.parametrize(("answer", "code"), [(Answer(500, b'{"detail": "boom"}'), "E366"), (Answer(429), "E365"), (Answer(413), "E369")])
def test_an_import_that_fails_can_be_repeated(live: Live, corpus: Corpus, title: str, answer: Answer, code: str) -> None:
    def fail(method: str, path: str, ask: Callable[[], Answer]) -> Answer:
        return answer if path.endswith("/import") else ask()

    with serving(forward(live.url, fail)) as seen:
        assert code_of(lambda: push(corpus, Server(seen.url, live.legacy), project=title)) == {code}
    assert push(corpus, live.server, project=title).sent == {"tasks": 5}


def test_a_download_that_is_cut_is_tried_again_and_one_that_is_changed_is_refused(live: Live, corpus: Corpus, title: str) -> None:
    push(corpus, live.server, project=title)
    out = corpus.annotations / "pass-1.json"
    before, cuts = out.read_bytes(), []

    def cut(method: str, path: str, ask: Callable[[], Answer]) -> Answer:
        answer = ask()
        cuts.append(path) if path.endswith("/download") else None
        return replace(answer, cut=path.endswith("/download") and len(cuts) % 3 > 0)

    def always(method: str, path: str, ask: Callable[[], Answer]) -> Answer:
        return replace(ask(), cut=path.endswith("/download"))

    def change(method: str, path: str, ask: Callable[[], Answer]) -> Answer:
        answer = ask()
        return replace(answer, body=answer.body.replace(b"missile", b"MISSILE")) if path.endswith("/download") else answer

    for trouble, code in ((always, "E367"), (change, "E378")):
        with serving(forward(live.url, trouble)) as seen:
            assert code_of(lambda seen=seen: pull(corpus, Server(seen.url, live.legacy), out, project=title)) == {code}  # type: ignore[misc]
        assert out.read_bytes() == before
    with serving(forward(live.url, cut)) as seen:
        pull(corpus, Server(seen.url, live.legacy), out, project=title)
    assert out.read_bytes() != before


def test_a_pull_that_is_killed_at_any_moment_leaves_the_earlier_export_whole(live: Live, tmp_path: Path, title: str) -> None:
    corpus = open_corpus(copy_inputs(tmp_path / "corpus"))
    push(corpus, live.server, project=title, predictions=[corpus.root / EXPORT])
    out = corpus.annotations / "label-studio.json"
    before = b"[]\n"
    reached: list[str] = []

    def note(method: str, path: str, ask: Callable[[], Answer]) -> Answer:
        reached.append(path)
        return ask()

    def killed_after(seconds: float | None, at: str = "") -> int:
        """Runs a pull and kills it so long after it has asked for the path `at`; its exit status."""
        out.write_bytes(before)
        reached.clear()
        words = [sys.executable, "-m", "eventbank", "label", "pull", "--project", title]
        environment = os.environ | {"LABEL_STUDIO_URL": seen.url, "LABEL_STUDIO_API_KEY": live.legacy}
        process = subprocess.Popen(words, cwd=corpus.root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if seconds is not None:
            while at and process.poll() is None and not any(path.endswith(at) for path in reached):
                time.sleep(0.001)
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
        return process.wait(60)

    with serving(forward(live.url, note)) as seen:
        status = killed_after(None)
        whole = out.read_bytes()
        assert (status, len(codec.parse(whole))) == (0, 5)
        outcomes = set()
        moments = [(0.3 * step, "") for step in range(1, 5)] + [(0.01 * step, "/api/users/") for step in range(10)]
        for seconds, at in [*moments, (0.0, "/download"), (0.0, "/exports/")]:
            status = killed_after(seconds, at)
            found = out.read_bytes()
            assert found in (before, whole), f"{seconds} after {at!r}"
            outcomes.add(found == whole)
        assert False in outcomes
        assert killed_after(None) == 0
    assert codec.parse(out.read_bytes()) == codec.parse(whole)


def test_the_command_line_does_the_same_and_never_shows_the_key(live: Live, corpus: Corpus, title: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(live.personal)
    common = ["--project", title, "--url", live.url, "--key-file", str(tmp_path / "key"), "--json"]
    runs = [
        subprocess.run(
            [sys.executable, "-m", "eventbank", "label", *words, *common], cwd=corpus.root, capture_output=True, text=True, timeout=120
        )
        for words in (["push"], ["push"], ["pull", "--out", "annotations/new.json"])
    ]
    assert [run.returncode for run in runs] == [0, 0, 0], runs[-1].stderr
    first, second, third = (json.loads(run.stdout) for run in runs)
    assert (first["sent"], second["sent"], third["counts"]["tasks"]) == ({"tasks": 5}, {}, 5)
    assert third["path"] == "annotations/new.json"
    for run in runs:
        assert live.personal not in run.stdout + run.stderr
    assert not [path for path in corpus.root.rglob("*") if path.is_file() and live.personal.encode() in path.read_bytes()]


def test_the_tool_refuses_a_port_that_is_taken_and_an_environment_without_label_studio(tmp_path: Path) -> None:
    from labelstudio_server import VENV, tool

    with pytest.raises(RuntimeError, match=r"make \.label-studio"):
        tool().start(tmp_path, tmp_path / "data")
    with serving(lambda *_: Answer()) as seen, pytest.raises(RuntimeError, match="is taken"):
        tool().start(VENV, tmp_path / "data", int(seen.url.rpartition(":")[2]))
