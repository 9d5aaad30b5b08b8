"""The crosswalk to ACE, PLOVER and CAMEO: a function of type, roles, tense and polarity, and what its rows may not say."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import ROOT

from eventbank.crosswalk import CAMEO, PLOVER, Codes
from eventbank.errors import EventBankError
from eventbank.ontology import load

REAL = ROOT / "schema" / "ontology.yaml"
SCHEME = load(REAL)

# The nine lines on which the ontologies were compared, each as its labels, with what ACE, PLOVER and CAMEO make of it
NINE = [
    ("two missiles are fired", "Weapon.Launch", "Actor Weapon Quantity", "Past", Codes(None, "MOBILIZE", "weapons", "15")),
    ("ministers are to meet", "Diplomacy.Meet", "Participant Participant Place", "Future", Codes("Contact.Meet", "AGREE", None, "03")),
    ("talks by phone", "Diplomacy.Contact", "Participant Participant", "Past", Codes("Contact.Phone-Write", "CONSULT", "phone", "04")),
    ("a condemnation", "Statement.Condemn", "Speaker Content", "Past", Codes(None, "ACCUSE", "disapprove", "11")),
    ("a joint exercise", "Military.Exercise", "Participant Participant", "Past", Codes(None, "COOPERATE", None, "06")),
    ("a pledge to an ally", "Statement.Pledge", "Speaker Beneficiary Adversary", "Past", Codes(None, "AGREE", None, "03")),
    ("a pledge at an adversary", "Statement.Pledge", "Speaker Adversary", "Past", Codes(None, "THREATEN", None, "13")),
    ("troops for an ally", "Military.Deploy", "Actor Force Beneficiary", "Past", Codes("Movement.Transport", "AID", None, "07")),
    ("troops abroad", "Military.Deploy", "Actor Force Destination", "Past", Codes("Movement.Transport", "MOBILIZE", "troops", "15")),
    ("a parade", "Military.Display", "Actor Weapon Occasion", "Past", Codes(None, "MOBILIZE", None, "15")),
    ("an engine test", "Weapon.Test", "Actor Component", "Past", Codes(None, "MOBILIZE", "weapons", "15")),
]


@pytest.mark.parametrize(("line", "type_", "roles", "tense", "expected"), NINE, ids=[line[0] for line in NINE])
def test_codes_of_the_nine_lines(line: str, type_: str, roles: str, tense: str, expected: Codes) -> None:
    assert SCHEME.codes(type_, roles.split(), tense, "Positive") == expected


@pytest.mark.parametrize(
    ("type_", "roles", "tense", "plover"),
    [
        ("Diplomacy.Meet", "Participant", "Past", "CONSULT"),
        ("Diplomacy.Visit", "Visitor", "Future", "AGREE"),
        ("Diplomacy.Assist", "Giver Recipient", "Future", "AGREE"),
        ("Military.Exercise", "Participant Participant", "Future", "AGREE"),
        ("Military.Exercise", "Participant", "Future", "MOBILIZE"),
        ("Military.Withdraw", "Actor Force", "Future", "CONCEDE"),
        ("Measure.Lift", "Actor", "Past", "RETREAT"),
        ("Measure.Lift", "Actor", "Future", "CONCEDE"),
        ("Measure.Legal-Personnel", "Person Position", "Past", None),
        ("Measure.Legal-Personnel", "Person Position Charge", "Past", "COERCE"),
        ("Life.Casualty", "Victim", "Past", None),
        ("Statement.Announce", "Speaker", "Past", None),
        ("No.Such", "", "Past", None),
    ],
)
def test_tense_and_roles_move_an_event_between_categories(type_: str, roles: str, tense: str, plover: str | None) -> None:
    assert SCHEME.codes(type_, roles.split(), tense, "Positive").plover == plover


def test_what_does_not_happen_keeps_its_ace_type_and_has_no_code() -> None:
    assert SCHEME.codes("Diplomacy.Meet", ["Participant"], "Past", "Negative") == Codes(ace="Contact.Meet")


def test_every_event_type_of_the_project_has_a_row_that_holds_without_any_role() -> None:
    unconditional = {row.type for row in SCHEME.crosswalk if not (row.roles or row.without or row.tense or row.polarity)}
    assert unconditional == set(SCHEME.events)


def test_triggers_carry_their_codes_in_mentions_and_other_spans_none(release: Path) -> None:
    rows = [row for file in (release / "mentions").glob("*.parquet") for row in pq.read_table(file).to_pylist()]
    triggers = [row for row in rows if row["kind"] == "trigger"]
    assert {row["plover"] for row in triggers} <= {None, *PLOVER}
    assert {row["cameo"] for row in triggers} <= {None, *CAMEO}
    assert {(row["plover"], row["cameo"]) for row in triggers if row["type"] == "Weapon.Launch" and row["polarity"] == "Positive"} == {
        ("MOBILIZE", "15")
    }
    assert not any(row[name] for row in rows if row["kind"] != "trigger" for name in ("ace", "plover", "plover_mode", "cameo"))


@pytest.mark.parametrize(
    "row",
    [
        "{type: No.Such, cameo: '01'}",
        "{type: Weapon.Launch, roles: {Speaker: 1}, cameo: '01'}",
        "{type: Weapon.Launch, roles: {Actor: 0}, cameo: '01'}",
        "{type: Weapon.Launch, without: [Speaker], cameo: '01'}",
        "{type: Weapon.Launch, tense: [Soon], cameo: '01'}",
        "{type: Weapon.Launch, polarity: [Perhaps], cameo: '01'}",
        "{type: Weapon.Launch, plover: WAR}",
        "{type: Weapon.Launch, cameo: '21'}",
        "{type: Weapon.Launch, mode: weapons}",
    ],
)
def test_a_row_that_names_what_is_not_there_is_refused_at_its_line_e711(tmp_path: Path, row: str) -> None:
    path = tmp_path / "ontology.yaml"
    text = REAL.read_text("utf-8")
    path.write_text(f"{text}  - {row}\n", "utf-8")
    with pytest.raises(EventBankError) as error:
        load(path)
    assert [(problem.code, problem.place.line) for problem in error.value.problems] == [("E711", text.count("\n") + 1)]


def test_a_scheme_needs_no_crosswalk(tmp_path: Path) -> None:
    path = tmp_path / "ontology.yaml"
    path.write_text(REAL.read_text("utf-8").partition("crosswalk:")[0], "utf-8")
    assert load(path).codes("Weapon.Launch", [], "Past", "Positive") == Codes()
