"""The leak report: what two splits share is found whatever it is hidden in, and counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from eventbank.corpus import Thresholds
from eventbank.leaks import NEVER, SCHEMES, problems, report
from eventbank.nearduplicates import COMMON, Pair
from eventbank.tables import ARGUMENTS, DOCUMENTS, MENTIONS

OWN = {letter: " ".join(f"{letter}{at}" for at in range(120)) for letter in "abcdefgh"}
PARAGRAPH = " ".join(f"w{at}" for at in range(50))


def document(doc_id: str, split: str, text: str, **more: Any) -> dict[str, Any]:
    return {"doc_id": doc_id, "text": text, "url": None, "split": split} | dict.fromkeys(SCHEMES[1:], "train") | more


def tables(
    documents: list[dict[str, Any]], triggers: dict[str, list[str]] | None = None, arguments: dict[str, list[str]] | None = None
) -> Any:
    spans = [{"doc_id": doc_id, "kind": "trigger", "text": text} for doc_id, texts in (triggers or {}).items() for text in texts]
    spans.append({"doc_id": documents[0]["doc_id"], "kind": "entity", "text": "an entity"})
    fillers = [{"doc_id": doc_id, "text": text} for doc_id, texts in (arguments or {}).items() for text in texts]
    filled = {
        DOCUMENTS: documents,
        MENTIONS: [row | {"start": 0} for row in spans],
        ARGUMENTS: [row | {"trigger_start": 0} for row in fillers],
    }
    return {table: {"train": table.table([dict.fromkeys(table.schema.names) | row for row in rows])} for table, rows in filled.items()}


def between(found: dict[str, Any], one: str, other: str, scheme: str = "split") -> dict[str, Any]:
    (pair,) = (pair for pair in found["between"][scheme] if (pair["one"], pair["other"]) == (one, other))
    return pair


def hard(pair: dict[str, Any]) -> tuple[int, ...]:
    return tuple(pair[name] for name in NEVER)


@pytest.mark.parametrize(
    ("texts", "urls", "expected"),
    [
        ((OWN["a"], OWN["b"]), (None, None), (0, 0, 0, 0)),
        ((OWN["a"], OWN["a"] + " more"), (None, None), (1, 0, 0, 0)),
        ((OWN["a"], f"{OWN['b']} {OWN['c']} {OWN['a']} {OWN['d']}"), (None, None), (0, 1, 0, 0)),
        ((OWN["a"], OWN["b"]), ("http://x", "http://x"), (0, 0, 1, 0)),
        ((f"{OWN['a']}\n\n{PARAGRAPH}", f"{OWN['b']}\n\n{PARAGRAPH.upper()}!"), (None, None), (0, 0, 0, 1)),
    ],
    ids=["nothing", "near duplicate", "contained", "one URL", "long paragraph"],
)
def test_what_must_not_be_shared_is_counted_and_is_a_problem(
    texts: tuple[str, str], urls: tuple[Any, Any], expected: tuple[int, ...]
) -> None:
    rows = [document("x", "train", texts[0], url=urls[0]), document("y", "test", texts[1], url=urls[1])]
    found = report(tables(rows), Thresholds())
    assert hard(between(found, "train", "test")) == expected
    assert hard(between(found, "train", "validation")) == (0, 0, 0, 0)
    assert [(problem.code, problem.place.file) for problem in problems(found)] == [("E630", "split")] * sum(expected)
    assert all("between train and test" in problem.message for problem in problems(found))


def test_a_random_split_is_looked_at_too_and_what_is_held_is_in_none() -> None:
    apart = [document("x", "train", OWN["a"], split_3="test"), document("y", "train", OWN["a"])]
    found = report(tables(apart), Thresholds())
    assert hard(between(found, "train", "test", "split_3")) == (1, 0, 0, 1)
    assert hard(between(found, "train", "test")) == (0, 0, 0, 0)
    assert {problem.place.file for problem in problems(found)} == {"split_3"}
    held = [document("x", "train", OWN["a"], split_3="held"), document("y", "train", OWN["a"])]
    assert list(problems(report(tables(held), Thresholds()))) == []


def test_pairs_that_are_known_are_not_looked_for_again() -> None:
    rows = [document("x", "train", OWN["a"]), document("y", "test", OWN["b"])]
    found = report(tables(rows), Thresholds(), [Pair("x", "y", jaccard=0.5, containment=0.75)])
    assert hard(between(found, "train", "test")) == (1, 0, 0, 0)


def test_copies_in_one_split_are_no_leak() -> None:
    rows = [document(name, "train", OWN["a"], url="http://x") for name in "xyz"]
    found = report(tables(rows), Thresholds())
    assert list(problems(found)) == []
    assert all(hard(pair) == (0, 0, 0, 0) for pairs in found["between"].values() for pair in pairs)


@pytest.mark.parametrize(("documents", "leaking"), [(COMMON, True), (COMMON + 1, False)])
def test_a_long_paragraph_of_many_documents_is_boilerplate(documents: int, leaking: bool) -> None:
    texts = [" ".join(f"{letter}x{at}" for at in range(200)) + f"\n\n{PARAGRAPH}" for letter in range(documents)]
    rows = [document(f"d{at:02}", "train" if at else "test", text) for at, text in enumerate(texts)]
    found = report(tables(rows), Thresholds())
    assert between(found, "train", "test")["long_paragraphs"] == (documents - 1 if leaking else 0)
    assert bool(list(problems(found))) == leaking


def test_shorter_paragraphs_and_surfaces_are_counted_for_information() -> None:
    shared = "The agency did not say more."
    rows = [document("x", "train", f"{OWN['a']}\n\n{shared}\n\nShort."), document("y", "test", f"{OWN['b']}\n\n{shared}\n\nShort.")]
    triggers = {"x": ["fired", "fired", "talks"], "y": ["Fired", "fired", "met", "talks\nabout"]}
    arguments = {"x": ["Seoul"], "y": ["Tokyo"]}
    found = report(tables(rows, triggers, arguments), Thresholds())
    pair = between(found, "train", "test")
    assert list(problems(found)) == []
    assert pair["short_paragraphs"] == 1
    assert pair["triggers"] == {"one": 2, "other": 3, "both": 1, "seen": 0.5}
    assert pair["arguments"] == {"one": 1, "other": 1, "both": 0, "seen": 0.0}
    assert between(found, "validation", "test")["triggers"] == {"one": 0, "other": 3, "both": 0, "seen": 0.0}


def test_the_report_names_no_document_and_quotes_nothing() -> None:
    rows = [document("x", "train", OWN["a"]), document("y", "test", OWN["a"])]
    assert not {word for word in str(report(tables(rows), Thresholds())).split("'") if word in {"x", "y"} or word.startswith("a1")}


def test_a_release_without_rows_shares_nothing() -> None:
    found = report({}, Thresholds())
    assert list(problems(found)) == []
    assert set(found["between"]) == set(SCHEMES)
