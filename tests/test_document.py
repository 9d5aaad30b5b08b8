"""Text and alignment: what the zones of a page become, and the way back to the page."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbank.document import JOINT, Document, Piece, Zone, assemble, check_text, from_raw, sha256, to_raw
from eventbank.errors import EventBankError, Place

KINDS = st.sampled_from(["body", "heading", "caption", "navigation"])


@st.composite
def pages(draw: st.DrawFn) -> tuple[str, list[Zone]]:
    """A raw page and zones that do not overlap."""
    raw = draw(st.text(st.sampled_from("ab😀\u0301 \r\n"), max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(raw)), max_size=8)))
    spans = [(start, end) for start, end in pairwise(cuts) if raw[start:end].strip()]
    return raw, [Zone(start, end, draw(KINDS)) for start, end in spans]


def test_text_is_the_kept_zones_in_the_order_of_the_page() -> None:
    raw = "Menu|Head|One.|Two."
    zones = [Zone(15, 19, "body"), Zone(0, 4, "navigation"), Zone(10, 14, "body"), Zone(5, 9, "heading")]
    text, pieces = assemble(raw, zones)
    assert text == "Head\n\nOne.\n\nTwo."
    assert pieces == (Piece(0, 5, 4), Piece(6, 10, 4), Piece(12, 15, 4))


def test_line_ends_become_lf_and_point_to_the_page() -> None:
    assert assemble("a\r\nb\rc\nd", [Zone(0, 8, "body")]) == ("a\nb\nc\nd", (Piece(0, 0, 1), Piece(1, 2, 6)))


def test_nothing_kept_is_an_empty_text_without_alignment() -> None:
    assert assemble("", []) == assemble("Menu", [Zone(0, 4, "navigation")]) == ("", ())


def test_further_kinds_are_kept_on_demand() -> None:
    assert assemble("Photo", [Zone(0, 5, "caption")], frozenset({"caption"}))[0] == "Photo"


@given(pages())
def test_every_code_point_of_the_text_is_the_one_it_points_to_or_part_of_a_joint(page: tuple[str, list[Zone]]) -> None:
    raw, zones = page
    text, pieces = assemble(raw, zones)
    assert "\r" not in text
    at = 0
    for piece in pieces:
        assert text[at : piece.start] in ("", JOINT)
        at = piece.start + piece.length
        assert text[piece.start : at] == raw[piece.raw_start : piece.raw_start + piece.length].replace("\r", "\n")
    assert at == len(text)


@given(pages())
def test_nothing_of_a_kept_zone_is_lost_but_the_cr_of_a_crlf(page: tuple[str, list[Zone]]) -> None:
    raw, zones = page
    kept = [raw[zone.raw_start : zone.raw_end] for zone in sorted(zones) if zone.kind in ("body", "heading", "dateline")]
    assert assemble(raw, zones)[0] == JOINT.join(part.replace("\r\n", "\n").replace("\r", "\n") for part in kept)


@given(pages(), st.data())
def test_span_comes_back_from_the_page(page: tuple[str, list[Zone]], data: st.DataObject) -> None:
    raw, zones = page
    text, pieces = assemble(raw, zones)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = to_raw(pieces, start, end)
    if found is not None:
        assert from_raw(pieces, *found) == (start, end)
        assert raw[found[0]].replace("\r", "\n") + raw[found[1] - 1].replace("\r", "\n") == text[start] + text[end - 1]


def test_span_that_begins_or_ends_where_the_other_side_has_nothing_has_no_place() -> None:
    _, pieces = assemble("One.|Two.", [Zone(0, 4, "body"), Zone(5, 9, "body")])
    assert to_raw(pieces, 0, 5) is None
    assert to_raw(pieces, 5, 7) is None
    assert to_raw(pieces, 2, 2) is None
    assert to_raw(pieces, 0, 99) is None
    assert to_raw(pieces, -3, 2) is None
    assert from_raw(pieces, 4, 7) is None
    assert from_raw(pieces, 7, 5) is None


def test_text_hash_is_that_of_its_utf8() -> None:
    document = Document("d1", "😀", "en", (), (), "d1.txt", "")
    assert document.text_sha256 == sha256(b"\xf0\x9f\x98\x80")


@pytest.mark.parametrize(
    ("text", "code", "start"),
    [("", "E202", -1), (" \n\t\u3000", "E202", -1), ("a\ud83d", "E201", 1), ("\udc00", "E201", 0), ("😀\x00", "E203", 1)],
)
def test_text_that_cannot_be_stored_is_refused_at_its_place(text: str, code: str, start: int) -> None:
    with pytest.raises(EventBankError) as caught:
        check_text(text, Place(doc_id="d1"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.doc_id, problem.place.start) == (code, "d1", start)


def test_astral_and_combining_characters_are_text() -> None:
    check_text("😀 e\u0301 \U0010ffff", Place())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.slow
def test_a_million_lines_are_assembled(end: str) -> None:
    raw = f"a{end}" * 1_000_000
    assert len(assemble(raw, [Zone(0, len(raw) - len(end), "body")])[0]) == 1_999_999
