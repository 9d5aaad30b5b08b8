"""TextEE's JSONL through Arrow: what comes out is what the record reader says, and so is what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.errors import EventBankError, Problem
from eventbank.scoring import columns
from eventbank.scoring.records import read_jsonl, windows_of
from eventbank.scoring.windows import Windows

Json = Any
WORDS = ["navy", "북한", "🚀", "a\nb", 'say "so"', "back\\slash", "é", "", "\u0000", "\u2028", "x"]
ODD: list[Json] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    1.0,
    1e300,
    2**31,
    2**70,
    "",
    "x",
    "\ud800",
    [],
    {},
    [None],
    [1],
    ["x"],
    {"start": 0},
    float("nan"),
]
KEYS = ("doc_id", "wnd_id", "tokens", "id", "entity_id", "start", "end", "role", "arguments", "trigger", "event_type", "new")


def read(path: Path, block: int | None) -> Windows | list[Problem]:
    try:
        return windows_of(read_jsonl(path)) if block is None else columns.read_windows(path, block)
    except EventBankError as error:
        return list(error.problems)


def record(rng: random.Random) -> Json:
    size = rng.randrange(1, 6)

    def span() -> Json:
        start = rng.randrange(size)
        return {"start": start, "end": rng.randint(start + 1, size)}

    entities = [{"id": rng.choice("abc"), "entity_type": "E", **span()} for _ in range(rng.randrange(4))]
    arguments = [
        [{"entity_id": rng.choice("abcd"), "role": rng.choice(WORDS), **span()} for _ in range(rng.randrange(3))] for _ in range(3)
    ]
    events = [{"event_type": rng.choice(WORDS), "trigger": span(), "arguments": arguments[at]} for at in range(rng.randrange(4))]
    head = {"doc_id": rng.choice(WORDS), "wnd_id": rng.choice(WORDS), "tokens": [rng.choice(WORDS) for _ in range(size)]}
    return head | {"entity_mentions": entities, "event_mentions": events}


def nodes(value: Json) -> list[Json]:
    """Every list and object in a value, the value first."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, (dict, list)) else []) + [node for one in inner for node in nodes(one)]


def bend(found: Json, rng: random.Random) -> None:
    """Takes something away, puts something odd in its place, or adds what nobody asked for."""
    node = rng.choice(nodes(found))
    if isinstance(node, dict):
        key = rng.choice([*node, *KEYS])
        if rng.random() < 0.3:
            node.pop(key, None)
        else:
            node[key] = rng.choice(ODD)
    elif node and rng.random() < 0.5:
        node[rng.randrange(len(node))] = rng.choice(ODD)
    else:
        node.append(rng.choice(ODD))


def line(rng: random.Random, odd: float) -> bytes:
    found = record(rng)
    if rng.random() < odd:
        bend(found, rng)
    text = json.dumps(found, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    if rng.random() < odd:
        at = rng.randrange(len(text))
        part = rng.choice(
            [
                b"",
                b"\n",
                b"\r\n",
                b" ",
                b"}",
                b"{",
                b",",
                b"\xff",
                b"\xef\xbb\xbf",
                b"{}",
                b"0",
                b'"id": "b",',
                b'"start": 0,',
                b"\xed\xa0\x80",
            ]
        )
        text = text[:at] + part + text[at + rng.randrange(2) :]
    return text + rng.choice([b"\n"] * 8 + [b"\r\n", b"\n\n", b" \n", b""][: 4 if odd else 0])


@given(st.integers(0, 2**32), st.integers(0, 12), st.sampled_from([0.0, 0.1, 0.5]), st.sampled_from([1, 300, 2000, columns.BLOCK]))
def test_arrow_reads_what_the_record_reader_reads(
    tmp_path_factory: pytest.TempPathFactory, seed: int, number: int, odd: float, block: int
) -> None:
    rng = random.Random(seed)
    path = tmp_path_factory.mktemp("jsonl") / "records.jsonl"
    path.write_bytes(b"".join(line(rng, odd) for _ in range(number)))
    assert read(path, block) == read(path, None)


PLAIN = '{"doc_id": "d", "wnd_id": "w", "tokens": ["x", "y"], "event_mentions": []}'
EVENT = (
    '{"doc_id": "d", "wnd_id": "w", "entity_mentions": [%s],'
    ' "event_mentions": [{"event_type": "T", "trigger": {"start": 0, "end": 1}, "arguments": [%s]}]}'
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        PLAIN,
        PLAIN * 2,
        PLAIN.replace(", ", ",\n", 1) + "\n" + PLAIN * 2,
        '{"a": {}\n}' + PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace('"d"', '"a", "doc_id": "b"'),
        PLAIN.replace('"w"', "7") + "\n" + PLAIN.replace('"w"', "true"),
        PLAIN.replace('"x"', '"\\ud83d\\ude80"') + "\n" + PLAIN.replace('"x"', '"\\ude80"'),
        PLAIN.replace('"d"', '"\\u0000"'),
        PLAIN.replace("[]", "null"),
        PLAIN.replace('["x", "y"]', "[]") + "\n" + PLAIN.replace('["x", "y"]', "null"),
        PLAIN.replace("{", '{"later": NaN, ', 1),
        PLAIN.replace("{", '{"later": 01, ', 1),
        PLAIN.replace("{", "{/* no JSON */", 1),
        EVENT % ('{"id": "a", "start": 1, "end": 2}, {"id": "a", "start": 3, "end": 4}', '{"entity_id": "a", "role": "R"}'),
        EVENT % ('{"id": "", "start": 1, "end": 2}', '{"entity_id": null, "role": "R", "start": 5, "end": 6}'),
        EVENT % ('{"id": "a", "start": 1, "end": 2}', '{"entity_id": "b", "role": "R"}'),
        EVENT % ("", '{"role": "R", "start": 1.0, "end": 2}'),
        EVENT % ("", '{"role": "R", "start": -0, "end": 2147483648}'),
        EVENT % ("", '{"role": "R", "start": 0, "end": 2147483649}'),
        EVENT % ("null", ""),
    ],
)
def test_what_is_special_about_a_file_is_special_to_both_readers(tmp_path: Path, text: str) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(text, "utf-8")
    assert read(path, columns.BLOCK) == read(path, None)


def test_records_of_the_usual_form_need_no_record_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"".join(line(rng, 0.0) for _ in range(500)))
    wanted = read(path, None)
    monkeypatch.setattr(columns, "records", None)
    assert read(path, 5000) == wanted
    assert isinstance(wanted, Windows)
    assert len(wanted.arguments) > 1000


def test_a_bad_line_is_named_whichever_block_it_is_in(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text("".join(f"{PLAIN if at % 100 else PLAIN[:-1]}\n" for at in range(1, 1001)), "utf-8")
    found = read(path, 1000)
    assert isinstance(found, list)
    assert [(problem.code, problem.place.line) for problem in found] == [("E700", at) for at in range(100, 1001, 100)]
