"""The side index, the list and the views of a release; a site as plain files."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from conftest import LONG, ROOT
from hostile_release import NAME, SCRIPT, TEXT, TITLE, write_release
from hypothesis import given
from hypothesis import strategies as st

from eventbank.cli import main
from eventbank.errors import EventBankError
from eventbank.hub import comparison, figures, listing, render, sideindex, strips, views
from eventbank.hub.book import Book, annotators, asking, entry, open_book, page_of, passes
from eventbank.hub.listing import Filter, Found, asked, find, match_of
from eventbank.hub.render import Where
from eventbank.hub.site import MARK, site
from eventbank.release import manifest
from eventbank.released import load_release

LAUNCH = "000_82e5072b32c6064b"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def book(release: Path, cache: Path) -> Book:
    return open_book(release, cache)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made") / "hostile"
    write_release(root, {"one": TEXT, "two": TEXT}, TITLE, NAME, (NAME, "annotator-2"))
    return root


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of 70 documents, so that its list has two pages."""
    root = tmp_path_factory.mktemp("made") / "many"
    write_release(root, {f"doc-{at:03d}": f"Ship {at} fired two missiles on day {at % 7}." for at in range(70)}, "Number")
    return root


@pytest.fixture(scope="session")
def index(many: Path, cache: Path) -> sideindex.SideIndex:
    return open_book(many, cache).index


def code(error: pytest.ExceptionInfo[EventBankError]) -> str:
    return error.value.problems[0].code


def test_the_index_counts_what_the_release_holds(book: Book, release: Path) -> None:
    loaded = load_release(release)
    layers = loaded.layers.values()
    counts = book.index.counts
    assert sum(counts["documents"].values()) == len(loaded.documents)
    assert sum(counts["totals"]["events"].values()) == sum(len(one.events) for one in layers)
    assert sum(counts["totals"]["arguments"].values()) == sum(len(event.arguments) for one in layers for event in one.events)
    assert sum(counts["totals"]["entities"].values()) == sum(len(one.entities) for one in layers)
    mentions = sum(counts["totals"][kind][split] for kind in ("mentions", "values") for split in counts["documents"])
    assert mentions == sum(len(one.mentions) for one in layers)


def test_a_filter_finds_what_reading_everything_finds(book: Book, release: Path) -> None:
    loaded = load_release(release)
    held = [
        ({event.type for event in one.events}, {argument.role for event in one.events for argument in event.arguments}, doc_id)
        for doc_id, one in ((doc_id, loaded.layers[doc_id]) for doc_id in loaded.split_of)
    ]
    for type_ in sorted({name for types, _, _ in held for name in types}):
        assert [item.doc_id for item in find(book.index, Filter(type=type_)).items] == [one for types, _, one in held if type_ in types]
    for role in sorted({name for _, roles, _ in held for name in roles}):
        both = find(book.index, Filter(type="Weapon.Launch", role=role))
        wanted = [one for types, roles, one in held if role in roles and "Weapon.Launch" in types]
        assert ([item.doc_id for item in both.items], both.count) == (wanted, len(wanted))


@given(
    st.builds(
        Filter,
        words=st.sampled_from(["", "ship", "fired two", '"day 3"', "day 3", "shi*", "nowhere", "5"]),
        type=st.sampled_from(["", "Weapon.Launch", "Life.Casualty"]),
        role=st.sampled_from(["", "Actor", "Weapon", "Nobody"]),
        split=st.sampled_from(["", "train", "test"]),
        publisher=st.sampled_from(["", "Made Times", "Nobody"]),
        since=st.sampled_from(["", "2024-02-01", "2025-01-01"]),
        until=st.sampled_from(["", "2024-03-01"]),
        order=st.sampled_from(["", "newest", "oldest"]),
    ),
    st.integers(1, 4),
)
def test_every_question_has_the_answer_that_a_plain_search_gives(index: sideindex.SideIndex, wanted: Filter, page: int) -> None:
    rows = [
        (at, f"2024-{1 + (at // 31):02d}", at)
        for at in range(70)
        if (not wanted.words or _says(wanted.words, f"ship {at} fired two missiles on day {at % 7} number {at}"))
        and wanted.type in ("", "Weapon.Launch")
        and (wanted.role in ("", "Actor") or (wanted.role == "Weapon" and at % 2 == 0))
        and wanted.split in ("", "train")
        and (not wanted.publisher or (wanted.publisher == "Made Times" and at % 2 == 1))
        and (not wanted.since or _day(at) >= wanted.since)
        and (not wanted.until or _day(at) <= wanted.until)
    ]
    ordered = [at for at, _, _ in rows][:: -1 if wanted.order == "newest" else 1]
    found = find(index, wanted, page)
    assert [item.doc_id for item in found.items] == [f"doc-{at:03d}" for at in ordered[(page - 1) * 50 : page * 50]]
    assert (found.count, found.exactly, found.further) == (len(rows), True, len(rows) > page * 50)


