"""What push and pull do without a real Label Studio: refusals before anything is sent, troubles of a connection, pseudonyms."""

from __future__ import annotations

import copy
import json
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from proxy import Answer, scripted, serving

from eventbank import ontology as ontologies
from eventbank.cli import main
from eventbank.corpus import open_corpus
from eventbank.errors import EventBankError, Problem
from eventbank.inputs import read_documents
from eventbank.labelstudio import client, manifest, pseudonyms
from eventbank.labelstudio.client import Server, call, connect, find_server
from eventbank.labelstudio.nodes import dump, parse
from eventbank.labelstudio.payload import Wanted, wanted
from eventbank.labelstudio.persons import persons
from eventbank.labelstudio.sync import pull, push

pytestmark = pytest.mark.server

KEY = "0123456789abcdef-a-key"
ME = Answer(body=json.dumps({"id": 7, "email": "a@b.example"}).encode())
EXPORT = ROOT / "annotations" / "pass-1.json"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.01)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def problems(do: Callable[[], object]) -> list[Problem]:
    with pytest.raises(EventBankError) as refused:
        do()
    assert KEY not in str(refused.value)
    return list(refused.value.problems)


def codes(do: Callable[[], object]) -> list[str]:
    return [problem.code for problem in problems(do)]


# --- address and key


def test_address_and_key_come_from_options_or_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert find_server("http://h:1/", tmp_path / "key") == Server("http://h:1", KEY)
    monkeypatch.setenv("LABEL_STUDIO_URL", "https://labels.example/ls")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", KEY)
    assert find_server() == Server("https://labels.example/ls", KEY)
    assert KEY not in repr(find_server())


@pytest.mark.parametrize("url", ["", "labels.example", "ftp://h", "http://", "http://user:secret@h", "http://h:port"])
def test_e360_an_address_of_another_form(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", KEY)
    assert codes(lambda: find_server(url)) == ["E360"]


@pytest.mark.parametrize("key", ["", "two words", "ke\ny", "schlüssel"])
def test_e360_a_key_of_another_form(key: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(key, "utf-8")
    assert codes(lambda: find_server("http://h", tmp_path / "key")) == ["E360"]


def test_e361_without_the_sdk_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "label_studio_sdk", None)
    (problem,) = problems(lambda: connect(Server("http://127.0.0.1:9", KEY)))
    assert (problem.code, "eventbank[label-studio]" in problem.remedy) == ("E361", True)


# --- troubles of a connection


def test_e362_a_server_that_is_gone() -> None:
    with serving(scripted([ME])) as seen:
        pass
    assert codes(lambda: connect(Server(seen.url, KEY))) == ["E362"]


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"detail": "Validation error", "validation_errors": {"title": ["too short"]}}, "E369"),
        (401, {"detail": f"Invalid token {KEY}."}, "E363"),
        (403, {"detail": "no"}, "E364"),
        (404, {"detail": "No Project matches"}, "E370"),
        (404, "<html>", "E368"),
        (302, "", "E368"),
        (200, "<html>Welcome", "E368"),
        (200, {}, "E368"),
        (500, {"detail": f"boom {KEY}"}, "E366"),
    ],
)
def test_an_answer_that_does_not_pass_is_asked_for_once(status: int, body: object, code: str) -> None:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    with serving(scripted([Answer(status, data)])) as seen:
        assert codes(lambda: connect(Server(seen.url, KEY))) == [code]
    assert len(seen.requests) == 1


@pytest.mark.parametrize(("status", "code"), [(429, "E365"), (503, "E365"), (502, "E366"), (504, "E366"), (408, "E367")])
def test_a_trouble_that_may_pass_is_tried_again_and_then_named(status: int, code: str) -> None:
    with serving(scripted([Answer(status), Answer(status), ME])) as seen:
        assert connect(Server(seen.url, KEY))
    assert len(seen.requests) == 3
    with serving(scripted([Answer(status)])) as seen:
        assert codes(lambda: connect(Server(seen.url, KEY))) == [code]
    assert len(seen.requests) == client.ATTEMPTS


def test_e367_a_cut_connection_is_tried_again_and_then_named() -> None:
    with serving(scripted([Answer(body=ME.body, cut=True), ME])) as seen:
        assert connect(Server(seen.url, KEY))
    with serving(scripted([Answer(body=ME.body, cut=True)])) as seen:
        assert codes(lambda: connect(Server(seen.url, KEY))) == ["E367"]


