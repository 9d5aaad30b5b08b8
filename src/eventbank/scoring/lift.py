"""Labels of windows brought back to the documents that the windows are sentences of: token spans become spans of code points."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from eventbank.errors import Code, EventBankError, Place
from eventbank.layer import Argument, Event, Layer, Mention
from eventbank.offsets import Span, char_span
from eventbank.scoring.records import Record
from eventbank.scoring.windows import Key

OTHER_TEXT = Code("E702", "gold and predictions are of different texts", "Predict on the very text and tokens of the gold.")


@dataclass(frozen=True)
class Sentence:
    """A sentence of a release: where it begins in its document, its text, and its tokens, which are substrings of it in order."""

    start: int
    text: str
    tokens: tuple[str, ...]

    @cached_property
    def spans(self) -> list[Span]:
        """The tokens as code points of the sentence."""
        spans, at = [], 0
        for token in self.tokens:
            start = self.text.index(token, at)
            at = start + len(token)
            spans.append((start, at))
        return spans

    def place(self, tokens: Span) -> tuple[int, int, str]:
        """Start, end and text of a token span in the document. Raises IndexError for tokens that the sentence does not have."""
        first, last = char_span(self.spans, *tokens)
        return self.start + first, self.start + last, self.text[first:last]


def lift(
    records: Iterable[Record], sentences: Mapping[Key, Sentence], documents: Iterable[str], values: Collection[str]
) -> dict[str, Layer]:
    """The layers that records say of the documents. Records know neither attributes nor chains: every entity mention and event is alone.

    Args:
        sentences: the sentence of every record, by its key.
        documents: every document; one without a record has an empty layer.
        values: the entity types of the records that are values.

    Raises:
        EventBankError: E702 for a record whose spans its sentence does not have.
    """
    drafts = {doc_id: _Draft(doc_id, values) for doc_id in documents}
    for record in records:
        try:
            drafts[record.doc_id].add(record, sentences[record.key])
        except IndexError:
            found = f"window {record.wnd_id} has more tokens than its sentence"
            raise EventBankError(OTHER_TEXT.at(Place(doc_id=record.doc_id), found)) from None
    return {doc_id: draft.layer() for doc_id, draft in drafts.items()}


@dataclass
class _Draft:
    """A layer in the making; one span has one mention of a type."""

    doc_id: str
    values: Collection[str]
    mentions: dict[tuple[str, Span], Mention] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add(self, record: Record, sentence: Sentence) -> None:
        types = {span: type_ for _, type_, span in record.entities}
        for _, type_, span in record.entities:
            self._mention(type_, sentence.place(span))
        for event in record.events:
            fillers = (Argument(role, "mention", self._mention(types.get(span, ""), sentence.place(span))) for role, span in event.fillers)
            id_ = f"e{len(self.events)}"
            self.events.append(Event(id_, event.type, *sentence.place(event.trigger), {}, "", tuple(fillers)))

    def _mention(self, type_: str, place: tuple[int, int, str]) -> str:
        kind = "value" if type_ in self.values else "entity"
        new = Mention(f"m{len(self.mentions)}", kind, type_, *place)  # type: ignore[arg-type]
        return self.mentions.setdefault((type_, place[:2]), new).id

    def layer(self) -> Layer:
        mentions = tuple(self.mentions.values())
        entities = tuple(frozenset({one.id}) for one in mentions if one.kind == "entity")
        return Layer(self.doc_id, "", "", mentions, tuple(self.events), entities, tuple(frozenset({one.id}) for one in self.events))
