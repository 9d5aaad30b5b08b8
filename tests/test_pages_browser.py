"""The pages in a real Chromium: the way from the corpus to a file, hostile text, axe-core, narrow screens, the keyboard."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_release import NAME, TEXT, TITLE, write_release

from eventbank.hub.site import site
from eventbank.release.standoff import standoff

pytestmark = pytest.mark.server
LAUNCH = "000_82e5072b32c6064b"
CORPUS = "/corpora/eventbank/peninsula/main"
HOSTILE = "/corpora/made/made/main"
KINDS = (
    "/",
    f"{CORPUS}/index.html",
    f"{CORPUS}/documents.html?type=Weapon.Launch&since=nonsense",
    f"{CORPUS}/documents.html?words=nowhere",
    f"{CORPUS}/articles/{LAUNCH}.html",
    f"{CORPUS}/articles/{LAUNCH}.html#e3",
    f"{CORPUS}/pages/{LAUNCH}.html",
    f"{CORPUS}/annotators/004_4dfd0beddab12de5.html",
    f"{CORPUS}/articles/nobody.html",
    "/corpora/eventbank/peninsula-standoff/main/index.html",
    f"/corpora/eventbank/peninsula-standoff/main/articles/{LAUNCH}.html",
    f"{HOSTILE}/index.html",
    f"{HOSTILE}/documents.html",
    f"{HOSTILE}/articles/one.html#e1",
    f"{HOSTILE}/annotators/one.html",
)
"""A page of every kind."""


@pytest.fixture(scope="module")
def served(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server for the corpus of the project, its stand-off release and a hostile one."""
    from eventbank.corpus import open_corpus

    here = tmp_path_factory.mktemp("served")
    write_release(here / "hostile", {"one": TEXT, "two": TEXT}, TITLE, NAME, (NAME, "annotator-2"))
    standoff(open_corpus(release.parent), here / "standoff")
    command = [
        sys.executable,
        "-m",
        "eventbank",
        "serve",
        str(release.parent),
        str(here / "standoff"),
        str(here / "hostile"),
        "--port",
        "0",
    ]
    environment = os.environ | {"EVENTBANK_CACHE": str(here / "cache")}
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            text = ""
            for line in server.stdout:
                text += line
                if line.startswith("}"):
                    break
            yield json.loads(text)["url"]
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or "/usr/bin/chromium"
    assert Path(program).exists(), "Chromium is missing; on Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def lit(page: Any) -> dict[str, str]:
    """The roles that are shown in the text, with the words that fill them."""
    return page.evaluate("""() => Object.fromEntries([...document.querySelectorAll('.text .m')].map(one =>
        [getComputedStyle(one, '::before').content.replaceAll('"', ''), one.textContent]).filter(([role]) => role !== 'none'))""")


def test_the_way_from_the_corpus_to_an_event_and_to_a_file(served: str, page: Any, release: Path) -> None:
    page.goto(served)
    page.locator(f"a[href='{CORPUS}/index.html']").click()
    page.get_by_role("link", name="Read the documents").click()
    assert page.locator(".documents li").count() == 5
    page.get_by_label("Event type").select_option("Weapon.Launch")
    page.get_by_label("Words").fill("Hawaii")
    page.get_by_role("button", name="Show").click()
    assert "type=Weapon.Launch" in page.url
    page.locator(".documents a.title").first.click()
    assert page.url.endswith(f"/articles/{LAUNCH}.html")

    assert lit(page) == {}
    trigger = page.locator(".text a.t1")
    page.locator("#show-types").focus()
    page.keyboard.press("Tab")
    assert trigger.evaluate("one => one === document.activeElement")
    roles = lit(page)
    card = page.locator("#e1")
    shown = dict(zip(card.locator("dt").all_inner_texts(), card.locator("dd > a:first-child").all_inner_texts(), strict=True))
    assert roles == shown
    assert {"Actor", "Weapon"} <= roles.keys()
    first = min(page.locator(".card").all(), key=lambda one: one.bounding_box()["y"])
    assert first.get_attribute("id") == "e1"
    page.keyboard.press("Tab")
    assert lit(page) != roles
    page.locator(".text a.t1").hover()
    assert lit(page) == roles

    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#e1")
    page.mouse.move(1, 1)
    assert lit(page) == roles
    card.get_by_role("link", name="In the text").click()
    assert page.url.endswith("#t1")

    page.get_by_role("link", name="Peninsula EventBank").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="events/train-00000-of-00001.parquet").click()
    digest = hashlib.sha256(Path(download.value.path()).read_bytes()).hexdigest()
    listed = {one["path"]: one["sha256"] for one in json.loads((release / "manifest.json").read_text("utf-8"))["files"]}
    assert digest == listed["events/train-00000-of-00001.parquet"]
    assert digest in page.locator(".files").inner_text()