def test_e367_an_answer_that_takes_too_long_names_the_option() -> None:
    def late(*_: object) -> Answer:
        time.sleep(1.5)
        return ME

    with serving(late) as seen:
        (problem,) = problems(lambda: connect(Server(seen.url, KEY, timeout=0.3)))
    assert (problem.code, "--timeout" in problem.remedy) == ("E367", True)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_time_that_a_server_asks_for_is_given(form: str) -> None:
    from email.utils import formatdate

    asked = "1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True)
    with serving(scripted([Answer(429, headers={"Retry-After": asked}), ME])) as seen:
        began = time.monotonic()
        connect(Server(seen.url, KEY))
    assert 0.9 <= time.monotonic() - began < 4


def test_e365_a_server_that_asks_for_an_hour_is_not_waited_for() -> None:
    with serving(scripted([Answer(429, headers={"Retry-After": "3600"})])) as seen:
        (problem,) = problems(lambda: connect(Server(seen.url, KEY)))
    assert "3600 seconds" in problem.message
    assert len(seen.requests) == 1


def test_waits_grow_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(client, "FIRST_WAIT", 1.0)
    monkeypatch.setattr(client.time, "sleep", waits.append)
    for attempt in (1, 2, 3):
        client.rest(attempt)
    client.rest(1, 5.0)
    assert all(low <= wait <= 1.7 * low for wait, low in zip(waits[:3], (0.75, 1.5, 3.0), strict=True))
    assert 5.0 <= waits[3] <= 5.1


def test_a_call_that_changes_something_is_not_repeated() -> None:
    with serving(scripted([ME, Answer(504)])) as seen:
        connection = connect(Server(seen.url, KEY))
        with pytest.raises(client.InterruptedCallError, match="E366"):
            call(connection.server, connection.client.users.whoami, repeat=False)
    assert len(seen.requests) == 2


def test_an_error_of_the_program_is_not_taken_for_the_servers() -> None:
    def broken() -> None:
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        call(Server("http://h", KEY), broken)


def test_a_personal_token_is_exchanged_and_its_refusal_is_a_problem() -> None:
    import jwt

    token = jwt.encode({"token_type": "refresh", "exp": int(time.time()) + 600}, "x" * 32)
    access = jwt.encode({"token_type": "access", "exp": int(time.time()) + 300}, "x" * 32)
    with serving(scripted([Answer(body=json.dumps({"access": access}).encode()), ME])) as seen:
        connect(Server(f"{seen.url}/under/a/path", token))
    assert seen.lines[0] == "POST /under/a/path/api/token/refresh/"
    assert seen.requests[1][2]["Authorization"] == f"Bearer {access}"
    for answer, code in ((Answer(401, b'{"detail": "no"}'), "E363"), (Answer(502, b"<html>"), "E366"), (Answer(200, b"<html>"), "E368")):
        with serving(scripted([answer])) as seen, pytest.raises(EventBankError, match=code) as refused:
            connect(Server(seen.url, token))
        assert token not in str(refused.value)
    stale = jwt.encode({"token_type": "refresh", "exp": 1}, "x" * 32)
    with pytest.raises(EventBankError, match="E363"):
        connect(Server("http://127.0.0.1:9", stale))


