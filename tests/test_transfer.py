"""Label Studio exports to Parquet and back by file: every shape, every size of block, and what is refused."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from labels.scheme import ONTOLOGY
from test_codec import DATA, ENTRIES, HALVES, RESULTS, TASKS, VALUES, exact

from eventbank.cli import main
from eventbank.errors import EventBankError
from eventbank.labelstudio import codec, jsonfile, transfer
from eventbank.labelstudio.batches import of_batch, to_batch
from eventbank.labelstudio.nodes import file_row, from_rows, record_rows
from eventbank.labelstudio.transfer import export_file, import_file
from eventbank.tables import ANNOTATIONS

pytestmark = pytest.mark.slow

LABELS = Path(__file__).parent / "labels"
THOUSANDS = settings(max_examples=settings.default.max_examples * 15)
HUNDREDS = settings(max_examples=settings.default.max_examples * 3)


def there_and_back(folder: Path, text: str, block: int = jsonfile.BLOCK, config: str = "") -> tuple[transfer.Imported, str]:
    """What an import of this JSON says, and the JSON that comes back from its table."""
    (folder / "in.json").write_bytes(text.encode("utf-8"))
    (folder / "config.xml").write_text(config, "utf-8")
    done = import_file(folder / "in.json", folder / "labels.parquet", folder / "config.xml" if config else None, block=block)
    export_file([folder / "labels.parquet"], folder / "out.json")
    return done, (folder / "out.json").read_text("utf-8")


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return pq.read_table(folder / "labels.parquet").to_pylist()


def codes(error: pytest.ExceptionInfo[EventBankError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


# Exports as Label Studio writes them

TEXT = "Troops 💥 attacked Kherson.\r\nMinisters met in Kyiv 👨‍👩‍👧 on Monday."
NAMES = st.sampled_from(["r1", "r2", "a-9", "\u00e9", 7, 12])
SPANS = st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, 12)).map(
    lambda span: {"start": span[0], "end": min(span[0] + span[1], len(TEXT)), "text": TEXT[span[0] : span[0] + span[1]]}
)
POINTS = st.integers(0, 40)
HYPERTEXT = st.builds(
    lambda one, two: {
        "start": "/p[1]/text()[1]",
        "end": "/p[1]/text()[1]",
        "startOffset": one,
        "endOffset": one + two,
        "globalOffsets": {"start": one, "end": one + two},
        "text": "x" * two,
    },
    POINTS,
    POINTS,
)
PARAGRAPHS = st.builds(
    lambda at, one, two: {"start": str(at), "end": str(at), "startOffset": one, "endOffset": one + two, "text": "x"},
    st.integers(0, 3),
    POINTS,
    POINTS,
)
WORDS = st.lists(st.sampled_from(["GPE", "PER", "", "é"]), max_size=3)
ANSWERS = st.one_of(
    st.tuples(st.sampled_from(["labels", "hypertextlabels", "paragraphlabels", "choices"]), WORDS).map(
        lambda pair: (pair[0], {pair[0]: pair[1]})
    ),
    st.lists(WORDS, max_size=2).map(lambda found: ("taxonomy", {"taxonomy": found})),
    st.integers(0, 5).map(lambda found: ("rating", {"rating": found})),
    (st.integers() | st.floats()).map(lambda found: ("number", {"number": found})),
    st.just(("datetime", {"datetime": "2024-02-24"})),
    (WORDS | st.just("one\ntwo")).map(lambda found: ("textarea", {"text": found})),
)
LABELLED = st.builds(
    lambda id_, answer, place, more: {
        "id": id_,
        "from_name": f"the-{answer[0]}",
        "to_name": "text",
        "type": answer[0],
        "origin": "manual",
        "value": place | answer[1],
        **more,
    },
    NAMES,
    ANSWERS,
    st.just({}) | SPANS | HYPERTEXT | PARAGRAPHS,
    st.sampled_from([{}, {"meta": {"text": ["note"]}, "parentID": "r1"}, {"score": 0.87, "hidden": True}, {"score": 1, "new": [None]}]),
)
RELATED = st.builds(
    lambda tail, head, way, labels: {"type": "relation", "from_id": tail, "to_id": head, **way, **labels},
    NAMES,
    NAMES,
    st.sampled_from([{}, {"direction": "right"}, {"direction": "left"}, {"direction": "bi"}, {"direction": None}]),
    st.just({}) | WORDS.map(lambda found: {"labels": found}),
)
WHO = st.sampled_from([1, None, {"id": 1, "email": "annotator-1@annotators.invalid", "first_name": "", "last_name": ""}, "a@example.com"])
ANNOTATION = st.builds(
    lambda id_, who, results, more: {"id": id_, "completed_by": who, "result": results, **more},
    st.integers(1, 99) | st.just("x9"),
    WHO,
    st.lists(LABELLED | RELATED, max_size=6),
    st.sampled_from(
        [{}, {"was_cancelled": True}, {"ground_truth": False, "lead_time": 12.345, "unique_id": "4968c54b"}, {"prediction": {}}]
    ),
)
PREDICTION = st.builds(
    lambda results, score: {"model_version": "m1", "score": score, "result": results}, st.lists(LABELLED), st.floats(0, 1) | st.just(1)
)
DRAFT = st.builds(
    lambda results: {"user": "annotator-2@annotators.invalid", "result": results, "annotation": None}, st.lists(LABELLED | RELATED)
)
TASK = st.fixed_dictionaries(
    {"data": st.sampled_from([{"doc_id": "d1", "text": TEXT}, {"headline": TEXT, "n": 1.0, "big": 2**70}, {}])},
    optional={
        "id": st.integers(1, 99) | st.just("t-1"),
        "annotations": st.lists(ANNOTATION, max_size=2),
        "drafts": st.lists(DRAFT, max_size=1),
        "predictions": st.lists(PREDICTION, max_size=1) | st.lists(st.integers(1, 9), max_size=2),
        "meta": VALUES,
        "inner_id": st.integers(1, 9),
    },
)
NO_TASKS = VALUES.filter(lambda value: not isinstance(value, dict) or "data" not in value) | st.dictionaries(
    HALVES, VALUES, max_size=2
).map(lambda found: found | {"data": 1})
ODD_TASKS = st.tuples(TASKS, DATA).map(lambda pair: pair[0] | {"data": pair[1]})
BARE = st.tuples(ENTRIES, st.lists(RESULTS, max_size=2)).map(
    lambda pair: {k: v for k, v in pair[0].items() if k != "data"} | {"result": pair[1]}
)
LISTS = st.lists(TASK | ODD_TASKS | ANNOTATION | BARE | NO_TASKS, max_size=3)
SHAPES = LISTS | TASK | ANNOTATION | ODD_TASKS | BARE


@THOUSANDS
@given(SHAPES)
def test_an_export_of_any_shape_comes_back_from_its_rows_in_arrow(value: Any) -> None:
    is_list = isinstance(value, list)
    rows = [file_row("a.json", is_list=is_list)]
    for at, record in enumerate(value if is_list else [value]):
        rows += record_rows(record, "a.json", at)
    batch = to_batch(rows)
    assert batch.schema == ANNOTATIONS.schema
    assert exact(from_rows(of_batch(batch))) == exact({"a.json": value})
    assert exact(from_rows(batch.to_pylist())) == exact({"a.json": value})


@HUNDREDS
@given(SHAPES, st.sampled_from([1, 2, 7, 64, 1 << 20]), st.sampled_from([None, 0, 1]), st.booleans())
def test_an_export_of_any_shape_comes_back_from_its_file(
    tmp_path_factory: pytest.TempPathFactory, value: Any, block: int, indent: int | None, ascii_only: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=indent)
    _, again = there_and_back(folder, text, block)
    assert exact(json.loads(again)) == exact(json.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        " [ ] \n",
        '{"data": {}}',
        '{"result": []}',
        '[{"data": {}, "predictions": [{"result": []}]}]',
        '[{"data": {}, "predictions": [4]}]',
        '[{"data": {"x": [1, 1.0, true, 1e400, -0.0, NaN, -Infinity, 12345678901234567890123, "\\ud83d", "\\ud83d\\udca9"]}}]',
    ],
)
def test_a_small_export_comes_back(tmp_path: Path, text: str) -> None:
    done, again = there_and_back(tmp_path, text)
    assert exact(json.loads(again)) == exact(json.loads(text))
    assert done.problems == ()


def test_rows_of_single_objects_say_so_and_carry_no_task(tmp_path: Path) -> None:
    there_and_back(tmp_path, '{"completed_by": 4, "result": [{"id": "a", "type": "labels"}]}')
    assert [(row["node"], row["task"], row["entry"], row["result"], row["annotator"], row["layer"]) for row in rows_of(tmp_path)] == [
        ("file", None, None, None, None, None),
        ("annotation", 0, None, None, "annotator-4", "pass"),
        ("result", 0, None, 0, "annotator-4", "pass"),
    ]


def test_a_large_export_is_written_in_several_row_groups_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "BATCH_ROWS", 50)
    tasks = [
        {"id": at, "data": {"text": "x" * at}, "annotations": [{"result": [{"id": f"{n}"} for n in range(at % 7)]}]} for at in range(99)
    ]
    _, again = there_and_back(tmp_path, json.dumps(tasks))
    assert json.loads(again) == tasks
    assert pq.read_metadata(tmp_path / "labels.parquet").num_row_groups > 5


@pytest.mark.parametrize("depth", [500, 900, 960, 985, 2000])
def test_a_deeply_nested_export_comes_back_or_is_refused(tmp_path: Path, depth: int) -> None:
    text = '[{"data": {"x": ' + "[" * depth + "]" * depth + "}}]"
    try:
        assert there_and_back(tmp_path, text)[1].split() == text.replace(" ", "").replace("[{", "[\n{", 1).replace("}}]", "}}\n]").split()
    except EventBankError as error:
        assert (depth > 500, [problem.code for problem in error.problems]) == (True, ["E301"])


# Records set aside


def test_a_record_that_is_no_task_is_set_aside_reported_with_its_place_and_comes_back(tmp_path: Path) -> None:
    text = (LABELS / "E326-no-task.json").read_text("utf-8")
    done, again = there_and_back(tmp_path, text)
    assert [(problem.code, problem.place.line) for problem in done.problems] == [("E326", 3)]
    assert "record 1" in done.problems[0].message
    assert (done.tasks, done.set_aside, done.rows) == (1, 1, 3)
    assert [row["node"] for row in rows_of(tmp_path)] == ["file", "task", "record"]
    assert exact(json.loads(again)) == exact(json.loads(text))


@pytest.mark.parametrize("text", ["5", '"x"', "null", "{}", '{"foo": 1}', '{"data": 1, "result": []}', '{"result": 1}'])
def test_a_single_value_that_is_neither_task_nor_annotation_is_no_export(tmp_path: Path, text: str) -> None:
    with pytest.raises(EventBankError) as error:
        there_and_back(tmp_path, text)
    assert codes(error) == ["E304"]
    assert not (tmp_path / "labels.parquet").exists()


# Reading block by block


def streamed(data: bytes, block: int) -> tuple[list[Any] | Any, str]:
    """The value that is read in blocks, or the problem that is found."""
    try:
        many, records = jsonfile.read(io.BytesIO(data), "x.json", block)
        found = [record.value for record in records]
        return (found if many else found[0]), ""
    except EventBankError as error:
        return None, str(error)


def whole(data: bytes) -> tuple[Any, bool]:
    """What json.loads makes of the bytes, and whether it accepts them without losing a key."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError(pairs)
        return dict(pairs)

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=unique), True
    except ValueError:
        return None, False


