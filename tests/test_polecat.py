"""Events in the shape of POLECAT records: forty columns, codes by the crosswalk, names by coreference, and what is left out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from click.testing import CliRunner
from test_statistics import sample

from eventbank import ontology
from eventbank.cli import main
from eventbank.crosswalk import PLOVER, Codes
from eventbank.formats.polecat import COLUMNS, QUADS, dump
from eventbank.released import codes, load_release

CODES = {"fired": Codes(None, "MOBILIZE", "weapons", "15"), "launch": Codes(None, "MOBILIZE", "weapons", "15"), "said": Codes()}


def rows(data: bytes) -> list[dict[str, str]]:
    lines = data.decode("utf-8").splitlines()
    assert lines[0].split("\t") == list(COLUMNS)
    return [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines[1:]]


def test_an_event_becomes_a_line_with_its_codes_its_day_and_its_actors() -> None:
    found = dump(sample(), CODES)
    first, second = rows(found.data)
    assert {name: value for name, value in first.items() if value} == {
        "Event ID": "fired",
        "Event Date": "2024-05-03",
        "Event Type": "MOBILIZE",
        "Event Mode": "weapons",
        "Intensity": "-5.5",
        "Quad Code": "MATERIAL CONFLICT",
        "Actor Name": "The navy",
        "Actor Name Raw": "The navy",
        "Source": "The Paper",
        "Publication Date": "2024-05-04",
        "Language": "en",
        "Version": "made 1.0.0",
    }
    assert second["Event Date"] == "2024-05-04"
    assert found.left_out == {"Statement.Announce": 1}


def test_every_category_has_its_quad_and_score() -> None:
    assert set(QUADS) == set(PLOVER)
    assert all((score >= 0) == quad.endswith("COOPERATION") for quad, score in QUADS.values() if score)


def test_codes_of_a_release_are_those_of_its_ontology(release: Path) -> None:
    found, read = load_release(release), codes(release)
    scheme = ontology.load(release.parent / "schema" / "ontology.yaml")
    events = [event for layer in found.layers.values() for event in layer.events]
    assert len(read) == len(events)
    for event in events:
        roles = [argument.role for argument in event.arguments]
        assert read[event.id] == scheme.codes(event.type, roles, event.attributes["tense"], event.attributes["polarity"])


def test_a_release_is_written_whole_but_for_what_is_counted(release: Path) -> None:
    found = load_release(release)
    written = dump(found, codes(release))
    lines = rows(written.data)
    assert len(lines) + sum(written.left_out.values()) == sum(len(layer.events) for layer in found.layers.values())
    assert all(line["Event Type"] in PLOVER and line["Event Date"] and line["Story Locations"] for line in lines)
    named = {line["Actor Name"] for line in lines} - {line["Actor Name Raw"] for line in lines}
    assert named, "an actor that is a pronoun or a description is called by the name of its entity"


def test_the_command_writes_the_records_of_a_release_and_lists_the_events_left_out(release: Path, tmp_path: Path) -> None:
    for path in (release, release.parent):
        run = CliRunner().invoke(main, ["export", "polecat", str(path), "--split", "test", "--out", str(tmp_path / "out"), "--json"])
        assert run.exit_code == 0, run.output
        found, dumped = json.loads(run.stdout), dump(load_release(release, "test"), codes(release, "test"))
        assert (tmp_path / "out" / "events.txt").read_bytes() == dumped.data
        assert json.loads((tmp_path / "out" / "losses.json").read_text("utf-8")) == found
        assert found["counts"]["event"] == sum(dumped.left_out.values()) > 0
        assert {one["found"].partition(" ")[0] for one in found["losses"]} == set(dumped.left_out)


def test_records_of_no_release_are_refused(release: Path, tmp_path: Path) -> None:
    bare = Path(shutil.copytree(release.parent, tmp_path / "corpus", ignore=shutil.ignore_patterns("dataset")))
    for path in (bare, release.parent / "annotations" / "pass-1.json"):
        run = CliRunner().invoke(main, ["export", "polecat", str(path), "--out", str(tmp_path / "out")])
        assert (run.exit_code, "E740" in run.stderr, (tmp_path / "out").exists()) == (1, True, False)