@pytest.mark.parametrize("command", ["push", "pull"])
@pytest.mark.parametrize("status", [401, 500, 200])
def test_the_key_is_in_no_output_and_in_no_file(command: str, status: int, tmp_path: Path, corpus_root: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    with serving(scripted([Answer(status, json.dumps({"detail": f"Token {KEY}"}).encode(), {"X-Echo": KEY})])) as seen:
        words = ["label", command, "--url", seen.url, "--key-file", str(tmp_path / "key"), "--corpus", str(corpus_root)]
        for more in ([], ["--json"]):
            found = CliRunner().invoke(main, [*words, *more])
            assert found.exit_code == 1
            assert KEY not in found.output
            assert isinstance(found.exception, SystemExit)
    assert any(KEY in str(headers) for _, _, headers, _ in seen.requests)
    assert not [path for path in corpus_root.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


# --- what is refused before anything is sent


def goal(tasks: list[dict[str, Any]], **how: Any) -> Wanted:
    corpus = open_corpus(ROOT)
    return wanted(read_documents(corpus)[0], ontologies.load(corpus.ontology), {"x.json": tasks}, {}, **how)


@pytest.fixture
def task() -> dict[str, Any]:
    found: dict[str, Any] = parse(EXPORT.read_bytes())[0]
    return found


def test_an_export_becomes_one_task_per_document_with_its_entries() -> None:
    found = goal(parse(EXPORT.read_bytes()))
    assert len(found.data) == len(found.entries) == 5
    assert {entry.who for entry in found.entries} == {"annotator-1"}


@pytest.mark.parametrize("kind", ["annotations", "predictions"])
@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("E318", lambda results: results.append({"type": "relation", "from_id": "nobody", "to_id": results[0]["id"], "labels": ["same"]})),
        ("E320", lambda results: results.append(dict(next(one for one in results if one["type"] == "relation")))),
        ("E311", lambda results: results[0].update(from_name="mood")),
        ("E324", lambda results: results[0].update(extra="half \ud83d")),
        ("E375", lambda results: results[0].update(extra=2**63)),
        ("E375", lambda results: results[0].update(extra=[{"x": float("nan")}])),
    ],
)
def test_what_would_break_a_project_is_refused(kind: str, code: str, spoil: Callable[[list[Any]], None], task: dict[str, Any]) -> None:
    results = task["annotations"][0]["result"]
    spoil(results)
    if kind == "predictions":
        task["predictions"] = [{"result": results, "model_version": "m"}]
        task["annotations"] = []
    assert code in codes(lambda: goal([task]))


def test_a_cancelled_annotation_is_looked_at_too(task: dict[str, Any]) -> None:
    task["annotations"][0]["was_cancelled"] = True
    task["annotations"][0]["result"][0]["from_name"] = "mood"
    assert "E311" in codes(lambda: goal([task]))


def test_two_annotations_of_one_annotator_persons_and_bare_predictions_are_refused(task: dict[str, Any]) -> None:
    assert codes(lambda: goal([task, copy.deepcopy(task)])) == ["E309"]
    task["predictions"] = [4]
    assert codes(lambda: goal([task])) == ["E304"]
    task["predictions"] = []
    task["annotations"][0]["completed_by"]["email"] = "kim@press.example"
    assert "E330" in codes(lambda: goal([task]))


def test_labels_of_another_text_are_not_pushed(task: dict[str, Any]) -> None:
    task["data"]["text"] += " more"
    assert codes(lambda: goal([task])) == ["E308"]


def test_nothing_is_sent_when_the_labels_have_a_problem(task: dict[str, Any], tmp_path: Path) -> None:
    task["annotations"][0]["result"][0]["extra"] = 2**64
    (tmp_path / "x.json").write_bytes(dump([task]))
    with serving(scripted([ME])) as seen:
        assert codes(lambda: push(open_corpus(ROOT), Server(seen.url, KEY), annotations=[tmp_path / "x.json"])) == ["E375"]
    assert seen.requests == []


@pytest.mark.parametrize("title", ["ab", "x" * 51])
def test_e371_a_title_that_no_server_takes(title: str) -> None:
    assert codes(lambda: push(open_corpus(ROOT), Server("http://127.0.0.1:9", KEY), project=title)) == ["E371"]


# --- pseudonyms


def users(number: int) -> str:
    return {1: "Kim@press.example", 2: "lee@press.example"}.get(number, f"user-{number}@h")


def labelled(email: str, **more: Any) -> dict[str, Any]:
    who = {"id": 1, "email": email, "first_name": "Kim", "last_name": "Park"}
    return {"data": {"doc_id": "d"}, "annotations": [{"completed_by": who, "result": [], **more}], "drafts": [], "predictions": []}


