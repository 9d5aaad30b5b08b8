"""The labelling config: made from the ontology, accepted by Label Studio, read back without danger."""

import colorsys
from dataclasses import replace
from pathlib import Path

import pytest
from labels.scheme import ONTOLOGY, event, terms

from eventbank import ontology as ontologies
from eventbank.errors import EventBankError
from eventbank.labelstudio.config import SAME, STATUSES, Element, label_config, parse_xml, read_config
from eventbank.ontology import Ontology, Term

LABELS = Path(__file__).parent / "labels"
SCHEMA = Path(__file__).parents[1] / "schema" / "ontology.yaml"
OWN_KEYS = {"u", "enter", "escape", "backspace", "delete", "left", "right", "shift+left", "shift+right", "shift+1", "shift+2", "shift+r"}
"""Keys without control or alt that Label Studio 1.23 keeps for itself, with or without an image."""


def schemes() -> list[Ontology]:
    return [ONTOLOGY, ontologies.load(SCHEMA)]


def given(ontology: Ontology, name: str) -> dict[str, str | None]:
    """An attribute of every label and choice, by the label."""
    elements = parse_xml(label_config(ontology)).walk()
    return {one.attributes["value"]: one.attributes.get(name) for one in elements if one.tag in ("Label", "Choice")}


def grown(ontology: Ontology) -> Ontology:
    return replace(
        ontology,
        event_types=(*ontology.event_types, event("Weapon.Sink", {}), event("Trade.Barter", {})),
        entity_types=(*ontology.entity_types, *terms("AAA")),
        value_types=(*ontology.value_types, *terms("BBB")),
    )


@pytest.mark.parametrize("ontology", schemes(), ids=lambda one: one.name)
def test_the_config_is_valid_for_label_studio(ontology: Ontology) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface").LabelInterface(label_config(ontology))
    interface.validate()
    assert [control.name for control in interface.controls][:1] and [one.value_name for one in interface.objects] == ["text"]


def test_the_config_is_the_same_for_the_same_ontology() -> None:
    assert label_config(ONTOLOGY) == label_config(ONTOLOGY)


def test_what_is_written_is_read_back() -> None:
    controls = read_config(label_config(ONTOLOGY))
    assert (controls.object.tag, controls.object.data_key) == ("Text", "text")
    assert controls.labels == {
        "trigger": ("Weapon.Launch", "Statement.Announce"),
        "entity": ("PER", "GPE", "WEA"),
        "value": ("TIME", "QTY"),
    }
    assert controls.choices == {
        "polarity": ("Positive", "Negative"),
        "tense": ("Past", "Present", "Future", "Unspecified"),
        "level": ("NAM", "NOM", "PRO"),
    }
    assert {control.name: control.per_region for control in controls.controls if control.tag == "TextArea"} == {
        "normalized": True,
        "note": True,
    }
    assert next(control.labels for control in controls.controls if control.name == "status") == STATUSES
    assert controls.relations == (SAME, "Actor", "Weapon", "Content", "Time")


def test_retired_names_are_left_out() -> None:
    names = read_config(label_config(ONTOLOGY))
    assert not {"OLD", "Weapon.Gone", "Former"} & {*names.labels["entity"], *names.labels["trigger"], *names.relations}


@pytest.mark.parametrize("ontology", schemes(), ids=lambda one: one.name)
def test_no_two_hotkeys_collide_and_none_is_label_studios_own(ontology: Ontology) -> None:
    for one in (ontology, grown(ontology)):
        keys = [key for key in given(one, "hotkey").values() if key]
        assert len(keys) == len(set(keys)) and not OWN_KEYS & set(keys) and not any("ctrl" in key or "alt" in key for key in keys)


@pytest.mark.parametrize("ontology", schemes(), ids=lambda one: one.name)
def test_no_choice_is_left_without_a_hotkey_for_label_studio_to_give_it_a_plain_one(ontology: Ontology) -> None:
    choices = [one for one in parse_xml(label_config(ontology)).walk() if one.tag == "Choice"]
    assert choices and all(choice.attributes["hotkey"].startswith("shift+") for choice in choices)


