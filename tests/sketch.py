"""Layers as small YAML: labels quote the words that they mean, and everything a test does not care about is filled in.

    text: The navy fired a missile.
    mentions:
      - {id: navy, type: MIL, level: NOM, quote: The navy}          # level only for entities
    events:
      - {id: fired, type: Weapon.Launch, quote: fired, arguments: [Actor navy]}   # attributes: {tense: Future}
    chains:
      - [navy, it]

A span stands where its `quote` first stands in the text; `start`, `end` and `text` replace what follows from the quote; `shift` at the top
moves every span. A mention or an event that is in no chain is one of its own. The label scheme is `layers/ontology.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from eventbank import ontology as ontologies
from eventbank.document import sha256
from eventbank.layer import Argument, Event, Layer, Mention

LAYERS = Path(__file__).parent / "layers"
ONTOLOGY = ontologies.load(LAYERS / "ontology.yaml")


def layer_of(sketch: str | Path) -> tuple[Layer, str]:
    """The layer of a sketch, given as YAML or as its file, and the text that it labels."""
    data = yaml.safe_load(sketch.read_text("utf-8") if isinstance(sketch, Path) else sketch)
    text, shift = data["text"], data.get("shift", 0)
    events = data.get("events", [])
    event_ids = {event["id"] for event in events}
    mentions = tuple(_mention(one, text, shift) for one in data.get("mentions", []))
    chains = [frozenset(chain) for chain in data.get("chains", [])]
    linked = frozenset().union(*chains)
    entities = [frozenset({one.id}) for one in mentions if one.kind == "entity" and one.id not in linked]
    happenings = [frozenset({id_}) for id_ in sorted(event_ids - linked)]
    layer = Layer(
        "d1",
        "a1",
        sha256(text.encode("utf-8")),
        mentions,
        tuple(_event(one, text, shift, event_ids) for one in events),
        (*dict.fromkeys(entities), *(chain for chain in chains if not chain & event_ids)),
        (*happenings, *(chain for chain in chains if chain & event_ids)),
    )
    return layer, text


def _place(one: Mapping[str, Any], text: str, shift: int) -> tuple[int, int, str]:
    start = one["start"] if "start" in one else text.index(one["quote"])
    end = one["end"] if "end" in one else start + len(one["quote"])
    return start + shift, end + shift, one["text"] if "text" in one else one["quote"]


def _mention(one: Mapping[str, Any], text: str, shift: int) -> Mention:
    kind = "value" if one["type"] == "TIME" else "entity"
    return Mention(one["id"], kind, one["type"], *_place(one, text, shift), level=one.get("level"))


def _event(one: Mapping[str, Any], text: str, shift: int, event_ids: set[str]) -> Event:
    attributes = ONTOLOGY.defaults() | one.get("attributes", {})
    pairs = [argument.split() for argument in one.get("arguments", [])]
    arguments = tuple(Argument(role, "event" if ref in event_ids else "mention", ref) for role, ref in pairs)
    return Event(one["id"], one["type"], *_place(one, text, shift), attributes, ONTOLOGY.realis(attributes), arguments)
