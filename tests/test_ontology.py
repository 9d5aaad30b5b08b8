"""The ontology: what it lets fill a role, and that every mistake in its file is named at its line."""

from itertools import product
from pathlib import Path

import pytest
from sketch import LAYERS, ONTOLOGY

from eventbank.errors import EventBankError
from eventbank.ontology import Ontology, load

FILE = LAYERS / "ontology.yaml"
REAL = Path(__file__).parent.parent / "schema" / "ontology.yaml"


def spoiled(folder: Path, old: str, new: str) -> tuple[list[tuple[str, int]], int]:
    """Codes and lines of the problems when `old` is replaced by `new`, and the line of the replacement."""
    text = FILE.read_text("utf-8")
    assert text.count(old) == 1
    (folder / "o.yaml").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(EventBankError) as caught:
        load(folder / "o.yaml", "o.yaml")
    assert {problem.place.file for problem in caught.value.problems} == {"o.yaml"}
    return [(problem.code, problem.place.line) for problem in caught.value.problems], text[: text.index(old)].count("\n") + 1


def changed(folder: Path, *changes: tuple[str, str]) -> Ontology:
    text = FILE.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "o.yaml").write_text(text, "utf-8")
    return load(folder / "o.yaml")


MISTAKES = {
    "no YAML": ("version: 1", "version: '1' 1", "E001", 0),
    "key twice": ("version: 1", "name: twice", "E001", 0),
    "unknown key": ("version: 1", "version: 1\nvision: 2", "E002", 1),
    "version is text": ("version: 1", "version: one", "E002", 0),
    "name missing": ("{name: MIL, definition", "{definition", "E002", 0),
    "definition missing": ("    definition: A weapon is fired.\n", "", "E002", -1),
    "fillers are text": ("Weapon: [WEA]", "Weapon: WEA", "E002", 0),
    "attribute no table has": ("- name: modality", "- name: mood", "E002", -12),
    "rule without value": ("{value: Other}", "{}", "E002", 0),
    "rule without reason": (', why: "What is over is no plan."', "", "E002", 0),
    "type twice": ("  - {name: GPE,", "  - {name: MIL, definition: Again.}\n  - {name: GPE,", "E401", 0),
    "value type that is an entity type": ("  - {name: TIME,", "  - {name: WEA, definition: Again.}\n  - {name: TIME,", "E401", 0),
    "type called Event": ("  - {name: GPE,", "  - {name: Event, definition: Any.}\n  - {name: GPE,", "E401", 0),
    "role twice": ("  - {name: Content,", "  - {name: Actor, definition: Again.}\n  - {name: Content,", "E401", 0),
    "level twice": ("{name: NOM,", "{name: NAM,", "E401", 0),
    "value twice": ("{name: Future,", "{name: Past,", "E401", 0),
    "unknown filler": ("Weapon: [WEA]", "Weapon: [GUN]", "E402", 0),
    "unknown group": ("Weapon: [WEA]", "Weapon: [Gun.*]", "E402", 0),
    "undefined role": ("Weapon: [WEA]", "Weapons: [WEA]", "E402", 0),
    "unknown common filler": ("Time: [TIME]", "Time: [CLOCK]", "E402", 0),
    "role of no type": ("  - {name: Content,", "  - {name: Idle, definition: Of none.}\n  - {name: Content,", "E402", 0),
    "trigger not in its example": ('trigger: "fired"', 'trigger: "fires"', "E403", 0),
    "span not in its example": ('span: "heard"', 'span: "said"', "E403", 0),
    "default is no value": ("default: Past", "default: Gone", "E404", 0),
    "rule over an unknown attribute": ("{tense: [Past]", "{tempus: [Past]", "E404", 0),
    "rule over an unknown value": ("{tense: [Past]", "{tense: [Gone]", "E404", 0),
    "combination without realis": ("  - {value: Other}\n", "", "E404", -1),
    "defaults forbidden": ("modality: [Planned], why", "modality: [Asserted], why", "E404", 0),
}


@pytest.mark.parametrize(("old", "new", "code", "below"), MISTAKES.values(), ids=MISTAKES)
def test_mistake_is_named_at_its_line(tmp_path: Path, old: str, new: str, code: str, below: int) -> None:
    found, line = spoiled(tmp_path, old, new)
    assert (code, line + below) in found
    assert {one for one, _ in found} == {code}


@pytest.mark.parametrize("section", ["entity_types", "levels", "roles", "event_types", "attributes", "realis"])
def test_section_that_every_corpus_needs_may_not_be_missing(tmp_path: Path, section: str) -> None:
    assert "E002" in {code for code, _ in spoiled(tmp_path, f"\n{section}:\n", f"\n{section}: []\nx-{section}:\n")[0]}