def test_everybody_becomes_a_number_everywhere() -> None:
    task = labelled("kim@press.example", updated_by=2, last_created_by=None)
    task["drafts"] = [{"user": "kim@press.example", "created_username": " Kim Park, 1", "created_ago": "1 minute", "result": []}]
    task |= {"updated_by": [{"user_id": 2}], "comment_authors": [1, 9]}
    known: pseudonyms.People = {}
    assert len(pseudonyms.add_numbers(pseudonyms.addresses([task], users), known, ())) == 3
    (found,) = pseudonyms.pseudonymous([task], known, users)
    assert known == {"kim@press.example": 1, "lee@press.example": 2, "user-9@h": 3}
    assert persons([found]) == []
    who = {"id": 1, "email": "annotator-1@annotators.invalid", "first_name": "", "last_name": ""}
    assert found["annotations"][0] == {"completed_by": who, "result": [], "updated_by": 2, "last_created_by": None}
    assert found["drafts"] == [{"user": "annotator-1@annotators.invalid", "created_username": "annotator-1", "result": []}]
    assert (found["updated_by"], found["comment_authors"]) == ([{"user_id": 2}], [1, 3])


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=4), max_size=4), st.sets(st.integers(1, 9)))
def test_numbers_stay_and_nobody_shares_one(pulls: list[list[str]], taken: set[int]) -> None:
    known: pseudonyms.People = {}
    for names in pulls:
        before = dict(known)
        pseudonyms.add_numbers([f"{name}@x.example" for name in names], known, taken)
        assert before.items() <= known.items()
    assert len(set(known.values())) == len(known)
    assert not taken & set(known.values())


def test_a_pseudonymous_address_keeps_its_number() -> None:
    known = {"kim@press.example": 1}
    task = labelled("annotator-4@annotators.invalid")
    assert pseudonyms.add_numbers(pseudonyms.addresses([task], users), known, {4}) == []
    assert pseudonyms.pseudonymous([task], known, users)[0]["annotations"][0]["completed_by"]["id"] == 4
    assert pseudonyms.name_of("john.smith@annotators.invalid", {}) is None


def test_the_list_of_annotators_is_private_and_outside_the_corpus(tmp_path: Path) -> None:
    path = tmp_path / "state" / "list.json"
    with pseudonyms.people(path, ROOT) as known:
        known["kim@press.example"] = 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pseudonyms.people(path, ROOT) as known:
        assert known == {"kim@press.example": 1}
    assert pseudonyms.default_list(open_corpus(ROOT)) == tmp_path / "state" / "eventbank" / "eventbank--peninsula" / "annotators.json"


@pytest.mark.parametrize("text", ["{", "[]", '{"a@b": 0}', '{"a@b": "1"}', '{"a@b": 1, "c@d": 1}'])
def test_e377_a_list_of_annotators_that_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(EventBankError, match="E377"), pseudonyms.people(tmp_path / "list.json", ROOT):
        pass


def test_e377_a_list_of_annotators_inside_the_corpus(corpus_root: Path) -> None:
    with pytest.raises(EventBankError, match="E377"), pseudonyms.people(corpus_root / "annotations" / "who.json", corpus_root):
        pass


# --- the manifest of what a server drops


def test_what_a_server_drops_is_found_again_after_two_servers() -> None:
    first = labelled("annotator-1@annotators.invalid", id=5, unique_id="u", created_at="then", import_id=None)
    second = labelled("annotator-1@annotators.invalid", id=8, unique_id="v", created_at="later", import_id=5)
    second["meta"] = {manifest.KEY: manifest.records(first, ("annotations",))}
    third = labelled("annotator-1@annotators.invalid", id=2, unique_id="w", created_at="last", import_id=8)
    third["meta"] = {manifest.KEY: manifest.records(second, ("annotations",))}
    for task in (first, second, third):
        assert manifest.original(task["annotations"][0], task) == first["annotations"][0]


def test_drafts_are_kept_whole_and_what_has_nothing_to_lose_leaves_no_record() -> None:
    task = {"data": {"doc_id": "d"}, "annotations": [{"completed_by": {"email": "annotator-1@annotators.invalid"}, "result": []}]}
    assert manifest.records(task, ("annotations", "predictions")) == []
    draft = {"id": 3, "user": "annotator-1@annotators.invalid", "result": [1]}
    assert manifest.records(task | {"drafts": [draft]}, ()) == [{"node": "draft", "by": "annotator-1", "id": 3, "fields": draft}]


def test_a_pull_without_such_a_project_writes_nothing(tmp_path: Path) -> None:
    with serving(scripted([ME, Answer(body=b'{"count": 0, "results": []}')])) as seen:
        assert codes(lambda: pull(open_corpus(ROOT), Server(seen.url, KEY), tmp_path / "out.json", project="no such")) == ["E370"]
    assert not (tmp_path / "out.json").exists()
