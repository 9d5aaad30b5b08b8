"""A text with labels as HTML: not a word is changed, elements nest, and what could mislead is shown as what it is."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from eventbank.hub.spans import BREAK, KINDS, Mark, html, nested, paragraphs, plain, shown

TEXTS = st.text(st.sampled_from("ab<>&\"' \n\u202e\u200d\x00\U0001f6a2"), max_size=40)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[Mark]]:
    """A text and spans anywhere in it; triggers are links."""
    text = draw(TEXTS.filter(bool))
    found = []
    for at in range(draw(st.integers(0, 8))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        kind = draw(st.sampled_from(KINDS))
        found.append(Mark(start, end, kind, f"s{at}", (f"x{at}",), {"t": kind}, "a title", f"#e{at}" if kind == "trigger" else ""))
    return text, found


class Read(HTMLParser):
    """What a browser would make of a fragment: its words, its elements and how they lie in each other."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.ids, self.open, self.faults = "", [], [], []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and "a" in [name for name, _ in self.open]:
            self.faults.append("a link in a link")
        if dict(attrs).get("id"):
            self.ids.append(dict(attrs)["id"])
        self.open.append((tag, (dict(attrs).get("class") or "").split()))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop()[0] != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        boxed = self.open and "ctl" in self.open[-1][1]
        self.words += chr(int(f"0x{data[2:]}", 0)) if boxed else data


@given(marked())
def test_the_words_of_the_page_are_those_of_the_text_and_elements_nest(made: tuple[str, list[Mark]]) -> None:
    text, marks = made
    parts, ids = html(text, marks)
    words = []
    for part in parts:
        read = Read()
        read.feed(str(part))
        read.close()
        assert read.faults == []
        assert read.open == []
        words.append(read.words)
        ids -= set(read.ids)
    assert BREAK.join(words) == text
    assert ids == frozenset()


@given(marked())
def test_every_span_that_is_no_link_is_drawn_whole_and_every_link_but_below_shorter_ones(made: tuple[str, list[Mark]]) -> None:
    text, marks = made
    drawn: dict[str, set[int]] = {}

    def walk(nodes: object) -> None:
        for node in nodes:  # type: ignore[attr-defined]
            drawn.setdefault(node.mark.id, set()).update(range(node.start, node.end))
            assert all(node.start <= one.start < one.end <= node.end for one in node.inside)
            walk(node.inside)

    for start, end in paragraphs(text):
        walk(nested(marks, start, end))
    letters = {at for start, end in paragraphs(text) for at in range(start, end)}
    for mark in marks:
        own = set(range(mark.start, mark.end)) & letters
        if mark.href:
            below = {at for other in marks if other.href and other is not mark for at in range(other.start, other.end)}
            assert own - below <= drawn.get(mark.id, set()) <= own
        else:
            assert drawn.get(mark.id, set()) == own


def test_a_span_that_crosses_another_is_cut_where_they_cross() -> None:
    ((part,), _) = html("abcdef", [Mark(0, 4, "entity", "one"), Mark(2, 6, "value", "two")])
    assert str(part) == (
        '<span class="m entity h1" id="one">ab<span class="m value h0 cut-after" id="two">cd</span></span>'
        '<span class="m value h0 cut-before">ef</span>'
    )


def test_of_triggers_that_overlap_the_shorter_is_whole() -> None:
    ((part,), ids) = html("abc", [Mark(0, 3, "trigger", "long", href="#e1"), Mark(1, 2, "trigger", "short", href="#e2")])
    assert [text for text in str(part).split(">") if text.endswith("</a")] == ["a</a", "b</a", "c</a"]
    assert ids == {"long", "short"}
    assert str(part).count('tabindex="-1"') == 1


def test_controls_are_shown_by_number_and_joiners_stay() -> None:
    assert str(shown("a\u202eb\x1b")) == 'a<span class="ctl">U+202E</span>b<span class="ctl">U+001B</span>'
    assert str(shown("\U0001f468\u200d\U0001f467 <b>")) == "\U0001f468\u200d\U0001f467 &lt;b&gt;"
    assert plain("a\u2066b") == "a[U+2066]b"


def test_spans_in_spans_in_spans_end_somewhere() -> None:
    text = "x" * 2000
    ((part,), _) = html(text, [Mark(at, 2000 - at, "entity", f"s{at}") for at in range(900)])
    assert str(part).count("<span") == 64
