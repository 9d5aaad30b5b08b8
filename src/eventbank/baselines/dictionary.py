"""Baseline (a): a dictionary of triggers and mentions, and the nearest mention that may fill a role.

A word sequence is in the dictionary if it was labelled in at least half of the places where it stands in the training sentences. The
seed triggers of the ontology join with their inflected forms, where they name one type only and training has not seen them. An event gets
each role that half of the events of its type had in training, filled by the nearest mention of the window that may fill it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventbank.baselines.windows import Labels, Window, outermost
from eventbank.offsets import Span
from eventbank.ontology import Ontology

SHARE = 0.5
"""In what share of its places a sequence must be labelled, and of the events of its type a role must be filled."""

Entries = Mapping[str, str]


@dataclass(frozen=True)
class Dictionary:
    """The types of triggers and mentions by their words in lower case, and the roles looked for in each event type, with their fillers."""

    triggers: Entries
    mentions: Entries
    roles: Mapping[str, Mapping[str, Sequence[str]]]

    def predict(self, window: Window) -> Labels:
        """What the dictionary says of a window."""
        words = window.words
        mentions = _found(words, self.mentions)
        triggers = _found(words, self.triggers)
        arguments = [
            (trigger, role, filler)
            for trigger, kind in triggers.items()
            for role, filler in _nearest(trigger, mentions, self.roles.get(kind, {}))
        ]
        return Labels(mentions, triggers, arguments)

    def to_dict(self) -> dict[str, Any]:
        """The model for JSON."""
        return {
            "triggers": dict(self.triggers),
            "mentions": dict(self.mentions),
            "roles": {name: dict(one) for name, one in self.roles.items()},
        }


def train(examples: Sequence[tuple[Window, Labels]], ontology: Ontology) -> Dictionary:
    """The dictionary of labelled windows."""
    triggers = _entries([(window.words, labels.triggers) for window, labels in examples])
    mentions = _entries([(window.words, labels.mentions) for window, labels in examples])
    seen = Counter(word for window, _ in examples for word in window.words)
    for word, kind in _seeds(ontology).items():
        if word not in triggers and not seen[word]:
            triggers[word] = kind
    return Dictionary(dict(sorted(triggers.items())), dict(sorted(mentions.items())), _roles(examples, ontology))


def _entries(sides: Sequence[tuple[list[str], Mapping[Span, str]]]) -> dict[str, str]:
    """Sequences that are labelled in half of their places or more, with their most frequent label."""
    given: dict[str, Counter[str]] = {}
    for words, labels in sides:
        for (start, end), label in labels.items():
            given.setdefault(" ".join(words[start:end]), Counter())[label] += 1
    longest = max((len(entry.split(" ")) for entry in given), default=0)
    places = Counter(
        entry
        for words, _ in sides
        for start in range(len(words))
        for end in range(start + 1, min(start + longest, len(words)) + 1)
        if (entry := " ".join(words[start:end])) in given
    )
    kept = ((entry, count) for entry, count in given.items() if count.total() >= SHARE * places[entry])
    return {entry: min(count, key=lambda label: (-count[label], label)) for entry, count in kept}


def _seeds(ontology: Ontology) -> dict[str, str]:
    """Every form of the seed triggers that belongs to one event type alone."""
    types: dict[str, set[str]] = {}
    for kind in ontology.event_types:
        for seed in kind.triggers if not kind.retired else ():
            for form in forms(seed):
                types.setdefault(form, set()).add(kind.name)
    return {form: next(iter(names)) for form, names in sorted(types.items()) if len(names) == 1}


def forms(seed: str) -> Iterator[str]:
    """A seed and the regular English forms of its first word, in lower case."""
    first, _, rest = seed.lower().partition(" ")
    tail = f" {rest}" if rest else ""
    yield first + tail
    if len(first) < 3 or not first.isalpha():
        return
    short = first.removesuffix("e")
    if first.endswith("y") and first[-2] not in "aeiou":
        yield from (f"{first[:-1]}{ending}{tail}" for ending in ("ies", "ied"))
    else:
        yield from (f"{first}{'es' if first.endswith(('s', 'sh', 'ch', 'x', 'z')) else 's'}{tail}", f"{short}ed{tail}")
    yield f"{short}ing{tail}"


def _roles(examples: Iterable[tuple[Window, Labels]], ontology: Ontology) -> dict[str, dict[str, tuple[str, ...]]]:
    events: Counter[str] = Counter()
    filled: Counter[tuple[str, str]] = Counter()
    for _, labels in examples:
        events.update(labels.triggers.values())
        pairs = {(trigger, role) for trigger, role, _ in labels.arguments}
        filled.update((labels.triggers[trigger], role) for trigger, role in pairs)
    fillers = [term.name for term in (*ontology.entity_types, *ontology.value_types)]
    return {
        kind: {
            role: tuple(name for name in fillers if ontology.may_fill(kind, role, name))
            for role in ontology.events[kind].roles
            if filled[kind, role] >= SHARE * events[kind]
        }
        for kind in sorted(events)
        if kind in ontology.events
    }


def _found(words: Sequence[str], entries: Entries) -> dict[Span, str]:
    """The longest entries in a window, from left to right and without overlap."""
    longest = max((entry.count(" ") + 1 for entry in entries), default=0)
    spans = (
        (start, end)
        for start in range(len(words))
        for end in range(start + 1, min(start + longest, len(words)) + 1)
        if " ".join(words[start:end]) in entries
    )
    return {span: entries[" ".join(words[slice(*span)])] for span in outermost(spans)}


def _nearest(trigger: Span, mentions: Mapping[Span, str], roles: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Span]]:
    """For every role the nearest mention that may fill it and fills no other; of two that are equally near the one before the trigger."""
    free = sorted(mentions, key=lambda span: (max(span[0] - trigger[1], trigger[0] - span[1], 0), span))
    for role, types in roles.items():
        found = next((span for span in free if mentions[span] in types), None)
        if found is not None:
            free.remove(found)
            yield role, found