def _says(words: str, text: str) -> bool:
    parts = re.findall(r'"([^"]+)"|(\S+)', words)
    padded = f" {text} "
    return all(f" {quoted or word} " in padded if not word.endswith("*") else f" {word[:-1]}" in padded for quoted, word in parts)


def _day(at: int) -> str:
    import datetime as dt

    return str(dt.date(2024, 1, 1) + dt.timedelta(days=at))


@given(st.text(max_size=60))
def test_no_words_break_the_search(index: sideindex.SideIndex, words: str) -> None:
    wanted, _, _ = asked({"words": words, "page": words, "since": words, "order": words})
    assert isinstance(find(index, wanted), Found)


def test_what_cannot_be_asked_is_said_and_left_out() -> None:
    wanted, page, wrong = asked({"since": "yesterday", "words": "- ()", "page": "x", "until": "2024-02-30"})
    assert (wanted, page, len(wrong)) == (Filter(), 1, 3)
    assert match_of("a AND b") == '"a" "AND" "b"'


def test_an_index_is_made_once_and_again_when_it_is_broken_or_stale(many: Path, tmp_path: Path) -> None:
    told: list[int] = []
    first = sideindex.open_index(many, tmp_path, told.append)
    assert told == [70]
    sideindex.open_index(many, tmp_path, told.append)
    assert told == [70]
    first.path.write_bytes(first.path.read_bytes()[:9000])
    assert sideindex.open_index(many, tmp_path, told.append).counts == first.counts
    assert told == [70, 70]
    with sqlite3.connect(first.path) as connection:
        connection.execute("UPDATE facts SET value = 'another' WHERE name = 'seal'")
    connection.close()
    sideindex.open_index(many, tmp_path, told.append)
    assert told == [70, 70, 70]
    assert [path.suffix for path in first.path.parent.iterdir() if path.suffix not in (".sqlite", ".lock")] == []


def test_releases_of_the_same_rows_in_other_files_have_an_index_each(many: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(many, tmp_path / "other"))
    facts = manifest.read(other)
    (other / manifest.NAME).write_bytes(manifest.sealed(facts | {"tools": {"pyarrow": "another"}}))
    first, second = (sideindex.open_index(root, tmp_path / "cache").path for root in (many, other))
    assert first != second
    assert first.exists()


def test_a_reader_of_an_index_that_breaks_meanwhile_notices_nothing(many: Path, tmp_path: Path) -> None:
    book = open_book(many, tmp_path)
    size = book.index.path.stat().st_size
    book.index.path.write_bytes(b"\0" * size)
    assert asking(book, lambda: find(book.index, Filter())).count == 70


def test_an_index_that_cannot_be_written_is_e910(many: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EventBankError) as error:
        open_book(many, tmp_path / "file")
    assert code(error) == "E910"


def test_a_table_that_is_none_is_a_problem_and_leaves_no_index(many: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(many, tmp_path / "broken"))
    (broken / "documents" / "train-00000-of-00001.parquet").write_bytes(b"no Parquet")
    with pytest.raises(EventBankError) as error:
        open_book(broken, tmp_path / "cache")
    assert code(error) == "E710"
    assert list((tmp_path / "cache").rglob("*.sqlite")) == []


