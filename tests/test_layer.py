"""Layers: chains are closed, and the ids of a release depend on the labels alone."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sketch import LAYERS, layer_of

from eventbank.errors import EventBankError
from eventbank.layer import Argument, Event, Layer, Mention, closed, numbered

MEMBERS = st.lists(st.integers(0, 9), unique=True)


def test_members_without_links_are_alone_in_their_order() -> None:
    assert closed([3, 1, 2], []) == (frozenset({3}), frozenset({1}), frozenset({2}))
    assert closed([], []) == ()


def test_links_join_whatever_their_direction_and_order() -> None:
    assert closed("abcd", [("b", "a"), ("c", "b"), ("d", "d")]) == (frozenset("abc"), frozenset("d"))


@given(MEMBERS, st.data())
def test_closed_sets_part_the_members_as_reachability_does(members: list[int], data: st.DataObject) -> None:
    links = data.draw(st.lists(st.tuples(st.sampled_from(members), st.sampled_from(members)), max_size=8)) if members else []
    reach = {member: {member} for member in members}
    for _ in members:
        for one, other in links:
            reach[one] |= reach[other]
            reach[other] |= reach[one]
    found = closed(members, links)
    assert sorted(member for group in found for member in group) == sorted(members)
    assert all(group == reach[member] for group in found for member in group)
    assert [min(group, key=members.index) for group in found] == sorted((min(g, key=members.index) for g in found), key=members.index)


def test_long_chain_is_closed_without_recursion() -> None:
    assert len(closed(range(50_000), ((at, at + 1) for at in range(49_999)))) == 1


def test_spans_are_in_the_order_of_the_text() -> None:
    layer, _ = layer_of(LAYERS / "good.yaml")
    assert [span.id for span in layer.spans()] == ["navy", "fired", "missile", "monday", "it", "announced"]


def test_numbers_follow_the_text_and_arguments_their_roles() -> None:
    layer = numbered(layer_of(LAYERS / "good.yaml")[0])
    assert [mention.id for mention in layer.mentions] == ["d1-M1", "d1-M3", "d1-M4", "d1-M5"]
    assert [event.id for event in layer.events] == ["d1-E1", "d1-E2"]
    assert layer.entities == (frozenset({"d1-M1", "d1-M5"}), frozenset({"d1-M3"}))
    assert layer.events[0].arguments == (
        Argument("Actor", "mention", "d1-M1"), Argument("Time", "mention", "d1-M4"), Argument("Weapon", "mention", "d1-M3")
    )  # fmt: skip
    assert layer.events[1].arguments == (Argument("Actor", "mention", "d1-M1"), Argument("Content", "event", "d1-E1"))


def test_numbering_twice_changes_nothing() -> None:
    once = numbered(layer_of(LAYERS / "good.yaml")[0])
    assert numbered(once) == once


def test_empty_layer_is_numbered() -> None:
    assert numbered(Layer("d1", "a1", "")) == Layer("d1", "a1", "")


@given(st.permutations(["navy", "missile", "monday", "it", "fired", "announced"]), st.integers())
def test_equal_labels_get_equal_ids_whatever_their_ids_and_order_were(names: list[str], seed: int) -> None:
    layer, _ = layer_of(LAYERS / "good.yaml")
    new = dict(zip(["navy", "missile", "monday", "it", "fired", "announced"], names, strict=True))

    def shuffled(items: tuple) -> tuple:
        return tuple(Random(seed).sample(items, len(items)))

    def event(one: Event) -> Event:
        return replace(one, id=new[one.id], arguments=shuffled(tuple(replace(arg, ref=new[arg.ref]) for arg in one.arguments)))

    other = replace(
        layer,
        mentions=shuffled(tuple(replace(mention, id=new[mention.id]) for mention in layer.mentions)),
        events=shuffled(tuple(event(one) for one in layer.events)),
        entities=shuffled(tuple(frozenset(new[id_] for id_ in chain) for chain in layer.entities)),
        happenings=shuffled(tuple(frozenset(new[id_] for id_ in chain) for chain in layer.happenings)),
    )
    assert numbered(other) == numbered(layer)


EVENT = Event("e", "T", 0, 1, "a", {}, "Other", (Argument("Actor", "mention", "gone"),))
MENTION = Mention("m", "entity", "T", 0, 1, "a")


@pytest.mark.parametrize(
    ("layer", "found"),
    [
        (Layer("d1", "a1", "", events=(EVENT,)), "gone is not there"),
        (Layer("d1", "a1", "", mentions=(MENTION,), entities=(frozenset({"m", "gone"}),)), "gone is not there"),
        (Layer("d1", "a1", "", mentions=(MENTION, replace(MENTION, start=1, end=2))), "m is there 2 times"),
        (Layer("d1", "a1", "", mentions=(MENTION,), happenings=(frozenset(),)), "a chain is empty"),
    ],
    ids=["argument", "member", "id twice", "empty chain"],
)
def test_layer_that_does_not_hold_together_is_refused_with_its_document(layer: Layer, found: str) -> None:
    with pytest.raises(EventBankError) as caught:
        numbered(layer)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.doc_id, problem.place.annotator) == ("E400", "d1", "a1")
    assert found in problem.message
