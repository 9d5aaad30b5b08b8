"""A stand-off release quotes nothing, loads and is checked like any other, and gives the full release again, byte for byte."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from conftest import LONG, ROOT
from hypothesis import HealthCheck, given, settings
from made import Made, made

from eventbank.build import build
from eventbank.cli import main
from eventbank.corpus import open_corpus
from eventbank.document import sha256
from eventbank.errors import EventBankError
from eventbank.labelstudio.nodes import from_rows
from eventbank.release import folder
from eventbank.release.hydration import hydrate
from eventbank.release.manifest import sealed
from eventbank.release.quotations import quotations
from eventbank.release.standoff import make_again, make_separate, restricted, standoff
from eventbank.release.withholding import KEYS, NAMES, WRITTEN, Withheld, known_words, original_of
from eventbank.tables import ANNOTATIONS, DOCUMENTS
from eventbank.verify import check

FORM: dict[str, Any] = {"digest": "", "manifest_sha256": "", "tools": {}, "withheld": {"a": "b"}}
"""What a manifest says of the full release, but for a size that is none."""
KILLS = int(os.environ.get("EVENTBANK_KILLS", "5"))
Edit = Callable[[list[dict]], object]


def bytes_of(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def codes(act: Callable[[], object]) -> list[str]:
    with pytest.raises(EventBankError) as caught:
        act()
    return [problem.code for problem in caught.value.problems]


def rows_of(root: Path, config: str) -> list[dict[str, Any]]:
    """The rows of a config, train first."""
    paths = sorted((root / config).glob("*.parquet"), reverse=True)
    return [row for path in paths for row in pq.read_table(path, partitioning=None).to_pylist()]


def strings(value: Any) -> Iterator[str]:
    """Every string in a value, keys and strings inside JSON too."""
    if isinstance(value, dict):
        yield from (one for pair in value.items() for part in pair for one in strings(part))
    elif isinstance(value, list):
        yield from (one for part in value for one in strings(part))
    elif isinstance(value, str):
        yield value
        if value[:1] in ("{", "["):
            with suppress(ValueError):
                yield from strings(json.loads(value))


def said(root: Path, without: str = "") -> Iterator[str]:
    """All that a release says: its files as text, and its tables decoded, but for the rows of one document."""
    for path in sorted(root.rglob("*")):
        if path.suffix == ".parquet":
            rows = [row for row in pq.read_table(path, partitioning=None).to_pylist() if row["doc_id"] != without]
            yield from (string for row in rows for string in strings(row))
        elif path.is_file():
            yield path.read_text("utf-8")
            yield from strings(json.loads(path.read_bytes())) if path.suffix == ".json" else ()


def runs(text: str, size: int = 6) -> set[tuple[str, ...]]:
    found = re.findall(r"[^\W_]+", text.casefold())
    return {tuple(found[at : at + size]) for at in range(len(found) - size + 1)}


def protected(release: Path, articles: Path) -> Iterator[str]:
    """Text, title and captions of every document that may not be passed on."""
    for row in rows_of(release, "documents"):
        if not row["rights"]["redistribute"]:
            page = (articles / row["raw_name"]).read_bytes().decode("utf-8-sig")
            yield row["text"]
            yield row["title"] or ""
            yield from (page[zone["raw_start"] : zone["raw_end"]] for zone in row["zones"] if zone["kind"] == "caption")


@pytest.fixture(scope="module")
def separate(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("separate") / "standoff"
    standoff(open_corpus(release.parent), out)
    return out


def test_hydrating_gives_the_full_release_byte_for_byte(release: Path, separate: Path, tmp_path: Path) -> None:
    made = hydrate(separate, ROOT / "articles", tmp_path / "full")
    assert bytes_of(tmp_path / "full") == bytes_of(release)
    assert (len(made.documents), made.problems) == (5, ())


def test_no_file_of_it_has_six_words_in_a_row_of_a_text_title_or_caption(release: Path, separate: Path) -> None:
    secret = {run for passage in protected(release, ROOT / "articles") for run in runs(passage)}
    assert len(secret) > 1800
    assert {run for string in said(release) for run in runs(string)} & secret, "the search finds what there is in the full release"
    assert not {run for string in said(separate) for run in runs(string)} & secret


def test_not_even_the_statistics_in_a_file_have_a_name_from_the_texts(release: Path, separate: Path) -> None:
    names = {row["text"].encode() for row in rows_of(release, "mentions")}
    names = {name for name in names if len(name) > 15}
    assert len(names) > 50
    allowed = (separate / "README.md").read_bytes() + json.dumps(folder.read(release).names).encode()
    for path in sorted(separate.rglob("*.parquet")):
        found = {name for name in names if name in path.read_bytes() and name not in allowed}
        assert not found, path


@pytest.mark.slow
def test_it_loads_and_is_checked_like_any_release(separate: Path, tmp_path: Path) -> None:
    assert check(separate) == []
    for config in ("events", "documents", "mentions", "arguments", "sentences", "annotations"):
        loaded = datasets.load_dataset(str(separate), config, cache_dir=str(tmp_path))
        assert {split: part.num_rows for split, part in loaded.items()} == folder.read(separate).rows[config]
        assert [list(part) for part in datasets.load_dataset(str(separate), config, streaming=True).values()] == [
            list(part) for part in loaded.values()
        ]


def test_rights_dates_and_offsets_stay_and_surfaces_do_not(release: Path, separate: Path) -> None:
    for full, row in zip(rows_of(release, "documents"), rows_of(separate, "documents"), strict=True):
        gone = {"title", "text", "dateline"}
        assert {key: row[key] for key in full.keys() - gone} == {key: full[key] for key in full.keys() - gone}
        assert row["text"] is None
        assert row["title"].startswith(("@page:", "@text:"))
    rows = rows_of(separate, "mentions")
    assert {row["text"] for row in rows} == {None}
    assert all(0 <= row["start"] < row["end"] for row in rows)


def test_tokens_are_given_as_their_places_in_the_text(release: Path, separate: Path) -> None:
    texts = {row["doc_id"]: row["text"] for row in rows_of(release, "documents")}
    for row in rows_of(separate, "sentences"):
        places = [json.loads(token.removeprefix("@text:"))[0] for token in row["tokens"]]
        sentence = texts[row["doc_id"]][row["start"] : row["end"]]
        assert "".join(texts[row["doc_id"]][at : at + size] for at, size in places) == "".join(sentence.split())
        assert all(row["start"] <= at and at + size <= row["end"] for at, size in places)


def test_the_export_of_it_is_still_a_label_studio_export(separate: Path) -> None:
    tasks = [task for tasks in from_rows(rows_of(separate, "annotations")).values() for task in tasks]
    assert {task["data"]["text"][:6] for task in tasks} == {"@text:"}
    assert all(
        result["type"] in ("labels", "choices", "textarea", "relation") for task in tasks for result in task["annotations"][0]["result"]
    )


@pytest.mark.slow
def test_a_second_run_in_another_place_gives_the_same_bytes_and_the_card_says_what_it_is(separate: Path, built_root: Path) -> None:
    shutil.copytree(separate, built_root / "standoff")
    standoff(open_corpus(built_root), built_root / "standoff")
    assert bytes_of(built_root / "standoff") == bytes_of(separate)
    assert "The texts of 5 of 5 documents are not in it" in (separate / "README.md").read_text("utf-8")


def originals_of(one: Made) -> dict[str, Withheld]:
    return {
        row["doc_id"]: Withheld(row["doc_id"], original_of(row, page), known_words(page, row["title"]))
        for row in one.release.tables[DOCUMENTS]["train"].to_pylist()
        for page in (one.pages[row["doc_id"]],)
        if not row["rights"]["redistribute"]
    }


RELEASES = settings(
    max_examples=settings.default.max_examples // 5, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
"""A made release takes a tenth of a second to make; each of them has hundreds of strings."""


@pytest.mark.slow
@RELEASES
@given(one=made())
def test_any_release_comes_back_byte_for_byte_and_quotes_nothing_meanwhile(one: Made, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("made")
    originals = originals_of(one)
    facts = {"digest": one.release.digest, "manifest_sha256": "", "tools": {}, "withheld": {"kept": 1}}
    folder.write(one.release, root / "full")
    folder.write(make_separate(one.release, originals, facts), root / "separate")
    folder.write(make_again(folder.read(root / "separate"), originals), root / "again")
    assert bytes_of(root / "again") == bytes_of(root / "full")
    assert check(root / "separate") == check(root / "full") == []
    kept = one.documents["kept"]
    captions = [one.pages["kept"][zone.raw_start : zone.raw_end] for zone in kept.zones if zone.kind == "caption"]
    passages = [kept.text, kept.title or "", *captions]
    assert not list(quotations(root / "separate", [("kept", passages)], frozenset({"open"})))
    secret = {run for passage in passages for run in runs(passage)}
    assert not {run for string in said(root / "separate", without="open") for run in runs(string)} & secret
    shutil.rmtree(root)


def tokens(string: str) -> set[str]:
    """The words of a string, whatever invisible characters stand in them."""
    seen = "".join(char for char in unicodedata.normalize("NFKC", string) if unicodedata.category(char) != "Cf")
    return set(re.findall(r"[^\W\d_]{2,}", seen.casefold()))


@pytest.mark.slow
@RELEASES
@given(one=made())
def test_no_free_string_of_any_export_keeps_a_word_of_the_page(one: Made) -> None:
    originals = originals_of(one)
    tables = make_separate(one.release, originals, {}).tables
    for row in tables[ANNOTATIONS]["train"].to_pylist():
        if row["doc_id"] == "kept":
            values = [row["text"], row["answers"], row["created_at"], json.loads(row["rest"] or "null")]
            for string in strings(values):
                if not string.startswith(("@text:", "@page:")) and not re.fullmatch(r"[\w.:-]{0,48}", string):
                    assert not tokens(string) & tokens(one.pages["kept"])


def test_every_string_of_an_export_has_been_decided_on() -> None:
    stays = {"doc_id", "annotator", "layer", "node", "source", "offset_unit"}
    texts = {column.name for column in ANNOTATIONS.columns if column.type == pa.string()}
    assert texts == stays | {"text", "rest"} | {*NAMES, *WRITTEN, *KEYS}


def made_corpus(small: Callable[..., Path], **texts: str) -> Path:
    """A corpus of made texts with its release; texts whose name begins with `open` may be passed on."""
    root = small(texts)
    sources = root / "articles" / "sources.yaml"
    entries = re.split(r"(?m)^(?=\S)", sources.read_text("utf-8"))
    allowed = "  rights: {holder: null, statement: null, redistribute: true}\n"
    sources.write_text("".join(entry + (allowed if entry.startswith("open") else "") for entry in entries), "utf-8")
    build(open_corpus(root))
    return root


ONE = LONG * 4 + "Then a heron stood on the northern pier and watched the boats come in from the bay.\n"
OTHER = "".join(
    f"A wholly different report tells of the weather in the high valleys of {name}, which stayed cold all week and brought some snow.\n"
    for name in ("Bo", "Kan", "Dor")
)


def test_only_what_may_not_be_passed_on_is_withheld(small: Callable[..., Path], tmp_path: Path) -> None:
    root = made_corpus(small, kept=ONE, open1=OTHER)
    out = standoff(open_corpus(root), tmp_path / "out")
    assert (out.withheld, out.documents) == (("kept",), 2)
    texts = {row["doc_id"]: row["text"] for row in rows_of(tmp_path / "out", "documents")}
    assert texts["kept"] is None
    assert texts["open1"].startswith("A wholly different report")
    assert check(tmp_path / "out") == []
    (root / "articles" / "open1.txt").unlink()
    assert hydrate(tmp_path / "out", root / "articles", tmp_path / "full").documents == ("kept",)
    assert bytes_of(tmp_path / "full") == bytes_of(root / "dataset")
    assert restricted(folder.read(root / "dataset")) == ("kept",)
    assert restricted(folder.read(tmp_path / "out")) == ()


def test_where_everything_may_be_passed_on_nothing_is_withheld(small: Callable[..., Path], tmp_path: Path) -> None:
    root = made_corpus(small, open1=ONE)
    assert standoff(open_corpus(root), tmp_path / "out").withheld == ()
    assert hydrate(tmp_path / "out", root / "articles", tmp_path / "full").documents == ()
    assert bytes_of(tmp_path / "full") == bytes_of(root / "dataset")


@pytest.mark.slow
def test_a_title_that_does_not_stand_on_its_page_is_e640_and_nothing_is_written(built_root: Path, tmp_path: Path) -> None:
    sources = built_root / "articles" / "sources.yaml"
    sources.write_text(re.sub(r"(?m)^  title: US, .*$", "  title: Ædle ord", sources.read_text("utf-8")), "utf-8")
    build(open_corpus(built_root))
    assert codes(lambda: standoff(open_corpus(built_root), tmp_path / "out")) == ["E640"]
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_title_in_the_words_of_the_page_but_not_in_its_order_comes_back(built_root: Path, tmp_path: Path) -> None:
    sources = built_root / "articles" / "sources.yaml"
    sources.write_text(re.sub(r"(?m)^  title: US, .*$", "  title: Boost to Deterrence", sources.read_text("utf-8")), "utf-8")
    build(open_corpus(built_root))
    standoff(open_corpus(built_root), tmp_path / "out")
    hydrate(tmp_path / "out", built_root / "articles", tmp_path / "full")
    assert bytes_of(tmp_path / "full") == bytes_of(built_root / "dataset")


def test_a_description_that_quotes_a_withheld_text_is_e642_and_the_old_release_stays(small: Callable[..., Path], tmp_path: Path) -> None:
    root = made_corpus(small, kept=ONE)
    standoff(open_corpus(root), tmp_path / "out")
    before = bytes_of(tmp_path / "out")
    settings = root / "eventbank.toml"
    settings.write_text(
        re.sub(r"(?m)^description = .*$", 'description = "A heron stood on the NORTHERN pier, and watched."', settings.read_text("utf-8")),
        "utf-8",
    )
    build(open_corpus(root))
    assert set(codes(lambda: standoff(open_corpus(root), tmp_path / "out"))) == {"E642"}
    assert bytes_of(tmp_path / "out") == before


def test_every_article_that_is_missing_or_has_other_bytes_is_named_with_what_was_expected(separate: Path, tmp_path: Path) -> None:
    articles = Path(shutil.copytree(ROOT / "articles", tmp_path / "articles"))
    first, second = sorted(articles.glob("*.txt"))[:2]
    size, digest = first.stat().st_size, sha256(first.read_bytes())
    first.write_bytes(first.read_bytes() + b"\n")
    second.unlink()
    with pytest.raises(EventBankError) as caught:
        hydrate(separate, articles, tmp_path / "full")
    other, missing = caught.value.problems
    assert (other.code, missing.code) == ("E644", "E643")
    assert other.place.doc_id == first.stem
    for expected in (str(size), digest, str(size + 1), sha256(first.read_bytes())):
        assert expected in other.message
    assert not (tmp_path / "full").exists()
    assert not list(tmp_path.glob(".full*"))


def test_an_article_under_another_name_is_known_by_its_bytes(separate: Path, release: Path, tmp_path: Path) -> None:
    articles = Path(shutil.copytree(ROOT / "articles", tmp_path / "articles"))
    for at, path in enumerate(sorted(articles.glob("*.txt"))):
        path.rename(articles / f"page-{at}")
    hydrate(separate, articles, tmp_path / "full")
    assert bytes_of(tmp_path / "full") == bytes_of(release)


def test_a_holder_of_no_article_is_told_of_every_one(separate: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert codes(lambda: hydrate(separate, tmp_path / "empty", tmp_path / "full")) == ["E643"] * 5


def spoil(root: Path, config: str, change: Edit) -> None:
    """Changes rows of a release and makes its manifest fit them again, so that only what the rows say can give the change away."""
    path = root / config / "train-00000-of-00001.parquet"
    table = pq.read_table(path, partitioning=None)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(table.from_pylist(rows, schema=table.schema), path)
    facts = json.loads((root / "manifest.json").read_text("utf-8"))
    for entry in facts["files"]:
        data = (root / entry["path"]).read_bytes()
        entry["size"], entry["sha256"] = len(data), sha256(data)
    (root / "manifest.json").write_bytes(sealed(facts))


@pytest.mark.parametrize(
    ("config", "change", "code"),
    [
        ("documents", lambda rows: rows[0].update(title="@page:[[0,999999]]"), "E641"),
        ("documents", lambda rows: rows[0].update(title="@page:" + "[" * 50_000), "E641"),
        ("documents", lambda rows: rows[0].update(raw_name="../../../etc/passwd", raw_sha256="0" * 64), "E643"),
        ("documents", lambda rows: rows[0]["alignment"][0].update(raw_start=3), "E641"),
        ("documents", lambda rows: rows[0].update(publisher="Somebody"), "E645"),
        ("mentions", lambda rows: rows[0].update(end=10**6), "E641"),
        ("mentions", lambda rows: rows[0].update(end=rows[0]["end"] + 1), "E645"),
        ("sentences", lambda rows: rows[0].update(tokens=None), "E641"),
        ("annotations", lambda rows: rows[1].update(rest="{"), "E641"),
        ("annotations", lambda rows: rows[1].update(keys=['"']), "E641"),
    ],
)  # fmt: skip
def test_a_stand_off_release_that_was_tampered_with_is_refused_with_a_code(
    separate: Path, tmp_path: Path, config: str, change: Edit, code: str
) -> None:
    copy = Path(shutil.copytree(separate, tmp_path / "copy"))
    spoil(copy, config, change)
    assert codes(lambda: hydrate(copy, ROOT / "articles", tmp_path / "full")) == [code]
    assert not (tmp_path / "full").exists()


@pytest.mark.parametrize(
    "more",
    [
        5,
        {"standoff": None},
        {"standoff": {"withheld": []}},
        {"standoff": FORM},
    ],
    ids=str,
)
def test_facts_of_another_form_are_a_problem_of_the_manifest(separate: Path, tmp_path: Path, more: object) -> None:
    copy = Path(shutil.copytree(separate, tmp_path / "copy"))
    facts = json.loads((copy / "manifest.json").read_text("utf-8"))
    (copy / "manifest.json").write_bytes(sealed(facts | {"more": more}))
    assert codes(lambda: hydrate(copy, ROOT / "articles", tmp_path / "full")) == ["E601"]


@pytest.mark.slow
def test_other_versions_of_the_tools_are_a_warning_and_equal_ones_with_other_bytes_an_error(separate: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(separate, tmp_path / "copy"))
    facts = json.loads((copy / "manifest.json").read_text("utf-8"))
    facts["more"]["standoff"]["manifest_sha256"] = "0" * 64
    (copy / "manifest.json").write_bytes(sealed(facts))
    assert codes(lambda: hydrate(copy, ROOT / "articles", tmp_path / "full")) == ["E645"]
    facts["more"]["standoff"]["tools"]["pyarrow"] = "1.0"
    (copy / "manifest.json").write_bytes(sealed(facts))
    made = hydrate(copy, ROOT / "articles", tmp_path / "full")
    assert [problem.code for problem in made.problems] == ["W649"]
    assert "pyarrow" in made.problems[0].message
    assert check(tmp_path / "full") == []


def test_a_full_release_is_not_hydrated_and_a_stand_off_one_not_separated_again(
    release: Path, separate: Path, built_root: Path, tmp_path: Path
) -> None:
    assert codes(lambda: hydrate(release, ROOT / "articles", tmp_path / "out")) == ["E648"]
    shutil.rmtree(built_root / "dataset")
    shutil.copytree(separate, built_root / "dataset")
    assert codes(lambda: standoff(open_corpus(built_root), tmp_path / "out")) == ["E646"]


@pytest.mark.parametrize("out", ["dataset", "articles", ".", "articles/new", "annotations"])
def test_nothing_that_a_release_is_made_from_is_replaced(built_root: Path, out: str) -> None:
    before = bytes_of(built_root)
    assert codes(lambda: standoff(open_corpus(built_root), built_root / out)) == ["E647"]
    assert bytes_of(built_root) | {".eventbank.lock": b""} == before | {".eventbank.lock": b""}


def test_a_folder_of_something_else_is_not_replaced(separate: Path, built_root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    assert codes(lambda: standoff(open_corpus(built_root), tmp_path / "mine")) == ["E614"]
    assert codes(lambda: hydrate(separate, ROOT / "articles", tmp_path / "mine")) == ["E614"]
    assert bytes_of(tmp_path / "mine") == {"thesis.tex": b"years of work"}


def test_a_broken_release_is_not_separated(built_root: Path, tmp_path: Path) -> None:
    path = built_root / "dataset" / "README.md"
    path.write_bytes(path.read_bytes() + b"x")
    assert codes(lambda: standoff(open_corpus(built_root), tmp_path / "out")) == ["E602"]


@pytest.mark.parametrize(
    ("config", "change"),
    [
        ("documents", lambda rows: rows[0].update(text="secret")),
        ("documents", lambda rows: rows[0]["rights"].update(redistribute=True)),
        ("mentions", lambda rows: rows[0].update(text="secret")),
        ("sentences", lambda rows: rows[0].update(text="secret")),
    ],
)  # fmt: skip
def test_check_finds_a_text_that_should_be_withheld(separate: Path, tmp_path: Path, config: str, change: Edit) -> None:
    copy = Path(shutil.copytree(separate, tmp_path / "copy"))
    spoil(copy, config, change)
    assert {problem.code for problem in check(copy)} <= {"E620", "E622"}
    assert check(copy)


def test_the_commands_say_what_they_did(built_root: Path, tmp_path: Path) -> None:
    out, full = str(tmp_path / "out"), str(tmp_path / "full")
    run = CliRunner().invoke(main, ["standoff", "--corpus", str(built_root), "--out", out, "--json"])
    assert run.exit_code == 0
    assert (len(json.loads(run.output)["withheld"]), json.loads(run.output)["documents"]) == (5, 5)
    run = CliRunner().invoke(main, ["hydrate", out, "--articles", str(built_root / "articles"), "--out", full, "--json"])
    assert json.loads(run.output)["digest"] == folder.read(built_root / "dataset").digest
    assert CliRunner().invoke(main, ["hydrate", out, "--articles", out, "--out", full]).exit_code == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["standoff", "hydrate"])
def test_a_killed_command_leaves_the_old_release_or_the_new_one_whole(built_root: Path, separate: Path, tmp_path: Path, name: str) -> None:
    out, other = tmp_path / "out" / "release", tmp_path / "other" / "release"
    shutil.copytree(built_root, tmp_path / "before")
    settings = built_root / "eventbank.toml"
    settings.write_text(re.sub(r'(?m)^version = ".+"', 'version = "9.9.9"', settings.read_text("utf-8")), "utf-8")
    build(open_corpus(built_root))
    standoff(open_corpus(built_root), tmp_path / "newer")

    def command(root: Path, given: Path, to: Path) -> list[str]:
        words = ["standoff", "--corpus", str(root)] if name == "standoff" else ["hydrate", str(given), "--articles", str(root / "articles")]
        return [sys.executable, "-m", "eventbank", *words, "--out", str(to)]

    older, newer = command(tmp_path / "before", separate, out), command(built_root, tmp_path / "newer", out)
    subprocess.run(older, check=True, capture_output=True, timeout=120)
    old = bytes_of(out)
    started = time.monotonic()
    subprocess.run(command(built_root, tmp_path / "newer", other), check=True, capture_output=True, timeout=120)
    whole = time.monotonic() - started
    new, seen = bytes_of(other), set()
    for at in range(KILLS):
        process = subprocess.Popen(newer, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(whole * (0.3 + 0.75 * at / max(1, KILLS - 1)))
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        state = bytes_of(out)
        assert state in (old, new)
        seen.add(state == new)
        if state == new:
            subprocess.run(older, check=True, capture_output=True, timeout=120)
    assert False in seen
    subprocess.run(newer, check=True, capture_output=True, timeout=120)
    assert bytes_of(out) == new
    assert not list(out.parent.glob(".release-*"))
