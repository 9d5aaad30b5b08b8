"""Statistics of a release: the numbers are those that one counts by hand, the figures show them, and come out the same every time."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from sketch import layer_of

from eventbank.build import build
from eventbank.cli import main
from eventbank.errors import EventBankError
from eventbank.init import init
from eventbank.plots import FORMATS, draw
from eventbank.released import Released, load_release
from eventbank.segmentation import sentences
from eventbank.statistics import Agreed, Statistics, gap, read_agreement, statistics, table

TEXT = """
text: The navy fired a missile on 3 May. It said the launch went well. Nobody was hurt.
mentions:
  - {id: navy, type: MIL, level: NOM, quote: The navy}
  - {id: it, type: MIL, level: PRO, quote: It}
  - {id: missile, type: WEA, level: NOM, quote: a missile}
  - {id: day, type: TIME, quote: 3 May}
events:
  - {id: fired, type: Weapon.Launch, quote: fired, arguments: [Actor navy, Weapon missile, Time day]}
  - {id: launch, type: Weapon.Launch, quote: launch, arguments: [Actor navy], attributes: {tense: Future, modality: Planned}}
  - {id: said, type: Statement.Announce, quote: said, arguments: [Speaker it, Content launch]}
chains:
  - [navy, it]
  - [fired, launch]
