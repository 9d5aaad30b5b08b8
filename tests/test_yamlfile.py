"""Strict YAML: plain data with the line of every value, and a coded problem for everything else."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.errors import EventBankError
from eventbank.yamlfile import Node, load, parse


def refusal(text: str) -> tuple[str, int, str]:
    """Code, line and message of the one problem that a text gives."""
    with pytest.raises(EventBankError) as caught:
        parse(text, "x.yaml")
    (problem,) = caught.value.problems
    return problem.code, problem.place.line, problem.message


def problems(node: Node) -> list[tuple[str, int]]:
    return [(problem.code, problem.place.line) for problem in node.problems]


# What is refused


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2", 2),
        ("a:\n  b: 1\n  b: 2", 3),
        ("1: a\n1.0: b", 2),
        ("a: &x 1\nb: *x", 2),
        ("&x [1, *x]", 1),
        ("a: &x {b: 1}\nc:\n  <<: *x", 3),
        ("a: 1\nb: 'open", 2),
        ("a: 1\n b: 2", 2),
        ("a: 1\n---\nb: 2", 2),
        ("a: 1\nb: \x00", 2),
        ("a: 1\nb: \ud800", 2),
        ("a: 1\nb: '\ufffe'", 2),
        ("a: 1\nb: \"\\ud83d\"", 2),
        ('a: 1\n"\\ud83d": b', 2),
        ('a: 1\nb: "\\U00110000"', 2),
        ('a: 1\nb: "\\UFFFFFFFF"', 2),
        ("a: 1\nb: !!python/name:os.system", 2),
        ("a: 1\n!x b: 2", 2),
        ("a: 1\nb: 2024-13-45", 2),
        ("a: 1\n2024-13-45: b", 2),
        ("a: 1\nb: !!timestamp soon", 2),
        ("a: 1\nb: !!bool maybe", 2),
        ("a: 1\nb: !!int ''", 2),
        ("a: 1\nb: !!seq x", 2),
        ("a: 1\nb: " + "9" * 5000, 2),
        ("a: 1\n? [b]\n: c", 2),
        ("a: 1\n? {b: c}\n: d", 2),
        ("a: 1\n=: b", 2),
    ],
)  # fmt: skip
def test_what_is_no_plain_yaml_is_refused_at_its_line(text: str, line: int) -> None:
    assert refusal(text)[:2] == ("E001", line)


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 20_000, "{a: " * 20_000, "? " * 5_000, "a: 1\nb: " + "[" * 2_000 + "]" * 2_000])
def test_deep_nesting_is_refused_with_a_code(text: str) -> None:
    code, line, message = refusal(text)
    assert (code, line > 0) == ("E001", True)
    assert "nested too deep" in message


def test_message_does_not_repeat_a_huge_value() -> None:
    assert len(refusal("a: " + "9" * 5000)[2]) < 200


@given(st.text(st.sampled_from("ab1: -\n[]{}'\"&*!|>%@`#?,~\\\t\ud800😀"), max_size=30))
def test_any_text_gives_a_node_or_coded_problems(text: str) -> None:
    try:
        assert parse(text, "x.yaml").line >= 1
    except EventBankError as error:
        assert {problem.code for problem in error.problems} == {"E001"}


@pytest.mark.parametrize(("data", "line"), [(b"a: 1\nb: \xff", 2), (None, 0)])
def test_file_that_cannot_be_read_is_refused(tmp_path: Path, data: bytes | None, line: int) -> None:
    if data is not None:
        (tmp_path / "x.yaml").write_bytes(data)
    with pytest.raises(EventBankError) as caught:
        load(tmp_path / "x.yaml", "x.yaml")
    assert [(one.code, one.place.file, one.place.line) for one in caught.value.problems] == [("E001", "x.yaml", line)]


# What is read


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "\ufeff"])
def test_empty_file_is_an_empty_mapping(text: str) -> None:
    node = parse(text, "x.yaml")
    node.only(())
    assert (node.value, list(node.entries()), node.problems) == ({}, [], [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_value_knows_its_line_and_path(end: str) -> None:
    node = parse(end.join(["a: 1", "b:", "  - c: 😀", "  - d", "e: 'x", "  y'", "f: 2"]), "x.yaml")
    found = [node.get("a"), next(node.get("b").items()).get("c"), [*node.get("b").items()][1], node.get("e"), node.get("f")]
    assert [(one.line, one.path) for one in found] == [(1, "a"), (3, "b[0].c"), (4, "b[1]"), (5, "e"), (7, "f")]


def test_values_of_every_kind_are_read() -> None:
    node = parse("t: hi\ni: 3\nf: true\nd: 2024-02-29\nl: [a, b]\nn: null\n", "x.yaml")
    assert (node.get("t").name(), node.get("i").integer(), node.get("f").flag()) == ("hi", 3, True)
    assert (node.get("d").date(), node.get("l").texts()) == (dt.date(2024, 2, 29), ("a", "b"))
    assert (node.get("n").text(), node.get("n").date(), node.get("n").flag(), node.get("n").integer(7)) == (None, None, False, 7)
    assert ("t" in node, "n" in node, "x" in node, "t" in node.get("l")) == (True, True, False, False)
    assert node.problems == []


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("3", "text"), ("''", "text"), ("' '", "text"), ("[a]", "text"), ("true", "integer"), ("1.5", "integer"), ("'3'", "integer"),
        ("yes please", "flag"), ("1", "flag"), ("2024-01-01 10:00:00", "date"), ("'2024-01-01'", "date"), ("2024", "date"),
        ("null", "name"), ("3", "name"), ("null", "integer"), ("[a, 3]", "texts"), ("a", "texts"), ("{a: b}", "texts"),
    ],
)  # fmt: skip
def test_value_of_another_kind_is_a_problem_at_its_line(value: str, read: str) -> None:
    node = parse(f"x: 1\na: {value}", "x.yaml")
    getattr(node.get("a"), read)()
    assert problems(node) == [("E002", 2)]


@pytest.mark.parametrize("key", ["1", "1.5", "true", "null", "2024-01-01", "2024-01-01 10:00:00", ".nan"])
def test_key_that_is_no_text_is_a_problem(key: str) -> None:
    node = parse(f"a: 1\n{key}: 2", "x.yaml")
    assert [name for name, _ in node.entries()] == ["a"]
    assert problems(node) == [("E002", 2)]
    node.only(("a",))
    assert problems(node)[1:] == [("E002", 2)]


def test_missing_value_is_a_problem_at_the_line_of_what_should_hold_it() -> None:
    node = parse("x: 1\na:\n  b: 1\n", "x.yaml")
    node.get("a").get("c").name()
    (problem,) = node.problems
    assert (problem.code, problem.place.line, "a.c: missing" in problem.message) == ("E002", 3, True)


@pytest.mark.parametrize("text", ["word", "[1]", "3", "null"])
def test_file_that_is_no_mapping_is_a_problem(text: str) -> None:
    node = parse(text, "x.yaml")
    node.only(("a",))
    assert problems(node) == [("E002", 1)]


def test_one_run_reports_every_problem_of_the_file() -> None:
    node = parse("a: 1\nb: [1]\nc: {d: x}\nz: 0", "x.yaml")
    node.only(("a", "b", "c"))
    for name, read in (("a", "text"), ("b", "texts")):
        getattr(node.get(name), read)()
    node.get("c").get("d").integer()
    assert sorted(problems(node)) == [("E002", 1), ("E002", 2), ("E002", 3), ("E002", 4)]


@given(st.dictionaries(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1), st.integers() | st.booleans()))
def test_mappings_come_back_as_json_would_have_them(data: dict[str, int | bool]) -> None:
    text = "{" + ", ".join(f'"{key}": {str(value).lower()}' for key, value in data.items()) + "}"
    assert parse(text, "x.yaml").value == data