JSON_TEXTS = st.tuples(VALUES | st.lists(VALUES, max_size=4), st.sampled_from([None, 0, 2])).map(
    lambda pair: json.dumps(pair[0], indent=pair[1]).encode()
)


@THOUSANDS
@given(JSON_TEXTS, st.integers(1, 40))
def test_blocks_of_any_size_give_what_the_whole_file_gives(data: bytes, block: int) -> None:
    assert exact(streamed(data, block)[0]) == exact(whole(data)[0])


@THOUSANDS
@given(
    JSON_TEXTS,
    st.integers(0, 200),
    st.binary(max_size=2) | st.sampled_from([b",", b"]", b'"', b".", b"e", b"-", b"}", b"\\"]),
    st.integers(0, 3),
)
def test_spoilt_files_are_refused_alike_at_every_size_of_block(data: bytes, at: int, put: bytes, taken: int) -> None:
    spoilt = data[: at % (len(data) + 1)] + put + data[at % (len(data) + 1) + taken :]
    value, sound = whole(spoilt)
    found = {block: streamed(spoilt, block) for block in (1, 2, 5, 1 << 20)}
    assert len({exact(value) + problem for value, problem in found.values()}) == 1
    if sound:
        assert exact(found[1][0]) == exact(value)
    else:
        assert found[1][1][:4] in ("E301", "E302", "E303")
        assert "x.json:" in found[1][1]


