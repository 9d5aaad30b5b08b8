"""Connections that give up: on who sends half a request, and on who stops reading.

uvicorn waits for both without end: a connection that never sends a whole head, and one whose client takes nothing, stay open as long as the
client likes. Of itself it closes a connection only when no further request follows an answer (`timeout_keep_alive`).
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""In this time the head of a request must have come, counted from the connection or from the first byte after an answer."""
STALL_SECONDS = 60.0
"""In this time a client must have taken a byte of what lies ready for it."""
MOST = 400
"""Connections at once; each may hold a socket and a file, and a process has a thousand of them on most systems."""


def patient_protocol(head: float = HEAD_SECONDS, stall: float = STALL_SECONDS, most: int = MOST) -> type[H11Protocol]:
    """The protocol of uvicorn with limits.

    Args:
        head: seconds for the head of a request.
        stall: seconds for a client to read something.
        most: connections at once. One more ends the one that has waited longest for a request; if none waits, uvicorn's own limit holds.
    """
    from uvicorn.protocols.http.h11_impl import H11Protocol

    waiting: dict[Patient, None] = {}

    class Patient(H11Protocol):
        """A connection that is cut off when its client is late."""

        _late: asyncio.TimerHandle | None = None
        _stalled: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._late = self.loop.call_later(head, transport.abort)
            waiting[self] = None
            if len(self.connections) > most:
                next(iter(waiting)).transport.abort()

        def data_received(self, data: bytes) -> None:
            before = self.cycle
            super().data_received(data)
            if self.cycle is not before:
                self._late = _stop(self._late)
                if not self.cycle.response_complete:
                    waiting.pop(self, None)
            elif self._late is None and (before is None or before.response_complete):
                self._late = self.loop.call_later(head, self.transport.abort)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.cycle.response_complete and not self.transport.is_closing():
                waiting[self] = None

        def pause_writing(self) -> None:
            super().pause_writing()
            self._watch()

        def _watch(self, before: int | None = None) -> None:
            """Ends the connection if nothing more was taken since there were `before` bytes left to send."""
            left = _left(self.transport)
            self._stalled = _stop(self._stalled)
            if before is not None and left >= before:
                self.transport.abort()
            else:
                self._stalled = self.loop.call_later(stall, self._watch, left)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._stalled = _stop(self._stalled)

        def connection_lost(self, exc: Exception | None) -> None:
            waiting.pop(self, None)
            self._late, self._stalled = _stop(self._late), _stop(self._stalled)
            super().connection_lost(exc)

    return Patient


def _left(transport: asyncio.Transport) -> int:
    """The bytes that were written and not yet taken by the client, as far as the system tells."""
    waiting = transport.get_write_buffer_size()
    try:
        import fcntl
        import termios

        found = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
    except (ImportError, OSError, AttributeError):
        return waiting
    return waiting + int.from_bytes(found, sys.byteorder)


def _stop(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """Stops a timer if there is one; gives none, to be put in its place."""
    if timer is not None:
        timer.cancel()
    return None