@pytest.mark.parametrize("text", ["", "[]", "name: x", "null", "entity_types: 3"])
def test_file_of_another_shape_gives_coded_problems_only(tmp_path: Path, text: str) -> None:
    (tmp_path / "o.yaml").write_text(text, "utf-8")
    with pytest.raises(EventBankError) as caught:
        load(tmp_path / "o.yaml")
    assert {problem.code for problem in caught.value.problems} <= {"E002", "E404"}


def test_ontology_of_the_project_loads() -> None:
    ontology = load(REAL)
    assert (len(ontology.event_types), len(ontology.entity_types) + len(ontology.value_types)) == (26, 12)


def test_every_combination_of_attributes_has_a_realis_in_the_ontology_of_the_project() -> None:
    ontology = load(REAL)
    names = [attribute.name for attribute in ontology.attributes]
    for values in product(*([value.name for value in attribute.values] for attribute in ontology.attributes)):
        assert ontology.realis(dict(zip(names, values, strict=True))) in ("Actual", "Generic", "Other")


@pytest.mark.parametrize(
    ("polarity", "tense", "modality", "realis"),
    [
        ("Positive", "Past", "Asserted", "Actual"),
        ("Negative", "Past", "Asserted", "Other"),
        ("Positive", "Future", "Planned", "Other"),
        ("Positive", "Unspecified", "Generic", "Generic"),
        ("Negative", "Unspecified", "Generic", "Generic"),
    ],
)
def test_realis_of_the_project_follows_from_the_attributes(polarity: str, tense: str, modality: str, realis: str) -> None:
    assert load(REAL).realis({"polarity": polarity, "tense": tense, "modality": modality}) == realis


def test_first_matching_rule_decides_the_realis() -> None:
    assert ONTOLOGY.realis({"polarity": "Positive", "tense": "Past", "modality": "Asserted"}) == "Actual"
    assert ONTOLOGY.realis({"polarity": "Negative", "tense": "Past", "modality": "Asserted"}) == "Other"


def test_defaults_are_what_an_annotator_leaves_unsaid() -> None:
    assert ONTOLOGY.defaults() == {"polarity": "Positive", "tense": "Past", "modality": "Asserted"}


@pytest.mark.parametrize(
    ("event", "role", "filler", "may"),
    [
        ("Weapon.Launch", "Actor", "MIL", True),
        ("Weapon.Launch", "Actor", "WEA", False),
        ("Weapon.Launch", "Time", "TIME", True),
        ("Weapon.Launch", "Content", "Weapon.Launch", False),
        ("Statement.Announce", "Content", "Weapon.Launch", True),
        ("Statement.Announce", "Content", "MIL", False),
        ("Statement.Announce", "Nonsense", "MIL", False),
        ("Nonsense", "Actor", "MIL", False),
        ("Weapon.Launch", "Actor", "Nonsense", False),
    ],
)
def test_what_may_fill_a_role(event: str, role: str, filler: str, may: bool) -> None:
    assert ONTOLOGY.may_fill(event, role, filler) is may


@pytest.mark.parametrize(
    ("content", "launch", "announce"), [("Weapon.*", True, False), ("Weapon.Launch", True, False), ("Event", True, True)]
)
def test_filler_may_be_any_event_a_group_or_one_type(tmp_path: Path, content: str, launch: bool, announce: bool) -> None:
    ontology = changed(tmp_path, ("Content: [Event]", f"Content: [{content}]"))
    assert ontology.may_fill("Statement.Announce", "Content", "Weapon.Launch") is launch
    assert ontology.may_fill("Statement.Announce", "Content", "Statement.Announce") is announce


def test_common_roles_belong_to_every_type_and_what_a_type_says_itself_holds(tmp_path: Path) -> None:
    assert all(event.roles["Time"] == ("TIME",) for event in ONTOLOGY.event_types)
    ontology = changed(tmp_path, ("Weapon: [WEA]", "Weapon: [WEA]\n      Time: [TIME, GPE]"))
    assert ontology.may_fill("Weapon.Launch", "Time", "GPE")
    assert not ontology.may_fill("Statement.Announce", "Time", "GPE")


def test_retired_names_keep_their_place_and_need_no_use(tmp_path: Path) -> None:
    ontology = changed(
        tmp_path,
        ("{name: Time,", "{name: Former, definition: No more., retired: true}\n  - {name: Time,"),
        ("{name: MIL,", "{name: OLD, definition: Gone, retired: true}\n  - {name: MIL,"),
    )  # fmt: skip
    assert [role.name for role in ontology.roles][:2] == ["Former", "Time"]
    assert [term.name for term in ontology.entity_types] == ["OLD", "MIL", "GPE", "WEA"]
    assert ontology.entity_types[0].retired


def test_order_of_names_is_that_of_the_file() -> None:
    assert list(ONTOLOGY.events) == ["Weapon.Launch", "Statement.Announce"]
    assert [attribute.name for attribute in ONTOLOGY.attributes] == ["polarity", "tense", "modality"]
