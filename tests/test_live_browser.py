"""A real Chromium on a real Label Studio: what an annotator marks is what the export says."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from labelstudio_server import PASSWORD, Live
from labelstudio_server import live as running

from eventbank import ontology as ontologies
from eventbank.corpus import open_corpus
from eventbank.document import sha256
from eventbank.gold import DECISIONS, read_decisions
from eventbank.inputs import read_documents
from eventbank.labelstudio import client, codec
from eventbank.labelstudio.differences import pull_decisions, push_differences
from eventbank.labelstudio.nodes import dump, parse
from eventbank.labelstudio.sync import pull, push
from eventbank.layer import Event, Layer, Mention

pytestmark = pytest.mark.server
TEXT = (
    "The navy 🚢 of the North fired 👨‍👩‍👧 two missiles 💥 into the sea on Monday, and the committee talked about it for most of the "
    "day.\n\n"
    "Ministers of the South met in Seoul on Tuesday and talked about the launch for most of the afternoon, as they had done in the spring."
)

SELECT = """(quote) => {
    const walker = document.createTreeWalker(document.querySelector('.lsf-htx-richtext, .htx-richtext'), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.data.indexOf(quote);
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + quote.length);
        range.startContainer.parentElement.scrollIntoView({block: 'center'});
        const box = range.getBoundingClientRect();
        return [box.left, box.right, (box.top + box.bottom) / 2];
    }
    return null;
}"""


@pytest.fixture(scope="module")
def live() -> Live:
    return running()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or "/usr/bin/chromium"
    assert Path(program).exists(), "Chromium is missing; on Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--force-device-scale-factor=1"])
        found = browser.new_page(viewport={"width": 1600, "height": 1100})
        found.set_default_timeout(60_000)
        yield found
        found.screenshot(path=str(tmp_path / "last.png"))
        browser.close()


def mark(page: Any, label: str, quote: str) -> None:
    """Chooses a label and drags over the words, as an annotator does; the words have to stand in one piece of text."""
    before = page.locator(".htx-highlight").count()
    page.locator(".lsf-label", has_text=label).first.click()
    left, right, middle = page.evaluate(SELECT, quote)
    page.mouse.move(left + 1, middle)
    page.mouse.down()
    page.mouse.move((left + right) / 2, middle, steps=5)
    page.mouse.move(right - 1, middle, steps=5)
    page.mouse.up()
    page.wait_for_function("count => document.querySelectorAll('.htx-highlight').length > count", arg=before)
    page.keyboard.press("Escape")


def log_in(page: Any, live: Live, address: str) -> list[str]:
    """Logs in by the page; returns the list in which script errors will be."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{live.url}/user/login/")
    page.fill("input[name=email]", address)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state("networkidle")
    return errors


def test_a_difference_is_decided_on_its_page(
    live: Live, two_passes: Path, page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.05)
    corpus = open_corpus(two_passes)
    title = f"browser {uuid.uuid4().hex[:12]}"
    user = live.user("lee")
    asked = push_differences(corpus, live.server, project=title)
    errors = log_in(page, live, user.address)
    (task,) = live.client.tasks.list(project=asked.project)
    page.goto(f"{asked.url}?task={task.id}")
    passage = page.frame_locator("iframe")
    passage.locator("mark").wait_for()
    assert passage.locator("mark").all_inner_texts() == ["fired"]
    page.locator("input[name=one]").check()
    page.locator("textarea[name=reason]").fill("R10.6: it is over")
    with page.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST") as answered:
        page.get_by_role("button", name="Submit").click()
    assert (answered.value.status, errors) == (201, [])
    assert pull_decisions(corpus, live.server, project=title).open == 0
    ((decision,),) = [made for made in read_decisions(two_passes / DECISIONS).values() if made]
    assert (decision.take, decision.instead, decision.reason) == ("one", None, "R10.6: it is over")


def test_spans_after_an_emoji_and_after_a_line_break_are_right(
    live: Live, small: Callable[..., Path], page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT", 0.05)
    people = tmp_path / "people.json"
    corpus = open_corpus(small({"boats": TEXT}))
    (document,) = read_documents(corpus)[0]
    text = document.text
    assert "🚢" in text
    assert "\n" in text
    ontology = ontologies.load(corpus.ontology)
    first = _first(text, ontology)
    export = tmp_path / "first.json"
    export.write_bytes(dump([codec.encode(first, text, "", ontology)]))
    title = f"browser {uuid.uuid4().hex[:12]}"
    user = live.user("kim")
    pushed = push(corpus, live.server, project=title, predictions=[export], people=people)

    errors = log_in(page, live, user.address)
    (task,) = live.client.tasks.list(project=pushed.project)
    page.goto(f"{pushed.url}?task={task.id}")
    page.wait_for_selector(".htx-highlight")
    shown = page.locator(".lsf-htx-richtext, .htx-richtext").first.inner_text()
    assert codec.squash(text) in codec.squash(shown)
    regions = {one.strip() for one in page.locator(".htx-highlight").all_inner_texts()}
    assert {span.text for span in first.spans()} <= regions

    page.wait_for_timeout(1000)
    mark(page, _any_type(ontology.entity_types), "missiles")
    mark(page, _any_type(ontology.entity_types), "Ministers")
    with page.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST") as answered:
        page.get_by_role("button", name="Submit").click()
    assert answered.value.status == 201
    assert errors == []

    out = corpus.annotations / "labels.json"
    pulled = pull(corpus, live.server, out, project=title, people=people)
    assert [problem for problem in pulled.problems if not problem.is_warning] == []
    layers, problems = codec.layers(parse(out.read_bytes()), "", ontology, {"boats": text})
    assert problems == []
    (layer,) = layers
    spans = {text[span.start : span.end]: (span.start, span.end) for span in layer.spans()}
    for words in ("missiles", "Ministers"):
        assert spans[words] == (text.index(words), text.index(words) + len(words))
    assert {span.text for span in first.spans()} <= spans.keys()


def _any_type(terms: Any) -> str:
    return next(term.name for term in terms if not term.retired)


def _first(text: str, ontology: Any) -> Layer:
    """Two labels that the annotator finds already there."""

    def place(words: str) -> tuple[int, int, str]:
        start = text.index(words)
        return start, start + len(words), words

    given = ontology.defaults()
    mention = Mention("m", "entity", _any_type(ontology.entity_types), *place("The navy"), level=_any_type(ontology.levels))
    event = Event("e", _any_type(ontology.event_types), *place("met"), given, ontology.realis(given))
    return Layer("boats", "annotator-1", sha256(text.encode()), (mention,), (event,), (frozenset({"m"}),), (frozenset({"e"}),))