def test_a_file_cut_anywhere_is_cut_off_at_every_size_of_block() -> None:
    data = (LABELS / "good.json").read_bytes().rstrip().replace(b'"end": 11', b'"end": -1.5e+7')
    for cut in range(len(data)):
        for block in (1, 16, 1 << 20):
            _, problem = streamed(data[:cut], block)
            assert problem.startswith("E302 x.json:"), data[:cut]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'[\n1,\n{"a": 1 2}]', "E301 x.json:3: the export is not JSON: column 9: Expecting ',' delimiter"),
        (b'[\n{"a": 1},\n  {"b": 1, "b": 2}]', "E303 x.json:3: an object of the export has a key twice: column 3: 'b'"),
        (b"[1] x", "E301 x.json:1: the export is not JSON: column 5: Extra data"),
        (b"[1\n 2]", "E301 x.json:2: the export is not JSON: column 2: Expecting ',' delimiter"),
        (b"[1,]", "E301 x.json:1: the export is not JSON: column 4: Expecting value"),
        (b'[\n"\xff"]', "E301 x.json:2: the export is not JSON: byte 3 is not UTF-8"),
        (b'["\xc3', "E302 x.json:1: the export is cut off: byte 2 is not UTF-8"),
        (b"", "E302 x.json:1: the export is cut off: column 1: Expecting value"),
        (b"\xef\xbb\xbf[]", "E301 x.json:1: the export is not JSON: it begins with a byte order mark"),
        (b"[" + b"9" * 5000 + b"]", "E301 x.json:1: the export is not JSON: column 2: Exceeds the limit (4300 digits)"),
        (b'{"a":' * 9999, "E301 x.json:1: the export is not JSON: column 1: it is nested too deep"),
    ],
)
@pytest.mark.parametrize("block", [1, 3, 1 << 20])
def test_a_problem_of_a_file_names_line_and_column(data: bytes, expected: str, block: int) -> None:
    if len(data) < 6000 or block > 3:
        assert streamed(data, block)[1].startswith(expected)


