"""Readers: every kind of file, what a page states, and that nothing vanishes."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import json
import lzma
import math
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.errors import EventBankError
from eventbank.ontology import load
from eventbank.readers import shards
from eventbank.readers.batch import POOL, REJECTED, Converted, convert_batch
from eventbank.readers.charset import decode
from eventbank.readers.containers import read_shard
from eventbank.readers.language import GLANCE, language_of
from eventbank.readers.markup import Head, facts
from eventbank.readers.names import id_of, id_of_path
from eventbank.readers.record import Record, Rejection, Settings
from eventbank.readers.shards import File, Shard, find_shards
from eventbank.schemas import pandera_schema

ROOT = Path(__file__).parents[1]
SENTENCE = "The ministers of the two countries agreed on Monday to meet again in the coming weeks."
OTHER = "A spokesperson for the ministry of defense declined to say when the talks would take place."
PAGE = f"Home\n\nMinisters agree to meet\nBy Jane Doe\nPublished: Feb 10, 2022\n\nSEOUL (AP) — {SENTENCE}\n\n{OTHER}\n\n© 2024 The Times\n"
TEXT = f"SEOUL (AP) — {SENTENCE}\n\n{OTHER}"
LD = json.dumps({
    "@graph": [
        {"@type": "WebPage", "name": "no article"},
        {"@type": ["NewsArticle"], "headline": "Ministers agree", "datePublished": "2022-02-10T23:30:00-05:00",
         "author": [{"@type": "Person", "name": "Jane Doe"}, {"name": "John Roe"}], "publisher": {"name": "The Times"}},
    ]
})  # fmt: skip
HTML = (
    '<html lang="en"><head><title>x</title><link rel="canonical" href="https://example.org/a">'
    f'<script type="application/ld+json">{LD}</script>'
    f"</head><body><nav><a href='/'>Home</a></nav><article><h1>Ministers agree</h1><p>{SENTENCE}</p><p>{OTHER}</p></article></body></html>"
)


def converted(*paths: Path | str, **settings: Any) -> Converted:
    """Everything that is taken from paths, and everything that is not, as one batch."""
    chosen = Settings(**settings)
    found, rejected = find_shards([str(path) for path in paths])
    return convert_batch([*rejected, *(record for shard in found for record in read_shard(shard, chosen))], chosen)


def warc(*bodies: bytes, headers: str = "Content-Type: text/html; charset=utf-8", packed: bool = True) -> bytes:
    records = []
    for at, body in enumerate(bodies):
        answer = f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n".encode() + body
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/{at}\r\nWARC-Record-ID: <urn:uuid:{at:08}>\r\n"
            f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(answer)}\r\n\r\n"
        )
        records.append(head.encode() + answer + b"\r\n\r\n")
    return b"".join(gzip.compress(record) if packed else record for record in records)


def parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


JSONL = (json.dumps({"id": "a", "text": PAGE}) + "\n").encode()
FILES = {
    "a.txt": PAGE.encode(), "a.txt.gz": gzip.compress(PAGE.encode()), "a.txt.bz2": bz2.compress(PAGE.encode()),
    "a.txt.xz": lzma.compress(PAGE.encode()), "a.txt.zst": zstd(PAGE.encode()), "b.jsonl": JSONL, "b.jsonl.gz": gzip.compress(JSONL),
    "b.ndjson.zst": zstd(JSONL), "c.parquet": parquet([{"id": "a", "text": PAGE}]),
    "d.warc": warc(PAGE.encode(), headers="Content-Type: text/plain", packed=False),
    "d.warc.gz": warc(PAGE.encode(), headers="Content-Type: text/plain"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_one_page_is_the_same_document_from_every_kind_of_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    [row] = converted(tmp_path).documents.to_pylist()
    assert (row["text"], row["title"], row["author"], row["agency"]) == (TEXT, "Ministers agree to meet", "Jane Doe", "AP")
    assert (row["published"], row["language"], row["charset"], row["charset_by"]) == (dt.date(2022, 2, 10), "en", "utf-8", "strict")


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("name", ["a.html", "a.htm.gz", "a.jsonl", "a.warc.gz"])
def test_markup_is_read_by_either_library_from_every_container(name: str, fast: bool, tmp_path: Path) -> None:
    line = json.dumps({"id": "a", "html": HTML})
    data = {"a.jsonl": line.encode(), "a.warc.gz": warc(HTML.encode()), "a.htm.gz": gzip.compress(HTML.encode())}.get(name, HTML.encode())
    (tmp_path / name).write_bytes(data)
    [row] = converted(tmp_path, fast=fast).documents.to_pylist()
    assert SENTENCE in row["text"] and OTHER in row["text"] and "Home" not in row["text"]
    assert (row["title"], row["author"], row["publisher"]) == ("Ministers agree", "Jane Doe, John Roe", "The Times")
    assert row["published"] == dt.date(2022, 2, 10)  # the day that the page writes, whatever day it is elsewhere
    assert {"field": "published", "source": "json-ld datePublished"} in row["evidence"]


def test_the_text_of_markup_is_trafilaturas_own() -> None:
    from trafilatura import extract

    row = convert_batch([Record("a", "a", HTML.encode(), html=True)], Settings()).documents.to_pylist()[0]
    assert row["text"].replace("\n\n", "\n") == extract(HTML, include_comments=False)
    assert (row["zones"], row["alignment"]) == ([], [])


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(
    ("element", "source"),
    [
        ('<time pubdate datetime="2022-02-10T09:38">today</time>', "time datetime"),
        ('<time datetime="2022-02-10">of something else</time>', None),
        ('<span itemprop="datePublished" content="2022-02-10">today</span>', "span content"),
        ('<abbr class="date published" title="2022-02-10T09:38:00+09:00">today</abbr>', "abbr title"),
        ('<time class="dt-published" datetime="2022-02-10">today</time>', "time datetime"),
        ('<time class="unpublished" datetime="2022-02-10">today</time>', None),
        ('<span class="published">February 10, 2022</span>', None),
    ],
)
def test_only_an_element_that_is_marked_as_time_of_publication_states_it(element: str, source: str | None, fast: bool) -> None:
    page = HTML.replace(LD, "{}").replace("</h1>", f"</h1>{element}")
    (row,) = convert_batch([Record("a", "a", page.encode(), html=True)], Settings(fast=fast, language="en")).documents.to_pylist()
    told = [one["source"] for one in row["evidence"] if one["field"] == "published"]
    assert (told, row["published"]) == (([source], dt.date(2022, 2, 10)) if source else ([], None))


def test_every_document_has_the_columns_of_the_pool_and_holds_its_checks(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data.replace(b'"id": "a"', f'"id": "{name}"'.encode()) if name == "b.jsonl" else data)
    found = converted(tmp_path / "b.jsonl", tmp_path / "c.parquet")
    table = pa.Table.from_batches([found.documents])
    pandera_schema(POOL, load(ROOT / "schema" / "ontology.yaml")).validate(table)
    pandera_schema(REJECTED, load(ROOT / "schema" / "ontology.yaml")).validate(pa.Table.from_batches([found.rejected]))
    assert table.schema == POOL.schema


def test_zones_and_alignment_lead_back_into_the_page() -> None:
    row = convert_batch([Record("a", "a.txt", PAGE.encode())], Settings()).documents.to_pylist()[0]
    for piece in row["alignment"]:
        assert row["text"][piece["start"] :][: piece["length"]] == PAGE[piece["raw_start"] :][: piece["length"]]
    assert [zone["kind"] for zone in row["zones"]][:3] == ["navigation", "headline", "byline"]


def test_taken_and_rejected_are_all_that_was_read(tmp_path: Path) -> None:
    lines = [{"id": "a", "text": PAGE}, {"id": "b"}, {"id": "c", "text": " "}, {"id": "d", "text": "\ud800"}, ["no"]]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\nnot json\n", "utf-8")
    (tmp_path / "b.pdf").write_bytes(b"%PDF")
    found = converted(tmp_path)
    assert found.documents["doc_id"].to_pylist() == ["a"]
    assert sorted(found.rejected["code"].to_pylist()) == ["E201", "E800", "E807", "E808", "E808", "E808"]


def test_what_is_delivered_counts_more_than_what_the_page_states_and_nothing_is_lost(tmp_path: Path) -> None:
    row = {"id": "a", "text": PAGE, "date": "2021-05-06T10:00", "author": "Reuters", "section": {"name": "World"}, "title": " "}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), "utf-8")
    [made] = converted(tmp_path).documents.to_pylist()
    assert (made["published"], made["agency"], made["title"]) == (dt.date(2021, 5, 6), "Reuters", "Ministers agree to meet")
    assert json.loads(made["extra"]) == {"section": {"name": "World"}, "title": " "}
    assert {"field": "published", "source": "delivered"} in made["evidence"]


def test_text_that_is_no_whole_page_is_taken_as_it_is() -> None:
    found = convert_batch([Record("a", "a", b"One line\r\nA menu")], Settings(whole_pages=False, language="en"))
    assert found.documents["text"].to_pylist() == ["One line\nA menu"]


def test_large_json_lines_are_cut_into_shards_that_read_every_line_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SIZE", 100)
    names = [str(number) * (number % 37 + 1) for number in range(60)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"id": name, "text": "x"}) + "\n" for name in names), "utf-8")
    found, _ = find_shards([str(tmp_path)])
    assert len(found) > 10
    assert [record.doc_id for shard in found for record in read_shard(shard, Settings())] == names
    assert len({shard.name for shard in found}) == len(found)


def test_large_parquet_is_cut_at_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SIZE", 1)
    pq.write_table(pa.table({"id": [str(n) for n in range(10)], "text": ["x"] * 10}), tmp_path / "a.parquet", row_group_size=3)
    found, _ = find_shards([str(tmp_path)])
    records = [record for shard in found for record in read_shard(shard, Settings())]
    assert len(found) == 4 and [record.name for record in records] == [f"a.parquet#{n}" for n in range(10)]


def test_the_order_of_paths_does_not_matter_and_no_file_is_read_twice(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text(PAGE, "utf-8")
    one, _ = find_shards([str(tmp_path)])
    other, _ = find_shards([str(tmp_path / "*.txt"), str(tmp_path / "3.txt")])
    assert len(one) == 5 and one == other


def test_files_are_read_through_fsspec() -> None:
    with fsspec.open("memory://crawl/2024/a b.txt", "wb") as file:
        file.write(PAGE.encode())
    found = converted("memory://crawl")
    assert found.documents["raw_name"].to_pylist() == ["2024/a b.txt"]
    assert found.documents["doc_id"].to_pylist()[0].startswith("2024.a-b-")


def test_a_path_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path / "*.txt", tmp_path):
        with pytest.raises(EventBankError, match="E801"):
            find_shards([str(path)])


def test_a_file_that_goes_away_is_one_rejection(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(PAGE, "utf-8")
    both, _ = find_shards([str(tmp_path)])
    (tmp_path / "a.txt").unlink()
    found = [record.code if isinstance(record, Rejection) else record.doc_id for shard in both for record in read_shard(shard, Settings())]
    assert found == ["E801", "b"]


def test_a_file_that_may_not_be_read_is_one_rejection(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(PAGE, "utf-8")
    [shard], _ = find_shards([str(tmp_path)])
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").mkdir()
    assert [record.code for record in read_shard(shard, Settings()) if isinstance(record, Rejection)] == ["E802"]


@pytest.mark.parametrize(
    ("rows", "code"), [([{"id": "a", "body": "x"}], "E809"), ([{"id": "a", "text": None}], "E808"), ([{"text": 3}], "E808")]
)
def test_parquet_without_text_is_refused(rows: list[dict[str, Any]], code: str, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet(rows))
    assert converted(tmp_path).rejected["code"].to_pylist() == [code]


def test_a_missing_extra_ends_the_run_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "trafilatura", None)
    with pytest.raises(EventBankError, match=r"E811.*eventbank\[html\]"):
        convert_batch([Record("a", "a", HTML.encode(), html=True)], Settings())


def test_what_a_library_raises_on_one_page_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventbank.readers.batch.extract", lambda *_, **__: {}["bug"])
    found = convert_batch([Record("a", "a", HTML.encode(), html=True), Record("b", "b", PAGE.encode())], Settings())
    assert (found.documents["doc_id"].to_pylist(), found.rejected["code"].to_pylist()) == (["b"], ["E813"])


@given(st.text(max_size=200))
def test_ids_are_ids_and_two_names_never_share_one(name: str) -> None:
    made = id_of(name)
    assert made and id_of(made) == made and all(char.isascii() and (char.isalnum() or char in "._-") for char in made)
    assert made == name or id_of(name + "x") != made


def test_ids_of_paths_keep_folders_apart() -> None:
    assert [id_of_path(path) for path in ("a.txt", "x/a.html.gz", "x.y/a")] == ["a", "x.a", "x.y.a"]


@pytest.mark.parametrize(
    ("text", "charset", "declared"),
    [
        ("Министры двух стран договорились", "cp1251", "windows-1251"),
        ("Les ministres ont été reçus à l’Élysée", "cp1252", "iso-8859-1"),
        ("두 나라 장관들이 회담을 열었다", "cp949", "ks_c_5601-1987"),
        ("両国の大臣が会談した", "iso2022_jp", "iso-2022-jp"),
        ("两国部长举行会谈", "gb18030", "gb2312"),
    ],
)
def test_a_declared_character_set_means_what_it_means_on_the_web(text: str, charset: str, declared: str) -> None:
    assert decode(text.encode(charset), declared)[0] == text
    page = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}"><p>{text}'
    assert decode(page.encode(charset), html=True)[0] == page


def test_utf8_counts_more_than_what_is_declared() -> None:
    assert decode("Élysée".encode(), "windows-1251") == ("Élysée", "utf-8", "strict")


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_believed_and_taken_off(mark: str) -> None:
    assert decode(PAGE.encode(mark), "windows-1251")[0] == PAGE


def test_a_guessed_character_set_is_marked_as_guessed() -> None:
    text = "Министры двух стран договорились встретиться снова в ближайшие недели, сообщили в понедельник официальные лица. " * 5
    assert decode(text.encode("cp1251"))[::2] == (text, "guessed")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (SENTENCE, "en"),
        ("두 나라 장관들이 회담을 열었다", "ko"),
        ("両国の大臣が会談した", "ja"),
        ("12 34", "und"),
        (SENTENCE.upper(), "en"),
        ("ДВЕ СТРАНЫ ДОГОВОРИЛИСЬ О НОВОЙ ВСТРЕЧЕ В МОСКВЕ", "ru"),
    ],
)
def test_the_language_is_that_of_the_text(text: str, language: str) -> None:
    assert language_of(text) == language


def test_first_code_points_suffice_for_a_language_only_where_they_leave_no_doubt() -> None:
    plain = (
        "He said that they would not have been there if she had known what it was about, but nobody had told her when they were to leave. "
    )
    german = "Die Minister der beiden Staaten haben am Montag vereinbart, sich wieder zu treffen. " * 6
    assert language_of((plain * 2)[:GLANCE] + german) == "en"
    assert language_of("Berlin (AFP) - Jane Doe, 12 34 56 78 90 OK " * 4 + german) == "de"


@pytest.mark.parametrize(
    ("head", "stated"),
    [
        (Head(metas=[("og:title", "T"), ("title", "no")]), {"title": ("T", "meta og:title")}),
        (Head(metas=[("article:published_time", "2022-02-10T01:00Z")]), {"published": ("2022-02-10", "meta article:published_time")}),
        (Head(metas=[("date", "02/10/2022")]), {}),
        (Head(metas=[("author", "https://facebook.com/x")]), {}),
        (Head(metas=[("author", "Yonhap News Agency")]), {"agency": ("Yonhap News Agency", "meta author")}),
        (Head(headings=["One"]), {"title": ("One", "h1")}),
        (Head(headings=["One", "Two"]), {}),
        (Head(canonical="/relative", language="ko"), {"language": ("ko", "html lang")}),
        (Head(scripts=["{broken", '{"@type":"NewsArticle","headline":7}', "[" * 5000]), {}),
        (Head(times=[("time datetime", "2022-02-10"), ("abbr title", "2022-02-11")]), {"published": ("2022-02-10", "time datetime")}),
    ],
)
def test_a_head_states_what_it_states_and_no_more(head: Head, stated: dict[str, tuple[str, str]]) -> None:
    assert {key: (fact.value, fact.source) for key, fact in facts(head).items()} == stated


@pytest.mark.parametrize(
    ("row", "fact", "extra"),
    [
        ({"published": "2024-01-02", "date": "2023-05-05"}, dt.date(2024, 1, 2), {"date": "2023-05-05"}),
        ({"published": "2024-01-02", "date": None}, dt.date(2024, 1, 2), {"date": None}),
        ({"published": "Thursday", "date": "2023-05-05"}, dt.date(2023, 5, 5), {"published": "Thursday"}),
        ({"published": "Thursday"}, dt.date(2022, 2, 10), {"published": "Thursday"}),
    ],
)
def test_a_fact_that_is_delivered_twice_or_cannot_be_read_is_kept(row: dict[str, Any], fact: dt.date, extra: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "a", "text": PAGE, **row}), "utf-8")
    [made] = converted(tmp_path).documents.to_pylist()
    assert (made["published"], json.loads(made["extra"])) == (fact, extra)


def test_what_is_kept_is_json_that_other_readers_take(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "a", "text": PAGE, "n": [math.nan, math.inf, 0.5]}), "utf-8")
    [extra] = converted(tmp_path).documents["extra"].to_pylist()
    assert json.loads(extra, parse_constant=pytest.fail) == {"n": ["NaN", "Infinity", 0.5]}


@pytest.mark.parametrize(("deep", "taken"), [(100, 1), (101, 0), (960, 0), (100_000, 0)])
def test_how_deep_values_may_stand_does_not_depend_on_who_calls(deep: int, taken: int, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "a", "text": PAGE, "n": 0}).replace("0}", "[" * deep + "]" * deep + "}"), "utf-8")
    found = converted(tmp_path)
    assert (found.documents.num_rows, found.rejected["code"].to_pylist()) == (taken, [] if taken else ["E808"])


def test_an_empty_text_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "a", "text": ""}', "utf-8")
    assert converted(tmp_path).rejected["code"].to_pylist() == ["E807"]


def test_a_delivered_language_counts_only_if_it_is_a_tag() -> None:
    said = ["pt-BR", "half \ud800", "no tag"]
    pages = [Record(f"d{at}", "x", b"12 34 56", facts={"language": tag}) for at, tag in enumerate(said)]
    made = convert_batch(pages, Settings(whole_pages=False)).documents
    assert made["language"].to_pylist() == ["pt-BR", "und", "und"]
    assert [evidence for evidence in made["evidence"].to_pylist() if evidence] == [[{"field": "language", "source": "delivered"}]]


def test_values_of_parquet_that_python_does_not_have_leave_the_rows_as_they_are(tmp_path: Path) -> None:
    columns = {
        "id": pa.array(["a", "b"]),
        "text": pa.array([PAGE, PAGE], pa.string_view()),
        "published": pa.array([dt.date(2024, 1, 2), None]),
        "day": pa.array([2**31 - 1, 0], pa.date32()),
        "days": pa.array([[2**31 - 1], [0]], pa.list_(pa.date32())),
        "at": pa.array([1_700_000_000_000_000_001, 1], pa.timestamp("ns", "UTC")),
        "long": pa.array([2**62, 1], pa.duration("s")),
        "raw": pa.array([b"\xff", b""], pa.large_binary()),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    found = converted(tmp_path)
    assert (found.documents["doc_id"].to_pylist(), found.rejected.num_rows) == (["a", "b"], 0)
    assert found.documents["published"].to_pylist() == [dt.date(2024, 1, 2), dt.date(2022, 2, 10)]
    assert json.loads(found.documents["extra"][0].as_py()) == {
        "day": "<value out of range: 2147483647>",
        "days": None,
        "at": "2023-11-14 22:13:20.000000001Z",
        "long": str(2**62),
    }


def test_bytes_of_parquet_are_no_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"], "text": [b"x"]}), tmp_path / "a.parquet")
    [told] = converted(tmp_path).rejected.to_pylist()
    assert told["code"] == "E809" and "bytes" in told["reason"]


def test_a_path_of_this_machine_is_taken_as_it_is_written(tmp_path: Path) -> None:
    for name in ("a::b.txt", "[1] c.txt"):
        (tmp_path / name).write_text(PAGE, "utf-8")
        assert converted(tmp_path / name).documents["raw_name"].to_pylist() == [name]
    assert sorted(converted(tmp_path).documents["raw_name"].to_pylist()) == ["[1] c.txt", "a::b.txt"]


def test_pipes_and_links_to_folders_are_told_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(PAGE, "utf-8")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "again").symlink_to(tmp_path)
    told = converted(tmp_path).rejected.to_pylist()
    assert [(row["source"], row["code"]) for row in told] == [("again", "E800"), ("pipe.txt", "E802")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "in" / "shut").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text(PAGE, "utf-8")
    (tmp_path / "in" / "shut").chmod(0)
    told = converted(tmp_path / "in").rejected.to_pylist()
    (tmp_path / "in" / "shut").chmod(0o700)
    assert [(row["source"], row["code"]) for row in told] == [("in/shut", "E802")]


@pytest.mark.parametrize(
    ("address", "code"),
    [("nothing-of-the-kind://a", "E802"), ("dir://a", "E802"), ("github://a", "E802"), ("s3://a/b.txt", "E811"), ("", "E801")],
)
def test_an_address_that_nothing_opens_names_the_cause(address: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(EventBankError, match=code):
        find_shards([address])


@pytest.mark.parametrize(("status", "code"), [(500, "E802"), (403, "E802"), (404, "E801")])
def test_a_server_that_fails_is_told_with_its_answer(status: int, code: str) -> None:
    class Failing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        file = File(f"http://127.0.0.1:{server.server_port}/a.txt", "a.txt", 1)
        [told] = read_shard(Shard("text", file), Settings())
        server.shutdown()
    assert isinstance(told, Rejection) and told.code == code and (status == 404 or str(status) in told.reason)


def test_times_of_change_are_read_as_numbers_and_as_times() -> None:
    when = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    assert [shards._changed({"mtime": at}) for at in (when, when.timestamp(), "x", None)] == [1704153600 * 10**9] * 2 + [0, 0]


def test_names_do_not_depend_on_which_path_led_to_a_file(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "p.txt").write_text(PAGE, "utf-8")
    for paths in (["in"], ["in/*/p.txt"], ["in/**"], ["in/*"], ["in/one", "in/two"], ["in/two/p.txt", "in/one"], ["in/one", "in"]):
        found, _ = find_shards([str(tmp_path / path) for path in paths])
        assert [shard.file.name for shard in found] == ["one/p.txt", "two/p.txt"], paths