"""


def sample() -> Released:
    """Two documents: the one above in train, an unlabelled one in test."""
    layer, text = layer_of(TEXT)
    mentions = tuple(replace(one, normalized="2024-05-03") if one.id == "day" else one for one in layer.mentions)
    row = {"dated": dt.date(2024, 5, 4), "story_id": "d1", "language": "en", "publisher": "The\tPaper", "published": None}
    return Released(
        "made",
        "1.0.0",
        "",
        {"d1": row, "d2": row},
        {"d1": text},
        {"d1": tuple(sentences(text, "en"))},
        {"d1": replace(layer, mentions=mentions)},
        {"d1": "train", "d2": "test"},
    )


def found() -> Statistics:
    return statistics(sample(), {"Weapon.Launch": Agreed(0.8, 5, 5)})


def test_documents_events_and_roles_are_counted() -> None:
    assert (found().documents, found().labelled) == ({"train": 1, "test": 1}, {"train": 1})
    assert found().events == {"Weapon.Launch": {"train": 2}, "Statement.Announce": {"train": 1}}
    assert found().roles == {
        "Weapon.Launch": {"Actor": 2, "Time": 1, "Weapon": 1},
        "Statement.Announce": {"Content": 1, "Speaker": 1},
    }
    assert (found().arguments.counts, found().arguments.mean, found().arguments.most) == ({"1": 1, "2": 1, "3": 1}, 2, 3)


def test_distances_are_code_points_between_the_spans_and_sentences_between_their_beginnings() -> None:
    assert found().sentences == {"-1": 1, "0": 5}
    assert found().outside == pytest.approx(1 / 6)
    assert found().gaps.counts == {"0–9": 4, "10–24": 1, "25–49": 1, "50–99": 0, "100–199": 0, "200–499": 0, "500+": 0}
    layer = sample().layers["d1"]
    assert gap(layer.events[0], layer.mentions[0]) == gap(layer.mentions[0], layer.events[0]) == 1
    assert gap(layer.events[0], layer.events[0]) == 0


def test_chains_and_attributes_are_counted() -> None:
    assert (found().entity_chains.counts, found().event_chains.counts) == ({"1": 1, "2": 1}, {"1": 1, "2": 1})
    assert found().attributes["tense"] == {"Past": 2, "Future": 1}
    assert found().attributes["realis"] == {"Actual": 2, "Other": 1}


def test_an_event_is_on_the_day_that_is_stated_or_on_that_of_its_document() -> None:
    assert found().dates == {"2024-05-03": {"stated": 1}, "2024-05-04": {"document": 2}}


def test_numbers_of_a_release_are_those_that_its_tables_give(release: Path) -> None:
    whole = statistics(load_release(release))
    triggers = pl.read_parquet(release / "mentions" / "*.parquet").filter(pl.col("kind") == "trigger")
    arguments = pl.read_parquet(release / "arguments" / "*.parquet")
    assert {name: sum(count.values()) for name, count in whole.events.items()} == dict(triggers["type"].value_counts().iter_rows())
    assert sum(sum(count.values()) for count in whole.roles.values()) == arguments.height
    assert {role: times for name, count in whole.roles.items() if name == "Weapon.Launch" for role, times in count.items()} == dict(
        arguments.filter(pl.col("event_type") == "Weapon.Launch")["role"].value_counts().iter_rows()
    )
    for name, count in whole.attributes.items():
        assert count == dict(triggers[name].value_counts().iter_rows())
    chains = pl.read_parquet(release / "mentions" / "*.parquet").filter(pl.col("kind") == "entity")["chain_id"].value_counts()
    assert {int(size): times for size, times in whole.entity_chains.counts.items()} == dict(
        chains["count"].rename("size").value_counts().iter_rows()
    )
    assert sum(sum(count.values()) for count in whole.dates.values()) == triggers.height
    one = statistics(load_release(release, "test"))
    assert list(one.documents) == ["test"]
    assert one.events == {name: {"test": count["test"]} for name, count in whole.events.items() if "test" in count}


def test_nothing_labelled_gives_numbers_over_nothing() -> None:
    empty = statistics(replace(sample(), layers={}, texts={}, sentences={}))
    assert (empty.events, empty.outside, empty.gaps.mean, empty.arguments.counts) == ({}, None, None, {})
    assert table(empty)[-1] == "agreement was not measured"


def test_table_shows_every_number_within_100_characters() -> None:
    lines = table(found())
    assert max(map(len, lines)) <= 100
    text = "\n".join(lines)
    for part in (
        "Weapon.Launch",
        "Actor 2, Time 1, Weapon 1",
        "16.7% outside",
        "2024-05-03 to 2024-05-04",
        "0.800 (5, 5)",
        "Past 2, Future 1",
    ):
        assert part in text


def test_agreement_is_read_from_the_report_in_the_release_if_it_is_there(tmp_path: Path) -> None:
    assert read_agreement(tmp_path) == {}
    score = {"f1": 0.5, "gold_num": 3, "pred_num": 4}
    report = {"overall": {"types": {"event_types": {"Weapon.Launch": {"exact": score}}}}}
    (tmp_path / "agreement.json").write_text(json.dumps(report), "utf-8")
    assert read_agreement(tmp_path) == {"Weapon.Launch": Agreed(0.5, 3, 4)}
    (tmp_path / "agreement.json").write_text("[1]", "utf-8")
    assert read_agreement(tmp_path) == {}


# Figures


def test_figures_have_the_same_bytes_every_time_and_tell_nothing_of_time_or_tool(tmp_path: Path) -> None:
    one, other = draw(found(), tmp_path / "one"), draw(found(), tmp_path / "other")
    assert {path.suffix for path in one} == {f".{kind}" for kind in FORMATS}
    assert len(one) == 20
    for first, second in zip(one, other, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name
        assert b"dc:date" not in first.read_bytes()
        assert b"matplotlib.org" not in first.read_bytes()


def test_figures_show_what_was_counted_as_text(tmp_path: Path) -> None:
    draw(found(), tmp_path)
    words = {path.stem: {node.text for node in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")} for path in tmp_path.glob("*.svg")}
    assert {"Weapon.Launch", "Statement.Announce", "train", "test"} <= words["events_by_type"]
    assert {"Actor", "Speaker", "2"} <= words["roles_by_type"]
    assert {"2024-05", "day stated"} <= words["timeline"]
    assert {"tense: Future", "polarity: Positive"} <= words["attributes"]


def test_without_labels_there_is_nothing_to_draw(tmp_path: Path) -> None:
    assert draw(statistics(replace(sample(), layers={}, texts={}, sentences={})), tmp_path) == []


def test_without_matplotlib_the_extra_is_named_e712(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EventBankError, match=r"E712 .*eventbank\[plots\]"):
        draw(found(), tmp_path)


# The command


def call(*words: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_command_prints_a_table_json_and_draws(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(release.parent)
    assert call("stats").stdout == call("stats", release).stdout
    made = json.loads(call("stats", release, "--split", "train", "--json", "--plots", tmp_path / "plots").stdout)
    assert made["events"]["Weapon.Launch"] == {"train": made["events"]["Weapon.Launch"]["train"]}
    assert (tmp_path / "plots" / "events_by_type.svg").is_file()


def test_a_release_without_labels_or_documents_is_counted_as_zeros_without_bare_heads(unlabelled: Path, tmp_path: Path) -> None:
    build(init(tmp_path / "empty"))
    empty = tmp_path / "empty" / "dataset"
    for release in (unlabelled, empty):
        lines = call("stats", release).stdout.splitlines()
        assert {number for line in lines if line.startswith(("  with labels", "  all")) for number in line.split()[1:]} <= {"labels", "0"}
        assert [line.split()[-1] for line in lines if line.startswith(("roles", "attributes", "arguments", "code points"))] == ["none"] * 4
        assert not [line for line in lines if ": " in line]
    assert "E743" in call("stats", empty, "--split", "train").stderr


def test_command_refuses_what_is_no_release_e710(tmp_path: Path, release: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "E710" in call("stats", tmp_path / "empty").stderr
    shutil.copytree(release, tmp_path / "cut")
    for file in (tmp_path / "cut" / "events").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    result = call("stats", tmp_path / "cut")
    assert (result.exit_code, "E710" in result.stderr) == (1, True)