def test_records_are_read_only_when_their_turn_comes() -> None:
    class Endless(io.RawIOBase):
        begun = False

        def read(self, size: int = -1) -> bytes:  # noqa: ARG002
            found, self.begun = (b'{"data": {}},\n' if self.begun else b"["), True
            return found

    _, records = jsonfile.read(Endless(), "x.json")
    assert [next(records).line for _ in range(1000)] == list(range(1, 1001))


# Old state or new state


@pytest.mark.parametrize("name", ["E301-not-json.json", "E302-cut-off.json", "E303-key-twice.json"])
def test_a_failed_import_leaves_the_old_table_and_nothing_else(tmp_path: Path, name: str) -> None:
    out = tmp_path / "labels.parquet"
    out.write_bytes(b"old")
    with pytest.raises(EventBankError) as error:
        import_file(LABELS / name, out)
    assert codes(error) == [name[:4]]
    assert error.value.problems[0].place.line
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("labels.parquet", b"old")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_killed_import_leaves_the_old_table(tmp_path: Path) -> None:
    out, pipe = tmp_path / "labels.parquet", tmp_path / "export.json"
    out.write_bytes(b"old")
    os.mkfifo(pipe)
    process = subprocess.Popen([sys.executable, "-m", "eventbank", "label", "import", str(pipe), "--out", str(out)])
    try:
        with pipe.open("wb", buffering=0) as file:
            task = json.dumps({"data": {"text": "x" * 3000}, "annotations": [{"result": [{"id": "a"}] * 40}]}).encode()
            file.write(b"[" + b",".join([task] * 2000))
            until = time.monotonic() + 60
            while not any(part.stat().st_size > 4 for part in tmp_path.glob(".labels.parquet-*")):
                assert time.monotonic() < until
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait(60)
    finally:
        process.kill()
    assert out.read_bytes() == b"old"