@pytest.mark.parametrize("ontology", schemes(), ids=lambda one: one.name)
@pytest.mark.parametrize("attribute", ["background", "hotkey"])
def test_a_label_keeps_its_colour_and_hotkey_when_types_are_appended(ontology: Ontology, attribute: str) -> None:
    before, after = given(ontology, attribute), given(grown(ontology), attribute)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("ontology", schemes(), ids=lambda one: one.name)
def test_colours_tell_triggers_entities_and_values_apart_and_bear_white_text(ontology: Ontology) -> None:
    colours, labels = given(ontology, "background"), read_config(label_config(ontology)).labels
    for control, names in labels.items():
        for name in names:
            red, green, blue = (int((colours[name] or "")[at : at + 2], 16) / 255 for at in (1, 3, 5))
            hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
            warm = hue * 360 < 75 or hue * 360 > 290
            kind = "value" if saturation < 0.2 else "trigger" if warm else "entity"
            assert kind == control and 0.2 < lightness < 0.55


def test_no_choice_per_region_is_preselected_because_label_studio_would_save_it_for_the_document() -> None:
    assert "selected=" not in label_config(ONTOLOGY)


def test_choices_per_region_are_saved_for_their_own_kind_only_retired_types_included() -> None:
    elements = {one.attributes.get("name"): one.attributes for one in parse_xml(label_config(ONTOLOGY)).walk()}
    assert elements["polarity"]["whenLabelValue"] == "Weapon.Launch,Weapon.Gone,Statement.Announce"
    assert elements["level"]["whenLabelValue"] == "PER,GPE,WEA,OLD"


def test_white_space_is_kept_on_the_screen() -> None:
    style = next(one for one in label_config(ONTOLOGY).splitlines() if "<Style>" in one)
    assert ".htx-text { white-space: pre-wrap }" in style and ".lsf-htx-richtext { white-space: pre-wrap;" in style


def test_any_name_and_definition_is_escaped() -> None:
    odd = Term("""A<B> & "C" 'D'\u00e9""", "line\nbreak \t <&>")
    xml = label_config(replace(ONTOLOGY, entity_types=(odd,)))
    assert read_config(xml).labels["entity"] == (odd.name,)
    assert given(replace(ONTOLOGY, entity_types=(odd,)), "hint")[odd.name] == odd.definition


def test_a_foreign_config_is_read_by_alias_and_data_key() -> None:
    xml = """<View><Text name="t" value="$sentence"/><Labels name="ner" toName="t"><View><Label value="Person" alias="PER"/></View></Labels>
    <Rating name="sure" toName="t" perRegion="TRUE"/><Relations><Relation value="of"/></Relations></View>"""
    controls = read_config(xml)
    assert (controls.object.data_key, controls.labels, controls.relations) == ("sentence", {"ner": ("PER",)}, ("of",))
    assert controls.controls[1].per_region


@pytest.mark.parametrize("path", sorted(LABELS.glob("E34*.xml")), ids=lambda path: path.name)
def test_each_bad_config_gives_its_code_and_line(path: Path) -> None:
    with pytest.raises(EventBankError) as error:
        read_config(path.read_bytes(), path.name)
    assert [problem.code for problem in error.value.problems] == [path.name[:4]]
    assert error.value.problems[0].place.file == path.name


def test_an_entity_bomb_is_refused_before_anything_expands() -> None:
    levels = "".join(f'<!ENTITY e{at + 1} "{f"&e{at};" * 10}">' for at in range(9))
    bomb = f'<!DOCTYPE View [<!ENTITY e0 "x">{levels}]><View><Header value="&e9;"/></View>'
    with pytest.raises(EventBankError) as error:
        read_config(bomb)
    assert error.value.problems[0].code == "E341"


def test_a_config_nested_a_hundred_thousand_deep_is_read_without_recursion() -> None:
    xml = "<View>" * 100_000 + "</View>" * 100_000
    with pytest.raises(EventBankError) as error:
        read_config(xml)
    assert error.value.problems[0].code == "E342"


def test_elements_are_walked_in_the_order_of_the_file() -> None:
    tree = Element("a", {}, (Element("b", {}, (Element("c", {}),)), Element("d", {})))
    assert [one.tag for one in tree.walk()] == ["a", "b", "c", "d"]