def test_without_jinja_pages_are_e911(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    render.environment.cache_clear()
    with pytest.raises(EventBankError) as error:
        render.corpus_page(book, Where())
    assert code(error) == "E911"
    render.environment.cache_clear()


def test_a_document_is_read_with_its_layer_and_its_page(book: Book, release: Path) -> None:
    loaded = load_release(release)
    for doc_id, layer in loaded.layers.items():
        found = entry(book, doc_id)
        assert found is not None
        assert found.layer is not None
        assert (found.text, found.split) == (loaded.texts[doc_id], loaded.split_of[doc_id])
        assert (found.layer.mentions, found.layer.events) == (layer.mentions, layer.events)
        assert annotators(book, found) == ["annotator-1", "annotator-2"] == [one.annotator for one in passes(book, found)]
        page = page_of(book, found)
        assert page is not None
        raw = "".join(strip.raw for strip in strips.strips(page, found))
        assert re.sub(r"\s", "", raw) == re.sub(r"\s", "", page)
    assert entry(book, "nobody") is None


def test_a_page_with_other_bytes_is_not_shown(built_root: Path, cache: Path) -> None:
    with (built_root / "articles" / f"{LAUNCH}.txt").open("ab") as file:
        file.write(b"\n")
    changed = open_book(built_root / "dataset", cache)
    assert render.raw_page(changed, Where(), LAUNCH) is None
    assert render.raw_page(changed, Where(), "004_4dfd0beddab12de5")


def test_annotators_differ_in_what_the_decisions_are_about(book: Book) -> None:
    from eventbank.gold import read_decisions

    decided = read_decisions(ROOT / "annotations" / "decisions.yaml")
    for doc_id, decisions in decided.items():
        found = entry(book, doc_id)
        assert found is not None
        assert book.ontology is not None
        one, other = passes(book, found)
        differing = comparison.differences(one, other, found.text or "", book.ontology)
        spans = {decision.key for decision in decisions if not decision.key.startswith(("argument ", "same "))}
        assert spans <= {difference.key for difference in differing}
        assert bool(decisions) <= bool(differing)


def test_two_annotators_who_agree_differ_in_nothing(hostile: Path, cache: Path) -> None:
    book = open_book(hostile, cache)
    found = entry(book, "one")
    assert found is not None
    assert book.ontology is not None
    one, other = passes(book, found)
    assert comparison.differences(one, one, found.text or "", book.ontology) == ()
    said = [difference.key.split()[0] for difference in comparison.differences(one, other, found.text or "", book.ontology)]
    assert said == ["entity", "argument"]


def test_a_stand_off_release_says_that_its_texts_are_withheld(built_root: Path, tmp_path: Path, cache: Path) -> None:
    from eventbank.corpus import open_corpus
    from eventbank.release.standoff import standoff

    standoff(open_corpus(built_root), tmp_path / "standoff")
    book = open_book(tmp_path / "standoff", cache)
    page = render.article_page(book, Where("../"), LAUNCH) or ""
    assert "is withheld" in page
    assert "@page:" not in page + render.documents_page(book, Where(), Filter()) + render.corpus_page(book, Where())
    found = entry(open_book(built_root / "dataset", cache), LAUNCH)
    assert found is not None
    assert (found.text or "")[:40] not in page
    assert "5 of 5 texts are withheld" in render.corpus_page(book, Where())
    assert render.annotators_page(book, Where(), LAUNCH) is None
    assert find(book.index, Filter(words="missile")).count == 0


def test_a_site_has_a_page_for_everything_and_every_link_in_it_leads_somewhere(hostile: Path, tmp_path: Path, cache: Path) -> None:
    done = site(hostile, tmp_path / "site", cache=cache)
    assert [problem.code for problem in done.problems] == ["W910"]
    assert (done.documents, done.pages) == (2, 6)
    links = 0
    for path in (tmp_path / "site").rglob("*.html"):
        text = path.read_text("utf-8")
        assert SCRIPT not in text
        for target in re.findall(r'(?:href|src)="([^"]+)"', text):
            name, _, fragment = target.partition("#")
            there = (path.parent / unquote(name)) if name else path
            assert there.is_file(), f"{path}: {target}"
            assert not fragment or f'id="{fragment}"' in there.read_text("utf-8"), f"{path}: {target}"
            links += 1
    assert links > 50
    assert json.loads((tmp_path / "site" / "release" / "manifest.json").read_text("utf-8"))["name"] == "made"


def test_a_list_of_many_documents_has_pages_in_a_site(many: Path, tmp_path: Path, cache: Path) -> None:
    site(many, tmp_path / "site", cache=cache)
    shown = [
        re.findall(r'href="articles/(doc-\d+)\.html"', (tmp_path / "site" / f"documents{at}.html").read_text("utf-8")) for at in ("", "-2")
    ]
    assert [len(one) for one in shown] == [50, 20]
    assert sorted(doc_id for one in shown for doc_id in one) == [f"doc-{at:03d}" for at in range(70)]


def test_a_site_replaces_a_site_and_nothing_else(hostile: Path, many: Path, tmp_path: Path, cache: Path) -> None:
    out = tmp_path / "site"
    site(hostile, out, cache=cache)
    before = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    site(hostile, out, cache=cache)
    assert {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    site(many, out, cache=cache)
    assert not (out / "articles" / "one.html").exists()
    (out / MARK).unlink()
    with pytest.raises(EventBankError) as error:
        site(many, out, cache=cache)
    assert code(error) == "E912"
    assert (out / "index.html").exists()
    with pytest.raises(EventBankError) as error:
        site(many, many / "inside", cache=cache)
    assert code(error) == "E647"


def test_documents_whose_files_would_be_one_are_e913(tmp_path: Path, cache: Path) -> None:
    write_release(tmp_path / "made", {"one": TEXT, "ONE": TEXT})
    with pytest.raises(EventBankError) as error:
        site(tmp_path / "made", tmp_path / "site", cache=cache)
    assert code(error) == "E913"
    assert not (tmp_path / "site").exists()


def test_the_command_writes_the_site_of_the_corpus(built_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(built_root)
    done = CliRunner().invoke(main, ["site", "--out", str(tmp_path / "site"), "--cache", str(tmp_path / "cache"), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["documents"], [one["code"] for one in found["problems"]]) == (5, ["W910"])
    assert (tmp_path / "site" / "pages" / f"{LAUNCH}.html").is_file()


def test_choices_name_only_what_there_is(book: Book, small: Callable[..., Path]) -> None:
    found = listing.choices(book.index)
    assert ("Weapon.Launch", 4) in found["type"]
    assert [name for name, _ in found["split"]] == ["train", "validation", "test"]


def test_a_timeline_has_every_month_between_and_years_when_there_are_many() -> None:
    drawn, rows = figures.timeline({"train": {"2023-11": 2}, "test": {"2024-02": 1}}, ["train", "test"])
    assert rows == [("2023-11", [2, 0]), ("2024-02", [0, 1])]
    assert str(drawn).count("<rect") == 2
    assert "Documents by month and split: 3 from 2023-11 to 2024-02." in drawn
    _, rows = figures.timeline({"train": {"1999-01": 2, "2024-02": 5, "2024-03": 1}}, ["train"])
    assert rows == [("1999", [2]), ("2024", [6])]
    assert figures.timeline({}, ["train"])[1] == []


def test_a_column_of_a_timeline_is_never_a_slab_and_has_its_label_below() -> None:
    drawn = str(figures.timeline({"train": {"2024-02": 1}}, ["train"])[0])
    assert re.findall(r'<rect [^>]*x="([\d.]+)"[^>]* width="([\d.]+)"', drawn) == [("336", "48")]
    assert re.findall(r'<text [^>]*x="([\d.]+)"[^>]* text-anchor="(\w+)"', drawn) == [("360", "middle")]


def test_figures_are_the_same_for_the_same_numbers_and_stay_inside() -> None:
    assert figures.bar([("train", 1), ("test", 3)], 4) == figures.bar([("train", 1), ("test", 3)], 4)
    widths = [float(one) for one in re.findall(r'width="([\d.]+)"', str(figures.bar([("train", 1), ("test", 3)], 4)))]
    assert widths == [60.0, 180.0]
    assert "f-range" not in str(figures.interval(None, 0.5, None))


def test_the_stylesheet_asks_for_nothing_from_elsewhere() -> None:
    sheet = render.stylesheet()
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert sheet.count("{") == sheet.count("}")


def test_templates_and_stylesheet_are_in_the_package(book: Book) -> None:
    from importlib.resources import files

    there = {path.name for path in files("eventbank.hub").joinpath("templates").iterdir()}
    assert {"style.css", "icon.svg", "base.html", "article.html"} <= there


def test_documents_without_labels_have_pages_too(small: Callable[..., Path], cache: Path) -> None:
    from eventbank.build import build
    from eventbank.corpus import open_corpus

    root = small({"one": LONG, "two": LONG.replace("harbour", "bridge")}, {"two": "2023-06-01"})
    build(open_corpus(root))
    book = open_book(root / "dataset", cache)
    assert "has no labels yet" in (render.article_page(book, Where("../"), "one") or "")
    page = render.documents_page(book, Where(served=True), Filter(words="bridge"))
    assert "no labels" in page
    assert ("Event type" in page, "Role" in page, "Split" in page) == (False, False, True)
    page = render.corpus_page(book, Where(served=True, endpoint="http://there", release="/r/"))
    assert ("Event types" in page, "No labels yet." in page, ">1 table in Parquet" in page) == (False, True, True)
    assert 'documents = load_dataset("small", "documents", ' in page.replace(f"{book.settings.repo}", "small")
    assert "curl -sSf -O http://there/r/documents/train-00000-of-00001.parquet" in page
    assert '"events"' not in page
    assert "/events/" not in page


def test_the_table_of_what_splits_share_names_splits_and_columns_that_have_something(small: Callable[..., Path], cache: Path) -> None:
    from eventbank.build import build
    from eventbank.corpus import open_corpus

    texts = {"one": LONG, "two": "A quite different text about ships of the navy, which fired on Monday. " * 5}
    root = small(texts, {"one": "2020-06-01", "two": "2030-06-01"})
    build(open_corpus(root))
    page = render.corpus_page(open_book(root / "dataset", cache), Where())
    shared = page.partition('<section id="leaks"')[2].partition("</section>")[0]
    assert re.findall(r'<th scope="row">([^<]+)<', shared) == ["train, test"]
    assert "contained" in shared
    assert "seen" not in shared


def test_the_example_that_loads_the_corpus_takes_the_events_of_train(book: Book) -> None:
    page = render.corpus_page(book, Where())
    assert 'events = load_dataset("release", "events")' in page
    assert set(re.findall(r"release/(events/\w+)-", page.partition('id="load"')[2].partition("</section>")[0])) == {"events/train"}


def test_a_page_that_the_list_does_not_have_leads_to_the_first_alone(book: Book) -> None:
    page = render.documents_page(book, Where(served=True), Filter(), 99)
    assert "There is no page 99." in page
    assert "Page 99" not in page
    assert re.findall(r'href="(documents.html[^"]*)"', page.partition("<h2")[2]) == ["documents.html"]


def test_the_raw_page_leads_to_its_neighbours_as_the_article_does(built_root: Path, tmp_path: Path) -> None:
    (built_root / "articles" / "004_4dfd0beddab12de5.txt").unlink()
    own = open_book(built_root / "dataset", tmp_path)
    ids = [doc_id for (doc_id,) in own.index.rows("SELECT doc_id FROM documents ORDER BY n", ())]
    for at, doc_id in enumerate(ids):
        page = render.raw_page(own, Where("../"), doc_id)
        assert (page is None) == (doc_id == "004_4dfd0beddab12de5")
        found = dict(re.findall(r'rel="(prev|next)" href="([^"]+)"', page or ""))
        for way, step in (("prev", at - 1), ("next", at + 1)):
            if page and 0 <= step < len(ids):
                folder = "../articles/" if ids[step] == "004_4dfd0beddab12de5" else ""
                assert found.pop(way) == f"{folder}{ids[step]}.html"
        assert not found


@pytest.mark.parametrize(
    ("by", "said"), [("published", "as published"), ("text", "from the text"), ("curator", "by the curator"), (None, "")]
)
def test_a_date_says_where_it_comes_from_in_words(book: Book, by: str | None, said: str) -> None:
    found = entry(book, LAUNCH)
    assert found is not None
    row = {**found.row, "dated": "2024-02-03", "dated_by": by}
    assert dict(views.facts_of(replace(found, row=row)))["Dated"] == f"2024-02-03 ({said})".removesuffix(" ()")


def test_a_layer_that_does_not_hold_together_is_not_said_to_differ_in_nothing(
    hostile: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = open_book(hostile, cache)
    found = entry(book, "one")
    assert found is not None
    one, other = passes(book, found)
    broken = replace(other, entities=(*other.entities, frozenset({"nowhere"})))
    bare = replace(other, events=tuple(replace(event, attributes={}) for event in other.events))
    assert [comparison.compared(book, found, (one, wrong))[0].disagreements for wrong in (broken, bare)] == [None, None]
    monkeypatch.setattr(render.books, "passes", lambda *_: [one, broken])
    page = render.annotators_page(book, Where("../"), "one") or ""
    assert "cannot be compared" in page
    assert "0 differences" not in page


def test_three_annotators_are_compared_in_pairs(tmp_path: Path, cache: Path) -> None:
    write_release(tmp_path / "made", {"one": TEXT}, annotators=("annotator-1", "annotator-2", "annotator-3"))
    page = render.annotators_page(open_book(tmp_path / "made", cache), Where("../"), "one") or ""
    assert page.count('<section aria-labelledby="pair') == 3
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_publisher_who_is_not_in_the_list_stays_chosen(book: Book) -> None:
    page = render.documents_page(book, Where(served=True), Filter(publisher="Nobody & Sons"))
    assert '<option value="Nobody &amp; Sons" selected>' in page


def test_of_many_publishers_the_commonest_are_suggested(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "CHOICES", 1)
    page = render.documents_page(book, Where(served=True), Filter(publisher="Thesaxon"))
    assert 'list="publishers" value="Thesaxon"' in page