# Offsets

UTF16 = json.loads((LABELS / "W327-utf16-offsets.json").read_text("utf-8"))


def units(folder: Path, value: Any, config: str = "") -> tuple[list[str | None], list[str]]:
    """The unit of every region as the table records it, and the codes of the import."""
    done, again = there_and_back(folder, json.dumps(value), config=config)
    assert exact(json.loads(again)) == exact(value)
    return [row["offset_unit"] for row in rows_of(folder) if row["node"] == "result"], [problem.code for problem in done.problems]


def test_utf16_offsets_are_recorded_reported_and_never_changed(tmp_path: Path) -> None:
    assert units(tmp_path, UTF16) == (["utf16"] * 3, ["W327"])


def test_the_unit_is_recorded_only_where_the_text_tells_it(tmp_path: Path) -> None:
    good = json.loads((LABELS / "good.json").read_text("utf-8"))
    assert units(tmp_path, good)[0] == [
        "code point" if "start" in one.get("value", {}) else None for one in good[0]["annotations"][0]["result"]
    ]
    before = [{"data": {"text": "a b 💥"}, "annotations": [{"result": [{"value": {"start": 0, "end": 1, "text": "a"}}]}]}]
    assert units(tmp_path, before) == ([None], [])
    wrong = [{"data": {"text": "💥 a b"}, "annotations": [{"result": [{"value": {"start": 0, "end": 1, "text": "zz"}}]}]}]
    assert units(tmp_path, wrong) == ([None], [])
    same = [{"data": {"text": "💥aaaa"}, "annotations": [{"result": [{"value": {"start": 2, "end": 3, "text": "a"}}]}]}]
    assert units(tmp_path, same) == ([None], [])


def test_the_config_says_which_key_of_the_data_a_text_shows(tmp_path: Path) -> None:
    task = UTF16[0] | {"data": {"headline": UTF16[0]["data"]["text"]}}
    config = '<View><{0} name="text" value="$headline"/><Labels name="entity" toName="text"><Label value="GPE"/></Labels></View>'
    assert units(tmp_path, [task]) == ([None] * 3, [])
    assert units(tmp_path, [task], config.format("Text")) == (["utf16"] * 3, ["W327"])
    assert units(tmp_path, [task], config.format("HyperText")) == ([None] * 3, [])


def test_a_config_of_another_project_is_a_warning(tmp_path: Path) -> None:
    config = (LABELS / "W328-another-project.xml").read_text("utf-8")
    assert units(tmp_path, UTF16, config) == ([None] * 3, ["W328"])


# Export


def table(folder: Path, name: str) -> Path:
    """A Parquet file with the rows of a fixture in their order."""
    rows = [json.loads(line) for line in (LABELS / name).read_text("utf-8").splitlines()]
    path = folder / f"{name}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=ANNOTATIONS.schema), path)
    return path


@pytest.mark.parametrize("name", ["E305-rows-missing.jsonl", "E332-two-exports.jsonl", "E333-out-of-order.jsonl"])
def test_rows_that_do_not_make_an_export_are_refused(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out.json"
    out.write_text("old")
    with pytest.raises(EventBankError) as error:
        export_file([table(tmp_path, name)], out)
    assert codes(error) == [name[:4]]
    assert out.read_text() == "old"


def test_one_of_several_exports_is_chosen_by_its_name(tmp_path: Path) -> None:
    path = table(tmp_path, "E332-two-exports.jsonl")
    assert export_file([path], tmp_path / "out.json", "b.json").source == "b.json"
    with pytest.raises(EventBankError) as error:
        export_file([path], tmp_path / "out.json", "c.json")
    assert codes(error) == ["E332"]
    assert "a.json, b.json" in str(error.value)


def test_a_file_that_holds_no_table_of_labels_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"source": ["a"]}), tmp_path / "other.parquet")
    for path in (LABELS / "E329-no-table.parquet", tmp_path / "other.parquet"):
        with pytest.raises(EventBankError) as error:
            export_file([path], tmp_path / "out.json")
        assert codes(error) == ["E329"]