def test_hostile_text_is_shown_as_text_and_no_script_runs(served: str, page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    for path in (
        "index.html",
        "documents.html",
        "articles/one.html",
        "annotators/one.html",
        "documents.html?words=<svg/onload=1>&type='\"",
    ):
        page.goto(f"{served}{HOSTILE}/{path}")
        assert page.title() not in ("owned", "1")
        assert page.locator("script, img, iframe, main svg[onload]").count() == 0
        hidden = page.evaluate(
            "() => [...document.body.innerText + document.title].filter(one => /[\\u202a-\\u202e\\u2066-\\u2069\\x07\\x1b]/.test(one))"
        )
        assert hidden == []
    assert [one for one in asked if not one.startswith(f"{served}{HOSTILE}/")] == []
    page.goto(f"{served}{HOSTILE}/articles/one.html")
    words = page.evaluate("""() => [...document.querySelectorAll('.text > p')].map(one => one.textContent).join('\\n\\n')""")
    boxed = TEXT
    for char in "\u202e\u202c\x07\u2066\u2069\u061c":
        boxed = boxed.replace(char, f"U+{ord(char):04X}")
    assert words == boxed
    assert "<script>" in page.locator("h1").inner_text()
    page.goto(f"{served}{HOSTILE}/annotators/one.html")
    assert '"><svg onload=' in page.locator("main").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_kind_of_page(served: str, browser: Any, scheme: str) -> None:
    from axe_core_python import base

    script = (Path(base.__file__).parent / "axe.min.js").read_text("utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    found = {}
    for path in KINDS:
        page.goto(served + path)
        page.evaluate(script)
        violations = page.evaluate(
            "async () => (await axe.run()).violations.map(one => [one.id, one.nodes.map(node => node.html).slice(0, 3)])"
        )
        if violations:
            found[path] = violations
    context.close()
    assert found == {}


@pytest.mark.parametrize("width", [320, 390])
def test_pages_reflow_without_scrolling_sideways(served: str, browser: Any, width: int) -> None:
    """320 CSS pixels are what a screen of 1280 has at 400 %."""
    context = browser.new_context(viewport={"width": width, "height": 256 if width == 320 else 844})
    page = context.new_page()
    wide = {}
    for path in KINDS:
        page.goto(served + path)
        over = page.evaluate("() => document.scrollingElement.scrollWidth - innerWidth")
        if over > 0:
            wide[path] = over
    context.close()
    assert wide == {}


def test_on_a_telephone_an_event_comes_up_where_it_was_touched(served: str, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{served}{CORPUS}/articles/{LAUNCH}.html")
    before = page.evaluate("scrollY")
    page.locator(".text a.t2").tap()
    box = page.locator("#e2").bounding_box()
    assert (page.evaluate("scrollY"), box["x"], round(box["y"] + box["height"])) == (before, 0, 844)
    assert page.locator("#e2 dd").first.is_visible()
    context.close()


def test_the_first_stop_of_the_keyboard_leads_past_the_menu(served: str, page: Any) -> None:
    page.goto(f"{served}{CORPUS}/articles/{LAUNCH}.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_on_paper_events_follow_the_text(served: str, page: Any) -> None:
    page.emulate_media(media="print")
    page.goto(f"{served}{CORPUS}/articles/{LAUNCH}.html#e3")
    text, cards = (page.locator(one).bounding_box() for one in (".text", ".cards"))
    assert cards["y"] >= text["y"] + text["height"]
    assert not page.locator("header.site").is_visible()
    assert page.locator("#e3").evaluate("one => getComputedStyle(one).position") == "static"


def test_a_site_works_from_the_folder(release: Path, browser: Any, tmp_path: Path) -> None:
    site(release, tmp_path / "site", cache=tmp_path / "cache")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.goto((tmp_path / "site" / "index.html").as_uri())
    page.get_by_role("link", name="Read the documents").click()
    page.locator(".documents a.title").first.click()
    page.locator(".text a.t1").hover()
    assert "Actor" in lit(page)
    page.get_by_role("link", name="Annotators").click()
    assert page.locator(".two .text").count() == 2
    context.close()
    assert wrong == []
