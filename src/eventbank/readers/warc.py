"""Pages in archives of the web (WARC 1.0 and 1.1, ISO 28500), by fastwarc."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO, Any

from eventbank.errors import EventBankError, Place, Problem
from eventbank.readers.names import id_of
from eventbank.readers.record import DAMAGED, NO_EXTRA, NOT_A_PAGE, TOO_LARGE, Record, Rejection
from eventbank.readers.shards import File
from eventbank.readers.streams import CHUNK, opened

HTML, TEXT = ("text/html", "application/xhtml+xml"), ("text/plain",)


def read_warc(file: File, limit: int) -> Iterator[Record | Rejection]:
    """Every answer, resource and conversion of an archive; requests and what describes the crawl are no pages and are passed over.

    A record is named by its address, its id is that of the archive. One that is damaged is set aside; where the damage
    hides the next record, the rest of the archive is given up with one rejection.
    """
    try:
        from fastwarc.warc import ArchiveIterator, WarcRecordType
    except ImportError:
        raise EventBankError(NO_EXTRA.at(Place(file=file.uri), "pip install 'eventbank[scale]'")) from None

    kinds = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
    with opened(file.uri, packed=False) as stream:
        last = 0
        try:
            for found in ArchiveIterator(stream, parse_http=True, record_types=WarcRecordType.any_type):
                last = found.stream_pos
                if found.record_type & kinds or found.record_type == WarcRecordType.unknown:
                    yield _of(found, file, limit)
        except (OSError, EOFError, ValueError) as error:
            yield Rejection.of(DAMAGED.at(Place(file=file.uri), f"after byte {last}: {error}"), file.name)
            return
        problem = _cut(stream, last, file.uri)
        if problem:
            yield Rejection.of(problem, file.name)


def _of(found: Any, file: File, limit: int) -> Record | Rejection:
    address = found.headers.get("WARC-Target-URI") or ""
    doc_id = id_of((found.record_id or "").strip("<>").removeprefix("urn:uuid:") or f"{file.name}#{found.stream_pos}")
    name = address or f"{file.name}#{found.stream_pos}"
    place, http = Place(file=file.uri), found.http_headers
    if not address:
        return Rejection.of(DAMAGED.at(place, f"no WARC-Target-URI in the record at byte {found.stream_pos}"), name, doc_id)
    status = http.status_code if http is not None else 200
    declared = found.http_content_type if http is not None else found.headers.get("Content-Type")
    media = (declared or "").split(";")[0].strip().lower()
    if status != 200 or media not in (*HTML, *TEXT):
        return Rejection.of(NOT_A_PAGE.at(place, f"status {status}, {media or 'no media type'}"), name, doc_id)
    size = found.content_length
    if size > limit:
        return Rejection.of(TOO_LARGE.at(place, f"{size:,} bytes"), name, doc_id)
    data = found.reader.read(size)
    if len(data) < size:
        return Rejection.of(DAMAGED.at(place, f"{len(data)} of {size} bytes"), name, doc_id)
    if http is not None:
        coding = {key.lower(): value.strip().lower() for key, value in http.items()}
        try:
            data = _plain(data, coding.get("transfer-encoding", ""), coding.get("content-encoding", ""), limit)
        except (ValueError, zlib.error) as error:
            return Rejection.of(DAMAGED.at(place, str(error)), name, doc_id)
        if len(data) > limit:
            return Rejection.of(TOO_LARGE.at(place, f"unpacks to more than {limit:,} bytes"), name, doc_id)
    facts = {"url": address}
    return Record(doc_id, name, data, html=media in HTML, charset=found.http_charset if http is not None else "utf-8", facts=facts)


def _plain(data: bytes, transfer: str, content: str, limit: int) -> bytes:
    """The body of an answer without the codings of HTTP; one byte more than the limit at most."""
    if "chunked" in transfer:
        data = _unchunked(data)
    for coding in [one.strip() for one in content.split(",") if one.strip() not in ("", "identity")]:
        if coding in ("gzip", "x-gzip", "deflate"):
            # Some servers store the answer unpacked and leave the header; some send deflate without its header.
            if data[:2] == b"\x1f\x8b" or coding == "deflate":
                window = 47 if coding != "deflate" or data[:1] == b"\x78" else -15
                machine = zlib.decompressobj(window)
                data = machine.decompress(data, limit + 1)
                if not machine.eof and len(data) <= limit:
                    raise ValueError(f"the {coding} stream is cut off")
        elif coding == "br":
            data = _unbrotli(data, limit)
        else:
            raise ValueError(f"content coding {coding}")
    return data


def _unbrotli(data: bytes, limit: int) -> bytes:
    import brotli  # fastwarc needs it

    machine = brotli.Decompressor()
    parts, size, given = [], 0, data
    try:
        while size <= limit and not machine.is_finished():
            part = machine.process(given, output_buffer_limit=min(CHUNK, limit + 1))
            given = b""
            if not part and machine.can_accept_more_data():
                raise ValueError("the br stream is cut off")
            parts.append(part)
            size += len(part)
    except brotli.error:
        if not data.lstrip()[:1] == b"<":
            raise ValueError("the br stream is damaged") from None
        return data
    return b"".join(parts)[: limit + 1]


def _unchunked(data: bytes) -> bytes:
    """A body without the marks of chunked transfer; as it is when it bears none (crawlers often store it so)."""
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        end = data.find(b"\r\n", at, at + 64)
        try:
            size = int(data[at:end].split(b";")[0], 16) if end > at else -1
        except ValueError:
            size = -1
        if size < 0:
            return data if not parts else b"".join(parts)
        if size == 0:
            break
        parts.append(data[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
    return b"".join(parts)


def _cut(stream: IO[bytes], last: int, uri: str) -> Problem | None:
    """Whether a gzip archive ends in the middle of a member, which fastwarc takes for its end."""
    if not uri.lower().endswith(".gz") or not stream.seekable():
        return None
    stream.seek(last)
    machine = zlib.decompressobj(31)
    fresh = True
    while data := stream.read(CHUNK):
        while data:
            if machine.eof:
                data = data.lstrip(b"\x00")
                machine, fresh = zlib.decompressobj(31), True
                continue
            try:
                machine.decompress(data, CHUNK)
            except zlib.error as error:
                return DAMAGED.at(Place(file=uri), f"after byte {last}: {error}")
            fresh = False
            data = machine.unconsumed_tail or (machine.unused_data if machine.eof else b"")
    return None if machine.eof or fresh else DAMAGED.at(Place(file=uri), f"cut off after byte {last}")