def test_rows_with_spoilt_content_are_refused(tmp_path: Path) -> None:
    there_and_back(tmp_path, (LABELS / "good.json").read_text("utf-8"))
    for spoil in ({"rest": "{"}, {"keys": ["x"], "rest": None}, {"node": "task", "task": 3}, {"entry": 9}, {"result": 9}):
        for at, row in enumerate(rows_of(tmp_path)):
            rows = rows_of(tmp_path)
            rows[at] = row | spoil
            pq.write_table(pa.Table.from_pylist(rows, schema=ANNOTATIONS.schema), tmp_path / "spoilt.parquet")
            try:
                export_file([tmp_path / "spoilt.parquet"], tmp_path / "spoilt.json")
            except EventBankError as error:
                assert {problem.code for problem in error.problems} <= {"E305", "E333"}


def test_the_output_never_replaces_the_input(tmp_path: Path) -> None:
    export = tmp_path / "a.json"
    export.write_text("[]")
    for run in (lambda: import_file(export, export), lambda: export_file([export], export)):
        with pytest.raises(EventBankError) as error:
            run()
        assert codes(error) == ["E334"]


def test_tables_of_other_writers_and_of_earlier_versions_are_read(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    text = (LABELS / "good.json").read_text("utf-8")
    there_and_back(tmp_path, text)
    polars.read_parquet(tmp_path / "labels.parquet").drop("offset_unit").write_parquet(tmp_path / "polars.parquet")
    export_file([tmp_path / "polars.parquet"], tmp_path / "out.json")
    assert exact(json.loads((tmp_path / "out.json").read_text("utf-8"))) == exact(json.loads(text))


def test_a_released_export_comes_back_from_the_splits_together(release: Path, tmp_path: Path) -> None:
    splits = sorted((release / "annotations").glob("*.parquet"))
    for path in sorted((ROOT / "annotations").glob("*.json")):
        export_file(splits, tmp_path / path.name, path.name)
        assert exact(json.loads((tmp_path / path.name).read_text("utf-8"))) == exact(json.loads(path.read_text("utf-8")))


def test_an_imported_export_gives_the_same_layers(tmp_path: Path) -> None:
    tasks = codec.parse((LABELS / "good.json").read_bytes())
    _, again = there_and_back(tmp_path, (LABELS / "good.json").read_text("utf-8"))
    texts = {"d1": tasks[0]["data"]["text"]}
    assert codec.layers(codec.parse(again.encode()), "x", ONTOLOGY, texts) == codec.layers(tasks, "x", ONTOLOGY, texts)


# Commands


def call(*words: object) -> Iterator[Any]:
    found = CliRunner().invoke(main, [str(word) for word in words])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


def test_the_commands_say_what_they_did_and_end_with_0(tmp_path: Path) -> None:
    made, again = tmp_path / "labels.parquet", tmp_path / "again.json"
    found = call("label", "import", LABELS / "good.json", "--out", made)
    assert (found.exit_code, "1 tasks, 0 other records set aside" in found.output) == (0, True)
    found = call("label", "export", made, "--out", again, "--json")
    assert (found.exit_code, json.loads(found.stdout)) == (0, {"source": "good.json", "records": 1})
    assert json.loads(again.read_text("utf-8")) == json.loads((LABELS / "good.json").read_text("utf-8"))


def test_an_import_that_sets_a_record_aside_ends_with_1_and_writes_the_table(tmp_path: Path) -> None:
    found = call("label", "import", LABELS / "E326-no-task.json", "--out", tmp_path / "a.parquet", "--json")
    facts = json.loads(found.stdout)
    assert (found.exit_code, facts["set_aside"], [problem["code"] for problem in facts["problems"]]) == (1, 1, ["E326"])
    assert (tmp_path / "a.parquet").is_file()


def test_a_warning_leaves_the_exit_code_alone(tmp_path: Path) -> None:
    found = call("label", "import", LABELS / "W327-utf16-offsets.json", "--out", tmp_path / "a.parquet")
    assert (found.exit_code, "W327" in found.output) == (0, True)


def test_a_file_that_cannot_be_used_ends_with_1_and_its_code(tmp_path: Path) -> None:
    found = call("label", "import", LABELS / "E302-cut-off.json", "--out", tmp_path / "a.parquet")
    assert (found.exit_code, "E302 E302-cut-off.json:" in found.output, list(tmp_path.iterdir())) == (1, True, [])
