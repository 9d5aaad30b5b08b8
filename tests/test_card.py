"""The card of a release and its picture: sections of the Hub's template, numbers of the tables, nothing quoted that is withheld."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import LONG

from eventbank.build import build
from eventbank.corpus import open_corpus
from eventbank.release import card, folder
from eventbank.release.content import Release
from eventbank.release.counts import counts, example
from eventbank.release.markdown import joined, table
from eventbank.release.picture import PICTURE, picture
from eventbank.tables import SPLITS

SVG = "{http://www.w3.org/2000/svg}"


def card_of(content: Release, to: Path) -> str:
    folder.write(content, to)
    return (to / "README.md").read_text("utf-8").split("\n---\n", 1)[1]


def headings(text: str) -> list[str]:
    return re.findall(r"^#{1,6} (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)


def without_texts(content: Release) -> Release:
    """The release with every string null that stands beside offsets, and every text and title."""

    def inside(value: Any) -> Any:
        if isinstance(value, list):
            return [inside(one) for one in value]
        if isinstance(value, dict):
            return {key: None if key in ("text", "title", "tokens", "rest", "answers") else inside(one) for key, one in value.items()}
        return value

    tables = {
        one: {split: pa.Table.from_pylist([inside(row) for row in part.to_pylist()], schema=one.schema) for split, part in parts.items()}
        for one, parts in content.tables.items()
    }
    return replace(content, tables=tables)


def test_the_card_has_the_sections_of_the_hubs_template_in_their_order(release: Path) -> None:
    from huggingface_hub import DatasetCard

    template = Path(DatasetCard.default_template_path).read_text("utf-8").split("---\n", 2)[2]
    wanted = [name.removesuffix(" [optional]") for name in headings(template)][1:]
    found = [name for name in headings((release / "README.md").read_text("utf-8").split("\n---\n", 1)[1]) if name in wanted]
    assert found == wanted


def test_no_section_is_empty_and_no_placeholder_is_left(release: Path) -> None:
    text = (release / "README.md").read_text("utf-8").split("\n---\n", 1)[1]
    assert joined(text.split("\n\n")) == text.strip("\n")
    assert not re.search(r"\$[a-z_]+", text)


def test_label_counts_are_those_of_the_tables(release: Path) -> None:
    found = counts(folder.read(release))
    for split in SPLITS:
        rows = pq.read_table(release / "events" / f"{split}-00000-of-00001.parquet").to_pylist()
        assert found.event_types[split] == Counter(event["type"] for row in rows for event in row["events"])
        assert found.roles[split] == Counter(one["role"] for row in rows for event in row["events"] for one in event["arguments"])
        assert found.entities[split] == Counter(entity["type"] for row in rows for entity in row["entities"])
        assert found.entity_types[split] == Counter(
            entity["type"] for row in rows for entity in row["entities"] for _ in entity["mentions"]
        )
        assert found.value_types[split] == Counter(value["type"] for row in rows for value in row["values"])
        assert found.happenings[split].total() == sum(len({event["chain_id"] for event in row["events"]}) for row in rows)
    text = (release / "README.md").read_text("utf-8")
    for count in (found.event_types, found.roles):
        assert f"| all | {' | '.join(str(count[split].total()) for split in SPLITS)} |" in text
        for name in {name for split in SPLITS for name in count[split]}:
            assert f"| {name} | {' | '.join(str(count[split][name]) for split in SPLITS)} |" in text


def test_the_example_is_an_event_of_the_release(release: Path) -> None:
    text = (release / "README.md").read_text("utf-8")
    shown = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])
    rows = pq.read_table(release / "events", partitioning=None).to_pylist()
    (row,) = [row for row in rows for event in row["events"] if event["event_id"] == shown["event_id"]]
    assert shown in row["events"]
    assert shown["arguments"]


def test_the_card_of_a_release_without_texts_quotes_nothing(release: Path, tmp_path: Path) -> None:
    full = folder.read(release)
    bare = without_texts(full)
    text = card_of(bare, tmp_path / "bare")
    quoted = {
        one["text"] for part in full.tables[next(t for t in full.tables if t.name == "mentions")].values() for one in part.to_pylist()
    }
    shown = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])
    assert {span["text"] for span in (shown["trigger"], *shown["arguments"])} == {None}
    assert not {value for value in shown.values() if isinstance(value, str)} & quoted
    assert "the words are null" in text
    assert (one := example(full)) is not None
    assert (other := example(bare)) is not None
    assert one["event_id"] == other["event_id"]
    assert picture(bare) == picture(full)
    documents = sum(full.rows["documents"].values())
    assert f"the text of 0 of {documents} documents" in text
    assert "eventbank hydrate" in text


def test_the_card_says_which_release_to_publish(release: Path, tmp_path: Path) -> None:
    full = folder.read(release)
    assert "eventbank standoff" in card_of(full, tmp_path / "full")

    def free(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"rights": row["rights"] | {"redistribute": True}}

    tables = {
        one: parts
        if one.name != "documents"
        else {split: pa.Table.from_pylist([free(row) for row in part.to_pylist()], schema=one.schema) for split, part in parts.items()}
        for one, parts in full.tables.items()
    }
    assert "It may be published as it is." in card_of(replace(full, tables=tables), tmp_path / "free")


def test_the_card_lists_kinds_of_rights_where_there_are_many_documents(
    monkeypatch: pytest.MonkeyPatch, release: Path, tmp_path: Path
) -> None:
    content = folder.read(release)
    assert "| `000_" in card_of(content, tmp_path / "few").split("may be passed on |")[1].split("\n\n")[0]
    monkeypatch.setattr(card, "LISTED", 2)
    text = card_of(content, tmp_path / "many").split("may be passed on |")[1]
    assert "`000_" not in text.split("\n\n")[0]
    kinds = re.findall(r"^\| +(\d+) \|", text.split("\n\n")[0], re.MULTILINE)
    rest = re.search(r"And (\d+) more, with (\d+) documents", text)
    assert len(kinds) == 2
    assert rest is not None
    assert sum(map(int, kinds)) + int(rest[2]) == 5


def test_the_card_tells_how_to_cite(release: Path) -> None:
    text, settings = (release / "README.md").read_text("utf-8"), folder.read(release).settings
    assert settings.citation.strip() in text
    assert f"(version {settings.version}) [Data set]. https://huggingface.co/datasets/{settings.repo}" in text


def test_sections_that_nobody_wrote_are_left_out(small: Callable[..., Path]) -> None:
    root = small({"a": LONG * 3})
    build(open_corpus(root))
    found = headings((root / "dataset" / "README.md").read_text("utf-8").split("\n---\n", 1)[1])
    assert {"Splits", "Rights", "Direct Use"} <= set(found)
    assert not {"Out-of-Scope Use", "Curation Rationale", "An example", "Labels", "Citation", "Dataset Card Contact"} & set(found)
    assert not (root / "dataset" / PICTURE).exists()


def test_the_card_of_an_empty_corpus_is_whole(small: Callable[..., Path]) -> None:
    root = small({})
    build(open_corpus(root))
    assert "Without rows and therefore left out: events" in (root / "dataset" / "README.md").read_text("utf-8")


# The picture


def test_the_bars_of_the_picture_are_as_long_as_the_counts(release: Path) -> None:
    tree = ET.fromstring((release / PICTURE).read_text("utf-8"))
    found = counts(folder.read(release)).event_types
    for split in SPLITS:
        bars = [float(bar.attrib["width"]) for bar in tree.iter(f"{SVG}rect") if bar.attrib["class"] == split][1:]
        numbers = [found[split][name] for name in folder.read(release).names["event_types"] if found[split][name]]
        unit = bars[0] / numbers[0]
        assert bars == pytest.approx([number * unit for number in numbers], abs=0.02)


def test_the_picture_says_what_it_shows_to_those_who_hear_it(release: Path) -> None:
    tree = ET.fromstring((release / PICTURE).read_text("utf-8"))
    title, description = tree.find(f"{SVG}title"), tree.find(f"{SVG}desc")
    assert tree.attrib["role"] == "img"
    assert title is not None
    assert description is not None
    assert tree.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    found = counts(folder.read(release)).event_types
    for name in {name for split in SPLITS for name in found[split]}:
        assert f"{name}: {', '.join(f'{split} {found[split][name]}' for split in SPLITS)}" in (description.text or "")


def test_the_picture_is_on_the_card_and_in_the_manifest(release: Path) -> None:
    assert f"]({PICTURE})" in (release / "README.md").read_text("utf-8")
    assert PICTURE in {entry["path"] for entry in json.loads((release / "manifest.json").read_text("utf-8"))["files"]}


def test_nothing_is_drawn_beyond_the_frame_and_names_are_escaped(release: Path) -> None:
    content = folder.read(release)
    old = content.names["event_types"][0]
    new = "<&>" + "Very" * 20
    tables = {
        one: {
            split: pa.Table.from_pylist(
                [row | ({"type": new} if row.get("type") == old else {}) for row in part.to_pylist()], schema=one.schema
            )
            for split, part in parts.items()
        }
        for one, parts in content.tables.items()
        if one.name == "mentions"
    }
    drawn = picture(replace(content, tables=tables, names={**content.names, "event_types": [new, *content.names["event_types"][1:]]}))
    assert drawn is not None
    tree = ET.fromstring(drawn)
    width, height = (float(tree.attrib[name]) for name in ("width", "height"))
    for bar in tree.iter(f"{SVG}rect"):
        assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= width
        assert float(bar.attrib["y"]) + float(bar.attrib["height"]) <= height


def contrast(one: str, other: str) -> float:
    """The ratio of contrast of two colours, as WCAG 2 defines it."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_bars_stand_out_from_the_ground_in_light_and_in_dark(release: Path, scheme: str) -> None:
    light, dark = (release / PICTURE).read_text("utf-8").split("@media (prefers-color-scheme:dark)")
    colours = dict(re.findall(r"\.(\w+)\{fill:(#\w{6})", light if scheme == "light" else dark))
    assert all(contrast(colours[name], colours["ground"]) >= 4.5 for name in ("text", "quiet"))
    assert all(contrast(colours[split], colours["ground"]) >= 2 for split in SPLITS)


# Markdown


def test_headings_without_anything_below_them_are_left_out() -> None:
    assert joined(["# A", "## B", "", "## C", "### D", "text", "## E"]) == "# A\n\n## C\n\n### D\n\ntext"


def test_cells_of_a_table_cannot_break_it() -> None:
    assert table(("a",), [("x|y\nz\\",)]).splitlines()[-1] == "| x\\|y z\\\\ |"
