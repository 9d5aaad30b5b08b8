"""`sources.yaml` against the pages: what it says, what the pages say, and what it may not say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import LONG, ROOT

from eventbank.articles.metadata import metadata
from eventbank.articles.sources import FACTS, read_sources
from eventbank.articles.zones import zones
from eventbank.corpus import open_corpus
from eventbank.document import sha256
from eventbank.errors import EventBankError
from eventbank.inputs import read_documents

SOURCES = read_sources(ROOT / "articles" / "sources.yaml", "articles/sources.yaml")[0]


def problems(tmp_path: Path, text: str) -> list[tuple[str, int]]:
    path = tmp_path / "sources.yaml"
    path.write_text(text, "utf-8")
    return [(problem.code, problem.place.line) for problem in read_sources(path, "sources.yaml")[1]]


ENTRY = f"a:\n  file: a.txt\n  sha256: {'a' * 64}\n"


@pytest.mark.parametrize("doc_id", SOURCES)
def test_every_entry_is_of_the_bytes_in_the_folder(doc_id: str) -> None:
    assert sha256((ROOT / "articles" / SOURCES[doc_id].file).read_bytes()) == SOURCES[doc_id].sha256


@pytest.mark.parametrize("doc_id", SOURCES)
def test_whatever_a_page_states_the_entry_says_too(doc_id: str) -> None:
    raw = (ROOT / "articles" / SOURCES[doc_id].file).read_text("utf-8")
    stated = metadata(raw, zones(raw))
    for key in FACTS:
        found = getattr(stated, key, None)
        if found is not None:
            assert SOURCES[doc_id].facts[key] == found.value, key


@pytest.mark.parametrize("doc_id", SOURCES)
def test_every_date_that_the_page_does_not_state_has_its_evidence(doc_id: str) -> None:
    source = SOURCES[doc_id]
    assert source.dated_by == "published" if source.facts["published"] else source.evidence["dated"]


def test_the_five_documents_need_no_correction_of_their_zones() -> None:
    assert [source.corrections for source in SOURCES.values()] == [()] * 5


def test_the_texts_hold_nothing_of_menus_captions_advertisements_and_footers() -> None:
    documents, _ = read_documents(open_corpus(ROOT))
    text = "\n".join(document.text for document in documents)
    for stray in (
        "Post a Comment",
        "Sue-Lin Wong",
        "Source : VOA",
        "GettyImages",
        "Read more",
        "Top List",
        "By Yonhap",
        "(R) and",
        "MOST POPULAR",
        "727-0114",
        "Deposit Bonus",
        "KCNA VIA",
        "bur-lpa",
        "All rights reserved",
        "teilor",
        "Spread the love",
        "Editorial",
    ):
        assert stray not in text


@pytest.mark.parametrize(
    ("doc_id", "paragraphs", "last"),
    [("000", 7, "tests."), ("001", 10, "10 years."), ("002", 10, "for war."), ("003", 8, "(Yonhap)"), ("004", 23, "Kim Jong Un.")],
)
def test_no_paragraph_of_a_body_is_lost(doc_id: str, paragraphs: int, last: str) -> None:
    documents, _ = read_documents(open_corpus(ROOT))
    document = next(document for document in documents if document.doc_id.startswith(doc_id))
    assert len(document.text.split("\n\n")) == paragraphs
    assert document.text.endswith(last)


def test_an_id_with_other_characters_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, ENTRY.replace("a:", "a b:").replace("a.txt", "a b.txt")) == [("E107", 2)]


def test_an_entry_names_the_file_of_its_id(tmp_path: Path) -> None:
    assert problems(tmp_path, ENTRY.replace("a.txt", "b.txt")) == [("E108", 2)]
    assert problems(tmp_path, ENTRY.replace("a.txt", "../a.txt")) == [("E108", 2)]


@pytest.mark.parametrize(
    "line",
    [
        "dated: 2024-01-01",
        "dated_by: guess\n  dated: 2024-01-01",
        "dated: soon\n  dated_by: text",
        "published: 2024-01-01 10:00:00",
        "zones: [{kind: body, lines: [1]}]",
    ],
)
def test_a_value_of_another_kind_is_refused(tmp_path: Path, line: str) -> None:
    assert "E002" in {code for code, _ in problems(tmp_path, f"{ENTRY}  {line}\n")}


def test_a_date_in_quotes_is_one_problem_that_says_what_to_write(small: Callable[..., Path]) -> None:
    path = small({"a": LONG * 3}) / "articles" / "sources.yaml"
    path.write_text(path.read_text("utf-8").replace("dated: 2023-05-01", 'dated: "2023-05-01"'), "utf-8")
    with pytest.raises(EventBankError) as caught:
        read_documents(open_corpus(path.parent))
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.line) == ("E002", 4)
    assert problem.message.endswith("a.dated: expected a date as 2023-05-01, without quotes")
    assert "docs/corpus.md" in problem.remedy


def test_an_entry_that_contradicts_its_page_is_doubted(corpus_root: Path) -> None:
    path = corpus_root / "articles" / "sources.yaml"
    path.write_text(path.read_text("utf-8").replace("agency: VOA News", "agency: Reuters"), "utf-8")
    documents, doubts = read_documents(open_corpus(corpus_root))
    assert [problem.code for problem in doubts] == ["W101"]
    assert documents[1].agency == "Reuters"


def test_what_an_entry_does_not_say_is_taken_from_the_page(corpus_root: Path) -> None:
    path = corpus_root / "articles" / "sources.yaml"
    lines = [
        line for line in path.read_text("utf-8").splitlines(keepends=True) if not line.startswith(("  published: 2022", "  agency: Yonhap"))
    ]
    text = "".join(lines).replace("  dated: 2022-02-10\n  dated_by: published\n", "")
    path.write_text(text, "utf-8")
    document = next(document for document in read_documents(open_corpus(corpus_root))[0] if document.doc_id.startswith("003"))
    assert (document.published, document.dated_by, document.agency) == (dt.date(2022, 2, 10), "published", "Yonhap")
